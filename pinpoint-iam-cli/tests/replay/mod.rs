//! `pinpoint-iam replay`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{ANA, directory, run, text};

const BEN: &str = "arn:aws:iam::123456789012:user/ben";

/// A record with these condition keys.
fn record(principal: &str, action: &str, app: &str, keys: &Value, outcome: &str) -> String {
    let resource = format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/{app}");
    let record = json!({
        "v": 1, "time": "2026-11-29T03:10:00Z", "principal": {"arn": principal},
        "action": format!("mobiletargeting:{action}"), "resource": resource, "keys": keys,
        "outcome": outcome, "revision": "7", "ns": 812,
    });
    record.to_string()
}

fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// The policies before the change allow everything but deleting; those after it allow reading from the office, and
/// deleting.
fn write_policies(path: &Path) {
    let old = document(&json!([
        {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"},
        {"Sid": "Keep", "Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"},
    ]));
    let new = document(&json!([
        {"Effect": "Allow", "Action": "mobiletargeting:Delete*", "Resource": "*"},
        {"Sid": "Office", "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    ]));
    fs::write(path.join("old.json"), old).unwrap();
    fs::write(path.join("new.json"), new).unwrap();
}

/// One record with each result, and lines that are no records.
fn lines() -> Vec<String> {
    let office = json!({"aws:SourceIp": "203.0.113.7"});
    let masked = json!({"aws:SourceIp": {"state": "masked"}});
    let get = |keys: &Value| record(ANA, "GetApp", "a1", keys, "allow");
    vec![
        get(&office),
        get(&masked),
        get(&json!({})),
        record(ANA, "DeleteApp", "a1", &json!({}), "deny"),
        record(BEN, "UpdateApp", "a2", &json!({}), "allow"),
        // The service had other policies.
        record(BEN, "UpdateApp", "a2", &json!({}), "deny"),
        json!({
            "v": 1, "time": "2026-11-29T04:10:00Z", "principal": {"arn": ANA}, "action": "mobiletargeting:GetApp",
            "outcome": "list", "list": {"kind": "filter", "considered": 9, "selected": 3}, "revision": "7", "ns": 1,
        })
        .to_string(),
        "no JSON".to_owned(),
        json!({"eventVersion": "1.11"}).to_string(),
        get(&office).replace("\"v\":1", "\"v\":2"),
        get(&office)[..100].to_owned(),
        record("ana", "GetApp", "a1", &json!({}), "allow"),
    ]
}

fn replay(path: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [
        "replay", "--old", "old.json", "--new", "new.json", "--format", "json",
    ];
    let output = run(path, &[&arguments[..], more].concat());
    let printed = text(&output.stdout);
    let result = serde_json::from_str(&printed);
    let result =
        result.unwrap_or_else(|error| panic!("{error}: {printed}{}", text(&output.stderr)));
    (output.status.code(), result)
}

fn counts(result: &Value) -> [u64; 6] {
    let names = [
        "records",
        "newly_allowed",
        "newly_denied",
        "unchanged",
        "depends",
        "not_replayable",
    ];
    let counts = names.map(|name| result[name].as_u64().unwrap());
    assert_eq!(counts[0], counts[1..].iter().sum::<u64>());
    counts
}

/// What the records of [`lines`] result in.
const EXPECTED: [u64; 6] = [12, 1, 2, 1, 2, 6];

/// A program without the feature names it.
#[cfg(not(feature = "object-store"))]
#[test]
fn object_storage_needs_the_feature() {
    let path = directory("replay-without-objects");
    write_policies(&path);
    let output = run(
        &path,
        &[
            "replay",
            "--old",
            "old.json",
            "--new",
            "new.json",
            "s3://logs/a",
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let expected = "error: `s3://logs/a`: this program cannot read object storage; install it with `--features object-store`\n";
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn every_record_has_one_result() {
    let path = directory("replay");
    write_policies(&path);
    fs::write(path.join("log.jsonl"), lines().join("\n")).unwrap();
    let (code, result) = replay(&path, &["log.jsonl"]);
    assert_eq!(code, Some(15));
    assert_eq!(counts(&result), EXPECTED);
    assert_eq!(result["equal"], json!(false));
    assert_eq!(result["decided_differently"], json!(1));
    assert_eq!(
        result["missing_keys"],
        json!({"aws:SourceIp": {"requests": 2, "masked": 1}})
    );
    assert_eq!(
        result["reasons"],
        json!({
            "the line ends within a record": 1,
            "the line is not JSON": 1,
            "the line is not a record of a decision log": 2,
            "the record is about a list, and does not contain its resources": 1,
            "the record is not a valid request": 1,
        })
    );
    assert_eq!(result["principals"][ANA]["records"], json!(4));
    assert_eq!(result["principals"][BEN]["newly_denied"], json!(2));
    assert_eq!(
        result["actions"]["mobiletargeting:GetApp"]["depends"],
        json!(2)
    );
    assert_eq!(result["hours"]["2026-11-29T03"]["records"], json!(6));
    let example = &result["examples"]["newly_allowed"][0];
    assert_eq!(example["record"], json!(4));
    assert_eq!(example["principal"], json!(ANA));
    assert_eq!(
        example["old"],
        json!(
            "denied: explicit deny by statement 2 of the identity-based policy `old.json` (`Keep`)"
        )
    );
    // The statement that denied what is newly allowed.
    let keep = &result["old_statements"][1];
    assert_eq!(keep["statement"]["sid"], json!("Keep"));
    assert_eq!(keep["counts"]["newly_allowed"], json!(1));
    assert_eq!(
        result["examples"]["not_replayable"]
            .as_array()
            .unwrap()
            .len(),
        3
    );

    let output = run(
        &path,
        &[
            "replay",
            "--old",
            "old.json",
            "--new",
            "new.json",
            "log.jsonl",
        ],
    );
    let shown = text(&output.stdout);
    for expected in [
        "newly allowed              1\n",
        "not replayable             6\n",
        "           2  aws:SourceIp (1 masked)\n",
        "    new: depends on `aws:SourceIp`\n",
        "note: requests that the service decided differently from the old policies: 1\n",
    ] {
        assert!(shown.contains(expected), "{expected}{shown}");
    }
}

#[test]
fn the_exit_code_is_that_of_diff() {
    let path = directory("replay-codes");
    write_policies(&path);
    let of = |records: &[String]| {
        fs::write(path.join("log"), records.join("\n")).unwrap();
        replay(&path, &["log"]).0
    };
    let lines = lines();
    // A log without records proves nothing.
    assert_eq!(of(&[]), Some(3));
    assert_eq!(of(&["\n".to_owned()]), Some(3));
    assert_eq!(of(&lines[..1]), Some(0));
    assert_eq!(of(&lines[..2]), Some(16));
    assert_eq!(of(&lines[4..5]), Some(0));
    assert_eq!(of(&lines[7..8]), Some(16));
    assert_eq!(of(&lines[3..4]), Some(15));
    let code = |arguments: &[&str]| -> Output { run(&path, arguments) };
    for (arguments, expected) in [
        (&["--old", "old.json", "--new", "new.json", "none"][..], 1),
        (&["--old", "old.json", "--new", "new.json", "none*"], 3),
        (&["--old", "old.json", "--new", "none.json", "log"], 1),
        (&["--old", "old.json", "log"], 2),
        (&["--old", "old.json", "--new", "new.json"], 2),
        (
            &[
                "--old", "old.json", "--new", "new.json", "--shard", "1/2", "log",
            ],
            2,
        ),
        (
            &[
                "--old",
                "old.json",
                "--new",
                "new.json",
                "--shard",
                "3/2",
                "--partial",
                "p",
                "log",
            ],
            2,
        ),
        (&["merge"], 2),
        (&["merge", "old.json"], 1),
    ] {
        let output = code(&[&["replay"], arguments].concat());
        let shown = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{arguments:?} {shown}"
        );
        assert!(!shown.is_empty());
    }
}

/// Equal policies need no proof by the log, which does not even have to be readable.
#[test]
fn no_log_is_read_if_the_policies_are_equal() {
    let path = directory("replay-equal");
    write_policies(&path);
    fs::write(path.join("log"), lines().join("\n")).unwrap();
    let same = document(&json!([
        {"Effect": "Allow", "Action": ["mobiletargeting:*", "mobiletargeting:GetApp"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["mobiletargeting:Delete*", "mobiletargeting:DeleteApp"], "Resource": "*"},
    ]));
    fs::write(path.join("new.json"), same).unwrap();
    let (code, result) = replay(&path, &["log"]);
    assert_eq!((code, counts(&result)), (Some(0), [0; 6]));
    assert_eq!(
        (&result["equal"], &result["files"]),
        (&json!(true), &json!(0))
    );
}

/// Files are read from directories and by patterns, once each; those that `.gitignore` excludes, too.
#[test]
fn logs_are_found_and_may_be_compressed() {
    let path = directory("replay-files");
    write_policies(&path);
    let logs = path.join("logs/2026");
    fs::create_dir_all(&logs).unwrap();
    fs::write(path.join(".gitignore"), "logs/\n").unwrap();
    let lines = lines();
    fs::write(logs.join("a.jsonl"), lines[..5].join("\n")).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(lines[5..].join("\n").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    fs::write(logs.join("b.jsonl.gz"), &packed).unwrap();
    fs::write(logs.join(".hidden"), "no record").unwrap();
    for logs in [
        &["logs"][..],
        &["logs/**/*.jsonl*"],
        &["logs", "logs/2026/a.jsonl", "logs/*/b*"],
        &["--threads", "1", "logs/2026"],
    ] {
        let (_, result) = replay(&path, logs);
        assert_eq!(counts(&result), EXPECTED, "{logs:?}");
        assert_eq!(result["files"], json!(2));
    }
    // What is lost at the end of a file is reported, and counted as one record.
    fs::write(logs.join("b.jsonl.gz"), &packed[..packed.len() - 12]).unwrap();
    let (code, result) = replay(&path, &["logs"]);
    assert_eq!(code, Some(15));
    let problem = "the file ends within a record";
    assert_eq!(
        result["incomplete_files"],
        json!({"logs/2026/b.jsonl.gz": problem})
    );
    assert_eq!(result["reasons"][problem], json!(1));
    counts(&result);
}

/// Directories with attachments and account details assign policies to principals.
#[test]
fn policies_are_those_of_each_principal() {
    let path = directory("replay-attached");
    write_policies(&path);
    for side in ["old", "new"] {
        let folder = path.join(side);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(
            path.join(format!("{side}.json")),
            folder.join("policy.json"),
        )
        .unwrap();
        let attached = json!({"users": {ANA: {"policies": ["policy.json"]}}});
        fs::write(folder.join("attachments.json"), attached.to_string()).unwrap();
    }
    fs::write(path.join("log"), lines().join("\n")).unwrap();
    let of = |old: &str, new: &str| {
        let arguments = [
            "replay", "--old", old, "--new", new, "--format", "json", "log",
        ];
        let output = run(&path, &arguments);
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        counts(&result)
    };
    // Ben has no policies on either side.
    assert_eq!(of("old", "new"), [12, 1, 0, 3, 2, 6]);
    // Ben loses what applied to everyone.
    assert_eq!(of("old.json", "new"), EXPECTED);
    // A directory without attachments applies to everyone.
    fs::remove_file(path.join("new/attachments.json")).unwrap();
    assert_eq!(of("old.json", "new"), EXPECTED);
}

#[test]
fn shards_add_up_and_an_interrupted_replay_continues() {
    let path = directory("replay-shards");
    write_policies(&path);
    fs::create_dir_all(path.join("logs")).unwrap();
    for (number, line) in lines().iter().enumerate() {
        fs::write(path.join(format!("logs/{number:02}")), line).unwrap();
    }
    let (_, whole) = replay(&path, &["logs"]);
    assert_eq!(counts(&whole), EXPECTED);
    let shard = |shard: &str, partial: &str| {
        let base = [
            "replay", "--old", "old.json", "--new", "new.json", "--shard", shard,
        ];
        run(
            &path,
            &[&base[..], &["--partial", partial, "logs"]].concat(),
        )
    };
    let merge = |partials: &[&str]| {
        let arguments = [&["replay", "merge", "--format", "json"], partials].concat();
        let output = run(&path, &arguments);
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    for (number, partial) in [("1/3", "1"), ("2/3", "2"), ("3/3", "3")] {
        let output = shard(number, partial);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(&format!("shard {number}: 4 records")));
    }
    let (code, merged, _) = merge(&["2", "3", "1"]);
    assert_eq!(code, Some(15));
    assert_eq!(serde_json::from_str::<Value>(&merged).unwrap(), whole);
    for (partials, message) in [
        (
            &["1", "2"][..],
            "error: the result of shard 3/3 is missing\n",
        ),
        (
            &["1", "2", "3", "3"],
            "error: there are two results of shard 3/3\n",
        ),
    ] {
        assert_eq!(
            merge(partials),
            (Some(1), String::new(), message.to_owned())
        );
    }

    // The replay was interrupted after some files, which are not read again.
    let partial = path.join("1");
    let mut earlier: Value = serde_json::from_str(&fs::read_to_string(&partial).unwrap()).unwrap();
    earlier["remaining"] = json!(["logs/00"]);
    fs::write(&partial, earlier.to_string()).unwrap();
    assert!(
        merge(&["1", "2", "3"])
            .2
            .contains("shard 1/3 is incomplete")
    );
    let output = shard("1/3", "1");
    assert!(text(&output.stdout).starts_with("shard 1/3: 5 records"));
    // Other policies, logs or shards do not continue it.
    assert_eq!(shard("2/3", "1").status.code(), Some(1));
    fs::write(path.join("logs/00"), "x").unwrap();
    let output = shard("1/3", "1");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "error: `1`: the partial result is of a replay with other policies, log files or settings\n"
    );
}

/// The policies of `--used` allow what the log contains, and no action more.
#[test]
fn the_smallest_policies_suffice() {
    const ACCOUNT: &str = "arn:aws:mobiletargeting:us-east-1:123456789012";
    let path = directory("replay-used");
    let everything = document(&json!([
        {"Effect": "Allow", "Action": ["mobiletargeting:*", "iam:PassRole", "own:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"},
        {"Sid": "Unneeded", "Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*"},
    ]));
    let write = |folder: &str, documents: &[(&str, String)]| {
        let folder = path.join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut users = json!({});
        for (number, (user, document)) in documents.iter().enumerate() {
            let name = format!("{number}.json");
            fs::write(folder.join(&name), document).unwrap();
            let policies = &mut users[user]["policies"];
            match policies.as_array_mut() {
                Some(policies) => policies.push(json!(name)),
                None => *policies = json!([name]),
            }
        }
        let attached = json!({"users": users}).to_string();
        fs::write(folder.join("attachments.json"), attached).unwrap();
    };
    write("policies", &[(ANA, everything.clone()), (BEN, everything)]);
    let line = |user: &str, action: &str, resource: &str| {
        json!({
            "v": 1, "time": "2026-11-29T03:10:00Z", "principal": {"arn": user}, "action": action,
            "resource": resource, "scope": "aws:us-east-1:123456789012", "outcome": "allow", "revision": "7", "ns": 812,
        })
        .to_string()
    };
    let lines = [
        line(
            ANA,
            "mobiletargeting:GetCampaign",
            &format!("{ACCOUNT}:apps/a1/campaigns/c1"),
        ),
        line(
            ANA,
            "mobiletargeting:GetCampaign",
            &format!("{ACCOUNT}:apps/a1/campaigns/c2"),
        ),
        line(
            ANA,
            "mobiletargeting:CreateExportJob",
            &format!("{ACCOUNT}:apps/a1/jobs/export/j1"),
        ),
        line(
            ANA,
            "mobiletargeting:CreateExportJob",
            &format!("{ACCOUNT}:apps/a1"),
        ),
        line(ANA, "iam:PassRole", "arn:aws:iam::123456789012:role/export"),
        line(
            ANA,
            "mobiletargeting:DeleteCampaign",
            &format!("{ACCOUNT}:apps/a1/campaigns/c1"),
        ),
        line(BEN, "mobiletargeting:GetApp", &format!("{ACCOUNT}:apps/a1")),
        line(BEN, "mobiletargeting:GetApp", &format!("{ACCOUNT}:apps/a2")),
        line(BEN, "mobiletargeting:GetApps", &format!("{ACCOUNT}:apps/*")),
        line(
            BEN,
            "mobiletargeting:GetApp",
            &format!("{ACCOUNT}:apps/a2").replace("us-east-1", "eu-west-1"),
        ),
        line(BEN, "own:Action", "*"),
        json!({
            "v": 1, "time": "2026-11-29T04:10:00Z", "principal": {"arn": ANA}, "action": "mobiletargeting:GetSegment",
            "outcome": "list", "list": {"kind": "filter", "considered": 9, "selected": 3}, "revision": "7", "ns": 1,
        })
        .to_string(),
    ];
    fs::write(path.join("log"), lines.join("\n")).unwrap();
    let run_json = |old: &str, new: &str, more: &[&str]| -> Value {
        let arguments = ["replay", "--format", "json", "--old", old, "--new", new];
        let output = run(&path, &[&arguments[..], more, &["log"]].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let result = run_json("policies", "policies", &["--used"]);
    assert_eq!(counts(&result), [12, 0, 0, 11, 0, 1]);
    assert_eq!(result["equal"], json!(true));
    let unused = result["used"]["unused_actions"].as_array().unwrap();
    assert!(unused.contains(&json!("mobiletargeting:DeleteCampaign")));
    assert!(unused.contains(&json!("mobiletargeting:GetSegments")));
    // A list does not show whether the permission was used.
    assert_eq!(
        result["used"]["possibly_used_actions"],
        json!(["mobiletargeting:GetSegment"])
    );
    assert!(!unused.contains(&json!("mobiletargeting:GetSegment")));
    assert!(!unused.contains(&json!("mobiletargeting:GetApps")));
    let callers = &result["used"]["callers"];
    // No catalog describes the action.
    assert_eq!(callers[BEN]["uncovered"], json!(1));
    assert_eq!(callers[ANA]["uncovered"], json!(1), "{callers:#}");
    let documents = |without: Option<&str>| -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        for user in [ANA, BEN] {
            for by_scope in callers[user]["scopes"].as_object().unwrap().values() {
                assert_eq!(by_scope["error"], Value::Null);
                for document in by_scope["documents"].as_array().unwrap() {
                    let text = document.to_string();
                    let text = without.map_or(text.clone(), |action| {
                        text.replace(&format!("\"{action}\""), "\"mobiletargeting:GetUser\"")
                    });
                    all.push((user, text));
                }
            }
        }
        all
    };
    // One application is fixed for Ana. The role is the only one that she has passed.
    let ana = callers[ANA].to_string();
    assert!(ana.contains("apps/a1/campaigns/*"), "{ana}");
    assert!(
        ana.contains("\"arn:aws:iam::123456789012:role/export\""),
        "{ana}"
    );
    assert!(callers[BEN].to_string().contains(":apps/*"));
    write("least", &documents(None));
    let least = run_json("policies", "least", &[]);
    // What is not covered is lost, and nothing else.
    assert_eq!(counts(&least), [12, 0, 2, 9, 0, 1], "{least:#}");
    for action in ["GetCampaign", "CreateExportJob", "GetApp", "GetApps"] {
        let action = format!("mobiletargeting:{action}");
        write("less", &documents(Some(&action)));
        let less = run_json("policies", "less", &[]);
        assert!(less["newly_denied"].as_u64().unwrap() > 2, "{action}");
    }
    let output = run(
        &path,
        &[
            "replay", "--old", "policies", "--new", "policies", "--used", "log",
        ],
    );
    let shown = text(&output.stdout);
    for expected in [
        "equal: both policies decide every request in the same way\n\nrecords                   12\n",
        "\nactions that NEW grants and no request has used:\n",
        "statement 3 of the identity-based policy 0.json (Unneeded)\n",
        "\nthe smallest policy for arn:aws:iam::123456789012:user/ben in aws:eu-west-1:123456789012:\n  {\n",
        "\nnote: arn:aws:iam::123456789012:user/ben: 1 allowed requests are not in the policies",
    ] {
        assert!(shown.contains(expected), "{expected}{shown}");
    }
    let output = run(
        &path,
        &[
            "replay", "--old", "policies", "--new", "policies", "--used", "--format", "html", "log",
        ],
    );
    let page = text(&output.stdout);
    for expected in ["unused-actions", "smallest-policies", "apps/a1/campaigns/*"] {
        assert!(page.contains(expected), "{expected}");
    }
    // The partial results of shards contain what was used.
    let shard = |number: &str, to: &str| {
        let arguments = ["replay", "--old", "policies", "--new", "policies", "--used"];
        let more = ["--shard", number, "--partial", to, "log"];
        assert_eq!(
            run(&path, &[&arguments[..], &more].concat()).status.code(),
            Some(0)
        );
    };
    shard("1/2", "1");
    shard("2/2", "2");
    let merged = run(&path, &["replay", "merge", "--format", "json", "1", "2"]);
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    assert_eq!(merged, result);
}

/// Texts from a log cannot control the terminal.
#[test]
fn texts_of_the_log_are_escaped() {
    let path = directory("replay-escapes");
    write_policies(&path);
    let hostile = record(ANA, "DeleteApp", "a\u{1b}[2Jb\u{202e}", &json!({}), "deny");
    fs::write(path.join("log"), hostile).unwrap();
    let output = run(
        &path,
        &["replay", "--old", "old.json", "--new", "new.json", "log"],
    );
    let shown = text(&output.stdout);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

/// The commands of the guide print what the chapter shows.
#[test]
fn the_chapter_before_a_change_shows_what_its_commands_print() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src");
    let chapter = fs::read_to_string(guide.join("before-a-change.md")).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let start = format!("```{language}\n");
        let blocks = chapter.split(&start).skip(1);
        blocks
            .map(|block| block.split_once("```").unwrap().0.to_owned())
            .collect()
    };
    let path = directory("replay-guide");
    let [attachments, released, policies, log]: [String; 4] = blocks("json").try_into().unwrap();
    for folder in ["released", "policies", "logs"] {
        fs::create_dir_all(path.join(folder)).unwrap();
    }
    fs::write(path.join("released/attachments.json"), &attachments).unwrap();
    fs::write(path.join("policies/attachments.json"), &attachments).unwrap();
    fs::write(path.join("released/marketing.json"), released).unwrap();
    fs::write(path.join("policies/marketing.json"), &policies).unwrap();
    fs::write(path.join("logs/decisions.log"), log).unwrap();
    let [diff, replay, used, back]: [String; 4] = blocks("sh").try_into().unwrap();
    let run = |command: &str| -> (Option<i32>, String) {
        let words: Vec<&str> = command.trim().split(' ').skip(1).collect();
        let output = run(&path, &words);
        (
            output.status.code(),
            text(&output.stdout) + &text(&output.stderr),
        )
    };
    let shown = blocks("text");
    let update = "[\"mobiletargeting:UpdateCampaign\"";
    let both = update.replace('[', "[\"mobiletargeting:CreateCampaign\", ");
    let fixed = policies.replace(update, &both);
    assert_ne!(fixed, policies);
    let mut printed = Vec::new();
    for command in [&diff, &replay] {
        let (code, output) = run(command);
        assert_eq!(code, Some(15), "{output}");
        printed.push(output);
    }
    fs::write(path.join("policies/marketing.json"), fixed).unwrap();
    let (_, output) = run(&replay);
    // The chapter shows the numbers.
    let numbers = output.lines().take(6).map(|line| format!("{line}\n"));
    printed.push(numbers.collect());
    // The chapter shows the end.
    let (code, output) = run(&used);
    assert_eq!(code, Some(16), "{output}");
    let end = output.find("actions that NEW grants").unwrap();
    let (_, end) = output.split_at(end);
    printed.push(end.to_owned());
    assert_eq!(shown, printed);
    let (code, output) = run(&back);
    assert_eq!(code, Some(16), "{output}");
}

/// The rows of a table of an HTML page, as the texts of their cells.
fn rows(page: &str, table: &str) -> Vec<Vec<String>> {
    let (_, rest) = page
        .split_once(&format!("<h2 id=\"{table}\">"))
        .unwrap_or_else(|| panic!("{table}: {page}"));
    let (section, _) = rest.split_once("</section>").unwrap();
    let rows = section.split("<tr role=\"row\" id=").skip(1);
    let without_tags = |text: &str| {
        let pieces = text.split('<').map(|piece| piece.split_once('>'));
        pieces
            .filter_map(|piece| Some(piece?.1))
            .collect::<String>()
    };
    rows.map(|row| {
        let cells = row.split('\n').skip(1);
        cells
            .map(without_tags)
            .filter(|cell| !cell.is_empty())
            .collect()
    })
    .collect()
}

#[test]
fn the_page_has_the_same_numbers_and_a_timeline() {
    let path = directory("replay-html");
    write_policies(&path);
    fs::create_dir_all(path.join("logs")).unwrap();
    fs::write(path.join("logs/a.jsonl"), lines().join("\n")).unwrap();
    let output = run(
        &path,
        &[
            "replay", "--old", "old.json", "--new", "new.json", "--format", "html", "logs",
        ],
    );
    assert_eq!(output.status.code(), Some(15), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    assert!(page.contains("<p>12 records of 1 log file, "), "{page}");
    let results = rows(&page, "results");
    let numbers: Vec<u64> = results.iter().map(|row| row[1].parse().unwrap()).collect();
    assert_eq!(numbers, EXPECTED[1..]);
    assert_eq!(results[0], ["newly allowed", "1", "8.3 %"]);
    // Records that are not requests have no time.
    let timeline = rows(&page, "timeline");
    assert_eq!(timeline[0][..4], ["2026-11-29T03", "6", "1", "2"]);
    let bar = timeline[0].last().unwrap();
    assert!(bar.contains('+') && bar.contains('-'), "{timeline:?}");
    let allowed = rows(&page, "examples-newly-allowed");
    assert_eq!(allowed.len(), 1);
    assert!(allowed[0].contains(&ANA.to_owned()), "{allowed:?}");
    assert_eq!(rows(&page, "examples-not-replayable").len(), 3);

    // Equal policies read no log.
    let arguments = ["replay", "--old", "old.json", "--new", "old.json"];
    let output = run(
        &path,
        &[&arguments[..], &["--format", "html", "logs"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("No log was read."));
}

/// The names of a log come from callers, and a page is opened by administrators.
#[test]
fn hostile_names_do_not_become_markup() {
    const SCRIPT: &str = "<script>alert(1)</script>";
    let path = directory("replay-hostile");
    write_policies(&path);
    fs::create_dir_all(path.join("logs")).unwrap();
    let none = json!({});
    let hostile = [
        record(ANA, "DeleteApp", SCRIPT, &none, "deny"),
        record(ANA, "DeleteApp", "\"onmouseover='alert(1)'", &none, "deny"),
        record(
            &format!("arn:aws:iam::123456789012:user/{SCRIPT}"),
            "GetApp",
            "a1",
            &none,
            "allow",
        ),
        record(ANA, &format!("Delete{SCRIPT}"), "a1", &none, "deny"),
        record(ANA, "DeleteApp", "a1", &json!({SCRIPT: "a"}), SCRIPT),
        record(ANA, "DeleteApp", "\u{202e}a1", &none, "deny"),
        SCRIPT.to_owned(),
    ];
    let file = "logs/<img src=x onerror=alert(1)>.jsonl";
    fs::write(path.join(file), hostile.join("\n")).unwrap();
    let policy = "<b>new.json";
    fs::rename(path.join("new.json"), path.join(policy)).unwrap();
    let arguments = ["replay", "--old", "old.json", "--new", policy];
    let output = run(
        &path,
        &[&arguments[..], &["--format", "html", "logs"]].concat(),
    );
    let page = text(&output.stdout);
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );
    assert!(
        page.contains("&lt;img src=x onerror=alert(1)&gt;.jsonl"),
        "{page}"
    );
    assert!(page.contains("&lt;b&gt;new.json"), "{page}");
    for tag in ["<img", "<b>", "<a onmouseover", "alert(1)'\""] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(!page.contains('\u{202e}'));
    // The only script is that of the page, and nothing is loaded.
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("default-src 'none'"));
    for attribute in ["href=\"", "src=\""] {
        for link in page.split(attribute).skip(1) {
            assert!(link.starts_with('#'), "{link}");
        }
    }
}
