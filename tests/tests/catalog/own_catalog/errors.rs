//! The compiler errors for mistakes in the use of an application's own catalog.

use super::BUILD_SCRIPT;
use super::workspace::{BUILD_DEPENDENCY, Build, Workspace, manifest};

const CATALOG: &str = include_str!("../../../../examples/widgets/catalog/acme.toml");

/// The first lines of every case.
const START: &str = "
#![allow(dead_code, unused_imports, unused_variables)]

pub mod widgets {
    pinpoint_iam::include_catalog!(\"widgets\");
}

use axum::extract::Path;
use pinpoint_iam::{Authorizer, include_policy, requires, routes};
use widgets::{Shop, Widget};
";

/// Builds a library with these handlers and this policy.
fn build(name: &str, handlers: &str, policy: &str) -> Build {
    build_library(name, &format!("{START}{handlers}"), policy)
}

/// A library with this text, and this policy beside it.
fn build_library(name: &str, library: &str, policy: &str) -> Build {
    let manifest = manifest(&format!("acme-{name}"), BUILD_DEPENDENCY);
    let workspace = Workspace::new(
        &format!("errors-{name}"),
        &["service"],
        &[
            ("service/Cargo.toml", &manifest),
            ("service/build.rs", BUILD_SCRIPT),
            ("service/catalog/acme.toml", CATALOG),
            ("service/src/policy.json", policy),
            ("service/src/lib.rs", library),
        ],
    );
    workspace.build()
}

/// Checks that the build failed with exactly these errors.
fn assert_errors(build: &Build, expected: &[&str]) {
    for text in expected {
        build.assert_failure(text);
    }
    let errors = build.output.lines();
    let errors = errors
        .filter(|line| line.starts_with("error") && !line.starts_with("error: could not compile"));
    assert_eq!(errors.count(), expected.len(), "{}", build.output);
}

#[test]
fn faults_of_attributes_are_found_together() {
    let build = build(
        "attributes",
        r#"
#[requires(GetWidgit)]
async fn misspelled(Path((shop_id, widget_name)): Path<(String, String)>) {}

#[requires(widgets::getwidget)]
async fn wrong_case(Path((shop_id, widget_name)): Path<(String, String)>) {}

#[requires(widgts::GetWidget)]
async fn misspelled_service(Path((shop_id, widget_name)): Path<(String, String)>) {}

#[requires(GetCampaign)]
async fn built_in_without_its_service(Path((application_id, campaign_id)): Path<(String, String)>) {}

#[requires(GetWidget)]
async fn without_an_id(Path(shop_id): Path<String>) {}
"#,
        "",
    );
    assert_errors(
        &build,
        &[
            "error: unknown action `GetWidgit`\n       help: did you mean `GetWidget`?\n  --> errors-attributes/service/src/lib.rs:12:12",
            "error: unknown action `getwidget`\n       help: write `GetWidget`",
            "error: unknown service `widgts`\n       help: did you mean `widgets`?",
            "error: unknown action `GetCampaign`\n       help: write `mobiletargeting::GetCampaign`",
            "error: `GetWidget` needs `widget_name`, but no parameter has this name; its resource is `arn:${Partition}:widgets::${Account}:shops/${ShopId}/widgets/${WidgetName}`",
        ],
    );
}

/// The beginning of a library without `include_catalog!`, and a handler.
fn without_module(module: &str) -> String {
    format!(
        r#"
use axum::extract::Path;
use pinpoint_iam::requires;

{module}
#[requires(GetWidget)]
pub async fn get_widget(Path((shop_id, widget_name)): Path<(String, String)>) {{}}
"#
    )
}

/// What to write, and what to do where the name is taken.
const MISSING: &str = concat!(
    "`crate::widgets` is not the generated module of the catalog `catalog/acme.toml`\n",
    "              help: add to the root of this crate: `pub mod widgets { pinpoint_iam::include_catalog!(\"widgets\"); }`\n",
    "              help: if `crate::widgets` is another module of yours, choose a path in `Cargo.toml`, below ",
    "`[package.metadata.pinpoint-iam]`: `catalogs = [{ path = \"catalog/acme.toml\", module = \"crate::widgets_catalog\" }]`",
);

#[test]
fn a_forgotten_module_is_reported_with_the_line_to_write() {
    let forgotten = build_library("forgotten-module", &without_module(""), "");
    forgotten.assert_failure(MISSING);
    forgotten.assert_failure("could not find `widgets` in the crate root");
}

#[test]
fn another_module_of_this_name_is_reported_with_the_key_to_write() {
    let own = "pub mod widgets {\n    pub fn own() {}\n}\n";
    let taken = build_library("taken-module", &without_module(own), "");
    taken.assert_failure(MISSING);
    taken.assert_failure("could not find `generated_by_include_catalog` in `widgets`");
}

#[test]
fn a_resource_of_another_type_does_not_fit() {
    let build = build(
        "resource",
        r#"
#[requires(GetWidget, resource = Shop::new(shop_id)?)]
async fn get_widget(Path(shop_id): Path<String>) {}
"#,
        "",
    );
    assert_errors(&build, &["--> errors-resource/service/src/lib.rs:12:34"]);
    build.assert_failure("Shop` is not a resource of `GetWidget`");
    build.assert_failure("expected a resource of type `");
}

#[test]
fn a_handler_without_attribute_is_not_served() {
    let build = build(
        "routes",
        r#"
async fn list_widgets(Path(shop_id): Path<String>) {}

pub fn service() -> pinpoint_iam::web::axum::Routes<Authorizer> {
    routes![list_widgets]
}
"#,
        "",
    );
    assert_errors(
        &build,
        &[
            "error[E0573]: expected type, found function `list_widgets`\n  --> errors-routes/service/src/lib.rs:15:13",
        ],
    );
}

/// `widgts` may be a service without a catalog in this crate, so it is not an error.
#[test]
fn faults_of_policies_are_shown_in_their_file() {
    let build = build(
        "policy",
        r#"
pub fn policy() -> pinpoint_iam::policy::Document {
    include_policy!("policy.json")
}
"#,
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "widgets:GetWidgit", "Resource": "*"},
    {"Effect": "Deny", "Action": "widgts:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "widgets:GetWidget", "Resource": "arn:acme:widgets::tenant-7:shops/s1"},
    {"Effect": "Allow", "Action": "widgets:GetWidget", "Resource": "arn:aws:widgets::tenant-7:shops/s1/widgets/w1"}
  ]
}"#,
    );
    assert_errors(
        &build,
        &[
            "policy.json:4:35: unknown action `widgets:GetWidgit`\n       help: did you mean `widgets:GetWidget`?",
            "policy.json:6:68: `arn:acme:widgets::tenant-7:shops/s1` does not match any resource of the statement's actions",
            "policy.json:7:68: `arn:aws:widgets::tenant-7:shops/s1/widgets/w1` does not match any resource of",
        ],
    );
}
