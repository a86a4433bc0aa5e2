//! `pinpoint-iam least-privilege`.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use pinpoint_iam::Scope;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam_catalog::nearest;
use pinpoint_iam_docs::LeastPrivilege;
use pinpoint_iam_lint::catalog::unknown_action;
use serde_json::{Value, json};

use super::catalogs::Catalogs;
use super::{OutputArguments, find, scope};
use crate::common::KindArgument;
use crate::failure::Failure;

/// Writes the smallest policy for actions or routes of catalogs.
///
/// Every action is granted on the resources that the catalog lists for it, in the given scope, with the actions that it
/// depends on. If the policy would exceed AWS's quota, it is split into several. What could be narrowed is printed on
/// standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if a catalog has errors, or if the file differs with --check; 2 for wrong arguments, such as an unknown
action.

Examples:
  pinpoint-iam least-privilege --catalog catalog/orders.toml --scope aws:us-east-1:123456789012 GetOrder 'List*'
  pinpoint-iam least-privilege --catalog mobiletargeting --scope aws:us-east-1:123456789012 \\
      --only application_id=a1 'GET /v1/apps/{application-id}/campaigns'")]
pub(crate) struct Arguments {
    /// The catalog: a file, or the prefix of a built-in service; can be repeated.
    #[arg(long = "catalog", required = true, value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// The partition, region and account of the resources.
    #[arg(long, value_name = "PARTITION:REGION:ACCOUNT", value_parser = scope)]
    scope: Scope,
    /// Actions, such as `GetOrder`, `orders:GetOrder` or `orders:Get*`, and routes, such as `GET /orders/{order-id}`.
    #[arg(required = true, value_name = "ACTION|ROUTE")]
    wanted: Vec<String>,
    /// Grants access for one value of an id only, such as `order_id=o1`; can be repeated.
    #[arg(long, value_name = "ID=VALUE", value_parser = pair)]
    only: Vec<(String, String)>,
    /// Grants a dependent action on these resources only, such as `iam:PassRole=arn:aws:iam::123456789012:role/export`;
    /// can be repeated.
    #[arg(long, value_name = "ACTION=ARN", value_parser = pair)]
    dependent_action: Vec<(String, String)>,
    /// Writes `Get*` instead of many names if that is shorter.
    #[arg(long)]
    wildcards: bool,
    #[command(flatten)]
    kind: KindArgument,
    /// The format.
    #[arg(long, value_enum, default_value_t = Format::Policy)]
    format: Format,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The policy document. If there are several, each follows the one before it.
    Policy,
    /// JSON: an object with the documents and what could be narrowed.
    Json,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected a name, `=` and a value".to_owned()),
    }
}

/// Runs `pinpoint-iam least-privilege`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let catalogs = find(&arguments.catalogs)?;
    let services = catalogs.metadata();
    let mut builder = LeastPrivilege::builder(&arguments.scope)
        .kind(arguments.kind.kind)
        .services(services.iter().copied());
    let mut errors = Vec::new();
    for wanted in &arguments.wanted {
        match actions(&catalogs, &services, wanted) {
            Ok(found) => builder = builder.actions(found),
            Err(error) => errors.push(format!("error: {error}")),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::usage(errors.join("\n")));
    }
    for (id, value) in &arguments.only {
        builder = builder.only(id, value);
    }
    for (action, arn) in &arguments.dependent_action {
        builder = builder.dependent_resource(action, arn);
    }
    if arguments.wildcards {
        builder = builder.with_wildcards();
    }
    let policies = builder
        .build()
        .map_err(|error| Failure::usage(format!("error: {error}")))?;
    let text = match arguments.format {
        Format::Policy => {
            for remark in policies.remarks() {
                eprintln!(
                    "note: {}",
                    remark.replace("`dependent_resource`", "`--dependent-action`")
                );
            }
            let documents = policies.documents().iter();
            documents
                .map(|document| format!("{document:#}\n"))
                .collect()
        }
        Format::Json => {
            let documents: Vec<Value> = policies
                .documents()
                .iter()
                .map(|document| json!(document))
                .collect();
            format!(
                "{:#}\n",
                json!({ "documents": documents, "remarks": policies.remarks() })
            )
        }
    };
    arguments.output.write(&text)
}

/// The actions with a name, a pattern or a route.
fn actions(
    catalogs: &Catalogs,
    services: &[&'static ServiceMetadata],
    wanted: &str,
) -> Result<Vec<&'static ActionMetadata>, String> {
    let chosen = services.get(..catalogs.chosen()).unwrap_or(services);
    if wanted.contains('/') {
        return route(chosen, wanted).map(|action| vec![action]);
    }
    let (prefix, name) = match wanted.split_once(':') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, wanted),
    };
    let mut is_known = false;
    let mut found = Vec::new();
    for (service, metadata) in catalogs.services().iter().zip(chosen) {
        if prefix.is_some_and(|prefix| !prefix.eq_ignore_ascii_case(&service.prefix)) {
            continue;
        }
        is_known = true;
        let matching = service.actions_matching(name);
        found.extend(matching.filter_map(|action| metadata.action(&action.name)));
    }
    let is_pattern = name.contains(['*', '?']);
    match (found.as_slice(), prefix) {
        ([_], _) => Ok(found),
        ([_, ..], _) if is_pattern => Ok(found),
        ([_, ..], _) => {
            let names: Vec<String> = found.iter().map(|action| format!("`{action}`")).collect();
            Err(format!(
                "`{}` is an action of several services; write {}",
                name.escape_debug(),
                names.join(" or ")
            ))
        }
        ([], Some(prefix)) if !is_known => {
            let prefixes: Vec<String> = chosen
                .iter()
                .map(|service| format!("`{}`", service.prefix))
                .collect();
            Err(format!(
                "`{}` is not one of the catalogs; they describe {}",
                prefix.escape_debug(),
                prefixes.join(", ")
            ))
        }
        ([], _) if is_pattern => Err(format!(
            "`{}` matches no action of the catalogs",
            wanted.escape_debug()
        )),
        ([], _) => Err(unknown(catalogs, prefix, name)),
    }
}

/// The message for an action that does not exist.
fn unknown(catalogs: &Catalogs, prefix: Option<&str>, name: &str) -> String {
    let mut services = catalogs.services().iter();
    let one = match prefix {
        Some(prefix) => services.find(|service| service.prefix.eq_ignore_ascii_case(prefix)),
        None if catalogs.chosen() == 1 => services.next(),
        None => None,
    };
    if let Some(service) = one {
        return unknown_action(catalogs.catalog(), service, name);
    }
    let names = catalogs
        .services()
        .iter()
        .flat_map(|service| service.actions())
        .map(|action| action.name.as_str());
    did_you_mean(
        &format!("unknown action `{}`", name.escape_debug()),
        name,
        names,
    )
}

fn did_you_mean<'n>(message: &str, name: &str, names: impl Iterator<Item = &'n str>) -> String {
    match nearest(name, names).first() {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => format!("{message}; `pinpoint-iam tables` lists those of a catalog"),
    }
}

/// The action with a route. The names of its placeholders do not matter.
fn route(
    services: &[&'static ServiceMetadata],
    wanted: &str,
) -> Result<&'static ActionMetadata, String> {
    let mut routes: BTreeMap<String, &'static ActionMetadata> = BTreeMap::new();
    for action in services.iter().flat_map(|service| service.actions) {
        if let Some(route) = action.route {
            routes.entry(shape(&route.to_string())).or_insert(action);
        }
    }
    if let Some(action) = routes.get(&shape(wanted)) {
        return Ok(action);
    }
    let names: Vec<String> = routes
        .values()
        .filter_map(|action| action.route.map(|route| route.to_string()))
        .collect();
    Err(did_you_mean(
        &format!("no action has the route `{}`", wanted.escape_debug()),
        wanted,
        names.iter().map(String::as_str),
    ))
}

/// A route without the names of its placeholders.
fn shape(route: &str) -> String {
    let segments = route.split('/').map(|segment| {
        if segment.starts_with('{') && segment.ends_with('}') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<&str>>().join("/")
}
