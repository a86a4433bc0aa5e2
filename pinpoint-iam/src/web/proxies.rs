//! What proxies tell of a request, and which of them are believed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::web::RequestHead;

/// The proxies in front of a service whose word is believed about where a request comes from.
///
/// Without them `aws:SourceIp` is the peer of the connection, and headers about it are not looked at. With them, and
/// only where the peer is one of them, the header that they write is read from right to left: proxies add at the
/// right, so that what stands to the left of the first address that is none of theirs is the caller's own invention. That
/// address is the source. Where there is none, and where the header cannot be read that far, the source is not
/// known, and a decision that depends on it is answered 503.
///
/// ```
/// use pinpoint_iam::Authorizer;
/// use pinpoint_iam::web::{Transport, TrustedProxies};
///
/// let builder = Authorizer::builder()
///     .trusted_proxies(TrustedProxies::writing_x_forwarded_for(["10.0.0.0/24", "2001:db8::/64"])?)
///     .transport(Transport::FromProxy);
/// # drop(builder);
/// # Ok::<(), pinpoint_iam::web::InvalidNetwork>(())
/// ```
///
/// Name the proxies as narrowly as you can, and none that a caller can reach and that does not write the header itself.
/// Only one header is read, because a proxy passes on those that it does not know as the caller wrote them.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: Header,
}

#[derive(Clone, Copy, Debug)]
enum Header {
    XForwardedFor,
    Forwarded,
}

/// Where a request comes from.
enum Source {
    /// Straight from the peer, which is no proxy.
    Peer(IpAddr),
    /// From this address, as the outermost proxy says.
    Client(Hop),
    Unknown,
}

/// What one proxy says of the connection that it took a request from.
struct Hop {
    address: IpAddr,
    is_secure: Option<bool>,
}

impl TrustedProxies {
    /// Proxies that write `X-Forwarded-For`, given by their addresses and networks: `10.0.0.1`, `10.0.0.0/24`. Whether
    /// the transport is secure they tell by `X-Forwarded-Proto`, which the outermost proxy has to replace.
    ///
    /// # Errors
    ///
    /// Names the first text that is no address or network, and a network of all addresses.
    pub fn writing_x_forwarded_for<N: AsRef<str>>(
        networks: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidNetwork> {
        Self::writing(Header::XForwardedFor, networks)
    }

    /// Proxies that write `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)). Whether the transport is
    /// secure they tell by its parameter `proto`.
    ///
    /// # Errors
    ///
    /// Names the first text that is no address or network, and a network of all addresses.
    pub fn writing_forwarded<N: AsRef<str>>(
        networks: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidNetwork> {
        Self::writing(Header::Forwarded, networks)
    }

    fn writing<N: AsRef<str>>(
        header: Header,
        networks: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidNetwork> {
        let networks = networks.into_iter().map(|text| network(text.as_ref()));
        Ok(Self {
            networks: networks.collect::<Result<_, _>>()?,
            header,
        })
    }

    /// The address that the request comes from; `None` where it is not known.
    pub(super) fn source(&self, head: &dyn RequestHead) -> Option<IpAddr> {
        match self.find(head) {
            Source::Peer(address) | Source::Client(Hop { address, .. }) => Some(address),
            Source::Unknown => None,
        }
    }

    /// Whether the request came to the outermost proxy by a secure transport; `None` where it is not known.
    pub(super) fn is_secure(&self, head: &dyn RequestHead) -> Option<bool> {
        match (self.find(head), self.header) {
            (Source::Peer(_) | Source::Unknown, _) => None,
            (Source::Client(hop), Header::Forwarded) => hop.is_secure,
            (Source::Client(_), Header::XForwardedFor) => {
                match head.header("x-forwarded-proto").as_slice() {
                    [scheme] => is_secure(std::str::from_utf8(scheme).ok()?.trim_matches(OWS)),
                    _ => None,
                }
            }
        }
    }

    fn find(&self, head: &dyn RequestHead) -> Source {
        let Some(peer) = head.peer().map(|address| address.to_canonical()) else {
            return Source::Unknown;
        };
        if !self.trusts(peer) {
            return Source::Peer(peer);
        }
        let name = match self.header {
            Header::XForwardedFor => "x-forwarded-for",
            Header::Forwarded => "forwarded",
        };
        for line in head.header(name).into_iter().rev() {
            // Only commas are looked for, within quotes too: what a caller wrote to the left must not decide how the words
            // of a proxy to the right are read. A comma in quotes leaves pieces that are refused below.
            for element in line.rsplit(|byte| *byte == b',') {
                let hop = match self.header {
                    Header::XForwardedFor => x_forwarded_for(element),
                    Header::Forwarded => forwarded(element),
                };
                match hop {
                    None => return Source::Unknown,
                    Some(hop) if self.trusts(hop.address) => {}
                    Some(hop) => return Source::Client(hop),
                }
            }
        }
        Source::Unknown
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// What may stand around an element of a list.
const OWS: [char; 2] = [' ', '\t'];

/// One element of `X-Forwarded-For`: an address, which some proxies write with the port.
fn x_forwarded_for(element: &[u8]) -> Option<Hop> {
    let text = std::str::from_utf8(element).ok()?;
    Some(Hop {
        address: address(text.trim_matches(OWS))?,
        is_secure: None,
    })
}

/// One element of `Forwarded`: `for=203.0.113.7;proto=https`. It has exactly one `for` and at most one `proto`.
fn forwarded(element: &[u8]) -> Option<Hop> {
    let (mut node, mut scheme) = (None, None);
    for pair in std::str::from_utf8(element).ok()?.split(';') {
        let (name, value) = pair.trim_matches(OWS).split_once('=')?;
        let value = match value.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"')?,
            None => value,
        };
        if name.is_empty() || value.contains(['"', '\\']) {
            return None;
        }
        let known = if name.eq_ignore_ascii_case("for") {
            &mut node
        } else if name.eq_ignore_ascii_case("proto") {
            &mut scheme
        } else {
            continue;
        };
        if known.replace(value).is_some() {
            return None;
        }
    }
    Some(Hop {
        address: address(node?)?,
        is_secure: scheme.and_then(is_secure),
    })
}

fn is_secure(scheme: &str) -> Option<bool> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(true)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(false)
    } else {
        None
    }
}

/// An address, with or without a port; one of IPv6 may stand in brackets. Names and zones are not known.
fn address(text: &str) -> Option<IpAddr> {
    if text.contains('%') {
        return None;
    }
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text
        .parse()
        .ok()
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| bracketed().map(|address: Ipv6Addr| IpAddr::V6(address)))?;
    Some(address.to_canonical())
}

/// A network, or the network of a single address.
fn network(text: &str) -> Result<IpNet, InvalidNetwork> {
    let invalid = |why| InvalidNetwork {
        text: text.to_owned(),
        why,
    };
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text
            .parse::<IpNet>()
            .map_err(|_| invalid("expected an address or a network, as in `10.0.0.0/24`"))?,
    };
    if network.prefix_len() == 0 {
        return Err(invalid("everybody would be believed to be a proxy"));
    }
    if network.network().to_canonical() != network.network() {
        // Callers are compared by the IPv4 address that such a one stands for.
        return Err(invalid("write the IPv4 network instead"));
    }
    Ok(network)
}

/// A text that names no network of proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork {
    text: String,
    why: &'static str,
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.escape_debug();
        write!(
            formatter,
            "`{text}` is no network of trusted proxies: {}",
            self.why
        )
    }
}

impl std::error::Error for InvalidNetwork {}
