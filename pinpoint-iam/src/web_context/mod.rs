//! Condition keys of web requests: from the head of the request, from the network, and from the application.
//!
//! Nothing here depends on a web framework, except for the extensions of a request.

mod head;
mod keys;
mod network;
mod proxies;
mod request_key;

pub use self::head::{Extensions, RequestHead};
pub use self::keys::{ContextBuilder, ContextProvider};
pub use self::network::Transport;
pub use self::proxies::{InvalidNetwork, TrustedProxies};

pub(crate) use self::network::NetworkConfig;
pub(crate) use self::request_key::RequestKey;
