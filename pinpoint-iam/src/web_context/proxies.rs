//! Trusted proxies, and the headers in which they report the origin of a request.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::web_context::RequestHead;

/// The proxies that are trusted to report where a request comes from.
///
/// Without them, `aws:SourceIp` is the address of the peer, and forwarding headers are ignored. With them, and only if
/// the peer is one of them, the header that they write is read from right to left, because proxies append on the right.
/// The source is the first address that is not one of the proxies; anything left of it may be forged by the caller. If
/// there is no such address, or if the header cannot be parsed that far, the source is unknown, and requests whose
/// decision depends on it get 503.
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
/// Configure the proxies as narrowly as possible. Do not include a proxy that callers can reach and that does not write
/// the header itself. Only one header is read, because proxies pass on unknown headers as the caller wrote them.
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

/// The source of a request.
enum Source {
    /// The peer itself, which is not a proxy.
    Peer(IpAddr),
    /// This address, reported by the outermost proxy.
    Client(Hop),
    Unknown,
}

/// One proxy's report about the connection from which it received a request.
struct Hop {
    address: IpAddr,
    is_secure: Option<bool>,
}

impl TrustedProxies {
    /// Trusts proxies that write `X-Forwarded-For`, given by addresses and networks: `10.0.0.1`, `10.0.0.0/24`. They
    /// report whether the transport is secure in `X-Forwarded-Proto`, which the outermost proxy has to replace.
    ///
    /// # Errors
    ///
    /// Returns the first text that is not an address or network, or that is a network of all addresses.
    pub fn writing_x_forwarded_for<N: AsRef<str>>(
        networks: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidNetwork> {
        Self::writing(Header::XForwardedFor, networks)
    }

    /// Trusts proxies that write `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)). They report whether
    /// the transport is secure in its parameter `proto`.
    ///
    /// # Errors
    ///
    /// Returns the first text that is not an address or network, or that is a network of all addresses.
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

    /// Returns the address that the request comes from; `None` if it is unknown.
    pub(crate) fn source(&self, head: &dyn RequestHead) -> Option<IpAddr> {
        match self.find(head) {
            Source::Peer(address) | Source::Client(Hop { address, .. }) => Some(address),
            Source::Unknown => None,
        }
    }

    /// Returns whether the request reached the outermost proxy over a secure transport; `None` if this is unknown.
    pub(crate) fn is_secure(&self, head: &dyn RequestHead) -> Option<bool> {
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
            // The line is split at every comma, even in quotes: text of the caller on the left must not change how the
            // text of a proxy on the right is parsed. A quoted comma results in pieces that are rejected below.
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

/// Optional whitespace around an element of a list.
const OWS: [char; 2] = [' ', '\t'];

/// Parses one element of `X-Forwarded-For`: an address, to which some proxies append the port.
fn x_forwarded_for(element: &[u8]) -> Option<Hop> {
    let text = std::str::from_utf8(element).ok()?;
    Some(Hop {
        address: address(text.trim_matches(OWS))?,
        is_secure: None,
    })
}

/// Parses one element of `Forwarded`: `for=203.0.113.7;proto=https`. It has exactly one `for` and at most one `proto`.
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

/// Parses an address, with or without a port. An IPv6 address may be in brackets. Host names and zones are not
/// supported.
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

/// Parses a network, or a single address as a network.
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
        // Addresses of callers are compared in their IPv4 form, so an IPv4-mapped network would never match.
        return Err(invalid("write the IPv4 network instead"));
    }
    Ok(network)
}

/// The error for a text that is not a valid network of proxies.
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
            "`{text}` is not a valid network of trusted proxies: {}",
            self.why
        )
    }
}

impl std::error::Error for InvalidNetwork {}
