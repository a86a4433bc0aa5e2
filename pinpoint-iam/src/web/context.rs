//! The condition keys that a web request brings.

use std::net::IpAddr;
use std::time::SystemTime;

use crate::authorizer::Authorizer;
use crate::context::Context;

/// The head of a web request, whatever the framework.
pub(crate) trait RequestHead {
    /// Every value of a header, in the order of the request.
    fn header(&self, name: &str) -> Vec<&[u8]>;

    /// The address of the peer, where the server knows it.
    fn peer(&self) -> Option<IpAddr>;
}

/// The longest header value that conditions are asked about, in bytes.
///
/// Matching costs the product of the lengths of value and pattern; a longer value is taken to be unknown, so that a
/// decision which depends on it is refused instead of being worked on for long.
const MAX_HEADER_VALUE: usize = 2048;

/// The condition keys of a request.
///
/// Whether the transport is secure is not known here: a decision that depends on it is refused. Tags are the guard's
/// affair.
pub(crate) fn of(authorizer: &Authorizer, head: &dyn RequestHead) -> Context {
    let mut context = Context::new();
    let now = SystemTime::now();
    context.insert("aws:CurrentTime", now);
    if let Ok(since) = now.duration_since(SystemTime::UNIX_EPOCH) {
        context.insert(
            "aws:EpochTime",
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        );
    }
    let region = authorizer.scope().region();
    if !region.is_empty() {
        context.insert("aws:RequestedRegion", region);
    }
    match head.peer() {
        Some(address) => context.insert("aws:SourceIp", address),
        None => context.insert_unknown("aws:SourceIp"),
    }
    insert_header(&mut context, "aws:UserAgent", head, "user-agent");
    insert_header(&mut context, "aws:Referer", head, "referer");
    context.insert_unknown("aws:SecureTransport");
    context
}

fn insert_header(context: &mut Context, key: &str, head: &dyn RequestHead, name: &str) {
    let values = head.header(name);
    if values.iter().any(|value| value.len() > MAX_HEADER_VALUE) {
        context.insert_unknown(key);
        return;
    }
    for value in values {
        context.insert(key, String::from_utf8_lossy(value).into_owned());
    }
}
