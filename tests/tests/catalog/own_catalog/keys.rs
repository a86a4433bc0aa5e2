//! Condition keys of resources and requests, with an application's own catalog.

use super::BUILD_SCRIPT;
use super::workspace::{BUILD_DEPENDENCY, Build, Workspace, manifest};

const CATALOG: &str = r#"
format = 1

[service]
prefix = "archive"
name = "Archive"

[condition-keys."archive:Classification"]
type = "String"
summary = "How secret the document is."

[condition-keys."archive:TargetFolder"]
type = "String"
summary = "The folder to which the document is moved."

[condition-keys."archive:Copies"]
type = "Numeric"
summary = "The number of copies."

[condition-keys."archive:Labels"]
type = "ArrayOfString"
summary = "The labels."

[placeholders.DocumentId]
parameter = "document-id"
summary = "the number of the document"

[placeholders.FolderId]
parameter = "folder-id"
summary = "the number of the folder"

[resources.document]
arn = "arn:${Partition}:archive:${Region}:${Account}:documents/${DocumentId}"
summary = "One document."
condition-keys = ["archive:Classification"]

[resources.folder]
arn = "arn:${Partition}:archive:${Region}:${Account}:folders/${FolderId}"
summary = "One folder."

[actions.GetDocument]
summary = "Reads one document."
resources = ["document"]
route = "GET /documents/{document-id}"
success-status = 200

[actions.GetFolder]
summary = "Reads one folder."
resources = ["folder"]
route = "GET /folders/{folder-id}"
success-status = 200

[actions.AnnotateItem]
summary = "Writes a note on a document or a folder."
resources = ["document", "folder"]

[actions.CopyDocument]
summary = "Copies one document."
resources = ["document"]
condition-keys = ["archive:Copies", "archive:Labels", "archive:TargetFolder"]
route = "POST /documents/{document-id}/copies"
success-status = 201

[actions.MoveDocument]
summary = "Moves one document."
resources = ["document"]
condition-keys = ["archive:TargetFolder"]
required-keys = ["archive:TargetFolder"]
route = "POST /documents/{document-id}/moves"
success-status = 200
"#;

const START: &str = r#"
#![allow(dead_code, unused_imports, unused_variables)]

pub mod archive {
    pinpoint_iam::include_catalog!("archive");
}

use archive::{CopyDocument, Document, DocumentKeys, Folder, GetDocument};
use axum::Json;
use axum::extract::{FromRequestParts, Path};
use pinpoint_iam::guard::KeyedRow;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::{Authorizer, Denied, Guard, requires};

#[derive(Clone)]
pub struct Row {
    id: String,
    class: Option<String>,
}

impl KeyedRow for Row {
    type Resource = Document;

    fn resource(&self) -> Result<Document, InvalidId> {
        Document::new(&self.id)
    }

    fn keys(&self) -> DocumentKeys {
        DocumentKeys { classification: self.class.clone() }
    }
}
"#;

fn workspace(name: &str, file: &str, text: &str) -> Workspace {
    let manifest = manifest(&format!("archive-{name}"), BUILD_DEPENDENCY);
    Workspace::new(
        &format!("keys-{name}"),
        &["service"],
        &[
            ("service/Cargo.toml", &manifest),
            ("service/build.rs", BUILD_SCRIPT),
            ("service/catalog/archive.toml", CATALOG),
            (&format!("service/src/{file}"), &format!("{START}{text}")),
        ],
    )
}

fn check(name: &str, handlers: &str) -> Build {
    workspace(name, "lib.rs", handlers).build()
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
fn keys_are_supplied_by_sources_rows_and_requests() {
    let run = workspace("run", "main.rs", PROGRAM).cargo(&["run"]);
    run.assert_success();
    assert!(run.output.contains("every key was used"), "{}", run.output);
}

const PROGRAM: &str = r##"
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, request::Parts};
use axum::routing::{get, post};
use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document as PolicyDocument;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Policy, Principal, Scope};
use tower::ServiceExt;

static LOADED: AtomicUsize = AtomicUsize::new(0);

/// The row of the document in the path; that of `other` for `lost`.
impl<S: Send + Sync> FromRequestParts<S> for Row {
    type Rejection = String;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, String> {
        LOADED.fetch_add(1, Ordering::Relaxed);
        let id = parts.uri.path().rsplit('/').next().unwrap_or_default();
        let class = (id == "secret").then(|| "secret".to_owned());
        let id = if id == "lost" { "other" } else { id };
        Ok(Self { id: id.to_owned(), class })
    }
}

#[requires(GetDocument)]
async fn from_the_source(Path(document_id): Path<String>) -> String {
    document_id
}

#[requires(GetDocument, keys = document)]
async fn from_the_row(Path(document_id): Path<String>, document: Row) -> String {
    document.id
}

#[requires(GetDocument(keys = document))]
async fn before_others(document: Row, Path(document_id): Path<String>) -> String {
    document.id
}

#[derive(serde::Deserialize)]
struct Order {
    to: String,
}

#[requires(MoveDocument, keys(target_folder = order.to))]
async fn move_document(Path(document_id): Path<String>, Json(order): Json<Order>) -> String {
    document_id + &order.to
}

#[requires(all(GetDocument, CopyDocument(keys(copies = 2))), keys(target_folder = order.to))]
async fn copy_document(Path(document_id): Path<String>, Json(order): Json<Order>) -> String {
    document_id + &order.to
}

#[requires(any(MoveDocument(keys(target_folder = Some(to))), CopyDocument(keys(labels = labels, target_folder = None::<&str>))), guard = guard)]
fn in_a_function(guard: &Guard<'_>, document_id: &str, to: &str, labels: Vec<String>) -> Result<(), Denied> {
    Ok(())
}

#[requires(AnnotateItem, resource = item, guard = guard)]
fn annotate_folder(guard: &Guard<'_>, item: Folder) -> Result<(), Denied> {
    Ok(())
}

#[requires(AnnotateItem, resource = item, guard = guard)]
fn annotate_document(guard: &Guard<'_>, item: Document) -> Result<(), Denied> {
    Ok(())
}

fn authorizer(condition: &str, class: &'static str) -> Authorizer {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
            {{"Effect": "Deny", "Action": "archive:*", "Resource": "*", "Condition": {condition}}}
        ]}}"#
    );
    let mut store = PolicyStore::new();
    let policy = Policy::new("p", PolicyDocument::parse(&text).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .catalog(&archive::SERVICE)
        .supplied(["archive:TargetFolder", "archive:Copies", "archive:Labels"])
        .resource_keys(move |document: Document| async move {
            Ok(DocumentKeys { classification: Some(class.to_owned()) })
        })
        .source(store)
        .build()
        .unwrap()
}

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

async fn send(authorizer: &Authorizer, method: &str, path: &str, body: &str) -> u16 {
    let router: Router = Router::new()
        .route("/source/{document-id}", get(from_the_source))
        .route("/row/{document-id}", get(from_the_row))
        .route("/early/{document-id}", get(before_others))
        .route("/move/{document-id}", post(move_document))
        .route("/copy/{document-id}", post(copy_document))
        .with_state(authorizer.clone());
    let mut request = Request::builder().method(method).uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned())).unwrap();
    request.extensions_mut().insert(Principal::from_arn(ANA).unwrap());
    router.oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let secret = r#"{"StringEquals": {"archive:Classification": "secret"}}"#;
    let denied = authorizer(secret, "secret");
    assert_eq!(send(&denied, "GET", "/source/d1", "").await, 403);
    assert_eq!(send(&authorizer(secret, "open"), "GET", "/source/d1", "").await, 200);
    assert_eq!(denied.resource_key_fetches(), 1);

    // The row is loaded once, and the source is not called.
    for path in ["row", "early"] {
        LOADED.store(0, Ordering::Relaxed);
        assert_eq!(send(&denied, "GET", &format!("/{path}/open"), "").await, 200, "{path}");
        assert_eq!(LOADED.load(Ordering::Relaxed), 1, "{path}");
        assert_eq!(send(&denied, "GET", &format!("/{path}/secret"), "").await, 403, "{path}");
        // The row of another document.
        assert_eq!(send(&denied, "GET", &format!("/{path}/lost"), "").await, 500, "{path}");
    }
    assert_eq!(denied.resource_key_fetches(), 1);

    // Keys in the body are decided after it.
    let target = authorizer(r#"{"StringEquals": {"archive:TargetFolder": "vault"}}"#, "open");
    for path in ["/move/d1", "/copy/d1"] {
        assert_eq!(send(&target, "POST", path, r#"{"to": "desk"}"#).await, 200, "{path}");
        assert_eq!(send(&target, "POST", path, r#"{"to": "vault"}"#).await, 403, "{path}");
        assert_eq!(send(&target, "POST", path, "{").await, 400, "{path}");
    }
    let copies = authorizer(r#"{"NumericEquals": {"archive:Copies": "2"}}"#, "open");
    assert_eq!(send(&copies, "POST", "/copy/d1", r#"{"to": "desk"}"#).await, 403);
    assert_eq!(send(&copies, "POST", "/move/d1", r#"{"to": "desk"}"#).await, 200);

    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let ask = |condition: &str, to: &str, label: &str| {
        let authorizer = authorizer(condition, "open");
        let guard = authorizer.guard(&ana, &context);
        in_a_function(&guard, "d1", to, vec![label.to_owned()]).map_err(|denied| denied.status())
    };
    let both = r#"{"StringEqualsIfExists": {"archive:TargetFolder": "vault"}, "ForAllValues:StringEquals": {"archive:Labels": "old"}}"#;
    assert_eq!(ask(both, "desk", "old"), Ok(()));
    assert_eq!(ask(both, "vault", "new"), Ok(()));
    assert_eq!(ask(both, "vault", "old"), Err(403));

    // The folder has no classification, and functions cannot wait for that of the document.
    let guard = denied.guard(&ana, &context);
    assert!(annotate_folder(&guard, Folder::new("f1").unwrap()).is_ok());
    let denied = annotate_document(&guard, Document::new("d1").unwrap()).unwrap_err();
    assert_eq!(denied.status(), 503);
    println!("every key was used");
}
"##;

#[test]
fn faults_of_keys_are_reported_at_their_names() {
    let build = check(
        "names",
        r#"
#[requires(CopyDocument, keys(target_foldr = to))]
async fn misspelled(Path((document_id, to)): Path<(String, String)>) {}

#[requires(GetDocument, keys(copies = 1))]
async fn of_another_action(Path(document_id): Path<String>) {}

#[requires(MoveDocument)]
async fn without_a_required_key(Path(document_id): Path<String>) {}

#[requires(all(GetDocument, CopyDocument), keys(number = 1))]
async fn of_no_action(Path(document_id): Path<String>) {}

#[requires(GetFolder, keys = row)]
async fn row_of_a_resource_without_keys(Path(folder_id): Path<String>, row: Row) {}

#[requires(CopyDocument, keys())]
async fn empty(Path(document_id): Path<String>) {}

#[requires(CopyDocument(keys(copies = 1)), keys(copies = 2))]
async fn twice(Path(document_id): Path<String>) {}

#[requires(CopyDocument, keys(copies))]
async fn without_a_value(Path(document_id): Path<String>) {}
"#,
    );
    assert_errors(
        &build,
        &[
            "error: `CopyDocument` has no condition key `target_foldr`; it has `copies`, `labels` and `target_folder`\n       help: did you mean `target_folder`?\n  --> keys-names/service/src/lib.rs:33:31",
            "error: requests for `GetDocument` do not have the condition key `archive:Copies`\n       help: remove `copies`, or require an action that has it: `CopyDocument`",
            "error: `MoveDocument` requires the condition key `archive:TargetFolder`, and policies can depend on it\n       help: add `keys(target_folder = expression)`; `None` means that this request does not have it",
            "error: `GetDocument` has no condition key `number`; it has none that a handler supplies",
            "error: the resource of `GetFolder` has no condition keys\n       help: remove `keys`",
            "error: `keys()` names no condition key\n       help: write `keys(name = expression)`, or remove it",
            "error: duplicate argument `copies`",
            "error: expected a condition key, as in `keys(name = expression)`",
        ],
    );
}

#[test]
fn faults_of_types_are_reported_at_their_values() {
    let build = check(
        "types",
        r#"
struct Plain;

#[requires(CopyDocument, keys(copies = to))]
async fn text_for_a_number(Path((document_id, to)): Path<(String, String)>) {}

#[requires(GetDocument, keys = row)]
async fn not_a_row(Path(document_id): Path<String>, Json(row): Json<String>) {}

fn source() {
    let _ = Authorizer::builder().resource_keys(|folder: Folder| async move { Err(pinpoint_iam::guard::KeysUnavailable::new("none")) });
}

fn incomplete() -> DocumentKeys {
    DocumentKeys {}
}
"#,
    );
    for text in [
        "`String` is not a value of a condition key of type `pinpoint_iam::__private::key_types::Numeric`",
        "`String` does not contain the condition keys of a resource\n   --> keys-types/service/src/lib.rs:38:32",
        "the resource type `archive::resources::Folder` has no condition keys",
        "missing field `classification` in initializer of `archive::resource_keys::DocumentKeys`",
    ] {
        build.assert_failure(text);
    }
}
