//! `pinpoint-iam import --openapi`.

use std::fs;
use std::path::{Path, PathBuf};

use super::{run, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/openapi")
        .join(name)
}

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("openapi")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Imports a fixture, and compares the catalog and the notes with the files next to it.
fn compare(document: &str, name: &str) {
    let document = shown(&fixture(document));
    let output = run(&["import", "--openapi", &document]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (written, expected) in [
        (text(&output.stdout), fixture(&format!("{name}.toml"))),
        (text(&output.stderr), fixture(&format!("{name}.notes.txt"))),
    ] {
        let committed = fs::read_to_string(&expected).unwrap_or_default();
        let written_to = directory(name).join(expected.file_name().unwrap());
        fs::write(&written_to, &written).unwrap();
        assert!(
            committed == written,
            "{} differs from {}",
            shown(&expected),
            shown(&written_to)
        );
    }
    let catalog = shown(&fixture(&format!("{name}.toml")));
    let output = run(&["check", &catalog]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = run(&[
        "import",
        "--openapi",
        &document,
        "--output",
        &catalog,
        "--check",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn operations_become_actions() {
    compare("pets.yaml", "pets");
}

#[test]
fn awkward_names_and_paths_are_imported_or_reported() {
    compare("awkward.json", "awkward");
}

/// The catalog of a document that was written from a catalog has the same actions and routes.
#[test]
fn a_document_of_a_catalog_becomes_that_catalog() {
    let path = directory("round-trip");
    let document = shown(&path.join("openapi.json"));
    let catalog = shown(&path.join("catalog.toml"));
    let output = run(&[
        "openapi",
        "--catalog",
        "mobiletargeting",
        "--output",
        &document,
    ]);
    assert_eq!(output.status.code(), Some(0));
    let output = run(&[
        "import",
        "--openapi",
        &document,
        "--prefix",
        "mobiletargeting",
        "--output",
        &catalog,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let routes = |text: &str| {
        let table: toml::Table = toml::from_str(text).unwrap();
        let actions = table["actions"].as_table().unwrap().iter();
        let actions = actions.filter_map(|(name, action)| {
            let route = action.get("route")?.as_str()?;
            let status = action.get("success-status")?.as_integer()?;
            Some((name.clone(), route.to_owned(), status))
        });
        actions.collect::<Vec<_>>()
    };
    let original =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog/data/mobiletargeting.toml");
    let original = routes(&fs::read_to_string(original).unwrap());
    let imported = routes(&fs::read_to_string(&catalog).unwrap());
    assert_eq!(original.len(), 122);
    // Some templates of that API call the same placeholder differently.
    let shape = |(name, route, status): &(String, String, i64)| {
        let segments = route.split('/').map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        });
        (
            name.clone(),
            segments.collect::<Vec<_>>().join("/"),
            *status,
        )
    };
    let shapes = |routes: &[(String, String, i64)]| routes.iter().map(shape).collect::<Vec<_>>();
    assert_eq!(shapes(&imported), shapes(&original));
    assert_eq!(run(&["check", &catalog]).status.code(), Some(0));
}

#[test]
fn options_complete_the_document() {
    let path = directory("options");
    let catalog = path.join("shop.toml");
    let pets = shown(&fixture("pets.yaml"));
    let output = run(&[
        "import",
        "--openapi",
        &pets,
        "--prefix",
        "shop",
        "--name",
        "Shop",
        "--partition",
        "acme",
        "--base-path",
        "/v2/",
        "--output",
        &shown(&catalog),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // The path of the server is known now.
    assert_eq!(text(&output.stderr), "");
    let written = fs::read_to_string(&catalog).unwrap();
    for line in [
        "prefix = \"shop\"\n",
        "name = \"Shop\"\n",
        "partitions = [\"acme\"]\n",
        "arn = \"arn:${Partition}:shop:${Region}:${Account}:pets/${PetId}\"\n",
        "route = \"GET /v2/pets/{pet-id}\"\n",
    ] {
        assert!(written.contains(line), "{line}: {written}");
    }
}

#[test]
fn what_is_not_a_document_is_rejected() {
    let path = directory("rejected");
    let aliases = (0..12).fold(
        "openapi: 3.1.0\na0: &a0 [x, x, x, x]\n".to_owned(),
        |text, level| {
            format!(
                "{text}a{next}: &a{next} [*a{level}, *a{level}, *a{level}, *a{level}, *a{level}]\n",
                next = level + 1
            )
        },
    );
    for (index, (document, message)) in [
        ("", ": "),
        ("{", ": EOF while parsing"),
        ("[]", ": this is not an OpenAPI document of a version 3; it must contain `\"openapi\": \"3..\"`"),
        ("openapi: 4.0.0", ": this is not an OpenAPI document of a version 3; "),
        ("openapi: 3.1", ": the document has no operations that can be imported"),
        ("{\"openapi\": [3]}", ": this is not an OpenAPI document"),
        ("swagger: '2.0'", ": the document is one of Swagger 2; convert it to OpenAPI 3 first"),
        ("{\"openapi\": \"3.0.0\", \"paths\": []}", ": the document has no operations that can be imported\nnote: `#/paths` is not imported: it is not an object"),
        ("{\"openapi\": \"3.0.0\", \"paths\": {\"/\": {\"$ref\": \"https://x/y\"}}}", ": the document has no operations that can be imported\nnote: `#/paths/~1` is not imported: `https://x/y` is a reference to another document; "),
        (&format!("{{\"openapi\": \"3.0.0\", \"paths\": {}", "[".repeat(100_000)), ": recursion limit exceeded"),
        (&"- ".repeat(50_000), ": "),
        ("openapi: 3.0.0\n\tpaths: {}", ": "),
        ("openapi: 3.0.0\nopenapi: 3.0.0\n", ": "),
        (&aliases, ": "),
    ]
    .into_iter()
    .enumerate()
    {
        let file = path.join(format!("{index}.yaml"));
        fs::write(&file, document).unwrap();
        let output = run(&["import", "--openapi", &shown(&file)]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{index}: {errors}");
        let start = format!("error: {}{message}", shown(&file));
        assert!(errors.starts_with(&start), "{index}: {errors}");
    }
    for (arguments, exit_code) in [
        (&["import", "--openapi", "gone.json"][..], 1),
        (&["import", "--openapi", "x", "--reference", "y"], 2),
        (&["import", "--openapi", "x", "--model", "y"], 2),
        (&["import", "--reference", "x", "--prefix", "y"], 2),
    ] {
        assert_eq!(
            run(arguments).status.code(),
            Some(exit_code),
            "{arguments:?}"
        );
    }
    let pets = shown(&fixture("pets.yaml"));
    let output = run(&["import", "--openapi", &pets, "--base-path", "v2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the base path `v2` does not start with `/`"));
}
