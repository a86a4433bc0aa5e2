//! Measures what `#[requires]` adds to `cargo check`: `cargo bench --bench macro_time`.
//!
//! Generates two crates with 500 handlers and a router each, identical except for the attribute, and two pairs with a
//! gRPC service of 100 methods each, with its messages, client and server as tonic generates them: with bodies of three
//! lines, and of 20. Two crates are checked alternately, and the processor time of all compiler processes is compared.
//! `-- http`, `-- grpc` and `-- grpc-long` measure one pair.
//!
//! The packages of the gRPC crates are those of `examples/grpc`, which has to be built once, because nothing is downloaded.

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
const METHODS: usize = 100;
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

/// A pair of crates.
struct Pair {
    name: &'static str,
    /// The name of the crate without the attribute, and that of the crate with it.
    crates: [&'static str; 2],
    /// The number of functions in each crate.
    functions: usize,
    generate: fn(&Path, bool) -> Result<(), Failure>,
}

const PAIRS: [Pair; 3] = [
    Pair {
        name: "http",
        crates: ["plain", "annotated"],
        functions: HANDLERS,
        generate,
    },
    Pair {
        name: "grpc",
        crates: ["grpc-plain", "grpc-guarded"],
        functions: METHODS,
        generate: |path, guarded| generate_grpc(path, guarded, short_body),
    },
    Pair {
        name: "grpc-long",
        crates: ["grpc-long-plain", "grpc-long-guarded"],
        functions: METHODS,
        generate: |path, guarded| generate_grpc(path, guarded, long_body),
    },
];

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("macro-time");
    let mut chosen = std::env::args().skip(1).filter(|it| !it.starts_with('-'));
    let chosen = chosen.next();
    let is_chosen = |pair: &&Pair| chosen.as_ref().is_none_or(|name| name == pair.name);
    let mut table = Table::new([
        "",
        "plain, s",
        "with attributes, s",
        "extra, ms each",
        "ratio",
    ]);
    let mut results = serde_json::Map::new();
    for pair in PAIRS.iter().filter(is_chosen) {
        let [plain, annotated] = measured(pair, &folder)?;
        let each = |compared: fn(f64, f64) -> f64| {
            let pairs = annotated.iter().zip(&plain);
            let compared: Vec<f64> = pairs
                .map(|(with, without)| compared(*with, *without))
                .collect();
            median(&compared)
        };
        let extra = each(|with, without| (with - without) * 1e3) / pair.functions as f64;
        let ratio = each(|with, without| with / without);
        table.row([
            format!("{}, {} functions", pair.name, pair.functions),
            figure(median(&plain)),
            figure(median(&annotated)),
            figure(extra),
            figure(ratio),
        ]);
        results.insert(
            pair.name.to_owned(),
            json!({
                "functions": pair.functions,
                "plain_seconds": median(&plain),
                "annotated_seconds": median(&annotated),
                "extra_milliseconds_each": extra,
                "ratio": ratio,
            }),
        );
    }
    println!("`cargo check`, processor time; {ROUNDS} rounds");
    table.print();
    publish(watch, "macro_time", &results.into())
}

/// The seconds of each round, without the attributes and with them.
fn measured(pair: &Pair, folder: &Path) -> Result<[Vec<f64>; 2], Failure> {
    let crates = pair.crates.map(|name| folder.join(name));
    for (path, annotated) in crates.iter().zip([false, true]) {
        (pair.generate)(path, annotated)?;
        check(path, folder, 0)?;
    }
    let mut seconds = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for round in 1..=ROUNDS {
        for (path, seconds) in crates.iter().zip(&mut seconds) {
            seconds.push(check(path, folder, round)?);
        }
    }
    Ok(seconds)
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

/// A crate with a gRPC service, whose messages, client and server a build script generates.
fn generate_grpc(path: &Path, guarded: bool, body: Body) -> Result<(), Failure> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = benches.join("../examples/grpc");
    let name = if guarded { "guarded" } else { "plain" };
    fs::create_dir_all(path.join("src"))?;
    fs::create_dir_all(path.join("proto"))?;
    fs::write(
        path.join("Cargo.toml"),
        format!(
            "[package]\nname = \"macro-time-grpc-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\npinpoint-iam = {{ path = \"{}\", default-features = false, features = [\"pinpoint\", \"tonic\"] }}\n\
             prost = \"0.14\"\ntonic = {{ version = \"0.14.9\", default-features = false, features = [\"codegen\", \"router\", \"transport\"] }}\n\
             tonic-prost = \"0.14\"\n\n[build-dependencies]\nprotox = \"0.10\"\n\
             tonic-prost-build = {{ version = \"0.14\", default-features = false }}\n",
            benches.join("../pinpoint-iam").display()
        ),
    )?;
    fs::copy(example.join("Cargo.lock"), path.join("Cargo.lock"))?;
    fs::copy(example.join("build.rs"), path.join("build.rs"))?;
    fs::write(path.join("proto/campaigns.proto"), definition()?)?;
    fs::write(path.join("src/lib.rs"), grpc_source(guarded, body)?)?;
    Ok(())
}

/// Generates the body of the method with this number, whose message contains these ids, after its first line.
type Body = fn(usize, &[&str]) -> String;

/// Three lines that use the service.
fn short_body(index: usize, ids: &[&str]) -> String {
    format!(
        "        let name = self.names.get(&application_id).cloned().unwrap_or_default();\n\
         \x20       Ok(Response::new(Reply{index} {{ text: format!(\"{{name}} {{{}}}\") }}))\n",
        ids.join("} {")
    )
}

/// Twenty lines: conditions, a look-up, a loop, and conversions of errors.
fn long_body(index: usize, ids: &[&str]) -> String {
    let conditions = ids.iter().map(|id| {
        format!("        if {id}.is_empty() {{\n            return Err(Status::invalid_argument(\"{id} is empty\"));\n        }}\n")
    });
    format!(
        r#"{}        let key = format!("{{{}}}");
        let name = self.names.get(&key).ok_or_else(|| Status::not_found(format!("no {{key}}")))?;
        let mut parts = Vec::new();
        for part in name.split(',') {{
            let (label, number) = part.split_once('=').ok_or_else(|| Status::data_loss("no number"))?;
            let number: u32 = number.trim().parse().map_err(|error| Status::data_loss(format!("{{label}}: {{error}}")))?;
            if number > 0 {{
                parts.push(format!("{{label}} {{number}}"));
            }}
        }}
        parts.sort();
        parts.dedup();
        let text = parts.join(", ");
        Ok(Response::new(Reply{index} {{ text }}))
"#,
        conditions.collect::<String>(),
        ids.join("}/{")
    )
}

/// The definition of the service, whose messages contain the ids.
fn definition() -> Result<String, std::fmt::Error> {
    let mut text = String::from("syntax = \"proto3\";\npackage campaigns.v1;\n\nservice Calls {\n");
    for index in 0..METHODS {
        writeln!(
            text,
            "  rpc Call{index}(Request{index}) returns (Reply{index});"
        )?;
    }
    text.push_str("}\n");
    for (index, (_, ids)) in OPERATIONS.iter().cycle().take(METHODS).enumerate() {
        writeln!(text, "message Request{index} {{")?;
        for (number, id) in ids.iter().enumerate() {
            writeln!(text, "  string {id} = {};", number + 1)?;
        }
        writeln!(text, "}}\nmessage Reply{index} {{ string text = 1; }}")?;
    }
    Ok(text)
}

fn grpc_source(guarded: bool, body: Body) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "//! Generated.\n\n/// The messages, the client and the server.\npub mod proto {\n    tonic::include_proto!(\"campaigns.v1\");\n}\n\n\
         use pinpoint_iam::Authorizer;\nuse proto::calls_server::{Calls, CallsServer};\nuse proto::*;\nuse tonic::{Request, Response, Status};\n\n\
         /// The service.\npub struct Service {\n    /// The policies.\n    pub authorizer: Authorizer,\n    /// The names of the applications.\n    pub names: std::collections::BTreeMap<String, String>,\n}\n\n",
    );
    if guarded {
        text.push_str(
            "use pinpoint_iam::requires;\nuse pinpoint_iam::web::tonic::{HasAuthorizer, guarded};\n\n\
             impl HasAuthorizer for Service {\n    fn authorizer(&self) -> &Authorizer {\n        &self.authorizer\n    }\n}\n\n\
             #[guarded(CallsServer)]\n",
        );
    }
    text.push_str("#[tonic::async_trait]\nimpl Calls for Service {\n");
    for (index, (action, ids)) in OPERATIONS.iter().cycle().take(METHODS).enumerate() {
        if guarded {
            writeln!(text, "    #[requires({action})]")?;
        }
        writeln!(
            text,
            "    async fn call{index}(&self, request: Request<Request{index}>) -> Result<Response<Reply{index}>, Status> {{\n\
             \x20       let Request{index} {{ {} }} = request.into_inner();\n\
             {}    }}\n",
            ids.join(", "),
            body(index, ids)
        )?;
    }
    let server = match guarded {
        true => "pinpoint_iam::web::tonic::server",
        false => "CallsServer::new",
    };
    writeln!(
        text,
        "}}\n\n/// The server.\npub fn service(service: Service) -> CallsServer<Service> {{\n    {server}(service)\n}}"
    )?;
    Ok(text)
}
