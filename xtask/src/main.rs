//! The gate, in parts that can be run alone: `cargo xtask PART..`.
//!
//! `.ci/run` runs every part and `cargo test --workspace`, two of them at a time. A part stops at its first failure.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

type Outcome = Result<(), String>;

/// A part of the gate: its name, what it checks, and the check.
struct Part {
    name: &'static str,
    summary: &'static str,
    run: fn(&Gate) -> Outcome,
}

const PARTS: [Part; 22] = [
    Part {
        name: "format",
        summary: "rustfmt on all workspaces",
        run: format,
    },
    Part {
        name: "lints",
        summary: "clippy without warnings, all features and each feature alone",
        run: lints,
    },
    Part {
        name: "documentation",
        summary: "rustdoc without warnings",
        run: documentation,
    },
    Part {
        name: "comparisons",
        summary: "10,000 random pairs of policies, each checked with 1,000 requests",
        run: comparisons,
    },
    Part {
        name: "sources",
        summary: "sources of policies and logs with optional dependencies",
        run: sources,
    },
    Part {
        name: "dependencies",
        summary: "licences, bans and sources (cargo deny)",
        run: dependencies,
    },
    Part {
        name: "oldest",
        summary: "the stated `rust-version`, with the oldest versions that the manifests allow",
        run: oldest,
    },
    Part {
        name: "package",
        summary: "every published crate packs, and compiles from its package",
        run: package,
    },
    Part {
        name: "fuzz",
        summary: "the fuzz targets compile",
        run: fuzz,
    },
    Part {
        name: "benches",
        summary: "the benches compile",
        run: benches,
    },
    Part {
        name: "grpc",
        summary: "the gRPC service and its compile errors, the GraphQL service, and the adapter for poem",
        run: grpc,
    },
    Part {
        name: "empty-crate",
        summary: "the guide's chapter from an empty crate to a service",
        run: empty_crate,
    },
    Part {
        name: "policies-in-ci",
        summary: "the guide's chapter from an empty directory to CI, with the hooks and the action (needs python3)",
        run: policies_in_ci,
    },
    Part {
        name: "scaffold",
        summary: "skeletons of services compile, and their tests pass",
        run: scaffold,
    },
    Part {
        name: "clients",
        summary: "every operation through boto3 against AWS's service reference (needs python3)",
        run: clients,
    },
    Part {
        name: "stores",
        summary: "the example with a bucket and with PostgreSQL (needs python3, curl, postgresql)",
        run: stores,
    },
    Part {
        name: "instructions",
        summary: "instruction counts against their bounds (needs valgrind)",
        run: instructions,
    },
    Part {
        name: "editor",
        summary: "the attribute in an editor (needs rust-analyzer, python3)",
        run: editor,
    },
    Part {
        name: "browser",
        summary: "the HTML page in a browser (needs chromium, chromedriver, python3)",
        run: browser,
    },
    Part {
        name: "playground",
        summary: "builds the playground in target/playground and uses it in a browser (needs the wasm target, npm, and what `browser` needs)",
        run: playground,
    },
    Part {
        name: "playground-program",
        summary: "builds the playground, and the program with it in target/debug (needs the wasm target and npm)",
        run: playground_program,
    },
    Part {
        name: "playground-served",
        summary: "the same, and uses the playground of the program in a browser",
        run: playground_served,
    },
];

/// Packages with features that are linted alone; an empty name is no feature at all.
const FEATURES: [(&str, &[&str]); 8] = [
    (
        "pinpoint-iam",
        &[
            "",
            "axum",
            "actix",
            "testing",
            "include-policy",
            "refresh",
            "watch",
            "on-demand",
            "page-tokens",
            "decision-log",
            "metrics",
            "spans",
            "sms-voice",
            "tonic",
            "tower",
            "adapter",
        ],
    ),
    ("pinpoint-iam-cli", &["object-store", "playground"]),
    ("pinpoint-iam-compare", &[""]),
    ("pinpoint-iam-lint", &[""]),
    ("pinpoint-iam-tools", &[""]),
    ("pinpoint-iam-sigv4", &["", "axum", "actix"]),
    (
        "pinpoint-iam-sources",
        &["", "object-store", "postgres", "signed", "sign"],
    ),
    (
        "campaigns",
        &["axum", "actix", "axum,bucket", "axum,postgres"],
    ),
];

/// The published packages, each after those that it depends on.
const PACKAGES: [&str; 12] = [
    "pinpoint-iam-catalog",
    "pinpoint-iam-core",
    "pinpoint-iam-lint",
    "pinpoint-iam-macros",
    "pinpoint-iam",
    "pinpoint-iam-compare",
    "pinpoint-iam-docs",
    "pinpoint-iam-sigv4",
    "pinpoint-iam-replay",
    "pinpoint-iam-sources",
    "pinpoint-iam-tools",
    "pinpoint-iam-cli",
];

struct Gate {
    root: PathBuf,
}

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).collect();
    if names.is_empty() || names.iter().any(|name| name == "--help") {
        println!("usage: cargo xtask PART..\n\nparts:");
        for part in &PARTS {
            println!("  {:<20}{}", part.name, part.summary);
        }
        return ExitCode::SUCCESS;
    }
    let gate = Gate { root: root() };
    for name in &names {
        let Some(part) = PARTS.iter().find(|part| part.name == name) else {
            eprintln!("xtask: unknown part `{name}`; `cargo xtask --help` lists them");
            return ExitCode::from(2);
        };
        println!("== {}: {}", part.name, part.summary);
        let start = Instant::now();
        if let Err(error) = (part.run)(&gate) {
            eprintln!("xtask: {}: {error}", part.name);
            return ExitCode::FAILURE;
        }
        println!("== {}: {} s", part.name, start.elapsed().as_secs());
    }
    ExitCode::SUCCESS
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

impl Gate {
    /// Runs a program in a folder of the repository, with its output shown.
    fn run<S: AsRef<OsStr>>(
        &self,
        folder: &str,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Outcome {
        self.run_with(folder, program, arguments, &[])
    }

    fn run_with<S: AsRef<OsStr>>(
        &self,
        folder: &str,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Outcome {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.root.join(folder));
        command.envs(variables.iter().copied());
        // Set by the `cargo` that runs this program; a nested one finds its own toolchain.
        for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(variable);
        }
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{command:?} failed: {status}")),
            Err(error) => Err(format!("{program} cannot be started: {error}")),
        }
    }

    fn cargo(&self, folder: &str, arguments: &str) -> Outcome {
        self.run(folder, "cargo", arguments.split_whitespace())
    }
}

fn format(gate: &Gate) -> Outcome {
    for folder in [
        ".",
        "benches",
        "examples/graphql",
        "examples/grpc",
        "examples/poem",
        "fuzz",
        "pinpoint-iam-playground/bindings",
        "replay",
        "tests/clients/rust",
    ] {
        gate.cargo(folder, "fmt --all --check")?;
    }
    Ok(())
}

fn lints(gate: &Gate) -> Outcome {
    gate.cargo(
        ".",
        "clippy --workspace --all-targets --all-features -- -D warnings",
    )?;
    let alone = FEATURES
        .iter()
        .flat_map(|(package, features)| features.iter().map(move |feature| (*package, feature)));
    for (package, feature) in alone {
        let feature = format!("--features={feature}");
        gate.run(
            ".",
            "cargo",
            [
                "clippy",
                "-p",
                package,
                "--no-default-features",
                &feature,
                "--",
                "-D",
                "warnings",
            ],
        )?;
    }
    Ok(())
}

fn documentation(gate: &Gate) -> Outcome {
    gate.run_with(
        ".",
        "cargo",
        ["doc", "--workspace", "--all-features", "--no-deps"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

/// `cargo test` compares a fraction of the pairs, because it does not optimize.
fn comparisons(gate: &Gate) -> Outcome {
    gate.cargo(
        ".",
        "test --release --locked -p pinpoint-iam-test-policies --test comparisons random",
    )
}

/// `cargo test` compiles none of these features, because their dependencies would take much of its time.
fn sources(gate: &Gate) -> Outcome {
    gate.cargo(".", "test --locked -p pinpoint-iam-sources --all-features")?;
    gate.cargo(
        ".",
        "test --locked -p pinpoint-iam-replay -p pinpoint-iam-cli --features=pinpoint-iam-replay/object-store,pinpoint-iam-cli/object-store objects",
    )
}

fn dependencies(gate: &Gate) -> Outcome {
    let installed = Command::new("cargo").args(["deny", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        // Compiling it without optimization takes half of the time, and it runs once.
        gate.cargo(".", "install --locked --debug cargo-deny@0.20.2")?;
    }
    // The advisory database is not a package of a registry, so the gate cannot fetch it.
    gate.cargo(".", "deny --all-features check licenses bans sources")
}

/// Compiles a copy of the last commit with the `rust-version` of the workspace and the oldest versions of the direct
/// dependencies.
fn oldest(gate: &Gate) -> Outcome {
    let version = stated(gate, "rust-version")?;
    let install = ["toolchain", "install", &version, "--profile", "minimal"];
    let install = install.into_iter().chain(["--no-self-update"]);
    gate.run(".", "rustup", install)?;

    let copy = gate.root.join("target/oldest");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    gate.run(".", "git", ["clone", "--quiet", ".", "target/oldest"])?;
    let folder = "target/oldest";
    // The option is unstable; it affects only the choice of versions.
    let unstable = [("RUSTC_BOOTSTRAP", "1")];
    gate.run_with(
        folder,
        "cargo",
        ["update", "-Z", "direct-minimal-versions"],
        &unstable,
    )?;
    let toolchain = format!("+{version}");
    let packages = PACKAGES.iter().flat_map(|package| ["-p", package]);
    let check = [
        &toolchain,
        "check",
        "--locked",
        "--all-features",
        "--target-dir=../oldest-target",
    ];
    gate.run(folder, "cargo", check.into_iter().chain(packages))
}

/// Packs the published crates, and checks a workspace of the packages.
///
/// `cargo package` compiles them as well, but it builds all dependencies once more, which takes seven minutes.
fn package(gate: &Gate) -> Outcome {
    let packages = gate.root.join("target/packages");
    if packages.exists() {
        fs::remove_dir_all(&packages)
            .map_err(|error| format!("{}: {error}", packages.display()))?;
    }
    let names = PACKAGES.iter().flat_map(|package| ["-p", package]);
    let pack = [
        "package",
        "--locked",
        "--no-verify",
        "--target-dir=target/packages",
    ];
    gate.run(".", "cargo", pack.into_iter().chain(names))?;

    let version = stated(gate, "version")?;
    let folder = "target/packages/package";
    let (mut members, mut patches) = (String::new(), String::new());
    for package in PACKAGES {
        let unpacked = format!("{package}-{version}");
        // Without `-m`, files would be older than what was compiled from an earlier package.
        gate.run(folder, "tar", ["-xmzf", &format!("{unpacked}.crate")])?;
        members += &format!("    \"{unpacked}\",\n");
        patches += &format!("{package} = {{ path = \"{unpacked}\" }}\n");
    }
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\n{members}]\n\n[profile.dev]\ndebug = false\n\n[patch.crates-io]\n{patches}"
    );
    let workspace = gate.root.join(folder);
    let written = fs::write(workspace.join("Cargo.toml"), manifest)
        .and_then(|()| fs::copy(gate.root.join("Cargo.lock"), workspace.join("Cargo.lock")));
    written.map_err(|error| format!("{}: {error}", workspace.display()))?;
    // Most dependencies have been checked already. `lints` checks features alone.
    let check = "check --workspace --all-features --target-dir=../..";
    gate.cargo(folder, check)
}

/// What the workspace states for all packages, such as its `version`.
fn stated(gate: &Gate, key: &str) -> Result<String, String> {
    let manifest = read(&gate.root.join("Cargo.toml"))?;
    let value = manifest.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(" = \"")?
            .strip_suffix('"')
    });
    value
        .map(str::to_owned)
        .ok_or_else(|| format!("Cargo.toml states no `{key}`"))
}

/// Lints the fuzz targets. Their checks run on their seeds in `cargo test`.
fn fuzz(gate: &Gate) -> Outcome {
    // Linking needs the fuzzer's C++ library. Linting does not, so any absolute path will do.
    let library = gate.root.join("fuzz/libfuzzer.a");
    let library = library.to_string_lossy();
    let library = [("CUSTOM_LIBFUZZER_PATH", &*library)];
    let clippy = [
        "clippy",
        "--locked",
        "--all-targets",
        "--target-dir=../target",
        "--",
        "-D",
        "warnings",
    ];
    gate.run_with("fuzz", "cargo", clippy, &library)
}

fn benches(gate: &Gate) -> Outcome {
    gate.cargo(
        "benches",
        "check --locked --workspace --all-targets --features=pinpoint-iam-benches/actix,pinpoint-iam-benches/production --target-dir=../target",
    )
}

/// A separate workspace: `cargo test` compiles neither tonic nor a compiler for `.proto` files.
fn grpc(gate: &Gate) -> Outcome {
    let folder = "examples/grpc";
    let target = "--locked --target-dir=../../target";
    gate.cargo(
        folder,
        &format!("clippy --all-targets {target} -- -D warnings"),
    )?;
    gate.cargo(folder, &format!("test {target}"))?;
    gate.cargo(
        ".",
        "test --locked -p pinpoint-iam --no-default-features --features=pinpoint,tonic --doc guarded",
    )?;
    // An adapter outside of the workspace passes the contract of those inside.
    for folder in ["examples/poem", "examples/graphql"] {
        gate.cargo(
            folder,
            &format!("clippy --all-targets {target} -- -D warnings"),
        )?;
        gate.cargo(folder, &format!("test {target}"))?;
    }
    Ok(())
}

fn empty_crate(gate: &Gate) -> Outcome {
    gate.run::<&str>(".", "tests/from_an_empty_crate.sh", [])
}

fn policies_in_ci(gate: &Gate) -> Outcome {
    gate.run::<&str>(".", "tests/policies_in_ci/run", [])
}

/// Writes skeletons for both frameworks, and runs their tests: they call every route without permissions.
fn scaffold(gate: &Gate) -> Outcome {
    let skeletons = gate.root.join("target/scaffold");
    let awkward = "pinpoint-iam-cli/tests/scaffold/awkward.toml";
    for (framework, catalog) in [
        ("axum", awkward),
        ("actix", awkward),
        ("axum", "mobiletargeting"),
        ("axum", "sms-voice"),
    ] {
        let service = skeletons.join("service");
        if service.exists() {
            fs::remove_dir_all(&service)
                .map_err(|error| format!("{}: {error}", service.display()))?;
        }
        gate.cargo(
            ".",
            &format!(
                "run --quiet --locked -p pinpoint-iam-cli -- scaffold --framework {framework} {catalog} \
                 --repository . --output target/scaffold/service"
            ),
        )?;
        // Otherwise the service would be a member of this workspace. A warning of the generated code is a fault of the
        // program; `RUSTFLAGS` would apply to the dependencies as well, and compile all of them again.
        let manifest = service.join("Cargo.toml");
        let text = read(&manifest)?
            + "\n[workspace]\n\n[lints.rust]\nwarnings = \"deny\"\n\n[profile.dev]\ndebug = false\n";
        let written = fs::write(&manifest, text)
            .and_then(|()| fs::copy(gate.root.join("Cargo.lock"), service.join("Cargo.lock")));
        written.map_err(|error| format!("{}: {error}", manifest.display()))?;
        // Most dependencies are compiled already.
        gate.cargo("target/scaffold/service", "test --quiet --target-dir=../..")?;
    }
    Ok(())
}

fn clients(gate: &Gate) -> Outcome {
    gate.run::<&str>(".", "tests/clients/run", [])
}

fn stores(gate: &Gate) -> Outcome {
    gate.run::<&str>(".", "examples/campaigns/tests/stores", [])
}

fn instructions(gate: &Gate) -> Outcome {
    for features in ["", " --features production"] {
        gate.cargo(
            "benches",
            &format!("bench --locked -p pinpoint-iam-benches{features} --bench instructions"),
        )?;
    }
    Ok(())
}

fn editor(gate: &Gate) -> Outcome {
    gate.run(".", "python3", ["tests/editor/test_editor.py"])
}

fn browser(gate: &Gate) -> Outcome {
    gate.run(".", "python3", ["tests/browser/test_page.py"])
}

/// Builds the page of the playground.
fn playground_page(gate: &Gate) -> Outcome {
    let page = "pinpoint-iam-playground/page";
    let target = "wasm32-unknown-unknown";
    gate.run(".", "rustup", ["target", "add", target])?;
    gate.cargo(
        ".",
        &format!(
            "rustc --locked --profile wasm --target {target} -p pinpoint-iam-playground --lib --crate-type cdylib"
        ),
    )?;
    let module = format!("../../target/{target}/wasm/pinpoint_iam_playground.wasm");
    gate.cargo(
        "pinpoint-iam-playground/bindings",
        &format!(
            "run --locked --target-dir=../../target/bindings -- {module} ../../target/playground-bindings"
        ),
    )?;
    // The packages need no scripts of their own.
    gate.run(
        page,
        "npm",
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    )?;
    gate.run(page, "node", ["build.mjs"])
}

/// Runs browser tests of the playground.
fn use_playground(gate: &Gate, tests: &str) -> Outcome {
    gate.run("tests/browser", "python3", ["-m", "unittest", tests])
}

fn playground(gate: &Gate) -> Outcome {
    playground_page(gate)?;
    use_playground(gate, "test_playground.PlaygroundTest")
}

fn playground_program(gate: &Gate) -> Outcome {
    playground_page(gate)?;
    let folder = gate.root.join("target/playground");
    let folder = folder.to_string_lossy();
    let build = "build --locked -p pinpoint-iam-cli --features=playground";
    gate.run_with(
        ".",
        "cargo",
        build.split_whitespace(),
        &[("PINPOINT_IAM_PLAYGROUND", &*folder)],
    )
}

/// Not a part that runs beside others, because it replaces the program in the target directory.
fn playground_served(gate: &Gate) -> Outcome {
    playground_program(gate)?;
    use_playground(gate, "test_playground.ProgramTest")
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
