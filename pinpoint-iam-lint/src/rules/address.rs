//! Rules for private addresses under `aws:SourceIp`.

use ipnet::IpNet;
use pinpoint_iam_core::condition::BaseOperator;

use crate::checker::Checker;
use crate::read::Statement;

rules! {
    PRIVATE_IP_ADDRESS: "private-ip-address", Some("PRIVATE_IP_ADDRESS"), Error, IdentityManaged,
        "`aws:SourceIp` is a public address. Requests through a VPC endpoint have `aws:VpcSourceIp` instead, so a condition with private addresses only never holds.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#);
    PRIVATE_NOT_IP_ADDRESS: "private-not-ip-address", Some("PRIVATE_NOT_IP_ADDRESS"), Error, IdentityManaged,
        "`aws:SourceIp` is a public address, so a condition that excludes private addresses only always holds.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}"#);
    PRIVATE_IP_ADDRESS_SUBSET: "private-ip-address-subset", Some("PRIVATE_IP_ADDRESS_SUBSET"), Suggestion, IdentityManaged,
        "`aws:SourceIp` is a public address, so the private addresses among the values have no effect.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:SourceIp": ["10.1.0.0/16", "203.0.113.0/24"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.0/24"]}}"#);
    PRIVATE_NOT_IP_ADDRESS_SUBSET: "private-not-ip-address-subset", Some("PRIVATE_NOT_IP_ADDRESS_SUBSET"), Suggestion, IdentityManaged,
        "`aws:SourceIp` is a public address, so the private addresses among the excluded values have no effect.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}"#);
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    for condition in &statement.conditions {
        let base = condition.parsed.map(|operator| operator.base());
        let is_negated = match base {
            Some(BaseOperator::IpAddress) => false,
            Some(BaseOperator::NotIpAddress) => true,
            _ => continue,
        };
        if !condition.key.text.eq_ignore_ascii_case("aws:SourceIp") {
            continue;
        }
        let is_private = |text: &str| range(text).is_some_and(|range| is_private(&range));
        let Some(first) = condition
            .values
            .iter()
            .find(|value| is_private(&value.text))
        else {
            continue;
        };
        let is_all = condition.values.iter().all(|value| is_private(&value.text));
        let help = "use `aws:VpcSourceIp` and `aws:SourceVpc` for private addresses";
        let (rule, at, message) = match (is_all, is_negated) {
            (true, false) => (
                &PRIVATE_IP_ADDRESS,
                condition.key.at,
                "`aws:SourceIp` is never a private address, so the condition never holds",
            ),
            (true, true) => (
                &PRIVATE_NOT_IP_ADDRESS,
                condition.key.at,
                "`aws:SourceIp` is never a private address, so the condition always holds",
            ),
            (false, false) => (
                &PRIVATE_IP_ADDRESS_SUBSET,
                first.at,
                "`aws:SourceIp` is never a private address, so this value has no effect",
            ),
            (false, true) => (
                &PRIVATE_NOT_IP_ADDRESS_SUBSET,
                first.at,
                "`aws:SourceIp` is never a private address, so this value has no effect",
            ),
        };
        check.report(rule, at, message, help);
    }
}

fn range(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)))
}

/// Whether all addresses of the range are private: those of RFC 1918 and RFC 4193.
fn is_private(range: &IpNet) -> bool {
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
        .iter()
        .filter_map(|private| private.parse::<IpNet>().ok())
        .any(|private| private.contains(range))
}
