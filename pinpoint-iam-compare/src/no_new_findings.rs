//! A check of changed policies: the linter must not find anything new.

use std::collections::{BTreeMap, HashMap};

use pinpoint_iam::Policy;
use pinpoint_iam::change::{ChangeCheck, CheckFailed, PolicyChange};
use pinpoint_iam::policy::PolicyKind;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_lint::{Class, Finding, Linter};

/// A [`ChangeCheck`] that rejects new policies if `pinpoint-iam-lint` finds in them what it does not find in the current
/// ones, unless the change is [approved](pinpoint_iam::Authorizer::approve_change).
///
/// Errors and security warnings count, and [`from_class`](Self::from_class) adds warnings and suggestions. A finding of a
/// policy is known if a current policy of the same name and kind has it, in a statement of the same `Sid`, and as often.
/// Policies of users, roles and groups are checked as managed policies, and permissions boundaries as boundaries. Without
/// [current](PolicyChange::current) policies, nothing is compared.
///
/// ```
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Authorizer, Policy, Scope};
/// use pinpoint_iam_catalog::Catalog;
/// use pinpoint_iam_compare::NoNewFindings;
///
/// let store = |resource: &str| -> Result<PolicyStore, Box<dyn std::error::Error>> {
///     let text = format!(
///         r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "{resource}"}}}}"#
///     );
///     let mut store = PolicyStore::new();
///     let ana = store.identity("arn:aws:iam::123456789012:user/ana")?;
///     ana.attach(Policy::new("ana", Document::parse(&text)?));
///     Ok(store)
/// };
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(store("arn:aws:iam::123456789012:role/sender")?)
///     .check_changes(NoNewFindings::new(Catalog::builtin()?.clone()))
///     .build()?;
/// let error = authorizer.replace(store("*")?).unwrap_err().to_string();
/// assert!(error.contains("policy `ana`: security-warning[pass-role-with-star-in-resource]"), "{error}");
/// authorizer.replace(store("arn:aws:iam::123456789012:role/reader")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct NoNewFindings {
    catalog: Catalog,
    least: Class,
}

/// The number of findings that an error shows.
const EXAMPLES: usize = 3;

/// The policies of a store by name, and whether they are permissions boundaries.
type ByName<'a> = BTreeMap<(&'a str, bool), Vec<&'a Policy>>;

impl NoNewFindings {
    /// Creates the check. The rules that need a catalog apply to the services in `catalog`.
    pub const fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            least: Class::SecurityWarning,
        }
    }

    /// Sets the least severe class of findings that count. The default is [`Class::SecurityWarning`].
    #[must_use]
    pub const fn from_class(mut self, least: Class) -> Self {
        self.least = least;
        self
    }

    /// Returns the findings of policies that count.
    fn findings<'p>(
        &self,
        policies: impl Iterator<Item = &'p &'p Policy>,
        kind: PolicyKind,
    ) -> Vec<Finding> {
        let linter = Linter::new(&self.catalog);
        policies
            .flat_map(|policy| linter.lint(&policy.document().to_string(), kind).findings)
            .filter(|finding| finding.class >= self.least)
            .collect()
    }

    /// Returns the findings of `new` that `current` does not have.
    fn new_findings(&self, current: &PolicyStore, new: &PolicyStore) -> Vec<String> {
        let (current, new) = (by_name(current), by_name(new));
        let mut found = Vec::new();
        for (key, policies) in &new {
            let before = current.get(key).map_or(&[][..], Vec::as_slice);
            let (name, is_boundary) = key;
            let kind = match is_boundary {
                true => PolicyKind::Boundary,
                false => PolicyKind::IdentityManaged,
            };
            // Policies that are in both have the same findings in both.
            let added = policies.iter().filter(|policy| !before.contains(policy));
            let removed = before.iter().filter(|policy| !policies.contains(policy));
            let mut known: HashMap<_, usize> = HashMap::new();
            for finding in self.findings(removed, kind) {
                *known.entry(identity(&finding)).or_default() += 1;
            }
            for finding in self.findings(added, kind) {
                match known.get_mut(&identity(&finding)) {
                    Some(count @ 1..) => *count -= 1,
                    _ => found.push(describe(name, &finding)),
                }
            }
        }
        found
    }
}

/// What a finding is about, without its position, because other statements may move it.
fn identity(finding: &Finding) -> (&'static str, Class, String, Option<String>) {
    let Finding {
        code,
        class,
        message,
        sid,
        ..
    } = finding;
    (code, *class, message.clone(), sid.clone())
}

fn describe(policy: &str, finding: &Finding) -> String {
    let Finding { code, class, .. } = finding;
    let statement = match &finding.sid {
        Some(sid) => format!(", statement `{sid}`"),
        None => String::new(),
    };
    let explanation = finding.explanation();
    format!("policy `{policy}`{statement}: {class}[{code}]: {explanation}")
}

fn by_name(store: &PolicyStore) -> ByName<'_> {
    let mut policies = ByName::new();
    let mut add = |policy, is_boundary| {
        let named = policies.entry((Policy::name(policy), is_boundary));
        let named: &mut Vec<&Policy> = named.or_default();
        if !named.contains(&policy) {
            named.push(policy);
        }
    };
    for (_, group) in store.groups() {
        group
            .policies()
            .iter()
            .for_each(|policy| add(policy, false));
    }
    for (_, identity) in store.iter() {
        let own = identity.identity().iter();
        own.for_each(|policy| add(policy, false));
        let boundary = identity.permissions_boundary();
        boundary.into_iter().for_each(|policy| add(policy, true));
    }
    policies
}

impl ChangeCheck for NoNewFindings {
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
        let Some(current) = change.current() else {
            return Ok(());
        };
        let found = self.new_findings(current, change.new_policies());
        let (examples, more) = found.split_at(found.len().min(EXAMPLES));
        if examples.is_empty() {
            return Ok(());
        }
        let more = match more.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Err(CheckFailed::unless_approved(format!(
            "they have findings that the current policies do not have: {}{more}",
            examples.join("; ")
        )))
    }
}
