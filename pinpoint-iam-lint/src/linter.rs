//! Checks one document with all rules.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{PolicyKind, UnknownPolicyKind};

use crate::checker::Checker;
use crate::finding::{Class, Finding};
use crate::read::Policy;
use crate::sources::KeySources;
use crate::{fixes, read, rules, strict};

/// Checks documents against the rules and a catalog.
#[derive(Clone, Copy, Debug)]
pub struct Linter<'c> {
    catalog: &'c Catalog,
    sources: Option<&'c KeySources>,
}

/// The result for one document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// The service prefixes of the document's actions that no catalog contains. The rules that need a catalog do not
    /// apply to them.
    pub unknown_services: BTreeSet<String>,
}

impl Report {
    /// The most severe class; `None` without findings.
    pub fn worst(&self) -> Option<Class> {
        self.findings.iter().map(|finding| finding.class).max()
    }
}

impl<'c> Linter<'c> {
    /// Creates a linter. The rules that need a catalog apply to the services in `catalog`.
    pub const fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            sources: None,
        }
    }

    /// Also reports condition keys that none of these sources supplies.
    #[must_use]
    pub const fn with_sources(mut self, sources: &'c KeySources) -> Self {
        self.sources = Some(sources);
        self
    }

    /// Checks the text of a policy document as a policy of `kind`.
    pub fn lint(&self, text: &str, kind: PolicyKind) -> Report {
        let mut check = Checker::new(text, kind, self.catalog, self.sources);
        let mut unknown_services = BTreeSet::new();
        let policy = read::read(text, &mut check);
        if let Some(policy) = &policy {
            rules::apply(policy, &mut check);
            unknown_services = services_without_catalog(policy, self.catalog);
        }
        strict::apply(policy.as_ref(), &mut check);
        let mut findings = std::mem::take(&mut check.findings);
        findings.sort_by(|one, other| {
            let order = one.span.start.cmp(&other.span.start);
            order
                .then(other.class.cmp(&one.class))
                .then(one.code.cmp(other.code))
                .then(one.message.cmp(&other.message))
        });
        findings.dedup_by(|one, other| {
            (one.code, &one.span, &one.message) == (other.code, &other.span, &other.message)
        });
        if let Some(policy) = &policy {
            fixes::add(policy, &check, &mut findings);
            for finding in &mut findings {
                let statement = policy.statement_at(finding.span.start);
                let sid = statement.and_then(|statement| statement.sid.as_ref());
                finding.sid = sid.map(|sid| sid.text.clone().into_owned());
            }
        }
        Report {
            findings,
            unknown_services,
        }
    }
}

fn services_without_catalog(policy: &Policy<'_>, catalog: &Catalog) -> BTreeSet<String> {
    let elements = policy
        .statements
        .iter()
        .filter_map(|statement| statement.action.as_ref());
    let actions = elements.flat_map(|element| &element.items);
    let prefixes = actions.filter_map(|action| {
        let (prefix, _) = action.text.split_once(':')?;
        (!prefix.contains(['*', '?'])).then(|| prefix.to_ascii_lowercase())
    });
    prefixes
        .filter(|prefix| catalog.service(prefix).is_none())
        .collect()
}

/// Parses the name of a [`PolicyKind`], or `identity` for a managed policy, `identity-inline` for an inline policy of a
/// role, or `trust` for a role trust policy.
///
/// # Errors
///
/// Returns an error for any other name.
pub fn parse_kind(name: &str) -> Result<PolicyKind, UnknownPolicyKind> {
    match name {
        "identity" => Ok(PolicyKind::IdentityManaged),
        "identity-inline" => Ok(PolicyKind::IdentityInlineRole),
        "trust" => Ok(PolicyKind::RoleTrust),
        _ => name.parse(),
    }
}
