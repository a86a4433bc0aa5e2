//! Records as events of the Open Cybersecurity Schema Framework.

use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use serde::{Serialize, Serializer};

use crate::decision_log::record::{
    Outcome, OutcomeReason, Record, RecordedKey, RecordedKeys, RecordedKind, RecordedList,
    RecordedValue,
};

/// The version of the schema.
const VERSION: &str = "1.6.0";

/// The category `Application Activity`, and its class `API Activity`.
const CATEGORY: u32 = 6;
const CLASS: u32 = 6003;

/// A record as an event of the [Open Cybersecurity Schema Framework](https://schema.ocsf.io), class *API Activity* (6003),
/// see [`Record::as_ocsf`].
///
/// ```
/// use pinpoint_iam::decision_log::Record;
///
/// let line = r#"{"v": 1, "time": "2026-11-29T03:00:00Z",
///     "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
///     "action": "mobiletargeting:GetApp",
///     "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
///     "outcome": "deny", "reason": "implicit_deny", "revision": "7", "ns": 812}"#;
/// let event = serde_json::to_value(Record::parse(line)?.as_ocsf())?;
/// assert_eq!(event["class_uid"], 6003);
/// assert_eq!(event["actor"]["user"]["uid"], "arn:aws:iam::123456789012:user/ana");
/// assert_eq!(event["status"], "Failure");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OcsfEvent<'r>(&'r Record<'r>);

impl<'a> Record<'a> {
    /// Returns the record as an event of OCSF.
    ///
    /// What the schema has no attribute for is in `unmapped`. An event cannot be parsed into a record again.
    pub const fn as_ocsf<'r>(&'r self) -> OcsfEvent<'r>
    where
        'a: 'r,
    {
        OcsfEvent(self)
    }
}

#[derive(Serialize)]
struct Event<'r> {
    activity_id: u32,
    activity_name: &'static str,
    actor: Actor<'r>,
    api: Api<'r>,
    category_name: &'static str,
    category_uid: u32,
    class_name: &'static str,
    class_uid: u32,
    metadata: Metadata<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<[Resource<'r>; 1]>,
    severity: &'static str,
    severity_id: u32,
    src_endpoint: Endpoint<'r>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<OutcomeReason>,
    status_id: u32,
    /// Milliseconds since 1970.
    time: u64,
    type_uid: u32,
    unmapped: Unmapped<'r>,
}

#[derive(Serialize)]
struct Actor<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizations: Option<[Authorization<'r>; 1]>,
    user: User<'r>,
}

#[derive(Serialize)]
struct Authorization<'r> {
    decision: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Policy<'r>>,
}

#[derive(Serialize)]
struct Policy<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    desc: Option<&'r str>,
    name: &'r str,
    version: &'r str,
}

#[derive(Serialize)]
struct User<'r> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid_alt: Option<&'r str>,
}

#[derive(Serialize)]
struct Group<'r> {
    name: &'r str,
}

#[derive(Serialize)]
struct Api<'r> {
    operation: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<ApiRequest<'r>>,
    service: Service<'r>,
}

#[derive(Serialize)]
struct ApiRequest<'r> {
    uid: &'r str,
}

#[derive(Serialize)]
struct Service<'r> {
    name: &'r str,
}

#[derive(Serialize)]
struct Metadata<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_uid: Option<&'r str>,
    log_name: &'static str,
    product: Product,
    version: &'static str,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Resource<'r> {
    uid: &'r str,
}

#[derive(Serialize)]
struct Endpoint<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

/// What the schema has no attribute for, with the names of the record.
#[derive(Serialize)]
struct Unmapped<'r> {
    #[serde(skip_serializing_if = "RecordedKeys::is_empty")]
    keys: &'r RecordedKeys<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<RecordedList>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    needs: &'r [Cow<'r, str>],
    ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_type: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_account: Option<&'r str>,
    revision: &'r str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'r [Cow<'r, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    sampled: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<usize>,
}

impl Serialize for OcsfEvent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        event(self.0).serialize(serializer)
    }
}

fn event<'r>(record: &'r Record<'r>) -> Event<'r> {
    let (service, operation) = record
        .action
        .split_once(':')
        .unwrap_or(("", &record.action));
    let (activity_id, activity_name) = activity(operation);
    // An undecided check is neither: it is made again, or the request fails for another reason.
    let (status_id, status) = match record.outcome {
        Outcome::Allow | Outcome::List => (1, "Success"),
        Outcome::Deny => (2, "Failure"),
        Outcome::Undecided => (0, "Unknown"),
    };
    let request = record.request_id.as_deref();
    let since = record.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let is_decided = matches!(record.outcome, Outcome::Allow | Outcome::Deny);
    let statement = record.statement.as_ref();
    Event {
        activity_id,
        activity_name,
        actor: Actor {
            authorizations: is_decided.then(|| {
                [Authorization {
                    decision: record.outcome,
                    policy: statement.map(|statement| Policy {
                        desc: statement.sid.as_deref(),
                        name: &statement.policy,
                        version: &record.revision,
                    }),
                }]
            }),
            user: user(record),
        },
        api: Api {
            operation,
            request: request.map(|uid| ApiRequest { uid }),
            service: Service { name: service },
        },
        category_name: "Application Activity",
        category_uid: CATEGORY,
        class_name: "API Activity",
        class_uid: CLASS,
        metadata: Metadata {
            correlation_uid: request,
            log_name: "decisions",
            product: Product {
                name: "pinpoint-iam",
                vendor_name: "pinpoint-iam",
                version: env!("CARGO_PKG_VERSION"),
            },
            version: VERSION,
        },
        resources: record.resource.as_deref().map(|uid| [Resource { uid }]),
        severity: "Informational",
        severity_id: 1,
        src_endpoint: endpoint(record),
        status,
        status_code: record.reason,
        status_id,
        time: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        type_uid: CLASS * 100 + activity_id,
        unmapped: Unmapped {
            keys: &record.keys,
            list: record.list,
            needs: &record.needs,
            ns: u64::try_from(record.duration.as_nanos()).unwrap_or(u64::MAX),
            policy_type: record.policy_type.as_deref(),
            resource_account: record.resource_account.as_deref(),
            revision: &record.revision,
            roles: &record.principal.roles,
            sampled: record.sampled,
            scope: record.scope.as_deref(),
            statement: statement.map(|statement| statement.number),
        },
    }
}

/// The activity that the name of an action states; `Other` if it states none.
fn activity(operation: &str) -> (u32, &'static str) {
    const VERBS: [(&str, u32, &str); 11] = [
        ("Create", 1, "Create"),
        ("Get", 2, "Read"),
        ("List", 2, "Read"),
        ("Describe", 2, "Read"),
        ("Search", 2, "Read"),
        ("BatchGet", 2, "Read"),
        ("Update", 3, "Update"),
        ("Put", 3, "Update"),
        ("Modify", 3, "Update"),
        ("Delete", 4, "Delete"),
        ("Remove", 4, "Delete"),
    ];
    let found = VERBS.iter().find(|(verb, ..)| operation.starts_with(verb));
    found.map_or((99, "Other"), |(_, id, name)| (*id, *name))
}

fn user<'r>(record: &'r Record<'r>) -> User<'r> {
    let principal = &record.principal;
    let arn = principal.arn.as_deref();
    let (type_id, kind) = match principal.kind {
        None if arn.is_some_and(|arn| arn.ends_with(":root")) => (2, "Admin"),
        None => (1, "User"),
        Some(RecordedKind::Service) => (4, "Service"),
        Some(RecordedKind::WebIdentity | RecordedKind::Saml) => (1, "User"),
        Some(RecordedKind::Anonymous) => (99, "Anonymous"),
    };
    let name = match arn {
        Some(arn) => arn.rsplit(['/', ':']).next(),
        None => principal.name.as_deref().or(Some("anonymous")),
    };
    let groups = principal.groups.iter();
    User {
        groups: groups.map(|name| Group { name }).collect(),
        name,
        kind,
        type_id,
        uid: arn,
        uid_alt: principal.unique_id.as_deref(),
    }
}

/// The address of the caller, if the decision has read it.
fn endpoint<'r>(record: &'r Record<'r>) -> Endpoint<'r> {
    let ip = match record.keys.get("aws:SourceIp") {
        Some(RecordedKey::One(RecordedValue::Text(text))) => Some(Cow::Borrowed(&**text)),
        _ => None,
    };
    Endpoint {
        // The schema requires an attribute of the endpoint.
        name: ip.is_none().then_some("unknown"),
        ip,
    }
}
