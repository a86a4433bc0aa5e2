//! `pinpoint-iam test`: unit tests of policies.

mod output;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pinpoint_iam::PolicyStack;
use pinpoint_iam::eval::{Explanation, Truth};
use pinpoint_iam_tools::requests::{Answer, Expectation, Keys, Question, deciding};
use serde::Deserialize;

use crate::explain::NOT_AS_EXPECTED;
use crate::failure::{Failure, read};
use crate::files;
use crate::policies::{Policies, PolicyFiles};
use crate::progress::{Progress, Reader};

/// Runs unit tests of policies, and lists the statements that no test matches.
///
/// A test file, in TOML or JSON, names policies (relative to itself) and requests with their expected results:
///
///   [policies]
///   identity = ["reader.json"]
///
///   [[test]]
///   name = "a reader cannot delete"
///   principal = "arn:aws:iam::123456789012:user/ana"
///   action = "mobiletargeting:DeleteApp"
///   resource = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
///   expect = "denied"
///
/// `action` and `resource` may be lists. Further members are `context` (condition keys), `unknown-keys`,
/// `resource-account` and `statement`: the `Sid` or the number of the statement that decides. If `identity` contains the
/// output of `aws iam get-account-authorization-details`, or a directory with `attachments.json`, the principal has the
/// policies that it has there, and may be the name of a user or role.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes: 0 if all tests pass, 17 if one fails, 1 if a file cannot be read or parsed, 3 if there are no tests.

Example: pinpoint-iam test --require-coverage policies/reader.test.toml"
)]
pub(crate) struct Arguments {
    /// The test files, in TOML or JSON; directories, in which they are named `*.test.toml` or `*.test.json`; and patterns.
    #[arg(required = true, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Fails if no test matches a statement.
    #[arg(long)]
    require_coverage: bool,
    /// How the results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each test.
    Human,
    /// JSON.
    Json,
    /// JUnit XML.
    Junit,
}

/// A test file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    policies: PolicyFiles,
    #[serde(default)]
    test: Vec<Test>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Test {
    name: String,
    principal: String,
    action: OneOrMany,
    #[serde(default)]
    resource: OneOrMany,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: Keys,
    #[serde(default)]
    unknown_keys: Vec<String>,
    expect: Expectation,
    #[serde(default)]
    statement: Option<Citation>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::One("*".to_owned())
    }
}

impl OneOrMany {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// The `Sid` or the number of a statement.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Citation {
    Number(usize),
    Sid(String),
}

/// The result of a test.
struct Outcome {
    file: String,
    name: String,
    /// Why the test failed: one line for each request that is not decided as expected. Empty if it passed.
    failures: Vec<String>,
    /// The explanation of the first of these requests.
    explanation: Option<Explanation>,
}

/// Whether a test matches a statement, by policy and number.
type Coverage = BTreeMap<(String, usize), Covered>;

struct Covered {
    line: usize,
    sid: Option<String>,
    is_matched: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut outcomes = Vec::new();
    let mut coverage = Coverage::new();
    let mut errors = 0;
    let files = files::tests(&arguments.files)?;
    let reader = match arguments.format {
        Format::Human => Reader::Person,
        Format::Json | Format::Junit => Reader::Program,
    };
    let progress = Progress::new("testing", files.len(), reader);
    for file in &files {
        // An error in a file does not hide the results of the others.
        if let Err(failure) = run_file(file, &mut outcomes, &mut coverage) {
            progress.hide(|| eprintln!("{failure}"));
            errors += 1;
        }
        progress.step();
    }
    drop(progress);
    if outcomes.is_empty() && errors == 0 {
        eprintln!(
            "error: there are no tests; in a directory, they are the files `*.test.toml` and `*.test.json`"
        );
    }
    print!(
        "{}",
        match arguments.format {
            Format::Human => output::human(&outcomes, &coverage),
            Format::Json => output::json(&outcomes, &coverage),
            Format::Junit => output::junit(&outcomes),
        }
    );
    let has_failed = outcomes.iter().any(|outcome| !outcome.failures.is_empty());
    let is_uncovered = coverage.values().any(|statement| !statement.is_matched);
    Ok(ExitCode::from(match () {
        () if errors > 0 => 1,
        () if outcomes.is_empty() => 3,
        () if has_failed || (arguments.require_coverage && is_uncovered) => NOT_AS_EXPECTED,
        () => 0,
    }))
}

fn run_file(
    path: &Path,
    outcomes: &mut Vec<Outcome>,
    coverage: &mut Coverage,
) -> Result<(), Failure> {
    let text = read(path)?;
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let suite: Suite = if is_json {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())
    }
    .map_err(|error| Failure::new(format!("error: {}: {}", path.display(), error.trim_end())))?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let policies = suite.policies.relative_to(directory).load();
    let policies = policies.map_err(|failure| failure.in_file(path))?;
    list_statements(&policies.stack(), coverage);
    for test in &suite.test {
        let outcome = test.run(&policies, coverage).map_err(|error| {
            Failure::new(format!(
                "error: {}: test `{}`: {error}",
                path.display(),
                test.name.escape_debug()
            ))
        })?;
        let (failures, explanation) = outcome;
        outcomes.push(Outcome {
            file: path.display().to_string(),
            name: test.name.clone(),
            failures,
            explanation,
        });
    }
    Ok(())
}

/// Adds the statements of policies.
fn list_statements(stack: &PolicyStack<'_>, coverage: &mut Coverage) {
    let lists = [stack.permissions_boundary, stack.session];
    let levels = stack.service_control.iter().chain(stack.resource_control);
    let all = stack
        .identity
        .iter()
        .chain(stack.resource)
        .chain(lists.into_iter().flatten().flatten())
        .chain(levels.flatten());
    for policy in all {
        for (index, statement) in policy.document().statements().iter().enumerate() {
            coverage
                .entry((policy.name().to_owned(), index + 1))
                .or_insert_with(|| Covered {
                    line: statement.position().line(),
                    sid: statement.sid().map(str::to_owned),
                    is_matched: false,
                });
        }
    }
}

impl Test {
    fn run(
        &self,
        policies: &Policies,
        coverage: &mut Coverage,
    ) -> Result<(Vec<String>, Option<Explanation>), String> {
        let caller = policies.caller(&self.principal)?;
        // Of an account, the policies of the tested users and roles count.
        list_statements(&caller.stack(), coverage);
        let mut failures = Vec::new();
        let mut explanation = None;
        for action in self.action.as_slice() {
            for resource in self.resource.as_slice() {
                let question = Question {
                    principal: caller.principal(),
                    action,
                    resource,
                    resource_account: self.resource_account.as_deref(),
                    keys: &self.context,
                    unknown_keys: &self.unknown_keys,
                };
                let answer = question.ask(&caller.stack())?;
                mark(&answer.explanation, coverage);
                if let Some(failure) = self.compare(&answer) {
                    failures.push(format!("`{action}` on `{resource}` {failure}"));
                    explanation.get_or_insert(answer.explanation);
                }
            }
        }
        if self.action.as_slice().is_empty() || self.resource.as_slice().is_empty() {
            return Err("the list of actions or resources is empty".to_owned());
        }
        Ok((failures, explanation))
    }

    fn compare(&self, answer: &Answer) -> Option<String> {
        let result = Expectation::of(&answer.evaluation);
        if !self.expect.is_met_by(result) {
            return Some(format!(
                "is {}, expected {}: {}",
                result.name(),
                self.expect.name(),
                answer.explanation.decision
            ));
        }
        let expected = self.statement.as_ref()?;
        let found = deciding(&answer.evaluation);
        let is_expected = found.is_some_and(|statement| match expected {
            Citation::Number(number) => statement.index() + 1 == *number,
            Citation::Sid(sid) => statement.sid() == Some(sid),
        });
        (!is_expected).then(|| {
            let expected = match expected {
                Citation::Number(number) => format!("statement {number}"),
                Citation::Sid(sid) => format!("the statement `{}`", sid.escape_debug()),
            };
            format!(
                "is not decided by {expected}: {}",
                answer.explanation.decision
            )
        })
    }
}

/// Marks the statements that match.
fn mark(explanation: &Explanation, coverage: &mut Coverage) {
    let policies = explanation.layers.iter().flat_map(|layer| &layer.policies);
    for policy in policies {
        for statement in &policy.statements {
            if statement.matches == Truth::True
                && let Some(covered) = coverage.get_mut(&(policy.name.clone(), statement.number))
            {
                covered.is_matched = true;
            }
        }
    }
}
