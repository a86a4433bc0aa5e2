//! `pinpoint-iam openapi`.

use clap::Args;
use pinpoint_iam_docs::service_openapi;

use super::{OutputArguments, find};
use crate::failure::Failure;

/// Writes an OpenAPI 3.1 document of a catalog's routes, with the permissions that they require.
///
/// An operation has the action's name, its summary, path parameters and status of success, the actions that it requires
/// as `x-required-permissions`, and all details as `x-iam`. Bodies are not in a catalog and therefore not in the
/// document. Actions without a route are listed on standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if the catalog has errors, or if the file differs with --check; 2 for wrong arguments; 3 if no action has a
route.

Example: pinpoint-iam openapi --catalog catalog/orders.toml --output docs/openapi.json")]
pub(crate) struct Arguments {
    /// The catalog: a file, or the prefix of a built-in service.
    #[arg(long, value_name = "CATALOG")]
    catalog: String,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs `pinpoint-iam openapi`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let catalogs = find(std::slice::from_ref(&arguments.catalog))?;
    let services = catalogs.metadata();
    let [service, ..] = services.as_slice() else {
        return Err(Failure::no_input("error: there is no catalog"));
    };
    let without: Vec<&str> = service
        .actions
        .iter()
        .filter(|action| action.route.is_none())
        .map(|action| action.name)
        .collect();
    if without.len() == service.actions.len() {
        return Err(Failure::no_input(format!(
            "error: no action of `{}` has a route",
            service.prefix
        )));
    }
    if !without.is_empty() {
        eprintln!(
            "note: these actions have no route and are not in the document: {}",
            without.join(", ")
        );
    }
    let document = service_openapi(service);
    arguments.output.write(&format!("{document:#}\n"))
}
