//! Queries in one process have the results of `pinpoint_iam_replay`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::execution::FunctionRegistry as _;
use datafusion::object_store::memory::InMemory;
use datafusion::object_store::{ObjectStoreExt as _, path::Path as ObjectPath};
use datafusion::prelude::SessionContext;
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_datafusion::{Functions, Input, LogTable, RECORD, inputs, replay, session};
use pinpoint_iam_replay::generate::{Generator, account_details};
use pinpoint_iam_replay::{Counts, LogFile, Policies, Progress, Replay};
use pinpoint_iam_tools::metadata::metadata;
use std::sync::Arc;
use tokio::runtime::Runtime;

const LINES: u64 = 3_000;

/// A directory for the files of a test.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn store(with_denies: bool) -> Policies {
    Policies::of_store(pinpoint_iam_replay::generate::policies(with_denies).unwrap()).unwrap()
}

fn lines(seed: u64, lines: u64) -> Vec<u8> {
    let mut log = Vec::new();
    let mut generator = Generator::new(seed, store(true));
    generator.write(lines, &mut log).unwrap();
    log
}

/// A log with all results, and with lines that are damaged, foreign, empty or too long.
fn log() -> Vec<u8> {
    let mut log = lines(1, LINES);
    for line in [
        b"foreign".as_slice(),
        b"\xff\xfe",
        b"{}",
        b" \r",
        &vec![b'x'; 5 * 1024 * 1024],
        &vec![b' '; 5 * 1024 * 1024],
        &vec![b'x'; 9 * 1024 * 1024],
    ] {
        log.extend(line);
        log.push(b'\n');
    }
    log.extend(lines(2, LINES));
    log.extend(br#"{"v":1,"time":"2026-"#);
    log
}

/// The result of the replay without DataFusion.
fn expected(files: &[PathBuf]) -> Counts {
    let files: Vec<LogFile> = files
        .iter()
        .map(|path| LogFile::at(path).unwrap())
        .collect();
    let replay = Replay::new(store(true), store(false));
    replay.run(&files, 1, &Progress::default()).counts
}

async fn counts(session: &SessionContext, inputs: &[Input], partitions: usize) -> Counts {
    let (old, new) = (account_details(true), account_details(false));
    let functions = Functions::new([]);
    replay(session, &functions, &old, &new, inputs, partitions)
        .await
        .unwrap()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn log_files_have_the_results_of_the_replay() {
    let directory = directory("log-files");
    let (log_file, other) = (directory.join("a.jsonl"), directory.join("b.jsonl"));
    fs::write(&log_file, log()).unwrap();
    fs::write(&other, lines(3, 100)).unwrap();
    let expected = expected(&[log_file.clone(), other]);
    assert_eq!(expected.records, 2 * LINES + 100 + 7);
    assert!(expected.newly_allowed > 0 && expected.depends > 0);
    assert_eq!(
        expected.records,
        expected.newly_allowed
            + expected.newly_denied
            + expected.unchanged
            + expected.depends
            + expected.not_replayable
    );
    let log_session = session(2);
    let (all, runtime) = (
        [format!("{}/", text(&directory))],
        log_session.runtime_env(),
    );
    let table = LogTable::find(&all, 2, &runtime).await.unwrap();
    log_session.register_table("log", Arc::new(table)).unwrap();
    let counted = log_session.sql("SELECT count(*) FROM log").await.unwrap();
    let counted = counted.collect().await.unwrap();
    let counted = counted[0].column(0).as_primitive::<Int64Type>().value(0);
    assert_eq!(u64::try_from(counted).unwrap(), expected.records);
    for partitions in [0, 1, 2, 50] {
        for address in [
            vec![format!("{}/", text(&directory))],
            vec![format!("{}/*.jsonl", text(&directory)), text(&log_file)],
        ] {
            let found = counts(&session(2), &inputs(address, RECORD), partitions).await;
            assert_eq!(found, expected, "{partitions}");
        }
    }
}

#[tokio::test]
async fn parquet_has_the_results_of_its_lines() {
    let directory = directory("parquet");
    let log_file = directory.join("log");
    fs::write(&log_file, log()).unwrap();
    let expected = expected(std::slice::from_ref(&log_file));
    let session = session(2);
    let table = LogTable::find(&[text(&log_file)], 3, &session.runtime_env())
        .await
        .unwrap();
    session.register_table("log", Arc::new(table)).unwrap();
    // As text, a record that is not UTF-8 is NULL, and has the same result.
    for (name, column) in [
        ("bytes.parquet", "record"),
        ("text.parquet", "try_cast(record AS VARCHAR) AS record"),
    ] {
        let path = text(&directory.join(name));
        let records = session
            .sql(&format!("SELECT {column} FROM log"))
            .await
            .unwrap();
        records
            .write_parquet(&path, DataFrameWriteOptions::default(), None)
            .await
            .unwrap();
        let found = counts(&session, &inputs(vec![path], RECORD), 1).await;
        assert_eq!(found, expected, "{name}");
    }
}

/// Files in Parquet of several stores, in directories, and with several addresses are each read once.
#[tokio::test]
async fn files_in_parquet_are_read_once() {
    let directory = directory("parquet-files");
    let session = session(2);
    let store = Arc::new(InMemory::new());
    let url = ListingTableUrl::parse("memory://bucket/logs/").unwrap();
    session.register_object_store(url.object_store().as_ref(), store.clone());
    let path = directory.join("log");
    fs::write(&path, lines(1, 100)).unwrap();
    let one = expected(std::slice::from_ref(&path));
    let table = LogTable::find(&[text(&path)], 1, &session.runtime_env())
        .await
        .unwrap();
    let records = session.read_table(Arc::new(table)).unwrap();
    let first = text(&directory.join("a.parquet"));
    records
        .write_parquet(&first, DataFrameWriteOptions::default(), None)
        .await
        .unwrap();
    let content = fs::read(&first).unwrap();
    // Characters that URLs encode, and those of patterns.
    let names = ["sub/b%20c.parquet", "sub/d e.parquet", "sub/[f].parquet"];
    fs::create_dir_all(directory.join("sub")).unwrap();
    for name in names {
        fs::write(directory.join(name), &content).unwrap();
    }
    let object = ObjectPath::from("logs/a.parquet");
    store.put(&object, content.into()).await.unwrap();
    let pattern = format!("{}/*.parquet", text(&directory));
    let of_bucket = "memory://bucket/logs/a.parquet".to_owned();
    for (addresses, files) in [
        (vec![first.clone(), first.clone()], 1),
        (vec![first.clone(), pattern], 4),
        (vec![of_bucket.clone(), first.clone()], 2),
        (vec![first, of_bucket], 2),
    ] {
        let found = counts(&session, &inputs(addresses.clone(), RECORD), 1).await;
        assert_eq!(found.records, files * one.records, "{addresses:?}");
        assert_eq!(found.unchanged, files * one.unchanged, "{addresses:?}");
    }
}

#[tokio::test]
async fn object_stores_of_the_session_are_read() {
    let directory = directory("objects");
    let path = directory.join("log");
    fs::write(&path, log()).unwrap();
    let expected = expected(&[path]);
    let session = session(2);
    let store = Arc::new(InMemory::new());
    let object = ObjectPath::from("logs/2026/log");
    store.put(&object, log().into()).await.unwrap();
    let address = ListingTableUrl::parse("memory://bucket/logs/").unwrap();
    session.register_object_store(address.object_store().as_ref(), store);
    let address = vec!["memory://bucket/logs/".to_owned()];
    assert_eq!(
        counts(&session, &inputs(address, RECORD), 4).await,
        expected
    );
}

/// Runs the program with policies in `directory`.
fn run_program(directory: &Path, logs: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam-datafusion"));
    command.arg("run");
    for (option, name, with_denies) in [("--old", "old", true), ("--new", "new", false)] {
        let path = directory.join(name);
        fs::write(&path, account_details(with_denies)).unwrap();
        command.arg(option).arg(path);
    }
    command.args(logs).output().unwrap()
}

#[test]
fn the_program_replays_events_of_cloudtrail() {
    let directory = directory("events");
    let path = directory.join("events.json");
    let mut events = Vec::new();
    let mut generator = Generator::new(1, store(true));
    generator.write_events(LINES, &mut events).unwrap();
    fs::write(&path, events).unwrap();
    let services = Catalog::builtin().unwrap().services();
    let expected = Replay::new(store(true), store(false))
        .with_services(services.iter().map(metadata))
        .run(&[LogFile::at(&path).unwrap()], 1, &Progress::default())
        .counts;
    assert_eq!((expected.records, expected.not_replayable), (LINES, 0));
    assert!(expected.newly_allowed > 0);
    let output = run_program(&directory, &[&text(&path)]);
    assert!(output.status.success());
    let found: Counts = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found, expected);
}

/// Without log files, all counts would be zero, as if nothing changed, and without some of them, they would be too small.
#[test]
fn missing_log_files_are_an_error() {
    let directory = directory("missing");
    let (empty, log) = (directory.join("empty"), directory.join("log"));
    fs::create_dir_all(&empty).unwrap();
    fs::write(&log, lines(1, 10)).unwrap();
    let parquet = text(&directory.join("a.parquet"));
    let session = session(1);
    let written = Runtime::new().unwrap().block_on(async {
        let table = LogTable::find(&[text(&log)], 1, &session.runtime_env()).await?;
        let records = session.read_table(Arc::new(table))?;
        let options = DataFrameWriteOptions::default();
        records.write_parquet(&parquet, options, None).await
    });
    written.unwrap();
    let zero = directory.join("zero.parquet");
    fs::write(&zero, "").unwrap();
    let (of_directory, pattern, missing, missing_parquet, parquet_pattern) = (
        format!("{}/", text(&empty)),
        format!("{}/*.jsonl", text(&directory)),
        text(&directory.join("missing.jsonl")),
        text(&directory.join("missing.parquet")),
        format!("{}/missing*.parquet", text(&directory)),
    );
    for (logs, message) in [
        (vec![], "there are no log files"),
        (vec![of_directory.as_str()], "there are no log files at"),
        (vec![pattern.as_str()], "there are no log files at"),
        (vec![missing.as_str()], "missing.jsonl"),
        (vec![&parquet, &missing_parquet], "missing.parquet"),
        (
            vec![&parquet, &parquet_pattern],
            "there are no log files at",
        ),
        (vec![&parquet, &text(&zero)], "zero.parquet` is empty"),
    ] {
        let output = run_program(&directory, &logs);
        assert!(!output.status.success(), "{logs:?}");
        assert!(output.stdout.is_empty(), "{logs:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(message), "{logs:?}: {error}");
    }
}

#[test]
fn other_arguments_are_an_error() {
    let directory = directory("arguments");
    let policies = directory.join("policies.json");
    fs::write(&policies, account_details(true)).unwrap();
    let policies = text(&policies);
    for (arguments, message) in [
        (vec![], "expected `run`, `scheduler` or `worker`"),
        (vec!["replay"], "expected `run`, `scheduler` or `worker`"),
        (vec!["run", "log"], "`--old` and `--new` are missing"),
        (
            vec!["run", "--old", &policies, "log"],
            "`--old` and `--new` are missing",
        ),
        (
            vec!["run", "--old", "missing.json"],
            "cannot read `missing.json`",
        ),
        (vec!["run", "--shard", "1/2"], "--shard"),
        (vec!["run", "--tasks", "x"], "x"),
        (
            vec!["worker"],
            "`--scheduler` is missing, or is not HOST:PORT",
        ),
        (
            vec!["worker", "--scheduler", "localhost"],
            "`--scheduler` is missing, or is not HOST:PORT",
        ),
        (
            vec!["worker", "--scheduler", "localhost:x"],
            "`--scheduler` is missing, or is not HOST:PORT",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam-datafusion"));
        let output = command.args(&arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(message), "{arguments:?}: {error}");
    }
}

/// A file that has changed after it was found would have records in two parts or in none.
#[tokio::test]
async fn a_changed_file_is_an_error() {
    let directory = directory("changed");
    let path = directory.join("log");
    fs::write(&path, lines(1, 10)).unwrap();
    let session = session(1);
    let table = LogTable::find(&[text(&path)], 1, &session.runtime_env())
        .await
        .unwrap();
    fs::write(&path, lines(1, 9)).unwrap();
    let error = session
        .read_table(Arc::new(table))
        .unwrap()
        .collect()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("has changed"), "{error}");
}

#[tokio::test]
async fn functions_are_available_in_sql() {
    let allow = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let on_condition = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}"#;
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    let record = r#"{"v":1,"time":"2026-11-29T03:00:00Z","principal":{"arn":"arn:aws:iam::123456789012:user/ana"},"action":"mobiletargeting:GetApp","resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1","outcome":"allow","revision":"7","ns":1}"#;
    let mut session = session(1);
    Functions::new([]).register(&mut session).unwrap();
    assert!(session.udf("iam_decide").is_ok());
    for (call, expected) in [
        (format!("iam_decide('{allow}', '{record}')"), "allow"),
        (format!("iam_decide('{deny}', '{record}')"), "deny"),
        (
            format!("iam_decide('{on_condition}', '{record}')"),
            "depends",
        ),
        (format!("iam_decide('{allow}', 'x')"), "not_replayable"),
        (format!("iam_decide('{allow}', NULL)"), "not_replayable"),
        (
            format!("iam_compare('{allow}', '{deny}', '{record}')"),
            "newly_denied",
        ),
        (
            format!("iam_compare('{deny}', '{allow}', '{record}')"),
            "newly_allowed",
        ),
        (
            format!("iam_compare('{deny}', '{deny}', '{record}')"),
            "unchanged",
        ),
        (
            format!("iam_compare('{deny}', '{on_condition}', '{record}')"),
            "depends",
        ),
        (
            format!("iam_compare('{deny}', '{allow}', arrow_cast('{record}', 'BinaryView'))"),
            "newly_allowed",
        ),
        (
            format!("iam_compare('{deny}', '{allow}', arrow_cast('{record}', 'LargeUtf8'))"),
            "newly_allowed",
        ),
        (
            format!(
                "iam_compare('{deny}', '{allow}', arrow_cast('{record}', 'Dictionary(Int32, Utf8)'))"
            ),
            "newly_allowed",
        ),
    ] {
        let query = format!("SELECT cast({call} = '{expected}' AS VARCHAR) AS is_equal");
        let batches = session.sql(&query).await.unwrap().collect().await.unwrap();
        let shown = datafusion::arrow::util::pretty::pretty_format_batches(&batches);
        assert!(shown.unwrap().to_string().contains("true"), "{call}");
    }
    for (call, expected) in [
        ("iam_decide('{', 'x')".to_owned(), "policies:1:"),
        (
            format!("iam_compare('{allow}', '{{', 'x')"),
            "new policies:1:",
        ),
        ("iam_decide(NULL, 'x')".to_owned(), "policies"),
        (
            "iam_decide(CAST(NULL AS VARCHAR), 'x')".to_owned(),
            "not NULL",
        ),
        (format!("iam_decide('{allow}')"), "2 arguments"),
        (format!("iam_compare('{allow}', 'x')"), "3 arguments"),
        ("iam_decide(1, 'x')".to_owned(), "texts"),
        (format!("iam_decide('{allow}', 1)"), "text or bytes"),
        (
            format!("iam_decide(column1, 'x') FROM (VALUES ('{allow}'), ('{deny}'))"),
            "the same for all rows",
        ),
    ] {
        let query = format!("SELECT {call}");
        let error = match session.sql(&query).await {
            Ok(planned) => planned.collect().await.err(),
            Err(error) => Some(error),
        };
        let shown = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(shown.contains(expected), "{call}: {shown}");
    }
}
