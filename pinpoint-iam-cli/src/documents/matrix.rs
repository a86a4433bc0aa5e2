//! `pinpoint-iam matrix`.

use std::path::{Path, PathBuf};

use clap::Args;
use pinpoint_iam::source::{AccountDetails, Directory, PolicySource, SourceError};
use pinpoint_iam::{Principal, Scope};
use pinpoint_iam_docs::{AccessMatrix, Page};
use pinpoint_iam_tools::principals;

use super::{Format, OutputArguments, find, scope};
use crate::failure::Failure;

/// Writes who can do what: for each action of catalogs and each principal, the verdict of the policies.
///
/// A verdict covers every resource on which the action acts and every state of every condition key: `allowed` and the
/// denials hold for all requests, and otherwise the cell shows what the decision depends on.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if a catalog or a policy has errors, or if the file differs with --check; 2 for wrong arguments; 3 if there
are no principals.

Example: pinpoint-iam matrix --catalog catalog/orders.toml --policies policies --scope aws:us-east-1:123456789012")]
pub(crate) struct Arguments {
    /// The catalog whose actions are listed: a file, or the prefix of a built-in service; can be repeated.
    #[arg(long = "catalog", required = true, value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// The policies: a directory of documents with an `attachments.json`, or a file with the output of
    /// `aws iam get-account-authorization-details`.
    #[arg(long, value_name = "PATH")]
    policies: PathBuf,
    /// The partition, region and account of the resources.
    #[arg(long, value_name = "PARTITION:REGION:ACCOUNT", value_parser = scope)]
    scope: Scope,
    /// The ARN of a user or a role, or NAME=ARN; can be repeated. Without it, all users and roles of the policies.
    #[arg(long = "principal", value_name = "ARN")]
    principals: Vec<String>,
    /// The format.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs `pinpoint-iam matrix`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let catalogs = find(&arguments.catalogs)?;
    let source = source(&arguments.policies).map_err(|error| failed(&error))?;
    let mut builder = AccessMatrix::builder(&arguments.scope);
    for (name, principal) in principals(arguments, &*source)? {
        builder = builder.principal(&name, &principal);
    }
    let services = catalogs.metadata();
    for service in services.iter().take(catalogs.chosen()) {
        builder = builder.actions(service.actions);
    }
    let matrix = builder
        .build(&*source)
        .map_err(|error| Failure::new(format!("error: {error}")))?;
    let page = Page::new("Who can do what").with_table(matrix.table("access", "Access"));
    arguments.output.write(&arguments.format.write(&page))
}

fn source(path: &Path) -> Result<Box<dyn PolicySource>, SourceError> {
    Ok(if path.is_file() {
        Box::new(AccountDetails::open(path)?)
    } else {
        Box::new(Directory::open(path)?)
    })
}

fn failed(error: &SourceError) -> Failure {
    Failure::new(format!("error: {error}"))
}

/// The principals with their names in the table.
fn principals(
    arguments: &Arguments,
    source: &dyn PolicySource,
) -> Result<Vec<(String, Principal)>, Failure> {
    let parse = |name: &str, arn: &str| match principals::parse(arn) {
        Ok(principal) => Ok((name.to_owned(), principal)),
        Err(error) => Err(Failure::usage(format!("error: {error}"))),
    };
    let given = arguments.principals.iter();
    let given = given.map(|text| {
        let (name, arn) = text.split_once('=').unwrap_or((text, text));
        parse(name, arn)
    });
    let given = given.collect::<Result<Vec<_>, Failure>>()?;
    if !given.is_empty() {
        return Ok(given);
    }
    let store = source
        .load_in(&arguments.scope)
        .map_err(|error| failed(&error))?;
    let known = store
        .iter()
        .map(|(arn, _)| parse(arn, arn))
        .collect::<Result<Vec<_>, Failure>>()?;
    if known.is_empty() {
        return Err(Failure::no_input(format!(
            "error: `{}` attaches policies to no user or role; add `--principal ARN`",
            arguments.policies.display()
        )));
    }
    Ok(known)
}
