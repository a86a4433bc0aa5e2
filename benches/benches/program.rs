//! Measures the program `pinpoint-iam`: `cargo bench --bench program`, or `-- FILE` for further policies.
//!
//! The policies are generated: as many as AWS manages, with their sizes. `FILE` has JSON lines with the members `name`
//! and `document`. The program is compiled with the release profile first.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::children_time;
use pinpoint_iam_benches::measure::{Watch, median};
use pinpoint_iam_benches::random::Random;
use pinpoint_iam_benches::report::{Table, figure, publish};
use serde_json::{Value, json};

const ROUNDS: usize = 21;

/// The number of policies that AWS manages.
const POLICIES: usize = 821;

/// The bytes of those policies, at these shares of them.
const SIZES: [(f64, f64); 8] = [
    (0.0, 120.0),
    (0.05, 124.0),
    (0.25, 308.0),
    (0.5, 746.0),
    (0.75, 1_621.0),
    (0.9, 4_278.0),
    (0.99, 32_209.0),
    (1.0, 156_916.0),
];

/// The size of the policy that is opened in an editor, without white space: the longest managed policy that IAM accepts.
const EDITED: usize = 6_144;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let program = compile()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("program");
    let mut random = Random::new(1);
    let mut sets = vec![(
        format!("{POLICIES} generated policies"),
        generated(&mut random),
    )];
    if let Some(file) = arguments.next() {
        let documents = read(Path::new(&file))?;
        sets.push((format!("{} policies of a file", documents.len()), documents));
    }
    let mut table = Table::new(["", "time", "processor time", "goal"]);
    let mut figures = serde_json::Map::new();
    let mut note = |name: String, [time, processor]: [f64; 2], goal: &str| {
        let milliseconds = |time: f64| format!("{} ms", figure(time));
        table.row([
            name.clone(),
            milliseconds(time),
            milliseconds(processor),
            goal.to_owned(),
        ]);
        figures.insert(name, json!({"ms": time, "processor_ms": processor}));
    };
    for (name, documents) in sets {
        let bytes: usize = documents.iter().map(String::len).sum();
        let size = figure(bytes as f64 / 1e6);
        write_all(&folder, &documents)?;
        let times = rounds(|| lint(&program, &folder))?;
        note(format!("lint: {name}, {size} MB"), times, "< 500 ms");
        fs::remove_dir_all(&folder)?;
    }
    let edited = policy(&mut random, EDITED, 2);
    let times = rounds(|| first_diagnostics(&program, &edited))?;
    let size = figure(edited.len() as f64 / 1e3);
    let name = format!("lsp: from its start to the diagnostics of {size} kB");
    note(name, times, "< 50 ms");
    table.print();
    publish(watch, "program", &Value::Object(figures))
}

/// Compiles the program as users install it, and returns its path.
fn compile() -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--locked"])
        .args(["-p", "pinpoint-iam-cli", "--target-dir", "target"])
        .current_dir(&root)
        .status()?;
    if !status.success() {
        return Err("the program does not compile".into());
    }
    Ok(root.join("target/release/pinpoint-iam"))
}

/// The median of the times and the mean of the processor times of a run, in milliseconds.
fn rounds(mut run: impl FnMut() -> Result<Duration, Failure>) -> Result<[f64; 2], Failure> {
    // The first run reads the files from the disk.
    run()?;
    let mut times = Vec::new();
    let before = children_time()?;
    for _ in 0..ROUNDS {
        times.push(run()?.as_secs_f64() * 1e3);
    }
    let processor = children_time()?.saturating_sub(before);
    let mean = processor.as_secs_f64() * 1e3 / ROUNDS as f64;
    Ok([median(&times), mean])
}

/// Checks the policies of a folder; returns the time from the program's start to its end.
fn lint(program: &Path, folder: &Path) -> Result<Duration, Failure> {
    let start = Instant::now();
    let output = Command::new(program)
        .args(["lint", "--format", "json"])
        .arg(folder)
        .output()?;
    let took = start.elapsed();
    // Findings are expected, and files that cannot be read are not.
    match output.status.code() {
        Some(0 | 11..=14) => Ok(took),
        code => Err(format!("`pinpoint-iam lint` ended with {code:?}").into()),
    }
}

/// Opens a policy in a new language server; returns the time from its start to the first diagnostics.
fn first_diagnostics(program: &Path, text: &str) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut client = Client::start(program)?;
    client.send(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "processId": null, "rootUri": null, "capabilities": {},
        }}),
    )?;
    client.receive()?;
    client.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}))?;
    client.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
        "textDocument": {"uri": "file:///policy.json", "languageId": "json", "version": 1, "text": text},
    }}))?;
    let diagnostics = client.receive()?;
    let took = start.elapsed();
    let shown = diagnostics.pointer("/params/diagnostics");
    let count = shown.and_then(Value::as_array).map(Vec::len);
    if count.is_none_or(|count| count == 0) {
        return Err(format!("expected diagnostics, received {diagnostics}").into());
    }
    client.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "shutdown", "params": null}))?;
    client.receive()?;
    client.send(&json!({"jsonrpc": "2.0", "method": "exit", "params": null}))?;
    if !client.child.wait()?.success() {
        return Err("the language server failed".into());
    }
    Ok(took)
}

/// The editor of a language server.
struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Client {
    fn start(program: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(program)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().ok_or("no standard input")?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self {
            child,
            stdin,
            stdout,
        })
    }

    fn send(&mut self, message: &Value) -> Result<(), Failure> {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(self.stdin.flush()?)
    }

    fn receive(&mut self) -> Result<Value, Failure> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                return Err("the language server has ended".into());
            }
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stdout.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

/// The documents of a file with JSON lines.
fn read(file: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(file)?;
    text.lines()
        .map(|line| {
            let named: Value = serde_json::from_str(line)?;
            let document = named.get("document").ok_or("a line has no document")?;
            Ok(format!("{document:#}"))
        })
        .collect()
}

/// Writes each document to a file of its own.
fn write_all(folder: &Path, documents: &[String]) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    for (number, document) in documents.iter().enumerate() {
        fs::write(folder.join(format!("{number:04}.json")), document)?;
    }
    Ok(())
}

/// Policies with the sizes of those that AWS manages.
fn generated(random: &mut Random) -> Vec<String> {
    (0..POLICIES)
        .map(|number| {
            let share = number as f64 / (POLICIES - 1) as f64;
            policy(random, size(share), 100)
        })
        .collect()
}

/// The bytes of the policy that is larger than this share of the others.
fn size(share: f64) -> usize {
    let steps = SIZES.iter().zip(SIZES.iter().skip(1));
    let step = steps.rev().find(|((from, _), _)| *from <= share);
    step.map_or(0, |((from, smaller), (to, larger))| {
        let part = (share - from) / (to - from);
        (smaller * (larger / smaller).powf(part)) as usize
    })
}

/// A policy of at least this many bytes: lists of actions of many services. One statement in `share` is about a service
/// that has a catalog.
fn policy(random: &mut Random, bytes: usize, share: usize) -> String {
    const SERVICES: [&str; 7] = ["ec2", "s3", "iam", "glue", "logs", "ssm", "cloudformation"];
    const VERBS: [&str; 6] = ["Get", "Describe", "Create", "Delete", "Update", "Tag"];
    const NOUNS: [&str; 6] = ["Cluster", "Endpoint", "Object", "Role", "Segment", "Table"];
    const KNOWN: [&str; 6] = [
        "GetApp",
        "GetCampaign",
        "CreateCampaign",
        "DeleteSegment",
        "List*",
        "UpdateEndpoint",
    ];
    let mut statements = Vec::new();
    let mut length = 60;
    while length < bytes {
        let has_catalog = random.below(share) == 0;
        let service = match random.pick(&SERVICES) {
            Some(service) if !has_catalog => service,
            _ => "mobiletargeting",
        };
        let actions: Vec<String> = (0..=random.below(12))
            .map(|_| {
                let name = if has_catalog {
                    random.pick(&KNOWN).map(|name| (*name).to_owned())
                } else {
                    let (verb, noun) = (random.pick(&VERBS), random.pick(&NOUNS));
                    let number = random.below(1_000);
                    verb.zip(noun)
                        .map(|(verb, noun)| format!("{verb}{noun}{number}"))
                };
                format!("{service}:{}", name.unwrap_or_default())
            })
            .collect();
        let mut statement = json!({
            "Sid": format!("Statement{}", statements.len()),
            "Effect": if random.below(10) == 0 { "Deny" } else { "Allow" },
            "Action": actions,
            "Resource": if random.coin() {
                json!("*")
            } else {
                json!([format!("arn:aws:{service}:*:123456789012:apps/{}", random.id())])
            },
        });
        if let Some(members) = statement.as_object_mut().filter(|_| random.below(3) == 0) {
            let condition = json!({
                "StringEquals": {"aws:ResourceTag/team": ["a", "b"], "aws:RequestedRegion": "us-east-1"},
            });
            members.insert("Condition".to_owned(), condition);
        }
        length += statement.to_string().len() + 1;
        statements.push(statement);
    }
    format!(
        "{:#}",
        json!({"Version": "2012-10-17", "Statement": statements})
    )
}
