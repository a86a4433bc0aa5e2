//! The head of a web request, independent of the framework.

use std::marker::PhantomData;
use std::net::IpAddr;

/// The head of a web request, independent of the framework: the part that is available before the body is read.
///
/// A [`ContextProvider`](crate::web::ContextProvider) receives it. Tests of a provider may implement this trait.
pub trait RequestHead {
    /// Returns the method, for example `GET`.
    fn method(&self) -> &str;

    /// Returns the path as sent, with percent-encoding and without the query.
    fn path(&self) -> &str;

    /// Returns the query, without the `?`.
    fn query(&self) -> Option<&str>;

    /// Returns every value of a header, in the order of the request.
    fn header(&self, name: &str) -> Vec<&[u8]>;

    /// Returns the address of the peer of the connection, if the server knows it.
    fn peer(&self) -> Option<IpAddr>;

    /// Returns the container of the values that middlewares have inserted into the request; use `extension` to read them.
    ///
    /// The default is an empty container.
    fn extensions(&self) -> Extensions<'_> {
        Extensions::EMPTY
    }
}

impl dyn RequestHead + '_ {
    /// Returns a copy of the value of this type that a middleware has inserted into the extensions of the request.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        match self.extensions().0 {
            ExtensionsInner::Nowhere(_) => None,
            #[cfg(feature = "_http")]
            ExtensionsInner::Http(extensions) => extensions.get::<T>().cloned(),
            #[cfg(feature = "actix")]
            ExtensionsInner::Actix(request) => {
                let extensions = actix_web::HttpMessage::extensions(request);
                extensions.get::<T>().cloned()
            }
        }
    }
}

/// The container in which a framework stores the values that middlewares insert into a request.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a>(ExtensionsInner<'a>);

#[derive(Clone, Copy, Debug)]
enum ExtensionsInner<'a> {
    Nowhere(PhantomData<&'a ()>),
    #[cfg(feature = "_http")]
    Http(&'a http::Extensions),
    #[cfg(feature = "actix")]
    Actix(&'a actix_web::HttpRequest),
}

impl Extensions<'_> {
    /// An empty container.
    pub const EMPTY: Self = Self(ExtensionsInner::Nowhere(PhantomData));
}

#[cfg(feature = "_http")]
impl<'a> Extensions<'a> {
    /// The container of frameworks that use the crate `http`.
    pub const fn http(extensions: &'a http::Extensions) -> Self {
        Self(ExtensionsInner::Http(extensions))
    }
}

#[cfg(feature = "actix")]
impl<'a> Extensions<'a> {
    pub(crate) const fn actix(request: &'a actix_web::HttpRequest) -> Self {
        Self(ExtensionsInner::Actix(request))
    }
}
