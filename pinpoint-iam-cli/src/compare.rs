//! `pinpoint-iam diff`, `pinpoint-iam who-can` and `pinpoint-iam is-public`.

mod output;
mod sources;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pinpoint_iam::Policy;
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam_compare::{Comparer, Comparison, PolicySet, Verdict, Witness};
use pinpoint_iam_tools::{comparisons, principals, requests};
use serde_json::{Value, json};

use self::sources::{Policies, Source};
use crate::common::KindArgument;
use crate::documents::chosen;
use crate::failure::Failure;
use crate::output::{Format, FormatArgument};
use crate::progress::{Progress, Reader};
use crate::{accounts, policies};

/// The exit code if requests are newly allowed, or if strangers have access.
pub(crate) const NEW_ACCESS: u8 = 15;
/// The exit code if it is undecided whether there are such requests.
pub(crate) const UNDECIDED: u8 = 16;

/// Compares policies: which requests are newly allowed, and which no longer?
///
/// The comparison is exact and shows a request for each difference. OLD and NEW are files or directories, in which
/// policies with the same path are compared, or git revisions with a path, such as `main:policies`. If a file exists on
/// one side only, the other side allows nothing, or has no limit if the kind of policy only limits permissions.
///
/// If both are the output of `aws iam get-account-authorization-details`, or directories with `attachments.json`, every
/// user and role is compared, with the policies of its groups and its permissions boundary.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if no requests are newly allowed, 15 if some are, 16 if this is undecided; 1 if a file cannot be read or
parsed, 3 if there are no policies.

Example: pinpoint-iam diff main:policies policies")]
pub(crate) struct DiffArguments {
    /// The policies before the change.
    #[arg(value_name = "OLD")]
    old: String,
    /// The policies after the change.
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    kind: KindArgument,
    /// Compares requests for the actions of this service only as its catalog describes them, not for actions that the
    /// catalog does not list: a file, or the prefix of a built-in service; can be repeated.
    #[arg(long = "catalog", value_name = "CATALOG")]
    catalogs: Vec<String>,
    #[command(flatten)]
    output: FormatArgument,
}

/// Lists the callers that policies allow to perform an action on a resource.
///
/// One request is shown for each class of callers that the policies distinguish, with the condition keys that it needs.
/// With identity-based policies, the callers are those to which the policies are attached. With the output of
/// `aws iam get-account-authorization-details`, or a directory with `attachments.json`, its users and roles are listed, and
/// a resource-based policy may be added with `--kind resource`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if the list is complete, 16 if there may be further callers, 1 if a file cannot be read or parsed.

Examples:
  pinpoint-iam who-can --kind resource s3:GetObject arn:aws:s3:::reports/2026.csv bucket-policy.json
  pinpoint-iam who-can mobiletargeting:DeleteApp '*' account.json")]
pub(crate) struct WhoCanArguments {
    /// The action, such as `mobiletargeting:GetApp`.
    action: String,
    /// The ARN of the resource, or `*`.
    resource: String,
    /// The policies.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    kind: KindArgument,
    #[command(flatten)]
    output: FormatArgument,
}

/// Checks whether resource-based policies allow requests of anonymous callers or of unknown accounts.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if no policy is public, 15 if one is, 16 if this is undecided, 1 if a file cannot be read or parsed.

Example: pinpoint-iam is-public bucket-policies/")]
pub(crate) struct IsPublicArguments {
    /// The policies.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    output: FormatArgument,
}

/// The more severe of two exit codes: new access is worse than undecided.
fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (NEW_ACCESS, _) | (_, NEW_ACCESS) => NEW_ACCESS,
        (one, other) => one.max(other),
    }
}

/// Runs `pinpoint-iam diff`.
pub(crate) fn diff(arguments: &DiffArguments) -> Result<ExitCode, Failure> {
    let (old, new) = (
        sources::read(&arguments.old)?,
        sources::read(&arguments.new)?,
    );
    let mut comparer = Comparer::new();
    for service in chosen(&arguments.catalogs)? {
        comparer = comparer.service(service);
    }
    let reader = Reader::of(arguments.output.format);
    let mut has_other_attachments = false;
    let comparisons: Vec<(String, Comparison)> = match (&old, &new) {
        (Source::Policies(from), Source::Policies(to)) if from.is_file != to.is_file => {
            let is = |is_file: bool| if is_file { "a file" } else { "a directory" };
            return Err(Failure::usage(format!(
                "error: `{}` is {}, and `{}` is {}; compare two files or two directories",
                arguments.old,
                is(from.is_file),
                arguments.new,
                is(to.is_file)
            )));
        }
        (Source::Policies(old), Source::Policies(new)) => {
            has_other_attachments = old.attachments != new.attachments;
            compare_policies(arguments.kind.kind, &comparer, old, new, reader)
        }
        (Source::Account(old), Source::Account(new)) => {
            let identities = comparer.compare_identities(old, new);
            let progress = Progress::new("comparing", identities.len(), reader);
            identities
                .inspect(|_| progress.step())
                .filter(|identity| identity.comparison.verdict() != Verdict::Equal)
                .map(|identity| (identity.arn, identity.comparison))
                .collect()
        }
        _ => {
            return Err(Failure::usage(
                "error: users and roles can only be compared with users and roles, and documents with documents",
            ));
        }
    };
    if arguments.output.format == Format::Human && comparisons.is_empty() {
        println!("all users and roles: equal");
    }
    let mut code = 0;
    let mut results = Vec::new();
    for (name, comparison) in comparisons {
        code = worse(
            code,
            match (&comparison.newly_allowed, comparison.undecided.as_slice()) {
                (Some(_), _) => NEW_ACCESS,
                (None, []) => 0,
                (None, _) => UNDECIDED,
            },
        );
        match arguments.output.format {
            Format::Human => print!("{}", output::comparison(&name, &comparison)),
            Format::Json => results.push(comparisons::comparison(&name, &comparison)),
        }
    }
    if arguments.output.format == Format::Json {
        println!("{:#}", json!(results));
    }
    if has_other_attachments {
        eprintln!(
            "undecided: `attachments.json` of a subdirectory has changed, and which users, groups and roles have its policies is not compared"
        );
        code = worse(code, UNDECIDED);
    }
    let mut has_failed = false;
    for source in [&old, &new] {
        if let Source::Policies(policies) = source {
            for failure in policies.broken.values() {
                eprintln!("{failure}");
                has_failed = true;
            }
        }
    }
    Ok(match has_failed {
        true => ExitCode::FAILURE,
        false => ExitCode::from(code),
    })
}

/// Compares policies with the same path.
fn compare_policies(
    kind: PolicyKind,
    comparer: &Comparer,
    old: &Policies,
    new: &Policies,
    reader: Reader,
) -> Vec<(String, Comparison)> {
    // Two files are compared with each other, regardless of their names.
    let pairs: Vec<(String, Option<&Policy>, Option<&Policy>)> = match (old.single(), new.single())
    {
        (Some(first), Some(second)) => {
            vec![(second.name().to_owned(), Some(first), Some(second))]
        }
        _ => {
            let names: BTreeSet<&String> = old.policies.keys().chain(new.policies.keys()).collect();
            // A file that is broken on one side has no result.
            let is_broken =
                |name: &String| old.broken.contains_key(name) || new.broken.contains_key(name);
            names
                .into_iter()
                .filter(|name| !is_broken(name))
                .map(|name| {
                    let policies = (old.policies.get(name), new.policies.get(name));
                    (name.clone(), policies.0, policies.1)
                })
                .collect()
        }
    };
    let set = |policy: Option<&Policy>| match policy {
        Some(policy) => PolicySet::of_policy(kind, policy.clone()),
        None => without_policy(kind),
    };
    let progress = Progress::new("comparing", pairs.len(), reader);
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, old, new)| (name, comparer.compare(&set(old), &set(new))))
        .inspect(|_| progress.step())
        .collect()
}

/// The policies if a file does not exist. A missing policy of a kind that only limits permissions limits nothing, so
/// removing one is new access.
fn without_policy(kind: PolicyKind) -> PolicySet {
    const EVERYTHING: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let is_limit = matches!(
        kind,
        PolicyKind::Boundary
            | PolicyKind::Session
            | PolicyKind::ServiceControl
            | PolicyKind::ResourceControl
    );
    let everything = Document::parse(EVERYTHING).ok().filter(|_| is_limit);
    PolicySet::of_identity(everything.map(|document| Policy::new("everything", document)))
}

/// Runs `pinpoint-iam who-can`.
pub(crate) fn who_can(arguments: &WhoCanArguments) -> Result<ExitCode, Failure> {
    let loaded = policies::load_with_accounts(&arguments.paths)?;
    let mut set = PolicySet::default();
    for policy in loaded.policies {
        match arguments.kind.kind {
            PolicyKind::Resource | PolicyKind::RoleTrust if set.resource.is_none() => {
                set.resource = Some(policy);
            }
            PolicyKind::Resource | PolicyKind::RoleTrust => {
                return Err(Failure::usage(
                    "error: a resource has one policy; name one file",
                ));
            }
            PolicyKind::IdentityManaged
            | PolicyKind::IdentityInlineUser
            | PolicyKind::IdentityInlineRole
            | PolicyKind::IdentityInlineGroup
                if loaded.accounts.is_empty() =>
            {
                set.identity.push(policy);
            }
            PolicyKind::IdentityManaged
            | PolicyKind::IdentityInlineUser
            | PolicyKind::IdentityInlineRole
            | PolicyKind::IdentityInlineGroup => {
                return Err(Failure::usage(
                    "error: the account details or attachments contain the identity-based policies; name no others",
                ));
            }
            kind => {
                return Err(Failure::usage(format!(
                    "error: policies of kind `{kind}` allow nothing by themselves"
                )));
            }
        }
    }
    requests::check(&arguments.action, &arguments.resource)
        .map_err(|error| Failure::usage(format!("error: {error}")))?;
    let (action, resource) = (&arguments.action, &arguments.resource);
    let mut access = match loaded.accounts.as_slice() {
        [] => {
            let access = Comparer::new().who_can(&set, action, resource);
            Listed {
                undecided: comparisons::undecided(&access.undecided),
                requests: access.requests,
            }
        }
        accounts => {
            let reader = Reader::of(arguments.output.format);
            who_of_accounts(accounts, &set, action, resource, reader)?
        }
    };
    for request in &mut access.requests {
        // Actions are compared without case. The list has the spelling of the command.
        request.action.clone_from(action);
    }
    match arguments.output.format {
        Format::Human => {
            for witness in &access.requests {
                println!("{witness}");
            }
            if access.requests.is_empty() && access.undecided.is_empty() {
                println!("no caller");
            }
            for undecided in &access.undecided {
                println!("undecided: {undecided}");
            }
        }
        Format::Json => {
            let requests: Vec<Value> = access.requests.iter().map(comparisons::witness).collect();
            println!(
                "{:#}",
                json!({"requests": requests, "undecided": access.undecided})
            );
        }
    }
    Ok(ExitCode::from(match access.undecided.as_slice() {
        [] => 0,
        _ => UNDECIDED,
    }))
}

/// The callers that may do something.
#[derive(Default)]
struct Listed {
    requests: Vec<Witness>,
    /// Why there may be further callers.
    undecided: Vec<String>,
}

/// Lists the users and roles of accounts that may perform an action, together with the resource-based policy in `set`.
fn who_of_accounts(
    accounts: &[PolicyStore],
    set: &PolicySet,
    action: &str,
    resource: &str,
    reader: Reader,
) -> Result<Listed, Failure> {
    let mut listed = Listed::default();
    let count = accounts::identities(accounts).count();
    let progress = Progress::new("searching", count, reader);
    for (arn, own) in accounts::identities(accounts) {
        let principal =
            principals::parse(arn).map_err(|error| Failure::new(format!("error: {error}")))?;
        let of_identity = PolicySet {
            identity: own.identity().to_vec(),
            permissions_boundary: own
                .permissions_boundary()
                .map(|policy| vec![policy.clone()]),
            ..set.clone()
        };
        let comparer = Comparer::new().caller(own.complete(&principal));
        let access = comparer.who_can(&of_identity, action, resource);
        // Of a role, its sessions make the requests.
        let requests = access.requests.into_iter();
        listed.requests.extend(requests.map(|request| Witness {
            principal_text: arn.to_owned(),
            ..request
        }));
        let undecided = access.undecided.iter();
        listed
            .undecided
            .extend(undecided.map(|undecided| format!("{arn}: {undecided}")));
        progress.step();
    }
    Ok(listed)
}

/// Runs `pinpoint-iam is-public`.
pub(crate) fn is_public(arguments: &IsPublicArguments) -> Result<ExitCode, Failure> {
    let mut worst = 0;
    let mut has_failed = false;
    let mut results = Vec::new();
    let policies = policies::load_each(&arguments.paths)?;
    let reader = Reader::of(arguments.output.format);
    let progress = Progress::new("searching", policies.len(), reader);
    for policy in policies {
        // A file that is broken must not hide a public one.
        let policy = match policy.and_then(resource_based) {
            Ok(policy) => policy,
            Err(failure) => {
                progress.hide(|| eprintln!("{failure}"));
                has_failed = true;
                progress.step();
                continue;
            }
        };
        let name = policy.name().to_owned();
        let set = PolicySet::of_policy(PolicyKind::Resource, policy);
        let (word, code, witness, undecided) = match Comparer::new().public_access(&set) {
            Ok(None) => ("not public", 0, None, Vec::new()),
            Ok(Some(difference)) => ("public", NEW_ACCESS, Some(difference.witness), Vec::new()),
            Err(undecided) => ("undecided", UNDECIDED, None, undecided),
        };
        worst = worse(worst, code);
        match arguments.output.format {
            Format::Human => progress.hide(|| {
                println!("{name}: {word}");
                if let Some(witness) = &witness {
                    println!("  for example {witness}");
                }
                for undecided in &undecided {
                    println!("  {undecided}");
                }
            }),
            Format::Json => results.push(json!({
                "name": name,
                "result": word,
                "witness": witness.as_ref().map(comparisons::witness),
                "undecided": comparisons::undecided(&undecided),
            })),
        }
        progress.step();
    }
    drop(progress);
    if arguments.output.format == Format::Json {
        println!("{:#}", json!(results));
    }
    Ok(match has_failed {
        true => ExitCode::FAILURE,
        false => ExitCode::from(worst),
    })
}

fn resource_based(policy: Policy) -> Result<Policy, Failure> {
    match PolicySet::kind_of(policy.document()) {
        PolicyKind::Resource => Ok(policy),
        _ => Err(Failure::new(format!(
            "error: {}: the policy is not resource-based: no statement has a `Principal`",
            policy.name()
        ))),
    }
}
