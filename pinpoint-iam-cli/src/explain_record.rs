//! `pinpoint-iam explain --record`: a decision in the log of a service.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use pinpoint_iam::decision_log::{Outcome, OutcomeReason, Record, RecordedRequest};
use pinpoint_iam::eval::{Decision, DenyReason, Evaluation};
use pinpoint_iam_tools::requests::{Answer, deciding};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Format;
use crate::policies::PolicyFiles;

/// Explains a record, and prints whether the policies decide its request as before. Returns that, too.
pub(crate) fn run(
    file: &Path,
    line: Option<usize>,
    policies: &PolicyFiles,
    format: Format,
) -> Result<(Answer, bool), Failure> {
    let is_stdin = file.as_os_str() == "-";
    if is_stdin && policies.identity.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::usage(
            "error: both the record and the policies are read from standard input",
        ));
    }
    let name = match is_stdin {
        true => "<stdin>".to_owned(),
        false => file.display().to_string(),
    };
    let selected = match is_stdin {
        true => select(&name, io::stdin().lock(), line),
        false => match File::open(file) {
            Ok(opened) => select(&name, BufReader::new(opened), line),
            Err(error) => Err(Failure::new(format!(
                "error: cannot read `{name}`: {error}"
            ))),
        },
    };
    let (number, text) = selected?;
    let at = |message: String| Failure::new(format!("error: {name}:{number}: {message}"));
    let record = Record::parse(&text).map_err(|error| at(unreadable(&error)))?;
    let request = RecordedRequest::of(&record).map_err(|error| at(error.to_string()))?;
    let policies = policies.load()?;
    let caller = policies
        .recorded_caller(request.principal().clone())
        .map_err(at)?;
    let answer = Answer::of(&caller.stack(), &request.as_request());
    let compared = Compared::of(&record, &request, &answer.evaluation);
    match format {
        Format::Human => {
            print!("{}", answer.explanation);
            print!("\n{}", compared.text());
        }
        Format::Json => {
            let mut report = json!(answer.explanation);
            if let Value::Object(members) = &mut report {
                members.insert("record".to_owned(), json!(compared));
            }
            println!("{report:#}");
        }
    }
    Ok((answer, compared.comparison.is_as_recorded()))
}

/// Returns the line with this number, or the only line that is not empty, with its number.
fn select(
    name: &str,
    lines: impl BufRead,
    wanted: Option<usize>,
) -> Result<(usize, String), Failure> {
    let mut found = None;
    for (index, line) in lines.lines().enumerate() {
        let number = index + 1;
        if wanted.is_some_and(|wanted| wanted != number) {
            continue;
        }
        let line = line.map_err(|error| {
            Failure::new(format!(
                "error: cannot read `{name}`, line {number}: {error}"
            ))
        })?;
        match (wanted, &found) {
            (Some(_), _) => return Ok((number, line)),
            (None, _) if line.trim().is_empty() => {}
            (None, None) => found = Some((number, line)),
            (None, Some(_)) => {
                return Err(Failure::usage(format!(
                    "error: `{name}` contains several records; select one with `--line`"
                )));
            }
        }
    }
    found.ok_or_else(|| match wanted {
        Some(number) => Failure::usage(format!("error: `{name}` has no line {number}")),
        None => Failure::no_input(format!("error: `{name}` contains no record")),
    })
}

/// Why a line is not a record.
fn unreadable(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => {
            format!("the record of a decision is not complete: {error}")
        }
        _ => format!("this is not a record of a decision log: {error}"),
    }
}

/// The recorded decision, compared with that of the policies.
#[derive(Serialize)]
struct Compared {
    time: Value,
    revision: String,
    outcome: Outcome,
    reason: Option<OutcomeReason>,
    policy_type: Option<String>,
    statement: Option<Statement>,
    comparison: Comparison,
    /// The keys whose values are not in the record.
    masked_keys: Vec<String>,
    /// The groups and roles that the application has added.
    additions: Vec<String>,
}

#[derive(Serialize, PartialEq)]
struct Statement {
    policy: String,
    number: usize,
    sid: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Comparison {
    /// The same result, by the same statement.
    Same,
    /// The same result, for another reason.
    OtherReason,
    /// Another result.
    Different,
    /// The result depends on values that the record does not contain.
    NotDecidable,
}

impl Comparison {
    const fn is_as_recorded(self) -> bool {
        matches!(self, Self::Same | Self::OtherReason)
    }
}

impl Compared {
    fn of(record: &Record<'_>, request: &RecordedRequest<'_>, evaluation: &Evaluation) -> Self {
        let statement = record.statement.as_ref().map(|statement| Statement {
            policy: statement.policy.to_string(),
            number: statement.number,
            sid: statement.sid.as_deref().map(ToOwned::to_owned),
        });
        let groups = record
            .principal
            .groups
            .iter()
            .chain(&record.principal.roles);
        let mut compared = Self {
            time: json!(record).get("time").cloned().unwrap_or_default(),
            revision: record.revision.to_string(),
            outcome: record.outcome,
            reason: record.reason,
            policy_type: record.policy_type.as_deref().map(ToOwned::to_owned),
            statement,
            comparison: Comparison::Different,
            masked_keys: request.masked_keys().map(ToOwned::to_owned).collect(),
            additions: groups.map(ToString::to_string).collect(),
        };
        compared.comparison = compared.with(evaluation);
        compared
    }

    fn with(&self, evaluation: &Evaluation) -> Comparison {
        let is_undecided =
            self.outcome == Outcome::Undecided || self.reason == Some(OutcomeReason::Indeterminate);
        match evaluation {
            Evaluation::Indeterminate(_) if is_undecided => Comparison::Same,
            Evaluation::Indeterminate(_) => Comparison::NotDecidable,
            _ if is_undecided => Comparison::Different,
            Evaluation::Decided(decision) => {
                if decision.is_allowed() != (self.outcome == Outcome::Allow) {
                    return Comparison::Different;
                }
                match self.has_reason_of(decision, evaluation) {
                    true => Comparison::Same,
                    false => Comparison::OtherReason,
                }
            }
        }
    }

    fn has_reason_of(&self, decision: &Decision, evaluation: &Evaluation) -> bool {
        let policy_type = self.policy_type.as_deref();
        let statement = match (deciding(evaluation), &self.statement) {
            (Some(now), Some(recorded)) => {
                // A service names policies as its source does, and this program by their paths.
                let file = |name: &str| name.rsplit('/').next().map(ToOwned::to_owned);
                return file(now.policy().name()) == file(&recorded.policy)
                    && now.index() + 1 == recorded.number
                    && Some(now.policy_type().name()) == policy_type;
            }
            (None, None) => true,
            _ => false,
        };
        let reason = match decision {
            Decision::Allow(_) => self.reason == Some(OutcomeReason::RootUser),
            Decision::Deny(by) => match by.reason() {
                DenyReason::ImplicitDeny(now) => {
                    self.reason == Some(OutcomeReason::ImplicitDeny)
                        && Some(now.name()) == policy_type
                }
                _ => false,
            },
        };
        statement && reason
    }

    fn text(&self) -> String {
        let mut text = format!(
            "recorded at {}, with revision `{}`: {}\n",
            self.time.as_str().unwrap_or_default(),
            self.revision.escape_debug(),
            self.recorded()
        );
        text += match self.comparison {
            Comparison::Same => "these policies decide the same, for the same reason\n",
            Comparison::OtherReason => "these policies decide the same, for another reason\n",
            Comparison::Different => "these policies decide differently\n",
            Comparison::NotDecidable => {
                "these policies depend on condition keys whose values are not in the record\n"
            }
        };
        if !self.masked_keys.is_empty() {
            text += &format!(
                "unknown here, because the record does not contain their values: {}\n",
                self.masked_keys.join(", ").escape_debug()
            );
        }
        if !self.additions.is_empty() {
            text += &format!(
                "the caller also had groups or roles that the application has added: {}; pass their policies as files\n",
                self.additions.join(", ").escape_debug()
            );
        }
        text
    }

    /// The recorded result as a sentence.
    fn recorded(&self) -> String {
        let outcome = match self.outcome {
            Outcome::Allow => "allowed",
            Outcome::Deny => "denied",
            _ => "not decided",
        };
        let policy_type = self
            .policy_type
            .as_deref()
            .unwrap_or("policy")
            .escape_debug();
        if let Some(Statement {
            policy,
            number,
            sid,
        }) = &self.statement
        {
            let sid = match sid {
                Some(sid) => format!(" (`{}`)", sid.escape_debug()),
                None => String::new(),
            };
            let policy = policy.escape_debug();
            return format!("{outcome} by statement {number} of the {policy_type} `{policy}`{sid}");
        }
        let reason = match self.reason {
            Some(OutcomeReason::RootUser) => "the caller is the root user".to_owned(),
            Some(OutcomeReason::ImplicitDeny) => format!("no {policy_type} allowed it"),
            Some(OutcomeReason::Indeterminate) => "condition keys were unknown".to_owned(),
            Some(OutcomeReason::PoliciesUnavailable) => {
                "a policy of the caller could not be read".to_owned()
            }
            Some(OutcomeReason::PoliciesExpired) => "the policies had expired".to_owned(),
            Some(OutcomeReason::SeveralBoundaries) => {
                "the caller and its roles had different permissions boundaries".to_owned()
            }
            Some(OutcomeReason::PoliciesNotLoaded) => {
                "the policies of the caller were not loaded".to_owned()
            }
            Some(OutcomeReason::SessionPoliciesRejected) => {
                "the session policies were rejected".to_owned()
            }
            _ => return outcome.to_owned(),
        };
        format!("{outcome}, because {reason}")
    }
}
