//! Measures what a dependency on this project costs: `cargo bench --bench build_cost`.
//!
//! For each row, an empty crate with these dependencies is built from nothing. Packages are those that cargo compiles
//! for this platform, and processor time is that of all compiler processes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::Watch;
use pinpoint_iam_benches::measure::process::children_time;
use pinpoint_iam_benches::report::{Table, figure, publish};
use serde_json::json;

/// A dependency of a row: the package, its folder in this repository or its version, and its features. Without
/// features, the defaults apply.
type Dependency = (&'static str, Origin, Option<&'static [&'static str]>);

#[derive(Clone, Copy)]
enum Origin {
    Folder(&'static str),
    Version(&'static str),
}

use Origin::{Folder, Version};

const AXUM: Dependency = ("axum", Version("0.8"), None);
const ACTIX: Dependency = ("actix-web", Version("4"), None);
const IAM: &str = "pinpoint-iam";

/// A row's name, its dependencies, and the row that it is compared with.
const ROWS: &[(&str, &[Dependency], Option<usize>)] = &[
    ("`axum`", &[AXUM], None),
    ("`actix-web`", &[ACTIX], None),
    (
        "`pinpoint-iam` without features",
        &[(IAM, Folder(IAM), Some(&[]))],
        None,
    ),
    (
        "axum and `pinpoint-iam` with its default features",
        &[AXUM, (IAM, Folder(IAM), None)],
        Some(0),
    ),
    (
        "axum and `pinpoint-iam` with `axum`: a catalog of one's own",
        &[AXUM, (IAM, Folder(IAM), Some(&["axum"]))],
        Some(0),
    ),
    (
        "axum and `pinpoint-iam` with `axum`, `include-policy`",
        &[AXUM, (IAM, Folder(IAM), Some(&["axum", "include-policy"]))],
        Some(0),
    ),
    (
        "actix-web and `pinpoint-iam` with `actix`",
        &[ACTIX, (IAM, Folder(IAM), Some(&["actix"]))],
        Some(1),
    ),
    (
        "axum and `pinpoint-iam-sigv4` with `axum`",
        &[
            AXUM,
            (
                "pinpoint-iam-sigv4",
                Folder("pinpoint-iam-sigv4"),
                Some(&["axum"]),
            ),
        ],
        Some(0),
    ),
];

/// What one row costs.
struct Cost {
    packages: usize,
    seconds: f64,
}

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("build-cost");
    let mut costs: Vec<Cost> = Vec::new();
    let mut table = Table::new(["", "packages", "s", "compared with the framework alone"]);
    for (index, (name, dependencies, base)) in ROWS.iter().enumerate() {
        let path = folder.join(index.to_string());
        generate(&path, dependencies)?;
        let cost = Cost {
            packages: packages(&path)?,
            seconds: build(&path)?,
        };
        let base = base.and_then(|base| costs.get(base));
        table.row([
            (*name).to_owned(),
            cost.packages.to_string(),
            figure(cost.seconds),
            base.map_or_else(String::new, |base| {
                let extra = (cost.seconds / base.seconds - 1.0) * 100.0;
                format!("+{} packages, {extra:+.0} %", cost.packages - base.packages)
            }),
        ]);
        costs.push(cost);
    }
    println!("`cargo build` of an empty crate with these dependencies, processor time");
    table.print();
    let rows = ROWS.iter().zip(&costs).map(|((name, ..), cost)| {
        json!({ "name": name, "packages": cost.packages, "seconds": cost.seconds })
    });
    publish(watch, "build_cost", &json!(rows.collect::<Vec<_>>()))
}

fn generate(path: &Path, dependencies: &[Dependency]) -> Result<(), Failure> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut manifest = String::from(
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n",
    );
    for (name, origin, features) in dependencies {
        let origin = match origin {
            Folder(folder) => format!("path = \"{}\"", repository.join(folder).display()),
            Version(version) => format!("version = \"{version}\""),
        };
        let features = features.map_or_else(String::new, |features| {
            format!(", default-features = false, features = {features:?}")
        });
        manifest.push_str(&format!("{name} = {{ {origin}{features} }}\n"));
    }
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    fs::create_dir_all(path.join("src"))?;
    fs::write(path.join("Cargo.toml"), manifest)?;
    fs::write(path.join("src/lib.rs"), "")?;
    // The versions of this repository. Cargo removes unused packages from the copy.
    fs::copy(repository.join("Cargo.lock"), path.join("Cargo.lock"))?;
    Ok(())
}

/// Returns the number of packages that cargo compiles for the crate, without the crate itself.
fn packages(path: &Path) -> Result<usize, Failure> {
    let tree = cargo(
        path,
        &[
            "tree",
            "--prefix",
            "none",
            "--no-dedupe",
            "--edges",
            "normal,build",
        ],
    )?;
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let names: BTreeSet<&str> = names.filter(|line| !line.is_empty()).collect();
    Ok(names.len() - 1)
}

/// Builds the crate from nothing, and returns the processor time of that in seconds.
fn build(path: &Path) -> Result<f64, Failure> {
    cargo(path, &["fetch", "--quiet"])?;
    let before = children_time()?;
    cargo(path, &["build", "--quiet"])?;
    Ok((children_time()? - before).as_secs_f64())
}

fn cargo(path: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(path)
        .env("CARGO_TARGET_DIR", path.join("target"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
