//! Rules for `Resource` and `NotResource` that need no catalog.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::policy::{Partitions, PolicyKind};

use super::principal::is_account;
use crate::checker::Checker;
use crate::glob::has_wildcard;
use crate::read::{Statement, Text};

rules! {
    INVALID_ARN_PREFIX: "invalid-arn-prefix", Some("INVALID_ARN_PREFIX"), Error, IdentityManaged,
        "A resource is `*` or an ARN, which starts with `arn:`. In some resource-based policies, the service completes other forms.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_PARTITION: "invalid-partition", Some("INVALID_PARTITION"), Error, IdentityManaged,
        "The ARN is in a partition that neither AWS nor a catalog has, so it matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:amazon:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::b/*""#);
    INVALID_ARN_SERVICE_CASE: "invalid-arn-service-case", Some("INVALID_ARN_SERVICE_CASE"), Error, IdentityManaged,
        "The service in an ARN is in lower case. ARNs are compared case-sensitively, so this one matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:S3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "S3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    MISSING_ARN_SERVICE: "missing-arn-service", None, Error, IdentityManaged,
        "An ARN without a service matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws::::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    WILDCARD_IN_ARN_SERVICE: "wildcard-in-arn-service", Some("WILDCARD_IN_SERVICE_NAME"), Suggestion, IdentityManaged,
        "A wildcard in the service of an ARN covers other services with similar names. IAM rejects it in the policies of users, groups and roles.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s*:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b*/*""#);
    ARN_REGION_NOT_ALLOWED: "arn-region-not-allowed", Some("ARN_REGION_NOT_ALLOWED"), Error, IdentityManaged,
        "ARNs of IAM, and those of buckets and objects in Amazon S3, have no region. The same applies to a service whose catalog says so.",
        statements!(r#""Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam:us-east-1:123456789012:role/app""#),
        statements!(r#""Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/app""#);
    ARN_ACCOUNT_NOT_ALLOWED: "arn-account-not-allowed", Some("ARN_ACCOUNT_NOT_ALLOWED"), Error, IdentityManaged,
        "ARNs of buckets and objects in Amazon S3 have no account. The same applies to a service whose catalog says so.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3::123456789012:b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:us-east-1:123456789012:accesspoint/p/object/*""#);
    MISSING_ARN_REGION: "missing-arn-region", Some("MISSING_ARN_REGION"), Error, IdentityManaged,
        "Every resource of the service is in a region, so an ARN without one matches nothing in AWS.",
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting::123456789012:apps/a1""#),
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:*:123456789012:apps/a1""#);
    MISSING_ARN_ACCOUNT: "missing-arn-account", Some("MISSING_ARN_ACCOUNT"), Error, IdentityManaged,
        "Every resource of the service is in an account, so an ARN without one matches nothing in AWS.",
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:us-east-1::apps/a1""#),
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:us-east-1:*:apps/a1""#);
    INVALID_ARN_ACCOUNT: "invalid-arn-account", Some("INVALID_ARN_ACCOUNT"), Error, IdentityManaged,
        "An account in a partition of AWS has an id of twelve digits.",
        statements!(r#""Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::1234:role/app""#),
        statements!(r#""Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "arn:aws:iam::aws:policy/ReadOnlyAccess""#);
    INVALID_ARN_REGION: "invalid-arn-region", Some("INVALID_ARN_REGION"), Error, IdentityManaged,
        "The ARN is in a region that AWS does not have, so it matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-est-1:123456789012:t""#),
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-*:123456789012:t""#);
}

/// The regions of AWS, see [AWS
/// Regions](https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html).
pub(crate) const REGIONS: [&str; 47] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Whether AWS has the region.
pub(crate) fn is_region(name: &str) -> bool {
    REGIONS.contains(&name)
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let Some(element) = &statement.resource else {
        return;
    };
    for item in &element.items {
        if item.text != "*" {
            resource(item, check);
        }
    }
}

fn resource(item: &Text<'_>, check: &mut Checker<'_>) {
    let text = &*item.text;
    if !text.starts_with("arn:") {
        // Only the service that stores a resource-based policy can complete another form.
        if check.kind != PolicyKind::Resource || !text.contains(':') {
            check.report(
                &INVALID_ARN_PREFIX,
                item.at,
                format!("the resource {} does not start with `arn:`", Quoted(text)),
                "write `*`, or an ARN such as `arn:aws:mobiletargeting:*:*:apps/*`",
            );
        }
        return;
    }
    let components: Vec<&str> = text.splitn(6, ':').collect();
    let &[_, partition, service, region, account, resource] = components.as_slice() else {
        return;
    };
    // Variables here have a rule of their own.
    let is_variable = |component: &str| component.contains("${");
    if is_variable(partition) || is_variable(service) {
        return;
    }
    let is_of_aws = Partitions::AWS.contains(partition) || partition == "*";
    let services = check.catalog.services();
    let is_known = is_of_aws
        || services
            .iter()
            .any(|service| service.partitions.iter().any(|name| name == partition));
    if !is_known {
        check.report(
            &INVALID_PARTITION,
            item.at,
            format!(
                "the resource {} has the unknown partition {}",
                Quoted(text),
                Quoted(partition)
            ),
            "write `aws`, another partition of AWS or of the catalog, or `*`",
        );
        return;
    }
    if has_wildcard(service) || service.is_empty() {
        let is_any = [service, region, account, resource]
            .iter()
            .all(|component| *component == "*");
        let help = match is_any {
            true => "write `*` alone",
            false => "write the service, as in `arn:aws:mobiletargeting:*`, or `*` alone",
        };
        let (rule, what) = match service.is_empty() {
            true => (&MISSING_ARN_SERVICE, "does not name its service"),
            false => (&WILDCARD_IN_ARN_SERVICE, "has a wildcard in its service"),
        };
        check.report(
            rule,
            item.at,
            format!("the resource {} {what}", Quoted(text)),
            help,
        );
        return;
    }
    if service.contains(|character: char| character.is_ascii_uppercase()) {
        let lower = text.replacen(service, &service.to_ascii_lowercase(), 1);
        let fix = check.string_fix(item.at, &lower);
        let message = format!(
            "the service {} of an ARN must be in lower case",
            Quoted(service)
        );
        let help = format!("write {}", Quoted(&service.to_ascii_lowercase()));
        check
            .report(&INVALID_ARN_SERVICE_CASE, item.at, message, help)
            .fix = fix;
        return;
    }
    let known = Known::of(service, resource, check);
    scope(item, service, [region, account], is_of_aws, known, check);
}

/// What is known about the regions and accounts of a service's ARNs.
#[derive(Clone, Copy)]
struct Known {
    region: Presence,
    account: Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Unknown,
    Absent,
}

impl Known {
    fn of(service: &str, resource: &str, check: &Checker<'_>) -> Self {
        use pinpoint_iam_catalog::Component;
        if service == "iam" {
            return Self {
                region: Presence::Absent,
                account: Presence::Required,
            };
        }
        if service == "s3" {
            // Access points and similar resources have both.
            let is_bucket =
                !REGIONAL_S3.iter().any(|start| resource.starts_with(start)) && resource != "*";
            let presence = if is_bucket {
                Presence::Absent
            } else {
                Presence::Unknown
            };
            return Self {
                region: presence,
                account: presence,
            };
        }
        let services = check.catalog.services().iter();
        let templates: Vec<_> = services
            .flat_map(|known| known.resources())
            .map(|resource| &resource.arn)
            .filter(|template| template.service == service)
            .collect();
        let presence = |component: &dyn Fn(usize) -> Option<bool>| {
            let all =
                |wanted: bool| (0..templates.len()).all(|index| component(index) == Some(wanted));
            match () {
                () if templates.is_empty() => Presence::Unknown,
                () if all(true) => Presence::Required,
                () if all(false) => Presence::Absent,
                () => Presence::Unknown,
            }
        };
        let is_present = |component: &Component| match component {
            Component::FromScope => Some(true),
            Component::Fixed(text) if text.is_empty() => Some(false),
            Component::Fixed(_) => None,
        };
        Self {
            region: presence(&|index| is_present(&templates.get(index)?.region)),
            account: presence(&|index| is_present(&templates.get(index)?.account)),
        }
    }
}

const REGIONAL_S3: [&str; 8] = [
    "accesspoint/",
    "accesspoint:",
    "access-grants/",
    "async-request/",
    "job/",
    "storage-lens/",
    "storage-lens-group/",
    "accessgrants",
];

fn scope(
    item: &Text<'_>,
    service: &str,
    [region, account]: [&str; 2],
    is_of_aws: bool,
    known: Known,
    check: &mut Checker<'_>,
) {
    let shown = Quoted(&item.text);
    let is_open = |component: &str| has_wildcard(component) || component.contains("${");
    // A `*` also matches an empty component.
    let is_given = |component: &str| component.bytes().any(|byte| byte != b'*');
    if known.region == Presence::Absent && is_given(region) {
        check.report(
            &ARN_REGION_NOT_ALLOWED,
            item.at,
            format!("the resource {shown} has a region"),
            format!("resources of `{service}` have none; leave it empty"),
        );
    } else if known.region == Presence::Required && region.is_empty() && is_of_aws {
        check.report(
            &MISSING_ARN_REGION,
            item.at,
            format!("the resource {shown} has no region"),
            format!("resources of `{service}` have one; write it, or `*`"),
        );
    } else if is_of_aws && !region.is_empty() && !is_open(region) && !is_region(region) {
        let near = pinpoint_iam_core::__private::nearest(region, REGIONS);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a region of AWS, or `*`".to_owned(),
        };
        let message = format!("AWS has no region {}", Quoted(region));
        check.report(&INVALID_ARN_REGION, item.at, message, help);
    }
    if known.account == Presence::Absent && is_given(account) {
        check.report(
            &ARN_ACCOUNT_NOT_ALLOWED,
            item.at,
            format!("the resource {shown} has an account"),
            format!("these resources of `{service}` have none; leave it empty"),
        );
    } else if known.account == Presence::Required && account.is_empty() && is_of_aws {
        check.report(
            &MISSING_ARN_ACCOUNT,
            item.at,
            format!("the resource {shown} has no account"),
            format!("resources of `{service}` have one; write it, or `*`"),
        );
    } else if is_of_aws
        && !account.is_empty()
        && !is_open(account)
        && !is_account(account)
        && account != "aws"
    {
        check.report(
            &INVALID_ARN_ACCOUNT,
            item.at,
            format!("{} is not the id of an account", Quoted(account)),
            "write twelve digits, or `*`",
        );
    }
}
