//! Logs for tests and benchmarks: the same lines for the same seed.

use std::io::{self, Write};
use std::ops::Range;
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Value as KeyValue;
use pinpoint_iam::decision_log::{
    Outcome, Record, RecordedKey, RecordedKeys, RecordedRequest, RecordedValue,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Decision, Policy};
use serde_json::{Value, json};

use crate::policies::Policies;

/// The account of the callers and resources.
const ACCOUNT: &str = "123456789012";

/// The number of users; there are a quarter as many roles.
const USERS: u64 = 400;

/// The number of applications.
const APPS: u64 = 60;

/// The number of teams. Each has a group policy and some of the applications.
const TEAMS: u64 = 12;

/// The actions with the resource below the application, and how often they are requested.
const ACTIONS: [(&str, &str, u64); 14] = [
    ("GetApp", "", 20),
    ("GetCampaign", "/campaigns/", 30),
    ("GetCampaigns", "", 12),
    ("GetSegment", "/segments/", 14),
    ("GetJourney", "/journeys/", 8),
    ("GetEndpoint", "", 10),
    ("UpdateEndpoint", "", 24),
    ("SendMessages", "/messages", 16),
    ("PutEvents", "", 30),
    ("CreateCampaign", "", 3),
    ("UpdateCampaign", "/campaigns/", 5),
    ("DeleteCampaign", "/campaigns/", 6),
    ("DeleteSegment", "/segments/", 1),
    ("DeleteApp", "", 1),
];

/// A generator of random numbers (SplitMix64).
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Few values are frequent, as callers and resources are in a service.
    fn skewed(&mut self, end: u64) -> u64 {
        let bound = self.below(end) + 1;
        self.below(bound)
    }
}

/// Generates a decision log: requests of users and roles of several teams for applications, at most two seconds apart.
#[derive(Debug)]
pub struct Generator {
    random: Random,
    policies: Policies,
    number: u64,
    time: SystemTime,
}

/// Returns the policies of the users and roles. `with_denies` is whether they contain the `Deny` statements with the `Sid`
/// `KeepCampaigns`.
///
/// # Errors
///
/// Fails if the policies are not valid, which does not happen.
pub fn policies(with_denies: bool) -> io::Result<PolicyStore> {
    let mut store = PolicyStore::new();
    let teams = (0..TEAMS).map(|team| {
        let document = Document::parse(&team_policy(team, with_denies));
        let document = document.map_err(io::Error::other)?;
        Ok(Policy::new(&format!("team-{team:02}.json"), document))
    });
    let teams: io::Result<Vec<Policy>> = teams.collect();
    let teams = teams?;
    for number in 0..USERS + USERS / 4 {
        let (arn, _) = identity(number);
        let team = teams.get(usize::try_from(number % TEAMS).unwrap_or_default());
        let own = store.identity(&arn).map_err(io::Error::other)?;
        team.into_iter().for_each(|team| own.attach(team.clone()));
    }
    Ok(store)
}

/// Returns the [`policies`] as the output of `aws iam get-account-authorization-details`.
pub fn account_details(with_denies: bool) -> String {
    let policy_arn = |team: u64| format!("arn:aws:iam::{ACCOUNT}:policy/team-{team:02}");
    let attached = |numbers: Range<u64>, kind: &str| -> Vec<Value> {
        let identities = numbers.map(|number| {
            let (arn, _) = identity(number);
            let name = arn.rsplit('/').next();
            json!({
                format!("{kind}Name"): name,
                "Arn": arn,
                format!("{kind}PolicyList"): [],
                "AttachedManagedPolicies": [{"PolicyArn": policy_arn(number % TEAMS)}],
            })
        });
        identities.collect()
    };
    let mut users = attached(0..USERS, "User");
    for user in users.iter_mut().filter_map(Value::as_object_mut) {
        user.insert("GroupList".to_owned(), json!([]));
    }
    let teams = (0..TEAMS).map(|team| {
        let document: Value = serde_json::from_str(&team_policy(team, with_denies)).unwrap_or_default();
        json!({
            "Arn": policy_arn(team),
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}],
        })
    });
    let teams: Vec<Value> = teams.collect();
    let details = json!({
        "UserDetailList": users,
        "RoleDetailList": attached(USERS..USERS + USERS / 4, "Role"),
        "GroupDetailList": [],
        "Policies": teams,
    });
    details.to_string()
}

/// The policy of a team.
fn team_policy(team: u64, with_denies: bool) -> String {
    let apps: Vec<String> = (0..APPS)
        .filter(|app| app % TEAMS == team || app % (TEAMS + 5) == team)
        .map(|app| format!(r#""arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/app-{app:04}*""#))
        .collect();
    let apps = apps.join(", ");
    let deny = match with_denies {
        true => format!(
            r#", {{"Sid": "KeepCampaigns", "Effect": "Deny", "Action": "mobiletargeting:DeleteCampaign", "Resource": [{apps}]}}"#
        ),
        false => String::new(),
    };
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Sid": "Read", "Effect": "Allow", "Action": ["mobiletargeting:Get*", "mobiletargeting:PutEvents"], "Resource": [{apps}]}},
            {{"Sid": "Write", "Effect": "Allow", "Action": ["mobiletargeting:Update*", "mobiletargeting:Create*", "mobiletargeting:Delete*"],
                "Resource": [{apps}], "Condition": {{"IpAddress": {{"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/25"]}}}}}},
            {{"Sid": "Send", "Effect": "Allow", "Action": "mobiletargeting:SendMessages", "Resource": [{apps}],
                "Condition": {{"StringEquals": {{"aws:PrincipalTag/team": "team-{team:02}"}}}}}}{deny}]}}"#
    )
}

/// The ARN of a user or role, and that of its requests.
fn identity(number: u64) -> (String, String) {
    match number.checked_sub(USERS) {
        None => {
            let arn = format!("arn:aws:iam::{ACCOUNT}:user/user-{number:04}");
            (arn.clone(), arn)
        }
        Some(role) => (
            format!("arn:aws:iam::{ACCOUNT}:role/service-{role:03}"),
            format!(
                "arn:aws:sts::{ACCOUNT}:assumed-role/service-{role:03}/i-0a1b2c3d4e5f{role:05}"
            ),
        ),
    }
}

impl Generator {
    /// Creates a generator of the decisions of `policies`.
    pub fn new(seed: u64, policies: Policies) -> Self {
        const START: u64 = 1_790_000_000;
        Self {
            random: Random(seed),
            policies,
            number: 0,
            time: SystemTime::UNIX_EPOCH + Duration::from_secs(START),
        }
    }

    /// Writes this many lines.
    ///
    /// # Errors
    ///
    /// Fails if they cannot be written.
    pub fn write(&mut self, lines: u64, to: &mut impl Write) -> io::Result<()> {
        for _ in 0..lines {
            self.line(to)?;
        }
        Ok(())
    }

    /// Writes a file of CloudTrail with this many events: the requests that [`write`](Self::write) would log. The events
    /// do not contain the tags of the callers.
    ///
    /// # Errors
    ///
    /// Fails if they cannot be written.
    pub fn write_events(&mut self, events: u64, to: &mut impl Write) -> io::Result<()> {
        to.write_all(b"{\"Records\":[")?;
        let mut line = Vec::new();
        for number in 0..events {
            if number > 0 {
                to.write_all(b",")?;
            }
            line.clear();
            self.line(&mut line)?;
            let record = std::str::from_utf8(&line).map_err(io::Error::other)?;
            serde_json::to_writer(&mut *to, &event(&Record::parse(record)?, number))?;
        }
        to.write_all(b"]}")
    }

    fn line(&mut self, to: &mut impl Write) -> io::Result<()> {
        let random = &mut self.random;
        self.number += 1;
        self.time += Duration::from_micros(random.below(2_000_000));
        let number = random.skewed(USERS + USERS / 4);
        let (_, principal) = identity(number);
        let weights: u64 = ACTIONS.iter().map(|(_, _, weight)| weight).sum();
        let mut at = random.below(weights);
        let chosen = ACTIONS.iter().find(|(_, _, weight)| {
            let is_chosen = at < *weight;
            at = at.saturating_sub(*weight);
            is_chosen
        });
        let (action, below, _) = chosen.copied().unwrap_or(("GetApp", "", 1));
        // Most requests are for applications of the own team.
        let app = match random.below(20) {
            0 => random.below(APPS),
            _ => (number % TEAMS) + TEAMS * random.below(APPS / TEAMS),
        };
        let id = match below.ends_with('/') {
            true => format!(
                "{:016x}",
                random.skewed(5_000).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ),
            false => String::new(),
        };
        let address = match random.below(10) {
            0 => format!("192.0.2.{}", random.below(256)),
            1 => format!("198.51.100.{}", random.below(256)),
            _ => format!("203.0.113.{}", random.below(256)),
        };
        let request = random.next();
        let team = number % TEAMS;
        let text = format!(
            r#"{{"v":1,"time":"2026-11-29T03:00:00Z","request":"{request:016x}-{:08x}","principal":{{"arn":"{principal}"}},"action":"mobiletargeting:{action}","resource":"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/app-{app:04}{below}{id}","outcome":"deny","revision":"2026-11-29.7","ns":{}}}"#,
            self.number,
            400 + random.below(900),
        );
        // Some addresses are masked.
        let address = match random.below(20) {
            0 => r#"{"state":"masked"}"#.to_owned(),
            _ => format!("\"{address}\""),
        };
        let keys =
            format!(r#"{{"aws:SourceIp":{address},"aws:PrincipalTag/team":"team-{team:02}"}}"#);
        let mut record = Record::parse(&text)?;
        record.time = self.time;
        record.keys = serde_json::from_str::<RecordedKeys<'_>>(&keys)?;
        let recorded = RecordedRequest::of(&record).map_err(io::Error::other)?;
        let evaluation = self.policies.decide(&recorded.as_request());
        let decision = evaluation.map(|evaluation| evaluation.into_decision());
        if let Some(Decision::Allow(_)) = decision {
            record.outcome = Outcome::Allow;
        }
        serde_json::to_writer(&mut *to, &record)?;
        to.write_all(b"\n")
    }
}

/// The event of a request for a resource of an application.
fn event(record: &Record<'_>, number: u64) -> Value {
    let arn = record.principal.arn.as_deref().unwrap_or_default();
    let (_, action) = record.action.split_once(':').unwrap_or_default();
    let resource = record.resource.as_deref().unwrap_or_default();
    let (_, ids) = resource.split_once(":apps/").unwrap_or_default();
    let mut ids = ids.split('/');
    let app = ids.next();
    let id = match (ids.next(), ids.next()) {
        (Some("campaigns"), Some(id)) => ("campaign-id", id),
        (Some("segments"), Some(id)) => ("segment-id", id),
        (Some("journeys"), Some(id)) => ("journey-id", id),
        _ => ("endpoint-id", "e1"),
    };
    let address = match record.keys.get("aws:SourceIp") {
        Some(RecordedKey::One(RecordedValue::Text(address))) => address,
        // The decision depends on the masked address.
        _ => "AWS Internal",
    };
    let seconds = record.time.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = Duration::from_secs(seconds.unwrap_or_default().as_secs());
    let time = KeyValue::Time(SystemTime::UNIX_EPOCH + seconds);
    let time = time.text();
    let identity = match arn.split_once(":assumed-role/") {
        None => json!({
            "type": "IAMUser", "principalId": "AIDAEXAMPLEEXAMPLE123", "arn": arn, "accountId": ACCOUNT,
            "accessKeyId": "AKIAEXAMPLEEXAMPLE12", "userName": arn.rsplit('/').next(),
        }),
        Some((_, session)) => {
            let role = session.split('/').next().unwrap_or_default();
            json!({
                "type": "AssumedRole", "principalId": "AROAEXAMPLEEXAMPLE123:i", "arn": arn, "accountId": ACCOUNT,
                "accessKeyId": "ASIAEXAMPLEEXAMPLE12",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role", "principalId": "AROAEXAMPLEEXAMPLE123",
                        "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "accountId": ACCOUNT, "userName": role,
                    },
                    "attributes": {"creationDate": time, "mfaAuthenticated": "false"},
                },
            })
        }
    };
    let mut event = json!({
        "eventVersion": "1.11", "userIdentity": identity, "eventTime": time,
        "eventSource": "pinpoint.amazonaws.com", "eventName": action, "awsRegion": "us-east-1",
        "sourceIPAddress": address, "userAgent": "aws-sdk-rust/1.3.9 os/linux lang/rust/1.91.0",
        "requestParameters": {"application-id": app, id.0: id.1}, "responseElements": null,
        "requestID": format!("{number:032x}"), "eventID": format!("{number:032x}"),
        "readOnly": action.starts_with("Get"), "eventType": "AwsApiCall", "managementEvent": true,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "pinpoint.us-east-1.amazonaws.com",
        },
    });
    if record.outcome != Outcome::Allow
        && let Some(event) = event.as_object_mut()
    {
        event.insert("errorCode".to_owned(), json!("AccessDenied"));
    }
    event
}

#[cfg(test)]
mod tests {
    use pinpoint_iam::source::{AccountDetails, PolicySource as _};

    use super::*;

    #[test]
    fn account_details_have_the_policies() {
        let documents = |store: &PolicyStore| -> Vec<(String, Vec<String>)> {
            let identities = store.iter().map(|(arn, own)| {
                let documents = own.identity().iter();
                let documents = documents.map(|policy| policy.document().to_string());
                (arn.to_owned(), documents.collect())
            });
            let mut documents: Vec<_> = identities.collect();
            documents.sort();
            documents
        };
        for with_denies in [false, true] {
            let details = account_details(with_denies);
            let details = AccountDetails::from_json("account.json", details);
            let store = details.load().unwrap();
            assert_eq!(
                documents(&store),
                documents(&policies(with_denies).unwrap())
            );
            assert_eq!(store.len(), 500);
        }
    }
}
