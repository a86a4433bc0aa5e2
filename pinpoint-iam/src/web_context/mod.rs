//! What a web request says of itself and of the way to the service, whatever the framework, and what an application adds.

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
