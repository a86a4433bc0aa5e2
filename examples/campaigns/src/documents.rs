//! The documents of the service, and the test that compares the committed ones with them.
//!
//! `UPDATE_DOCS=1 cargo test -p campaigns documents` writes `docs/reference/campaigns/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{Directory, PolicyStore};
use pinpoint_iam::web::{MountedRoute, RouteTable};
use pinpoint_iam::{Policy, Principal, Scope, mobileanalytics, mobiletargeting};
use pinpoint_iam_docs::{
    AccessMatrix, File, Line, OpenApiAnnotator, Page, RoutesDocument, files, fresh,
};
use serde_json::{Map, Value, json};

use crate::routes;

/// The folder of the committed documents.
const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/campaigns"
);

type Failure = Box<dyn std::error::Error>;

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// Returns the page with the routes of the service and the access of its callers.
fn page(table: &RouteTable) -> Result<Page, Failure> {
    let mut matrix = AccessMatrix::builder(&scope()).routes(table);
    // The callers of `callers.toml`, with their IAM names.
    for name in ["administrator", "analyst", "campaign-analyst"] {
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        matrix = matrix.principal(name, &Principal::from_arn(&arn)?);
    }
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let matrix = matrix.build(&Directory::open(policies)?)?;
    let page = Page::new("The campaigns service").with_paragraph(Line::text(
        "This page is written from the handlers and the policies of `examples/campaigns/`; change those, not this.",
    ));
    let document = RoutesDocument::new("", table)
        .services([&mobiletargeting::SERVICE, &mobileanalytics::SERVICE]);
    let mut tables = document.tables();
    tables.insert(1, matrix.table("access", "Who can do what"));
    Ok(tables.into_iter().fold(page, Page::with_table))
}

/// Returns the operations of the service as OpenAPI, with the requirements of each.
fn openapi(table: &RouteTable) -> Result<String, Failure> {
    let mut paths: Map<String, Value> = Map::new();
    for route in table.iter() {
        let path = paths.entry(&*route.path).or_insert_with(|| json!({}));
        let Value::Object(operations) = path else {
            return Err("a path is not an object".into());
        };
        operations.insert(route.method.to_ascii_lowercase(), operation(route));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Campaigns", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
    });
    let findings = OpenApiAnnotator::new(table).annotate(&mut document)?;
    assert_eq!(findings, []);
    Ok(format!("{document:#}\n"))
}

fn operation(route: &MountedRoute) -> Value {
    let parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let mut operation = json!({
        "operationId": route.declaration.handler,
        "responses": { "403": { "description": "the policies do not allow it" } },
    });
    let actions = route
        .declaration
        .requirement()
        .map(|required| required.actions());
    if let Some([required]) = actions.as_deref() {
        operation["summary"] = json!(required.action.summary);
        if let Some(served) = required.action.route {
            let status = served.success_status.to_string();
            operation["responses"][status] = json!({ "description": "done" });
        }
    }
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    operation
}

fn documents(table: &RouteTable) -> Result<Vec<File>, Failure> {
    let mut all = files(&format!("{FOLDER}/campaigns"), &page(table)?);
    all.push(File {
        path: format!("{FOLDER}/openapi.json"),
        text: openapi(table)?,
    });
    Ok(all)
}

#[test]
fn the_committed_documents_are_fresh() -> Result<(), Failure> {
    // The documents do not depend on the framework.
    for table in [routes::axum().table(), routes::actix().table()] {
        for file in documents(table)? {
            fresh(&file.path, &file.text)?;
        }
    }
    Ok(())
}

/// A committed document that is no longer generated must not remain as if it were current.
#[test]
fn no_other_file_is_committed() -> Result<(), Failure> {
    let written = documents(routes::axum().table())?;
    let written: BTreeSet<String> = written.into_iter().map(|file| file.path).collect();
    for folder in [FOLDER.to_owned(), format!("{FOLDER}/csv")] {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            assert!(
                entry.file_type()?.is_dir() || written.contains(&path),
                "`{path}` is not a document of the service; remove it"
            );
        }
    }
    Ok(())
}

/// Compares the responses of the service in `tests/service/access.txt` with the matrix: an allowed caller must not be
/// denied in the matrix, and a denied caller must not be allowed in it.
#[test]
fn the_matrix_agrees_with_the_responses_of_the_service() -> Result<(), Failure> {
    let callers = [
        ("administrator", "administrator"),
        ("full-access", "full-access"),
        ("read-only", "read-only-access"),
        ("analytics", "all-analytics"),
        ("project", "one-project-analytics"),
        ("campaign", "one-campaign-analytics"),
        ("journey", "one-journey-analytics"),
    ];
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let routes = routes::axum();
    let mut matrix = AccessMatrix::builder(&scope()).routes(routes.table());
    let mut store = PolicyStore::new();
    for (name, policy) in callers {
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        let text = fs::read_to_string(directory.join(format!("policies/{policy}.json")))?;
        let policy = Policy::new(policy, Document::parse(&text)?);
        store.identity(&arn)?.attach(policy);
        matrix = matrix.principal(name, &Principal::from_arn(&arn)?);
    }
    let matrix = matrix.build(&store)?;
    let answers = fs::read_to_string(directory.join("tests/service/access.txt"))?;
    let mut lines = answers.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let mut held = 0;
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (route, answers) = words.split_at_checked(2).ok_or("a line is too short")?;
        for (name, answer) in names.iter().zip(answers) {
            if let Some(verdict) = matrix.verdict(name, &route.join(" ")) {
                held += 1;
                let fits = match *answer {
                    "403" => !verdict.is_allowed(),
                    _ => !verdict.is_denied(),
                };
                assert!(fits, "{name} {}: {answer} and {verdict:?}", route.join(" "));
            }
        }
    }
    assert_eq!(held, callers.len() * routes.table().iter().count());
    Ok(())
}
