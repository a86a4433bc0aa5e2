//! The condition keys of an event.

use std::net::IpAddr;
use std::sync::OnceLock;

use pinpoint_iam::Principal;
use pinpoint_iam::context::{ConditionKey, ContextLookup, Lookup, Value};

use super::event::{self, Event, given};
use super::parameters::{MAX_VALUE, Tags};

/// The condition keys that an event contains. All others are unknown, unless they follow from the caller.
#[derive(Debug)]
pub(super) struct Keys<'e> {
    known: Vec<Known<'e>>,
    tags: Option<RequestTags>,
    principal: Principal,
}

/// A key with one value.
#[derive(Debug)]
struct Known<'e> {
    /// The name in lower case.
    name: &'static str,
    raw: Raw<'e>,
    /// The value for conditions, created on first use: policies read few keys.
    value: OnceLock<Value>,
}

#[derive(Clone, Copy, Debug)]
enum Raw<'e> {
    Text(&'e str),
    Bool(bool),
    Number(u64),
}

impl Raw<'_> {
    fn to_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(i64::try_from(number).unwrap_or(i64::MAX)),
        }
    }
}

/// The tags as values of condition keys.
#[derive(Debug)]
struct RequestTags {
    keys: Vec<Value>,
    /// The values by the key in lower case; `None` if the request contains only keys.
    values: Option<Vec<(String, Option<Value>)>>,
}

impl<'e> Keys<'e> {
    pub(super) fn of(event: &'e Event<'_>, principal: &Principal, tags: Option<Tags>) -> Self {
        let mut keys = Self {
            known: Vec::with_capacity(12),
            tags: tags.map(|tags| RequestTags {
                values: tags.values.map(|values| {
                    let names = tags.keys.iter().map(|key| key.to_lowercase());
                    names
                        .zip(values.into_iter().map(|value| value.map(Value::from)))
                        .collect()
                }),
                keys: tags.keys.into_iter().map(Value::from).collect(),
            }),
            principal: principal.clone(),
        };
        let time = event.event_time.as_str();
        keys.add("aws:currenttime", Raw::Text(time));
        if let Some(seconds) = event::seconds(time) {
            keys.add("aws:epochtime", Raw::Number(seconds));
        }
        keys.add_text("aws:requestedregion", given(&event.aws_region));
        let identity = &event.user_identity;
        // A service that makes the request has its own address and program, and the event contains its name instead.
        if identity.invoked_by.is_none() {
            let address = given(&event.source_ip_address);
            let address = address.filter(|address| address.parse::<IpAddr>().is_ok());
            // A request through a VPC endpoint has another key for its address.
            keys.add_text(
                match given(&event.vpc_endpoint_id) {
                    None => "aws:sourceip",
                    Some(_) => "aws:vpcsourceip",
                },
                address,
            );
            let agent = given(&event.user_agent).filter(|agent| is_whole_agent(agent));
            keys.add_text("aws:useragent", agent);
        }
        keys.add_text("aws:sourcevpce", given(&event.vpc_endpoint_id));
        keys.add_text("aws:vpceaccount", given(&event.vpc_endpoint_account_id));
        let tls = event.tls_details.as_ref();
        if tls.is_some_and(|tls| given(&tls.tls_version).is_some()) {
            keys.add("aws:securetransport", Raw::Bool(true));
        }
        if let Some(session) = &identity.session_context {
            keys.add_text("aws:sourceidentity", given(&session.source_identity));
            if let Some(attributes) = &session.attributes {
                keys.add_text("aws:tokenissuetime", given(&attributes.creation_date));
                match given(&attributes.mfa_authenticated) {
                    Some("true") => keys.add("aws:multifactorauthpresent", Raw::Bool(true)),
                    Some("false") => keys.add("aws:multifactorauthpresent", Raw::Bool(false)),
                    _ => {}
                }
            }
        }
        keys
    }

    fn add(&mut self, name: &'static str, raw: Raw<'e>) {
        self.known.push(Known {
            name,
            raw,
            value: OnceLock::new(),
        });
    }

    fn add_text(&mut self, name: &'static str, text: Option<&'e str>) {
        if let Some(text) = text.filter(|text| text.len() <= MAX_VALUE) {
            self.add(name, Raw::Text(text));
        }
    }
}

/// Whether a text is the user agent of the request: CloudTrail shortens long ones, and encloses those of some services
/// in brackets or replaces them by the host of a console.
fn is_whole_agent(agent: &str) -> bool {
    !agent.starts_with('[')
        && !agent.ends_with("truncated>")
        && !agent.ends_with(".amazonaws.com")
        && agent != "AWS Internal"
}

impl ContextLookup for Keys<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        let name = key.folded();
        if let Some(tag) = name.strip_prefix("aws:requesttag/") {
            let values = self.tags.as_ref().and_then(|tags| tags.values.as_ref());
            let Some(values) = values else {
                return Lookup::Unknown;
            };
            let mut values = values.iter();
            return match values.find(|(key, _)| key == tag) {
                Some((_, Some(value))) => Lookup::Present(value),
                Some((_, None)) => Lookup::Unknown,
                // The event contains all tags of the request.
                None => Lookup::Absent,
            };
        }
        if name == "aws:tagkeys" {
            return match self.tags.as_ref().map(|tags| tags.keys.as_slice()) {
                None => Lookup::Unknown,
                Some([]) => Lookup::Absent,
                Some(keys) => Lookup::Multivalued(keys),
            };
        }
        if let Some(known) = self.known.iter().find(|known| known.name == name) {
            return Lookup::Present(known.value.get_or_init(|| known.raw.to_value()));
        }
        match self.principal.lookup(key) {
            // The event does not contain every key of the caller, such as its tags.
            Lookup::Absent => Lookup::Unknown,
            found => found,
        }
    }
}
