//! Texts about `#[guarded]`.

use pinpoint_iam_catalog::nearest;
use syn::Ident;
use syn::ext::IdentExt;

pub(crate) const NO_SERVER: &str = "`#[guarded]` needs the generated server of the service\n\
    help: write `#[guarded(campaigns_server::CampaignsServer)]` for the service `Campaigns`";
pub(crate) const EXPECTED_METHOD_NAME: &str = "expected the name of a method of the service\n\
    help: write `function = \"Method\"` if the name of the method cannot be derived from that of its function";
pub(crate) const NOT_A_SERVICE: &str = "`#[guarded]` can only be applied to the implementation of a service's trait\n\
    help: write it above `impl Campaigns for Service`";
pub(crate) const MACRO_IN_SERVICE: &str = "a macro in a guarded service could write a method without a check\n\
    help: write the method out";
pub(crate) const NO_REQUEST_PARAMETER: &str = "the check needs `&self` and the request\n\
    help: write the parameters as in `&self, request: tonic::Request<Message>`";

pub(crate) fn unguarded_method(name: &Ident) -> String {
    format!(
        "the method `{}` has neither `#[requires(..)]` nor `#[public(..)]`\n\
        help: write `#[requires(Action)]` above it, or `#[public(\"reason\")]` if no permission is required",
        name.unraw()
    )
}

pub(crate) fn supplied_by_guarded(key: &Ident) -> String {
    format!("`#[guarded]` supplies `{key}`\nhelp: remove it")
}

pub(crate) fn unknown_service_method(name: &Ident, functions: &[String]) -> String {
    let name = name.unraw().to_string();
    let near = nearest(&name, functions.iter().map(String::as_str));
    let help = match near.first() {
        Some(near) => format!("a method with a similar name exists: `{near}`"),
        None => "write the name of a function of the implementation".to_owned(),
    };
    format!("the implementation has no method `{name}`\nhelp: {help}")
}

pub(crate) fn named_twice(function: &Ident) -> String {
    format!(
        "the method of `{}` is given twice\nhelp: remove one of them",
        function.unraw()
    )
}

pub(crate) fn same_service_method(method: &str, first: &Ident, second: &Ident) -> String {
    format!(
        "`{first}` and `{second}` are both the method `{method}`\n\
        help: write the names of the service's methods, as in `#[guarded(Server, {second} = \"Method\")]`"
    )
}
