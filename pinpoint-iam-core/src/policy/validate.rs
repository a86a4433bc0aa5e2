//! AWS's rules for new policies, in addition to those for stored policies.

use super::action::{ActionElement, ActionPattern};
use super::document::Document;
use super::error::ParseError;
use super::kind::{PolicyKind, Quota};
use super::partitions::Partitions;
use super::principal::PrincipalElement;
use super::resource::ResourceElement;
use super::resource_pattern::ResourcePattern;
use super::sid;
use super::statement::Statement;
use crate::effect::Effect;
use crate::json;
use crate::pattern::BorrowedPattern;
use crate::position::Position;
use crate::quoted::Quoted;
use crate::version::Version;

impl Document {
    /// Checks whether AWS would accept the document as a new policy of `kind`.
    ///
    /// - `Version` is 2012-10-17, except in resource-based, inline and role trust policies.
    /// - `Principal` is allowed only in resource-based and role trust policies, and in resource control policies, where
    ///   it is `"Principal": "*"`. `NotPrincipal` is allowed only in statements that deny.
    /// - `Resource` or `NotResource` is required in all policies except role trust policies, where it is not allowed,
    ///   and resource-based policies, where it is optional.
    /// - A service prefix consists of letters, digits, `-` and `.`, without wildcards; `*:*` is accepted. AWS does not
    ///   check the names of actions.
    /// - A resource is `*` or an ARN that names its service and whose partition is `*` or a partition of AWS. A short
    ///   ARN has no empty component. ARNs of `iam` and `s3` have no region (except S3's access points and similar
    ///   resources), and the resource in an ARN of `iam` starts with a resource type. A resource-based policy may have
    ///   a form that [its service completes](ResourcePattern::is_left_to_its_service).
    /// - A `Sid` has only letters and digits and is unique unless empty. In resource-based policies it can be anything.
    /// - The text of a policy for IAM or STS has no characters beyond U+00FF, except as escapes.
    /// - Role trust policies contain only actions of `sts`. Resource control policies only deny, and have neither
    ///   `NotAction` nor the action `*`.
    /// - The document does not exceed the [quota](PolicyKind::quota). A service that stores its own policies does not
    ///   need AWS's quotas: [`Document::validate_grammar`] omits this rule.
    ///
    /// # Errors
    ///
    /// Returns the first error in the document; [`Document::faults`] returns all of them.
    pub fn validate(&self, kind: PolicyKind) -> Result<(), ParseError> {
        first(self.faults(kind))
    }

    /// All reasons why the document is not valid as a new policy of `kind`, in the order of the text.
    pub fn faults(&self, kind: PolicyKind) -> Vec<ParseError> {
        faults(self, kind)
    }

    /// [`Document::validate`] without the quota, for a deployment with these partitions: checks the content of a policy
    /// of `kind`, regardless of its length.
    ///
    /// # Errors
    ///
    /// Returns the first error in the document; [`Document::grammar_faults`] returns all of them.
    pub fn validate_grammar(
        &self,
        kind: PolicyKind,
        partitions: &Partitions,
    ) -> Result<(), ParseError> {
        first(self.grammar_faults(kind, partitions))
    }

    /// The [`faults`](Self::faults) of the document without the quota, for a deployment with these partitions.
    pub fn grammar_faults(&self, kind: PolicyKind, partitions: &Partitions) -> Vec<ParseError> {
        grammar_faults(self, kind, partitions)
    }

    /// Checks that every resource ARN in the document is in one of these partitions, or leaves its partition open.
    ///
    /// An ARN of another partition matches nothing in the deployment: a `Deny` for it denies nothing. AWS rejects ARNs
    /// of partitions that do not exist, so every policy that AWS stores passes with [`Partitions::AWS`].
    ///
    /// # Errors
    ///
    /// Returns an error for the first such ARN.
    pub fn validate_partitions(&self, partitions: &Partitions) -> Result<(), ParseError> {
        first(partition_faults(self, partitions))
    }
}

fn first(faults: Vec<ParseError>) -> Result<(), ParseError> {
    match faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// All errors in `document` as a policy of `kind`, in the order of the text.
fn faults(document: &Document, kind: PolicyKind) -> Vec<ParseError> {
    let mut faults = Vec::from_iter(excess(document, kind));
    faults.extend(grammar_faults(document, kind, &Partitions::AWS));
    // The sort is stable, so that errors at the same position keep the order of the rules.
    faults.sort_by_key(ParseError::position);
    faults
}

/// The [`faults`] of the document's content, without the quota.
fn grammar_faults(
    document: &Document,
    kind: PolicyKind,
    partitions: &Partitions,
) -> Vec<ParseError> {
    let mut check = Check {
        kind,
        partitions,
        faults: Vec::new(),
    };
    check.characters(document);
    check.version(document);
    check.repeated_sids(document);
    for statement in document.statements() {
        check.statement(statement);
    }
    check.faults.sort_by_key(ParseError::position);
    check.faults
}

/// Violations of AWS's rules for `Sid` in identity-based policies.
pub(super) fn sid_faults(document: &Document) -> Vec<ParseError> {
    let mut check = Check {
        kind: PolicyKind::IdentityManaged,
        partitions: &Partitions::AWS,
        faults: Vec::new(),
    };
    check.repeated_sids(document);
    for statement in document.statements() {
        check.sid(statement);
    }
    check.faults
}

/// Errors for the resources of `document` that are in none of `partitions`, in the order of the text.
fn partition_faults(document: &Document, partitions: &Partitions) -> Vec<ParseError> {
    let resources = document.statements().iter().filter_map(Statement::resource);
    let patterns = resources.flat_map(ResourceElement::patterns);
    patterns
        .filter_map(|pattern| {
            let (message, hint) = check_partition(pattern, partitions).err()?;
            Some(ParseError::new(pattern.position(), message, hint))
        })
        .collect()
}

/// The error for a document that exceeds AWS's quota for policies of `kind`.
fn excess(document: &Document, kind: PolicyKind) -> Option<ParseError> {
    let size = document.written;
    let (counted, quota, note) = match kind.counted_quota()? {
        Quota::WithoutWhiteSpace(quota) => (
            size.characters - size.white_space,
            quota,
            " without white space",
        ),
        Quota::Everything(quota) => (size.characters, quota, ""),
    };
    (counted > quota).then(|| {
        ParseError::new(
            Position::START,
            format!("the document has {counted} characters{note}"),
            format!("{} has at most {quota}", kind.phrase()),
        )
    })
}

struct Check<'a> {
    kind: PolicyKind,
    partitions: &'a Partitions,
    faults: Vec<ParseError>,
}

impl Check<'_> {
    fn fault(&mut self, position: Position, message: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(ParseError::new(position, message, hint));
    }

    fn characters(&mut self, document: &Document) {
        let Some((character, position)) = document.written.beyond_iam else {
            return;
        };
        if self.kind.is_stored_by_iam() {
            self.fault(
                position,
                format!(
                    "the text contains the character {}",
                    Quoted(character.encode_utf8(&mut [0; 4]))
                ),
                format!(
                    "IAM accepts tab, line feed, carriage return and U+0020 to U+00FF; in a string write `{}`",
                    json::escape(character)
                ),
            );
        }
    }

    fn version(&mut self, document: &Document) {
        if self.kind.may_have_an_old_version() || document.version() == Version::V2012_10_17 {
            return;
        }
        let (position, message) = match document.version {
            Some((version, place)) => (place.0, format!("the version is `{version}`")),
            None => (Position::START, "the document has no `Version`".to_owned()),
        };
        self.fault(
            position,
            message,
            format!("write `\"Version\": \"{}\"`", Version::V2012_10_17),
        );
    }

    fn statement(&mut self, statement: &Statement) {
        self.sid(statement);
        self.effect(statement);
        self.principal(statement);
        self.action(statement.action());
        self.resource(statement);
    }

    fn repeated_sids(&mut self, document: &Document) {
        if self.kind == PolicyKind::Resource {
            return;
        }
        for (sid, place) in sid::repeated(document) {
            self.fault(
                place.0,
                format!("two statements have the `Sid` {}", Quoted(sid)),
                "use a different name for each statement, or remove one",
            );
        }
    }

    fn sid(&mut self, statement: &Statement) {
        let Some((sid, place)) = &statement.sid else {
            return;
        };
        if self.kind != PolicyKind::Resource && !sid::is_plain(sid) {
            self.fault(
                place.0,
                format!(
                    "the `Sid` {} contains characters other than letters and digits",
                    Quoted(sid)
                ),
                "use ASCII letters and digits",
            );
        }
    }

    fn effect(&mut self, statement: &Statement) {
        if self.kind == PolicyKind::ResourceControl && statement.effect() == Effect::Allow {
            self.fault(
                statement.effect_place.0,
                "the statement has `\"Effect\": \"Allow\"`",
                "a resource control policy can only deny; write `\"Effect\": \"Deny\"`",
            );
        }
    }

    fn principal(&mut self, statement: &Statement) {
        let phrase = self.kind.phrase();
        match (self.kind, statement.principal()) {
            (PolicyKind::Resource | PolicyKind::RoleTrust, Some(principal)) => {
                if principal.is_negated() && statement.effect() == Effect::Allow {
                    self.fault(
                        principal.position(),
                        "`NotPrincipal` is not supported with `\"Effect\": \"Allow\"`",
                        "list the allowed principals in `Principal`",
                    );
                }
            }
            (PolicyKind::ResourceControl, Some(principal)) => {
                if principal.is_negated() || !is_everyone_alone(principal) {
                    self.fault(
                        principal.position(),
                        format!("`{}` is not `\"*\"`", principal.name()),
                        format!(
                            "write `\"Principal\": \"*\"` in {phrase}, and restrict it with conditions"
                        ),
                    );
                }
            }
            (PolicyKind::Resource | PolicyKind::RoleTrust | PolicyKind::ResourceControl, None) => {
                self.fault(
                    statement.position(),
                    "the statement has no `Principal`",
                    format!("{phrase} needs a `Principal` in each statement"),
                )
            }
            (_, Some(principal)) => self.fault(
                principal.position(),
                format!("the statement has a `{}`", principal.name()),
                format!("{phrase} applies to the principals that it is attached to; remove it"),
            ),
            (_, None) => {}
        }
    }

    fn action(&mut self, element: &ActionElement) {
        let phrase = self.kind.phrase();
        let refuses_negation = matches!(
            self.kind,
            PolicyKind::RoleTrust | PolicyKind::ResourceControl
        );
        if refuses_negation && element.is_negated() {
            self.fault(
                element.position(),
                "the statement has a `NotAction`",
                format!("{phrase} lists its actions in `Action`"),
            );
            return;
        }
        for pattern in element.patterns() {
            self.action_pattern(pattern);
        }
    }

    fn action_pattern(&mut self, pattern: &ActionPattern) {
        let phrase = self.kind.phrase();
        let shown = Quoted(pattern.as_str());
        let prefix = pattern.prefix().unwrap_or_default();
        match self.kind {
            PolicyKind::RoleTrust if !prefix.eq_ignore_ascii_case("sts") => {
                return self.fault(
                    pattern.position(),
                    format!("the action {shown} is not one of `sts`"),
                    format!("{phrase} has actions such as `sts:AssumeRole` only"),
                );
            }
            PolicyKind::ResourceControl if pattern.is_everything() => {
                return self.fault(
                    pattern.position(),
                    format!("the action {shown} covers all services"),
                    format!("{phrase} names the service, as in `s3:*`"),
                );
            }
            _ => {}
        }
        if pattern.is_everything() {
            return;
        }
        if prefix.contains(['*', '?']) {
            self.fault(
                pattern.position(),
                format!("the action {shown} has a wildcard in its service prefix"),
                "list the services, or write `*`",
            );
        } else if !is_vendor(prefix) {
            self.fault(
                pattern.position(),
                format!("the action {shown} has a service prefix that none can be"),
                "a service prefix has ASCII letters, digits, `-` and `.`",
            );
        }
    }

    fn resource(&mut self, statement: &Statement) {
        let phrase = self.kind.phrase();
        match (self.kind, statement.resource()) {
            (PolicyKind::RoleTrust, Some(resource)) => self.fault(
                resource.position(),
                format!("the statement has a `{}`", resource.name()),
                format!("{phrase} is about its role; remove it"),
            ),
            (PolicyKind::RoleTrust | PolicyKind::Resource, None) => {}
            (_, None) => self.fault(
                statement.position(),
                "the statement has neither `Resource` nor `NotResource`",
                "add the resources that it is about, or `\"Resource\": \"*\"`",
            ),
            (_, Some(resource)) => {
                for pattern in resource.patterns() {
                    if self.kind == PolicyKind::Resource && pattern.is_left_to_its_service() {
                        continue;
                    }
                    if let Err((message, hint)) = check_resource(pattern, self.partitions) {
                        self.fault(pattern.position(), message, hint);
                    }
                }
            }
        }
    }
}

/// `"*"`, or `{"AWS": "*"}` and nothing else.
fn is_everyone_alone(principal: &PrincipalElement) -> bool {
    let mut others = principal
        .federated()
        .chain(principal.service())
        .chain(principal.canonical_user())
        .chain(principal.aws().filter(|entry| *entry != "*"));
    principal.is_everyone() && others.next().is_none()
}

fn is_vendor(prefix: &str) -> bool {
    !prefix.is_empty()
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// The possible starts of the last component of an IAM ARN: the list in IAM's own message, and later additions in the
/// [service reference](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html),
/// including that of [STS](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html),
/// which uses IAM's resources.
const IAM_RESOURCES: [&str; 15] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "contextProvider/",
    "delegation-request/",
];

/// The root user of an account, on which actions of STS act. Nothing follows this word.
const IAM_ROOT: &str = "root";

/// The resources of Amazon S3 whose ARNs have a region, unlike those of buckets and objects.
const REGIONAL_S3_RESOURCES: [&str; 6] = [
    "accesspoint/",
    "access-grants/",
    "async-request/",
    "job/",
    "storage-lens/",
    "storage-lens-group/",
];

type Complaint = (String, String);

fn check_partition(pattern: &ResourcePattern, partitions: &Partitions) -> Result<(), Complaint> {
    if pattern.is_everything() || pattern.is_left_to_its_service() {
        return Ok(());
    }
    let partition = pattern
        .components()
        .next()
        .unwrap_or(BorrowedPattern::EMPTY);
    let partition = partition.as_str();
    if partition == "*" || partitions.contains(partition) {
        return Ok(());
    }
    Err((
        format!(
            "the resource {} has the unknown partition {}",
            Quoted(pattern.as_str()),
            Quoted(partition)
        ),
        partitions.hint(),
    ))
}

fn check_resource(pattern: &ResourcePattern, partitions: &Partitions) -> Result<(), Complaint> {
    if pattern.is_everything() {
        return Ok(());
    }
    if pattern.is_left_to_its_service() {
        return Err((
            format!(
                "the resource {} does not start with `arn:`",
                Quoted(pattern.as_str())
            ),
            "write `*`, or an ARN such as `arn:aws:mobiletargeting:*:*:apps/*`".to_owned(),
        ));
    }
    check_partition(pattern, partitions)?;
    let shown = Quoted(pattern.as_str());
    let component = |index: usize| pattern.components().nth(index).map(BorrowedPattern::as_str);
    let service = component(1).unwrap_or("*");
    if service.is_empty() || service.contains(['*', '?']) {
        return Err((
            format!("the resource {shown} does not name its service"),
            "write the service prefix after the partition, as in `arn:aws:mobiletargeting:*`, or `*` alone".to_owned(),
        ));
    }
    let is_short = pattern.components().count() < 5;
    if is_short && pattern.as_str().contains("::") {
        return Err((
            format!("the resource {shown} has an empty component and fewer than six"),
            "write `arn:partition:service:region:account:resource`".to_owned(),
        ));
    }
    let region = component(2).unwrap_or("*");
    let resource = component(4).unwrap_or("*");
    let is_regional = service == "s3"
        && REGIONAL_S3_RESOURCES
            .iter()
            .any(|start| resource.starts_with(start));
    if matches!(service, "iam" | "s3") && !region.is_empty() && !is_regional {
        return Err((
            format!("the resource {shown} has a region"),
            format!(
                "resources of `{service}` have none; leave it empty, as in `arn:aws:{service}::`"
            ),
        ));
    }
    let is_iam_resource = [IAM_ROOT, "*"].contains(&resource)
        || IAM_RESOURCES
            .iter()
            .any(|start| resource.starts_with(start));
    if service == "iam" && !is_iam_resource {
        return Err((
            format!("the IAM resource {shown} has no type"),
            format!(
                "write `*` or `{IAM_ROOT}` after the account, or start with one of {}",
                IAM_RESOURCES.map(|start| format!("`{start}`")).join(", ")
            ),
        ));
    }
    Ok(())
}
