//! A service that uses a copy of another crate's catalog. Both must be equal.
//!
//! If the copy differed, the macros would check something other than what the generated types express.

use super::BUILD_SCRIPT;
use super::workspace::{BUILD_DEPENDENCY, Workspace, manifest};

/// A catalog that contains everything on which a decision of a macro depends.
const CATALOG: &str = r#"
format = 1

[service]
prefix = "widgets"
name = "Acme Widgets"
partitions = ["acme"]

[condition-keys."aws:RequestTag/${TagKey}"]
type = "String"
summary = "The value of one tag of the request."

[placeholders.ShopId]
parameter = "shop-id"
summary = "the id of the shop"

[placeholders.WidgetId]
parameter = "widget-id"
summary = "the id of the widget"

[placeholders.Kind]
parameter = "kind"
values = ["ROUND", "SQUARE"]
summary = "the kind of the widget"

[resources.shop]
arn = "arn:${Partition}:widgets::${Account}:shops/${ShopId}"
summary = "One shop."

[resources.widget]
arn = "arn:${Partition}:widgets::${Account}:shops/${ShopId}/widgets/${WidgetId}/${Kind}"
summary = "One widget of a shop."

[actions.GetWidget]
summary = "Reads one widget."
resources = ["widget"]
route = "GET /shops/{shop-id}/widgets/{widget-id}/{kind}"
success-status = 200

[actions.GetRoundWidget]
summary = "Reads one round widget."
resources = ["widget"]
pinned = { Kind = "ROUND" }
route = "GET /shops/{shop-id}/round-widgets/{widget-id}"
success-status = 200

[actions.TagShop]
summary = "Tags a shop."
resources = ["shop"]
condition-keys = ["aws:RequestTag/${TagKey}"]
request-tags = "$.tags"
route = "POST /shops/{shop-id}/tags"
success-status = 204
"#;

const GUARDED: &str = r#"
use pinpoint_iam::guard::{Denied, Guard};
use pinpoint_iam::requires;

pub struct Path<T>(pub T);

#[requires(GetWidget)]
pub async fn handler(Path((shop_id, widget_id, kind)): Path<(String, String, String)>) {}
"#;

const FUNCTION: &str = r#"
use pinpoint_iam::guard::{Denied, Guard};
use pinpoint_iam::requires;

#[requires(GetRoundWidget, guard = guard)]
pub fn function(guard: &Guard<'_>, shop_id: &str, widget_id: &str) -> Result<(), Denied> {
    Ok(())
}
"#;

const POLICY: &str = r#"
pub fn policy() -> pinpoint_iam::policy::Document {
    pinpoint_iam::include_policy!("reader.json")
}
"#;

const READER: &str = r#"{
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "widgets:GetWidget", "Resource": "*"}
}"#;

/// Creates a library with the catalog, and a service with a copy of it.
fn workspace() -> Workspace {
    let library = manifest("acme-lib", BUILD_DEPENDENCY);
    let service = manifest(
        "copying-service",
        &format!(
            "acme-lib = {{ path = \"../acme-lib\" }}\n{BUILD_DEPENDENCY}\n\
             [package.metadata.pinpoint-iam]\n\
             catalogs = [{{ path = \"copy.toml\", module = \"acme_lib::widgets\" }}]\n"
        ),
    );
    Workspace::new(
        "copies",
        &["acme-lib", "service"],
        &[
            ("acme-lib/Cargo.toml", &library),
            ("acme-lib/build.rs", BUILD_SCRIPT),
            ("acme-lib/catalog/acme.toml", CATALOG),
            (
                "acme-lib/src/lib.rs",
                "pub mod widgets {\n    pinpoint_iam::include_catalog!(\"widgets\");\n}\n",
            ),
            ("service/Cargo.toml", &service),
            ("service/build.rs", BUILD_SCRIPT),
            ("service/copy.toml", CATALOG),
            ("service/src/reader.json", READER),
            ("service/src/lib.rs", ""),
        ],
    )
}

#[test]
fn a_copy_that_differs_does_not_compile() {
    let workspace = workspace();
    let all = [GUARDED, FUNCTION, POLICY];
    for used in all {
        workspace.write("service/src/lib.rs", used);
        workspace.build().assert_success();
    }
    workspace.write("service/copy.toml", &CATALOG.replace('\n', "\r\n"));
    workspace.build().assert_success();

    let template = "shops/${ShopId}/widgets/${WidgetId}";
    for (from, to, used) in [
        // Both are names of placeholders, so the arguments of the constructor would be exchanged.
        (template, "shops/${WidgetId}/widgets/${ShopId}", GUARDED),
        (template, "shops/${WidgetId}/widgets/${ShopId}", FUNCTION),
        (template, "shops/${WidgetId}/widgets/${ShopId}", POLICY),
        ("Kind = \"ROUND\"", "Kind = \"SQUARE\"", FUNCTION),
        ("\"ROUND\", \"SQUARE\"", "\"ROUND\", \"OVAL\"", GUARDED),
        (
            "[placeholders.ShopId]",
            "[placeholders.ShopId]\naccepts = \"opaque\"",
            GUARDED,
        ),
        ("request-tags = \"$.tags\"\n", "", GUARDED),
        (
            "condition-keys = [\"aws:RequestTag/${TagKey}\"]\n",
            "",
            FUNCTION,
        ),
        (":shops/${ShopId}\"", ":stores/${ShopId}\"", POLICY),
    ] {
        assert!(CATALOG.contains(from), "{from}");
        workspace.write("service/copy.toml", &CATALOG.replacen(from, to, 1));
        workspace.write("service/src/lib.rs", used);
        let build = workspace.build();
        build.assert_failure(
            "the module `::acme_lib::widgets` was generated from another version of the catalog `copy.toml`",
        );
        let errors = build.output.lines();
        let errors = errors.filter(|line| line.starts_with("error["));
        assert_eq!(errors.count(), 1, "{from}: {}", build.output);
        assert!(
            build.output.contains("service/src/lib.rs:"),
            "{}",
            build.output
        );
    }
}
