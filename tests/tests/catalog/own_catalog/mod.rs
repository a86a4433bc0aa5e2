//! Catalogs of other crates: they are found, generated, used by the macros, and never stale.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod copies;
mod errors;
mod keys;
mod workspace;

use workspace::{BUILD_DEPENDENCY, Workspace, manifest};

const BUILD_SCRIPT: &str =
    "fn main() -> std::process::ExitCode {\n    pinpoint_iam_catalog::build()\n}\n";

const WIDGETS: &str = r#"
format = 1

[service]
prefix = "acme-widgets"
name = "Acme Widgets"
partitions = ["acme"]

[placeholders.ShopId]
parameter = "shop-id"
summary = "the shop's number"

[resources.shop]
arn = "arn:${Partition}:acme-widgets::${Account}:shops/${ShopId}"
summary = "One shop."

[actions.GetShop]
summary = "Reads one shop."
access-level = "Read"
resources = ["shop"]
route = "GET /shops/{shop-id}"
success-status = 200
"#;

const ORDERS: &str = r#"
format = 1

[service]
prefix = "orders"
name = "Orders"

[actions.CountOrders]
summary = "Counts the orders of all shops."
"#;

const POLICY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "acme-widgets:GetShop", "Resource": "arn:acme:acme-widgets::tenant-7:shops/*"},
        {"Effect": "Allow", "Action": ["orders:CountOrders", "mobiletargeting:GetApps"], "Resource": "*"}
    ]
}"#;

/// Creates a library with a catalog; a service, consisting of a library and a program, with another catalog that uses
/// the first; and a crate that uses neither.
fn workspace(name: &str) -> Workspace {
    let catalog = manifest("acme-catalog", BUILD_DEPENDENCY);
    let service = manifest(
        "acme-service",
        &format!(
            "acme-catalog = {{ path = \"../acme-catalog\" }}\n{BUILD_DEPENDENCY}\n\
             [package.metadata.pinpoint-iam]\n\
             catalogs = [\n    \"orders.toml\",\n    \
             {{ path = \"../acme-catalog/catalog/widgets.toml\", module = \"acme_catalog::acme_widgets\" }},\n]\n"
        ),
    );
    Workspace::new(
        name,
        &["acme-catalog", "acme-service", "bystander"],
        &[
            ("acme-catalog/Cargo.toml", &catalog),
            ("acme-catalog/build.rs", BUILD_SCRIPT),
            ("acme-catalog/catalog/widgets.toml", WIDGETS),
            (
                "acme-catalog/src/lib.rs",
                "pub mod acme_widgets {\n    pinpoint_iam::include_catalog!(\"acme-widgets\");\n}\n",
            ),
            ("acme-service/Cargo.toml", &service),
            ("acme-service/build.rs", BUILD_SCRIPT),
            ("acme-service/orders.toml", ORDERS),
            ("acme-service/src/reader.json", POLICY),
            (
                "acme-service/src/lib.rs",
                r#"
pub mod orders {
    pinpoint_iam::include_catalog!("orders");
}

pub fn reader() -> pinpoint_iam::policy::Document {
    pinpoint_iam::include_policy!("reader.json")
}
"#,
            ),
            (
                "acme-service/src/main.rs",
                r#"
use acme_catalog::acme_widgets::{GetShop, Shop};
use acme_service::orders::CountOrders;
use pinpoint_iam::context::Context;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{AllResources, Authorizer, Policy, Principal, Scope};

fn main() {
    let ana = "arn:acme:iam::tenant-7:user/ana";
    let mut store = PolicyStore::new();
    let policy = pinpoint_iam::include_policy!("reader.json");
    store.identity(ana).unwrap().attach(Policy::new("reader", policy));
    let service = Scope::of_tenants("acme", "");
    let authorizer = Authorizer::builder().scope(service).source(store).build().unwrap();
    let (ana, context) = (Principal::from_arn(ana).unwrap(), Context::new());
    let ask = |tenant| {
        let scope = authorizer.scope().with_account(tenant);
        let guard = authorizer.guard(&ana, &context).in_scope(&scope);
        let shop = guard.check(GetShop, &Shop::new("s1").unwrap());
        let orders = guard.check(CountOrders, &AllResources);
        (shop.is_ok(), orders.is_ok())
    };
    assert_eq!(ask("tenant-7"), (true, true));
    assert_eq!(ask("tenant-8"), (false, false));
    println!("tenants keep to themselves");
}
"#,
            ),
            ("bystander/Cargo.toml", &manifest("bystander", "")),
            ("bystander/src/lib.rs", "pub use pinpoint_iam::Scope;\n"),
        ],
    )
}

#[test]
fn catalogs_of_ones_own_work_from_end_to_end() {
    let workspace = workspace("end-to-end");
    let run = workspace.cargo(&["run", "-p", "acme-service"]);
    run.assert_success();
    assert!(
        run.output.contains("tenants keep to themselves"),
        "{}",
        run.output
    );
}

#[test]
fn a_changed_catalog_rebuilds_what_depends_on_it_and_nothing_else() {
    let workspace = workspace("rebuilds");
    let catalog = "acme-catalog/catalog/widgets.toml";
    workspace.build().assert_success();
    let again = workspace.build();
    for package in ["acme-catalog", "acme-service", "bystander"] {
        assert!(!again.compiled(package), "{package}: {}", again.output);
    }

    // The catalog of another crate: the policy names an action that was renamed.
    workspace.replace(catalog, "[actions.GetShop]", "[actions.FetchShop]");
    let stale = workspace.build();
    stale.assert_failure("unknown action `acme-widgets:GetShop`");
    assert!(stale.compiled("acme-catalog"), "{}", stale.output);
    for package in ["bystander", "pinpoint-iam"] {
        assert!(!stale.compiled(package), "{package}: {}", stale.output);
    }
    workspace.replace(catalog, "[actions.FetchShop]", "[actions.GetShop]");
    workspace.build().assert_success();

    // The crate's own catalog.
    workspace.replace("acme-service/orders.toml", "CountOrders", "CountAllOrders");
    let stale = workspace.build();
    stale.assert_failure("unknown action `orders:CountOrders`");
    assert!(!stale.compiled("acme-catalog"), "{}", stale.output);
    workspace.replace("acme-service/orders.toml", "CountAllOrders", "CountOrders");
    workspace.build().assert_success();

    // The list in the manifest.
    workspace.replace("acme-service/Cargo.toml", "\"orders.toml\",", "");
    let gone = workspace.build();
    gone.assert_failure("pinpoint-iam/orders.rs");
    workspace.replace(
        "acme-service/Cargo.toml",
        "catalogs = [",
        "catalogs = [\"orders.toml\",",
    );
    workspace.build().assert_success();

    // A catalog that is added in the default folder: the build script must read it.
    workspace.write("acme-catalog/catalog/more.toml", "format = 1\n");
    workspace.build().assert_failure("catalog/more.toml");
}

#[test]
fn faults_are_shown_with_their_line() {
    let workspace = workspace("faults");
    workspace.replace(
        "acme-catalog/catalog/widgets.toml",
        "resources = [\"shop\"]",
        "resources = [\"shoop\"]",
    );
    let build = workspace.build();
    build.assert_failure("error: unknown resource type `shoop`");
    // It is not fixed which of the two packages reports it first, and how it writes the path before this.
    let marked = concat!(
        "catalog/widgets.toml:20:14\n",
        "     |\n",
        "  20 | resources = [\"shoop\"]\n",
        "     |              ^^^^^^^\n",
        "     = help: did you mean `shop`?",
    );
    assert!(build.output.contains(marked), "{}", build.output);
}

#[test]
fn a_catalog_without_a_build_script_is_an_error() {
    let manifest = manifest("forgetful", "");
    let workspace = Workspace::new(
        "forgetful",
        &["forgetful"],
        &[
            ("forgetful/Cargo.toml", &manifest),
            ("forgetful/catalog/widgets.toml", WIDGETS),
            ("forgetful/src/reader.json", POLICY),
            (
                "forgetful/src/lib.rs",
                "pub fn reader() -> pinpoint_iam::policy::Document {\n    pinpoint_iam::include_policy!(\"reader.json\")\n}\n",
            ),
        ],
    );
    workspace
        .build()
        .assert_failure("no build script reads the catalog `catalog/widgets.toml` of this crate");
    workspace.write("forgetful/build.rs", BUILD_SCRIPT);
    workspace.replace(
        "forgetful/Cargo.toml",
        "\n[dependencies]",
        &format!("{BUILD_DEPENDENCY}\n[dependencies]"),
    );
    workspace.build().assert_success();
}

#[test]
fn the_dependency_may_have_another_name() {
    let manifest = manifest("renamed", BUILD_DEPENDENCY).replace(
        "pinpoint-iam = {",
        "my-guard = { package = \"pinpoint-iam\",",
    );
    let workspace = Workspace::new(
        "renamed",
        &["renamed"],
        &[
            ("renamed/Cargo.toml", &manifest),
            ("renamed/build.rs", BUILD_SCRIPT),
            ("renamed/catalog/widgets.toml", WIDGETS),
            (
                "renamed/src/reader.json",
                &POLICY.replace("\"orders:CountOrders\", ", ""),
            ),
            (
                "renamed/src/main.rs",
                r#"
extern crate my_guard as pinpoint_iam;

mod acme_widgets {
    my_guard::include_catalog!("acme-widgets");
}

use axum::extract::Path;
use my_guard::{Authorizer, include_policy, requires, routes};

#[requires(GetShop)]
async fn get_shop(Path(shop_id): Path<String>) -> String {
    shop_id
}

fn main() {
    let routes: my_guard::web::axum::Routes<Authorizer> = routes![get_shop];
    routes.check().unwrap();
    println!("{} statements", include_policy!("reader.json").statements().len());
}
"#,
            ),
        ],
    );
    let run = workspace.cargo(&["run"]);
    run.assert_success();
    assert!(run.output.contains("2 statements"), "{}", run.output);
    // Without the name in the generated module, the code does not compile. The macros do not guess a name.
    workspace.replace(
        "renamed/src/main.rs",
        "extern crate my_guard as pinpoint_iam;",
        "",
    );
    workspace.build().assert_failure("`pinpoint_iam`");
}
