//! `pinpoint-iam explain` and `pinpoint-iam simulate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pinpoint_iam_tools::requests::{
    Answer, Expectation, KeyValues, Keys, Question, Scalar, deciding,
};
use serde_json::{Value, json};

use crate::explain_record;
use crate::failure::{Failure, read};
use crate::output::Format;
use crate::policies::{Caller, PolicyFiles};

/// The exit code if the result differs from the expected one.
pub(crate) const NOT_AS_EXPECTED: u8 = 17;

/// Evaluates a request, and explains the decision statement by statement.
///
/// The evaluator is the one that services use. The clock is not read: if a condition compares `aws:CurrentTime`, write the
/// key with `--key`.
///
/// With `--record`, the request is that of a record of a decision log. Its condition keys have the recorded values, and
/// keys that are not in the record are unknown.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 after an evaluation, 17 if its result is not that of `--expect` or not that of the record, 1 if a file cannot
be read or parsed.

Example: pinpoint-iam explain --principal arn:aws:iam::123456789012:user/ana \\
           --action mobiletargeting:GetApp --resource arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1 policies/

With the users, groups and roles of an account:
  aws iam get-account-authorization-details > account.json
  pinpoint-iam explain --principal ana --action mobiletargeting:GetApps account.json

A decision in the log of a service:
  pinpoint-iam explain --record decisions.log --line 3 policies/
  grep 8f14e45f decisions.log | pinpoint-iam explain --record - policies/")]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    policies: PolicyFiles,
    /// A record of a decision log: a file with lines of JSON, or `-`.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["principal", "action", "resource", "resource_account", "keys", "unknown_keys", "context"]
    )]
    record: Option<PathBuf>,
    /// The line of the record, if the file has several.
    #[arg(long, value_name = "NUMBER", requires = "record")]
    line: Option<usize>,
    /// The ARN of the caller, the name of a service such as `sns.amazonaws.com`, or `*` for an anonymous caller. With
    /// account details or attachments, also the name of a user or role: `ana`, `user/ana`, `role/app`.
    #[arg(long, value_name = "ARN", required_unless_present = "record")]
    principal: Option<String>,
    /// The action, such as `mobiletargeting:GetApp`.
    #[arg(long, required_unless_present = "record")]
    action: Option<String>,
    #[command(flatten)]
    keys: KeyArguments,
    /// The ARN of the resource, or `*`.
    #[arg(long, default_value = "*")]
    resource: String,
    #[command(flatten)]
    output: OutputArguments,
}

/// Evaluates several actions and resources, and prints one line for each.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 after all evaluations, 17 if a result is not that of `--expect`, 1 if a file cannot be read or parsed.

Example: pinpoint-iam simulate --principal arn:aws:iam::123456789012:user/ana --expect denied \\
           --action mobiletargeting:DeleteApp --action mobiletargeting:DeleteCampaign policies/reader.json")]
pub(crate) struct SimulateArguments {
    #[command(flatten)]
    policies: PolicyFiles,
    /// The ARN of the caller, the name of a service such as `sns.amazonaws.com`, or `*` for an anonymous caller. With
    /// account details or attachments, also the name of a user or role: `ana`, `user/ana`, `role/app`.
    #[arg(long, value_name = "ARN")]
    principal: String,
    #[command(flatten)]
    keys: KeyArguments,
    /// An action; can be repeated.
    #[arg(long = "action", required = true, value_name = "ACTION")]
    actions: Vec<String>,
    /// The ARN of a resource, or `*`; can be repeated.
    #[arg(long = "resource", default_value = "*", value_name = "ARN")]
    resources: Vec<String>,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Args)]
struct KeyArguments {
    /// The account of the resource, if its ARN does not contain it and it is not the caller's.
    #[arg(long, value_name = "ACCOUNT")]
    resource_account: Option<String>,
    /// A condition key of the request; repeat it for each value of a multivalued key.
    #[arg(long = "key", value_name = "KEY=VALUE", value_parser = key)]
    keys: Vec<(String, String)>,
    /// A condition key whose value is not available.
    #[arg(long = "unknown-key", value_name = "KEY")]
    unknown_keys: Vec<String>,
    /// A JSON object with condition keys, in addition to those of `--key`.
    #[arg(long, value_name = "FILE.JSON")]
    context: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct OutputArguments {
    /// The expected result.
    #[arg(long, value_enum)]
    expect: Option<Expectation>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

fn key(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| key.contains(':'));
    let (key, value) = pair.ok_or("write it as in `aws:SourceIp=203.0.113.7`")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl KeyArguments {
    fn keys(&self) -> Result<Keys, Failure> {
        let mut keys = match &self.context {
            None => Keys::new(),
            Some(path) => serde_json::from_str(&read(path)?)
                .map_err(|error| Failure::new(format!("error: {}: {error}", path.display())))?,
        };
        for (key, value) in &self.keys {
            let value = Scalar::Text(value.clone());
            let values = match keys.remove(key) {
                None => KeyValues::One(value),
                Some(KeyValues::One(first)) => KeyValues::Many(vec![first, value]),
                Some(KeyValues::Many(mut values)) => {
                    values.push(value);
                    KeyValues::Many(values)
                }
            };
            keys.insert(key.clone(), values);
        }
        Ok(keys)
    }
}

/// Runs `pinpoint-iam explain`.
pub(crate) fn explain(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    if let Some(file) = &arguments.record {
        let (policies, line) = (&arguments.policies, arguments.line);
        let (answer, is_as_recorded) =
            explain_record::run(file, line, policies, arguments.output.format)?;
        return Ok(match is_as_recorded {
            true => arguments.output.exit_code([&answer]),
            false => ExitCode::from(NOT_AS_EXPECTED),
        });
    }
    let policies = arguments.policies.load()?;
    let keys = arguments.keys.keys()?;
    let usage = |error: String| Failure::usage(format!("error: {error}"));
    let principal = arguments.principal.as_deref().unwrap_or_default();
    let caller = policies.caller(principal).map_err(usage)?;
    let action = arguments.action.as_deref().unwrap_or_default();
    let answer = question(&arguments.keys, &caller, &keys, action, &arguments.resource)
        .ask(&caller.stack())
        .map_err(usage)?;
    match arguments.output.format {
        Format::Human => print!("{}", answer.explanation),
        Format::Json => println!("{:#}", json!(answer.explanation)),
    }
    Ok(arguments.output.exit_code([&answer]))
}

/// Runs `pinpoint-iam simulate`.
pub(crate) fn simulate(arguments: &SimulateArguments) -> Result<ExitCode, Failure> {
    let policies = arguments.policies.load()?;
    let keys = arguments.keys.keys()?;
    let usage = |error: String| Failure::usage(format!("error: {error}"));
    let caller = policies.caller(&arguments.principal).map_err(usage)?;
    let mut answers = Vec::new();
    for action in &arguments.actions {
        for resource in &arguments.resources {
            let answer = question(&arguments.keys, &caller, &keys, action, resource)
                .ask(&caller.stack())
                .map_err(usage)?;
            answers.push((action, resource, answer));
        }
    }
    match arguments.output.format {
        Format::Human => {
            for (action, resource, answer) in &answers {
                let result = Expectation::of(&answer.evaluation).name();
                println!(
                    "{result:<18} {action} {resource}: {}",
                    answer.explanation.decision
                );
            }
        }
        Format::Json => {
            let results: Vec<Value> = answers
                .iter()
                .map(|(action, resource, answer)| {
                    let statement = deciding(&answer.evaluation).map(|statement| {
                        json!({
                            "policy": statement.policy().name(),
                            "number": statement.index() + 1,
                            "sid": statement.sid(),
                        })
                    });
                    json!({
                        "action": action,
                        "resource": resource,
                        "result": Expectation::of(&answer.evaluation).name(),
                        "decision": answer.explanation.decision,
                        "statement": statement,
                        "missing_keys": answer.explanation.needs,
                    })
                })
                .collect();
            println!("{:#}", json!(results));
        }
    }
    Ok(arguments
        .output
        .exit_code(answers.iter().map(|(_, _, answer)| answer)))
}

fn question<'a>(
    arguments: &'a KeyArguments,
    caller: &'a Caller<'_>,
    keys: &'a Keys,
    action: &'a str,
    resource: &'a str,
) -> Question<'a> {
    Question {
        principal: caller.principal(),
        action,
        resource,
        resource_account: arguments.resource_account.as_deref(),
        keys,
        unknown_keys: &arguments.unknown_keys,
    }
}

impl OutputArguments {
    /// The exit code after these results. A result that differs from the expected one is also reported on standard error.
    fn exit_code<'a>(&self, answers: impl IntoIterator<Item = &'a Answer>) -> ExitCode {
        let Some(expected) = self.expect else {
            return ExitCode::SUCCESS;
        };
        let mut code = ExitCode::SUCCESS;
        for answer in answers {
            let result = Expectation::of(&answer.evaluation);
            if !expected.is_met_by(result) {
                eprintln!(
                    "error: `{}` on `{}` is {}, expected {}",
                    answer.explanation.action,
                    answer.explanation.resource,
                    result.name(),
                    expected.name()
                );
                code = ExitCode::from(NOT_AS_EXPECTED);
            }
        }
        code
    }
}
