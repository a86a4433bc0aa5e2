//! The head of a gRPC request.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use tonic::Request;

use crate::web::adapter::{AdapterRequest, Headers, RequestState, StoredState};
use crate::web::{Extensions, RequestHead};

/// The head of a gRPC request: its metadata are the headers, and the full name of the method is the path.
pub(super) struct Head<'a> {
    headers: &'a HeaderMap,
    extensions: &'a http::Extensions,
    peer: Option<IpAddr>,
    path: String,
    /// A copy of the state of checks before the service, for example in a router of axum.
    state: StoredState,
}

impl<'a> Head<'a> {
    pub(super) fn of<T>(request: &'a Request<T>, path: String) -> Self {
        Self {
            headers: request.metadata().as_ref(),
            extensions: request.extensions(),
            peer: peer(request).map(|address| address.ip()),
            path,
            state: request.extensions().get().cloned().unwrap_or_default(),
        }
    }
}

/// The address of the peer, from tonic's server, or from axum if its router contains the service.
fn peer<T>(request: &Request<T>) -> Option<SocketAddr> {
    let address = request.remote_addr();
    #[cfg(feature = "axum")]
    let address = address.or_else(|| {
        let connection = request
            .extensions()
            .get::<axum::extract::ConnectInfo<SocketAddr>>();
        connection.map(|connection| connection.0)
    });
    address
}

impl AdapterRequest for Head<'_> {
    fn headers(&self) -> &dyn Headers {
        self.headers
    }

    fn with_state<T>(&mut self, access: impl FnOnce(&mut RequestState) -> T) -> T {
        access(&mut self.state.0)
    }
}

impl RequestHead for Head<'_> {
    fn method(&self) -> &str {
        "POST"
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn header(&self, name: &str) -> Vec<&[u8]> {
        self.headers.header(name)
    }

    fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    fn extensions(&self) -> Extensions<'_> {
        Extensions::http(self.extensions)
    }
}
