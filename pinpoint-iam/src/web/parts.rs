//! The head of a request in the form of the crate `http`, for axum and tower.

use std::net::IpAddr;
#[cfg(feature = "axum")]
use std::net::SocketAddr;

#[cfg(feature = "axum")]
use axum::extract::ConnectInfo;
use http::request::Parts;

use crate::web::adapter::{AdapterRequest, Headers, RequestState, StoredState};
use crate::web::{Extensions, RequestHead};

impl AdapterRequest for Parts {
    fn headers(&self) -> &dyn Headers {
        &self.headers
    }

    fn with_state<T>(&mut self, access: impl FnOnce(&mut RequestState) -> T) -> T {
        let StoredState(state) = self.extensions.get_or_insert_default();
        access(state)
    }
}

impl RequestHead for Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    fn header(&self, name: &str) -> Vec<&[u8]> {
        self.headers.header(name)
    }

    #[cfg(feature = "axum")]
    fn peer(&self) -> Option<IpAddr> {
        let ConnectInfo(address) = self.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(address.ip())
    }

    #[cfg(not(feature = "axum"))]
    fn peer(&self) -> Option<IpAddr> {
        None
    }

    fn extensions(&self) -> Extensions<'_> {
        Extensions::http(&self.extensions)
    }
}
