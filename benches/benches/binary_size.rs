//! Measures what `#[requires]` adds to the program of a small service: `cargo bench --bench binary_size`.
//!
//! Two crates with the same five handlers on axum are built with the release profile and stripped: one without a
//! dependency on this project, one with the attribute and policies from a directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::Watch;
use pinpoint_iam_benches::report::{Table, figure, publish};
use serde_json::json;

/// The goal, in bytes.
const GOAL: u64 = 700_000;

/// Actions, and the path parameters of their handlers.
const HANDLERS: [(&str, &str); 5] = [
    ("GetApp", "application_id"),
    ("GetApplicationSettings", "application_id"),
    ("UpdateApplicationSettings", "application_id"),
    ("GetEventStream", "application_id"),
    ("SendMessages", "application_id"),
];

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("binary-size");
    let mut sizes = Vec::new();
    for annotated in [false, true] {
        let path = folder.join(if annotated { "annotated" } else { "plain" });
        generate(&path, annotated)?;
        sizes.push(build(&path)?);
    }
    let [plain, annotated] = sizes[..] else {
        return Err("two crates were built".into());
    };
    let added = annotated.saturating_sub(plain);
    let megabytes = |bytes: u64| format!("{} MB", figure(bytes as f64 / 1e6));
    println!(
        "a stripped release program with {} handlers on axum",
        HANDLERS.len()
    );
    let mut table = Table::new(["", "size", "goal", "result"]);
    table.row(["without `#[requires]`", &megabytes(plain), "", ""]);
    table.row([
        "with `#[requires]`".to_owned(),
        format!("+{}", megabytes(added)),
        format!("≤ +{}", megabytes(GOAL)),
        if added <= GOAL { "met" } else { "missed" }.to_owned(),
    ]);
    table.print();
    let figures = json!({"plain_bytes": plain, "added_bytes": added});
    publish(watch, "binary_size", &figures)
}

fn generate(path: &Path, annotated: bool) -> Result<(), Failure> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = format!(
        "pinpoint-iam = {{ path = \"{}\" }}\n",
        benches.join("../pinpoint-iam").display()
    );
    fs::create_dir_all(path.join("src"))?;
    fs::write(
        path.join("Cargo.toml"),
        format!(
            "[package]\nname = \"service\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[profile.release]\n\
             strip = true\n\n[dependencies]\naxum = \"0.8.9\"\n\
             tokio = {{ version = \"1\", features = [\"net\", \"rt-multi-thread\"] }}\n{}",
            if annotated { &library } else { "" }
        ),
    )?;
    // The versions of this repository. Cargo removes unused packages from the copy.
    fs::copy(benches.join("../Cargo.lock"), path.join("Cargo.lock"))?;
    fs::write(path.join("src/main.rs"), source(annotated))?;
    Ok(())
}

fn source(annotated: bool) -> String {
    let mut text =
        String::from("//! Generated.\n\nuse axum::{Router, extract::Path, routing::get};\n");
    let (state, parameter) = match annotated {
        true => {
            text.push_str("use pinpoint_iam::{Authorizer, Scope, requires, source::Directory};\n");
            (
                "    let scope = Scope::new(\"aws\", \"us-east-1\", \"123456789012\");\n    \
                 let source = Directory::open(\"policies\").unwrap();\n    \
                 let state = Authorizer::builder().scope(scope).source(source).build().unwrap();\n",
                "Authorizer",
            )
        }
        false => ("    let state = ();\n", "()"),
    };
    let mut routes = String::new();
    for (index, (action, id)) in HANDLERS.iter().enumerate() {
        if annotated {
            text.push_str(&format!("\n#[requires({action})]"));
        }
        text.push_str(&format!(
            "\nasync fn handler_{index}(Path({id}): Path<String>) -> String {{\n    {id}\n}}\n"
        ));
        routes.push_str(&format!(
            "        .route(\"/handler-{index}/{{{id}}}\", get(handler_{index}))\n"
        ));
    }
    text.push_str(&format!(
        "\nfn main() {{\n{state}    let router: Router<{parameter}> = Router::new()\n{routes};\n    \
         let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();\n    \
         runtime.block_on(async {{\n        \
         let listener = tokio::net::TcpListener::bind(\"127.0.0.1:0\").await.unwrap();\n        \
         axum::serve(listener, router.with_state(state)).await.unwrap();\n    }});\n}}\n"
    ));
    text
}

/// Builds the program, and returns its size in bytes.
fn build(path: &Path) -> Result<u64, Failure> {
    let target = path.join("target");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", &target)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(fs::metadata(target.join("release/service"))?.len())
}
