//! The condition keys that a web request brings.

use std::time::SystemTime;

use crate::arn::Scope;
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::request::MAX_VALUE_LENGTH;
use crate::web::settings::WebSettings;
use crate::web::{AddedKeys, RequestHead, Transport};

/// The condition keys of a request. Tags are the guard's affair.
pub(crate) fn of(authorizer: &Authorizer, scope: &Scope, head: &dyn RequestHead) -> Context {
    let settings = authorizer.web();
    let mut context = Context::new();
    let now = SystemTime::now();
    context.insert("aws:CurrentTime", now);
    if let Ok(since) = now.duration_since(SystemTime::UNIX_EPOCH) {
        context.insert(
            "aws:EpochTime",
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        );
    }
    let region = scope.region();
    if !region.is_empty() {
        context.insert("aws:RequestedRegion", region);
    }
    let source = match &settings.trusted_proxies {
        Some(proxies) => proxies.source(head),
        None => head.peer(),
    };
    match source {
        Some(address) => context.insert("aws:SourceIp", address),
        None => context.insert_unknown("aws:SourceIp"),
    }
    match is_secure(settings, head) {
        Some(is_secure) => context.insert("aws:SecureTransport", is_secure),
        None => context.insert_unknown("aws:SecureTransport"),
    }
    insert_header(&mut context, "aws:UserAgent", head, "user-agent");
    insert_header(&mut context, "aws:Referer", head, "referer");
    let mut added = AddedKeys::default();
    for keys in &settings.request_keys {
        keys.add(head, &mut added);
    }
    added.write(&mut context);
    context
}

fn is_secure(settings: &WebSettings, head: &dyn RequestHead) -> Option<bool> {
    match settings.transport {
        Transport::Unknown => None,
        Transport::Secure => Some(true),
        Transport::Plain => Some(false),
        Transport::AsProxySays => settings.trusted_proxies.as_ref()?.is_secure(head),
    }
}

fn insert_header(context: &mut Context, key: &str, head: &dyn RequestHead, name: &str) {
    let values = head.header(name);
    if values.iter().any(|value| value.len() > MAX_VALUE_LENGTH) {
        context.insert_unknown(key);
        return;
    }
    for value in values {
        context.insert(key, String::from_utf8_lossy(value).into_owned());
    }
}
