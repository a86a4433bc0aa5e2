//! The head of a web request, whatever the framework.

use std::marker::PhantomData;
use std::net::IpAddr;

/// The head of a web request, whatever the framework: what is known before the body is read.
///
/// Given to [`ContextProvider`](crate::web::ContextProvider). A test of such keys may implement it.
pub trait RequestHead {
    /// The method, for example `GET`.
    fn method(&self) -> &str;

    /// The path as the request has it: with its escapes, without the query.
    fn path(&self) -> &str;

    /// What stands behind the `?` of the request.
    fn query(&self) -> Option<&str>;

    /// Every value of a header, in the order of the request.
    fn header(&self, name: &str) -> Vec<&[u8]>;

    /// The address of the peer of the connection, where the server knows it.
    fn peer(&self) -> Option<IpAddr>;

    /// What middlewares have put into the request; read it with `extension`.
    #[doc(hidden)]
    fn extensions(&self) -> Extensions<'_> {
        Extensions(ExtensionsInner::Nowhere(PhantomData))
    }
}

impl dyn RequestHead + '_ {
    /// A copy of the value of this type that a middleware has put into the extensions of the request.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        match self.extensions().0 {
            ExtensionsInner::Nowhere(_) => None,
            #[cfg(feature = "axum")]
            ExtensionsInner::Http(extensions) => extensions.get::<T>().cloned(),
            #[cfg(feature = "actix")]
            ExtensionsInner::Actix(request) => {
                let extensions = actix_web::HttpMessage::extensions(request);
                extensions.get::<T>().cloned()
            }
        }
    }
}

/// Where a framework keeps what middlewares put into a request.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a>(ExtensionsInner<'a>);

#[derive(Clone, Copy, Debug)]
enum ExtensionsInner<'a> {
    Nowhere(PhantomData<&'a ()>),
    #[cfg(feature = "axum")]
    Http(&'a http::Extensions),
    #[cfg(feature = "actix")]
    Actix(&'a actix_web::HttpRequest),
}

#[cfg(feature = "axum")]
impl<'a> Extensions<'a> {
    pub(crate) const fn http(extensions: &'a http::Extensions) -> Self {
        Self(ExtensionsInner::Http(extensions))
    }
}

#[cfg(feature = "actix")]
impl<'a> Extensions<'a> {
    pub(crate) const fn actix(request: &'a actix_web::HttpRequest) -> Self {
        Self(ExtensionsInner::Actix(request))
    }
}
