//! Assertions for an application's tests, and the text of a difference.

use std::fmt;

use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, StatementId};

use crate::result::{Comparison, Cover, Difference};
use crate::{Comparer, PolicySet};

/// Fails a test if `second` allows a request that `first` does not allow.
///
/// ```
/// use pinpoint_iam::Policy;
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam_compare::{PolicySet, assert_no_new_access};
///
/// let released = Document::parse(r#"{"Version": "2012-10-17", "Statement": {
///     "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}}"#)?;
/// let today = Document::parse(r#"{"Version": "2012-10-17", "Statement": {
///     "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}}"#)?;
/// let set = |name, document| PolicySet::of_identity([Policy::new(name, document)]);
/// assert_no_new_access(&set("released", released), &set("today", today));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If there is such a request. The message shows the request with the responsible statements. Also if it is undecided
/// whether there is one.
#[track_caller]
pub fn assert_no_new_access(first: &PolicySet, second: &PolicySet) {
    Comparer::new().assert_no_new_access(first, second);
}

/// Fails a test if the policies do not allow the same requests.
///
/// # Panics
///
/// If only one side allows a request. The message shows the request with the responsible statements. Also if it is
/// undecided whether there is one.
#[track_caller]
pub fn assert_equivalent(first: &PolicySet, second: &PolicySet) {
    Comparer::new().assert_equivalent(first, second);
}

impl Comparer {
    /// Like [`assert_no_new_access`], for the callers and services of this comparer.
    ///
    /// # Panics
    ///
    /// If `second` allows a request that `first` does not allow, or if that is undecided.
    #[track_caller]
    pub fn assert_no_new_access(&self, first: &PolicySet, second: &PolicySet) {
        let comparison = self.compare(first, second);
        if let Some(difference) = &comparison.newly_allowed {
            fail(&format!("the change allows new requests\n\n{difference}"));
        }
        assert_decided(&comparison);
    }

    /// Like [`assert_equivalent`], for the callers and services of this comparer.
    ///
    /// # Panics
    ///
    /// If only one side allows a request, or if that is undecided.
    #[track_caller]
    pub fn assert_equivalent(&self, first: &PolicySet, second: &PolicySet) {
        let comparison = self.compare(first, second);
        let mut text = String::new();
        if let Some(difference) = &comparison.newly_allowed {
            text.push_str(&format!("the change allows new requests\n\n{difference}"));
        }
        if let Some(difference) = &comparison.no_longer_allowed {
            text.push_str(&format!("the change takes requests away\n\n{difference}"));
        }
        if !text.is_empty() {
            fail(&text);
        }
        assert_decided(&comparison);
    }
}

#[track_caller]
fn assert_decided(comparison: &Comparison) {
    if comparison.undecided.is_empty() {
        return;
    }
    let reasons: Vec<String> = comparison
        .undecided
        .iter()
        .map(|reason| format!("  {reason}\n"))
        .collect();
    fail(&format!(
        "it was not decided whether the policies differ\n\n{}",
        reasons.concat()
    ));
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion fails by panicking")]
fn fail(text: &str) {
    panic!("{text}");
}

/// The witness, the decision of each side, and the requests that differ.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let witness = &self.witness;
        writeln!(formatter, "  for example {witness}")?;
        writeln!(formatter, "    before: {}", Said(&self.first))?;
        writeln!(formatter, "    now:    {}", Said(&self.second))?;
        if self.needs_delegation {
            writeln!(
                formatter,
                "    provided that the policy of the resource leaves the decision to its account"
            )?;
        }
        if !self.cover.is_empty() {
            writeln!(formatter, "\n  responsible:")?;
        }
        for cover in &self.cover {
            write!(formatter, "{cover}")?;
        }
        Ok(())
    }
}

/// The statement, followed by those of its actions, resources and conditions that are relevant.
impl fmt::Display for Cover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "    {}", self.statement)?;
        for (name, texts) in [
            ("actions", &self.actions),
            ("resources", &self.resources),
            ("conditions", &self.conditions),
        ] {
            if !texts.is_empty() {
                writeln!(formatter, "      {name}: {}", texts.join(", "))?;
            }
        }
        Ok(())
    }
}

/// A decision, with the line of the statement that determined it.
struct Said<'a>(&'a Decision);

impl fmt::Display for Said<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Decision::Allow(by) => match by.reason() {
                AllowReason::Statement(statement) => {
                    formatter.write_str("allowed by ")?;
                    write_statement(formatter, statement)
                }
                _ => formatter.write_str("allowed to the root user"),
            },
            Decision::Deny(by) => match by.reason() {
                DenyReason::ExplicitDeny(statement) => {
                    formatter.write_str("denied by ")?;
                    write_statement(formatter, statement)
                }
                DenyReason::ImplicitDeny(policy_type) => {
                    write!(formatter, "not allowed by any {policy_type}")
                }
                _ => formatter.write_str("not allowed"),
            },
        }
    }
}

fn write_statement(formatter: &mut fmt::Formatter<'_>, statement: &StatementId) -> fmt::Result {
    let policy = statement.policy();
    write!(formatter, "`{}`", policy.name())?;
    let found = policy.document().statements().get(statement.index());
    if let Some(found) = found {
        write!(formatter, ", line {}", found.position().line())?;
    }
    write!(formatter, ", statement {}", statement.index())?;
    match statement.sid() {
        Some(sid) if !sid.is_empty() => write!(formatter, " (`{sid}`)"),
        _ => Ok(()),
    }
}
