//! Measures what `#[requires]` adds to `cargo check`: `cargo bench --bench macro_time`.
//!
//! Generates two crates with 500 handlers and a router each, identical except for the attribute. They are checked
//! alternately, and the processor time of all compiler processes is compared.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::children_time;
use pinpoint_iam_benches::measure::{Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use serde_json::json;

const HANDLERS: usize = 500;
const ROUNDS: usize = 11;

/// Actions, and the path parameters of their handlers.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("GetApp", &["application_id"]),
    ("UpdateApplicationSettings", &["application_id"]),
    ("GetCampaign", &["application_id", "campaign_id"]),
    ("GetCampaignVersions", &["application_id", "campaign_id"]),
    ("DeleteCampaign", &["application_id", "campaign_id"]),
    ("GetSegment", &["application_id", "segment_id"]),
    ("GetJourney", &["application_id", "journey_id"]),
    ("GetEndpoint", &["application_id", "endpoint_id"]),
    (
        "GetCampaignDateRangeKpi",
        &["application_id", "campaign_id", "kpi_name"],
    ),
    ("SendMessages", &["application_id"]),
];

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("macro-time");
    let crates = ["plain", "annotated"].map(|name| folder.join(name));
    for (path, annotated) in crates.iter().zip([false, true]) {
        generate(path, annotated)?;
        check(path, &folder, 0)?;
    }
    let mut seconds = vec![Vec::with_capacity(ROUNDS); crates.len()];
    for round in 1..=ROUNDS {
        for (path, seconds) in crates.iter().zip(&mut seconds) {
            seconds.push(check(path, &folder, round)?);
        }
    }
    let [plain, annotated] = seconds.as_slice() else {
        return Err("two crates were checked".into());
    };
    let extra: Vec<_> = annotated
        .iter()
        .zip(plain)
        .map(|(annotated, plain)| (annotated - plain) * 1e3 / HANDLERS as f64)
        .collect();
    println!("`cargo check` of {HANDLERS} handlers, processor time; {ROUNDS} rounds");
    let mut table = Table::new(["", "s", "extra, ms per handler"]);
    table.row(["plain".to_owned(), figure(median(plain)), String::new()]);
    table.row([
        "with `#[requires]`".to_owned(),
        figure(median(annotated)),
        figure(median(&extra)),
    ]);
    table.print();
    publish(
        watch,
        "macro_time",
        &json!({
            "handlers": HANDLERS,
            "plain_seconds": median(plain),
            "annotated_seconds": median(annotated),
            "extra_milliseconds_per_handler": median(&extra),
        }),
    )
}

/// Checks the crate after a change to its source, and returns the processor time of that in seconds.
fn check(path: &Path, folder: &Path, round: usize) -> Result<f64, Failure> {
    let source = path.join("src/lib.rs");
    let text = fs::read_to_string(&source)?;
    let kept = text.split("\n// round").next().unwrap_or_default();
    fs::write(&source, format!("{kept}\n// round {round}\n"))?;
    let before = children_time()?;
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--manifest-path"])
        .arg(path.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok((children_time()? - before).as_secs_f64())
}

fn generate(path: &Path, annotated: bool) -> Result<(), Failure> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = if annotated { "annotated" } else { "plain" };
    fs::create_dir_all(path.join("src"))?;
    fs::write(
        path.join("Cargo.toml"),
        format!(
            "[package]\nname = \"macro-time-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\naxum = {{ version = \"0.8.9\", default-features = false, features = [\"http1\", \"tokio\"] }}\n\
             pinpoint-iam = {{ path = \"{}\" }}\n",
            benches.join("../pinpoint-iam").display()
        ),
    )?;
    // Use the versions that are already compiled. Cargo removes unused packages from the copy.
    fs::copy(benches.join("Cargo.lock"), path.join("Cargo.lock"))?;
    fs::write(path.join("src/lib.rs"), source(annotated)?)?;
    Ok(())
}

fn source(annotated: bool) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "//! Generated.\n\nuse axum::{Router, extract::Path, routing::get};\nuse pinpoint_iam::{Authorizer, requires};\n\n",
    );
    if !annotated {
        text = text
            .replace(", requires}", "}")
            .replace("{Authorizer}", "Authorizer");
    }
    let mut routes = String::new();
    for (index, (action, ids)) in OPERATIONS.iter().cycle().take(HANDLERS).enumerate() {
        if annotated {
            writeln!(text, "#[requires({action})]")?;
        }
        let (pattern, kind) = match ids {
            [only] => ((*only).to_owned(), "String".to_owned()),
            several => (
                format!("({})", several.join(", ")),
                format!("({})", vec!["String"; several.len()].join(", ")),
            ),
        };
        let parts = ids.join("}/{");
        writeln!(
            text,
            "async fn handler_{index}(Path({pattern}): Path<{kind}>) -> String {{\n    format!(\"{{{}}}\")\n}}\n",
            ids.join("} {")
        )?;
        writeln!(
            routes,
            "        .route(\"/handler-{index}/{{{parts}}}\", get(handler_{index}))"
        )?;
    }
    writeln!(
        text,
        "/// Every handler.\npub fn router() -> Router<Authorizer> {{\n    Router::new()\n{routes}}}"
    )?;
    Ok(text)
}
