//! `pinpoint-iam replay` with logs in a bucket of a real server with the interface of S3.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use moto_server::Server;
use serde_json::{Value, json};

fn line(action: &str) -> String {
    let record = json!({
        "v": 1, "time": "2026-11-29T03:10:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
        "action": format!("mobiletargeting:{action}"),
        "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
        "outcome": "allow", "revision": "7", "ns": 812,
    });
    format!("{record}\n")
}

fn policy(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
        .to_string()
}

/// The exit code, the standard output and the standard error of a replay of a log.
fn replay(directory: &Path, server: &Server, log: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"))
        .args(["replay", "--old", "old.json", "--new", "new.json"])
        .args(["--format", "json", log])
        .current_dir(directory)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", format!("http://{}", server.address()))
        .env("AWS_ALLOW_HTTP", "true")
        // A setting of another store, which has no prefix, is not used.
        .env("BUCKET", "other")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn logs_in_a_bucket_are_replayed() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(server) = Server::start(target).unwrap() else {
        return;
    };
    let directory = target.join("replay-objects");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("old.json"), policy("*")).unwrap();
    fs::write(directory.join("new.json"), policy("mobiletargeting:Get*")).unwrap();
    fs::write(directory.join("local.jsonl"), line("GetApp")).unwrap();

    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    write!(compressed, "{}{}", line("DeleteApp"), line("GetApp")).unwrap();
    server.create_bucket("logs").unwrap();
    for (path, content) in [
        ("logs/a/1.jsonl", line("DeleteApp").into_bytes()),
        ("logs/a/2.jsonl.gz", compressed.finish().unwrap()),
        ("logs/b/3.jsonl", b"no record\n".to_vec()),
    ] {
        server.put(path, &content).unwrap();
    }

    for (log, files, [records, newly_denied, not_replayable]) in [
        ("s3://logs", 3, [4, 2, 1]),
        ("s3://logs/a/", 2, [3, 2, 0]),
        ("s3://logs/a/1.jsonl", 1, [1, 1, 0]),
        ("s3://logs/**/*.gz", 1, [2, 1, 0]),
        ("s3://logs/*/*.jsonl", 2, [2, 1, 1]),
    ] {
        let (_, printed, error) = replay(&directory, &server, log);
        let result: Value = serde_json::from_str(&printed).unwrap_or_else(|_| json!(error));
        assert_eq!(result["records"], json!(records), "{log}: {result}");
        assert_eq!(result["newly_denied"], json!(newly_denied), "{log}");
        assert_eq!(result["not_replayable"], json!(not_replayable), "{log}");
        assert_eq!(result["files"], json!(files), "{log}");
        assert!(printed.contains("\"s3://logs/a/"), "{printed}");
    }

    for (log, code, expected) in [
        (
            "s3://logs/c/",
            3,
            "error: there are no objects at `s3://logs/c/`\n",
        ),
        (
            "s3://logs/*.gz",
            3,
            "error: there are no objects at `s3://logs/*.gz`\n",
        ),
        (
            "ftp://logs/a",
            2,
            "error: `ftp://logs/a`: expected an address that starts with `s3://`, `gs://` or `az://`\n",
        ),
        ("s3://logs/[", 2, "error: invalid pattern `s3://logs/[`"),
        ("s3://other/a", 1, "error: cannot read `s3://other/a`: "),
        ("s3://other/", 1, "error: cannot read `s3://other/`: "),
        ("s3:///a", 1, "error: cannot read `s3:///a`: "),
    ] {
        let (found, printed, error) = replay(&directory, &server, log);
        assert_eq!((found, printed.as_str()), (Some(code), ""), "{log} {error}");
        assert!(error.starts_with(expected), "{log}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
