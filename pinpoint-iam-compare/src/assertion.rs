//! Assertions for an application's tests, and the text of a difference.

use std::fmt;

use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, StatementId};

use crate::result::{Comparison, Cover, Difference};
use crate::sources::SourceComparison;
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
        self.compare(first, second).assert_no_new_access();
    }

    /// Like [`assert_equivalent`], for the callers and services of this comparer.
    ///
    /// # Panics
    ///
    /// If only one side allows a request, or if that is undecided.
    #[track_caller]
    pub fn assert_equivalent(&self, first: &PolicySet, second: &PolicySet) {
        self.compare(first, second).assert_equivalent();
    }
}

impl Comparison {
    /// Fails a test if the second policies allow a request that the first do not allow.
    ///
    /// # Panics
    ///
    /// If there is such a request, or if it is undecided whether there is one.
    #[track_caller]
    pub fn assert_no_new_access(&self) {
        check(self.new_access());
    }

    /// Fails a test if only one side allows a request.
    ///
    /// # Panics
    ///
    /// If there is such a request, or if it is undecided whether there is one.
    #[track_caller]
    pub fn assert_equivalent(&self) {
        check(self.change());
    }

    /// Returns the text of what is newly allowed or undecided; empty if nothing is.
    fn new_access(&self) -> String {
        match &self.newly_allowed {
            Some(difference) => format!("the change allows new requests\n\n{difference}"),
            None => self.reasons(),
        }
    }

    /// Returns the text of all differences, or of what is undecided; empty if nothing is.
    fn change(&self) -> String {
        let mut text = String::new();
        if let Some(difference) = &self.newly_allowed {
            text.push_str(&format!("the change allows new requests\n\n{difference}"));
        }
        if let Some(difference) = &self.no_longer_allowed {
            text.push_str(&format!("the change takes requests away\n\n{difference}"));
        }
        if text.is_empty() {
            return self.reasons();
        }
        text
    }

    /// Returns the text of what is undecided; empty if nothing is.
    fn reasons(&self) -> String {
        if self.undecided.is_empty() {
            return String::new();
        }
        let reasons: Vec<String> = self
            .undecided
            .iter()
            .map(|reason| format!("  {reason}\n"))
            .collect();
        format!(
            "it was not decided whether the policies differ\n\n{}",
            reasons.concat()
        )
    }
}

impl SourceComparison {
    /// Fails a test if the second source allows any user or role a request that the first does not allow.
    ///
    /// # Panics
    ///
    /// If there is such a request, or if it is undecided whether there is one. The message shows a request for each user
    /// or role, with the responsible statements.
    #[track_caller]
    pub fn assert_no_new_access(&self) {
        check(self.text(Comparison::new_access));
    }

    /// Fails a test if the sources do not allow every user and role the same requests.
    ///
    /// # Panics
    ///
    /// If there is a difference, or if it is undecided whether there is one. The message shows requests for each user or
    /// role, with the responsible statements.
    #[track_caller]
    pub fn assert_equivalent(&self) {
        check(self.text(Comparison::change));
    }

    fn text(&self, of: impl Fn(&Comparison) -> String) -> String {
        let texts = self.identities.iter().map(|identity| {
            let text = of(&identity.comparison);
            match text.as_str() {
                "" => text,
                _ => format!("{}: {text}\n", identity.arn),
            }
        });
        texts.collect()
    }
}

/// Fails with the text, unless it is empty.
#[track_caller]
fn check(text: String) {
    if !text.is_empty() {
        fail(&text);
    }
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
    write!(formatter, ", statement {}", statement.index() + 1)?;
    match statement.sid() {
        Some(sid) if !sid.is_empty() => write!(formatter, " (`{sid}`)"),
        _ => Ok(()),
    }
}
