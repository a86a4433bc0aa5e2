//! Progress bars, on a pseudo-terminal and without one.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{CLEAN, WRONG, directory, text};

/// Opens a pseudo-terminal: the side of the test, and that of the program.
fn terminal() -> (File, File) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let path = Path::new(OsStr::from_bytes(name.to_bytes()));
    let program = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    (controller.into(), program)
}

/// Reads what the program has written to a pseudo-terminal, until it has ended.
fn read(mut controller: File) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match controller.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend(buffer.iter().take(count)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Linux reports the end as an error.
            Err(_) => break,
        }
    }
    text(&bytes)
}

fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    command.current_dir(directory).args(arguments);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// Standard output as text, and what is on the terminal of standard error.
fn on_terminal(mut command: Command) -> (String, String) {
    let (controller, terminal) = terminal();
    command.stderr(terminal);
    let child = command.spawn().unwrap();
    // This process no longer has the terminal open, so that reading ends with the program.
    drop(command);
    let shown = read(controller);
    (text(&child.wait_with_output().unwrap().stdout), shown)
}

fn files(test: &str) -> PathBuf {
    let path = directory(&format!("progress/{test}"));
    for (name, content) in [
        ("policies/a.json", CLEAN),
        ("policies/b.json", WRONG),
        ("policies/c.json", CLEAN),
        ("old/a.json", CLEAN),
        ("old/b.json", CLEAN),
        ("public/a.json", PUBLIC),
        ("public/b.json", PUBLIC),
        ("account.json", ACCOUNT),
        ("a.test.toml", SUITE),
        ("b.test.toml", SUITE),
        ("policies/d.txt", OTHER),
        ("log.jsonl", "false"),
    ] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    path
}

const OTHER: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#;
const PUBLIC: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
const ACCOUNT: &str = r#"{"UserDetailList": [
    {"UserName": "ana", "UserId": "AIDA1", "Arn": "arn:aws:iam::123456789012:user/ana", "Path": "/"},
    {"UserName": "bo", "UserId": "AIDA2", "Arn": "arn:aws:iam::123456789012:user/bo", "Path": "/"}
], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
const SUITE: &str = "policies.identity = [\"old/a.json\"]\n[[test]]\nname = \"t\"\nprincipal = \"arn:aws:iam::123456789012:user/ana\"\naction = \"a:B\"\nexpect = \"denied\"\n";

/// The commands that may take long, and the first state of their bars.
const COMMANDS: [(&[&str], &str); 10] = [
    (
        &["lint", "policies"],
        "linting [                              ] 0/3",
    ),
    (
        &["lint", "--fix", "--diff", "policies"],
        "fixing [                              ] 0/3",
    ),
    (
        &["fmt", "--check", "old"],
        "formatting [                              ] 0/2",
    ),
    (
        &["test", "a.test.toml", "b.test.toml"],
        "testing [                              ] 0/2",
    ),
    (
        &["diff", "old", "old"],
        "comparing [                              ] 0/2",
    ),
    (
        &["diff", "account.json", "account.json"],
        "comparing [                              ] 0/2",
    ),
    (
        &["who-can", "a:B", "*", "account.json"],
        "searching [                              ] 0/2",
    ),
    (
        &["is-public", "public"],
        "searching [                              ] 0/2",
    ),
    (
        &["is-public", "public", "public"],
        "searching [                              ] 0/4",
    ),
    (
        &[
            "replay",
            "--old",
            "old/a.json",
            "--new",
            "policies/d.txt",
            "log.jsonl",
        ],
        "replaying [                              ] 0 B/5 B",
    ),
];

#[test]
fn long_operations_show_their_progress_on_a_terminal() {
    let path = files("bars");
    for (arguments, expected) in COMMANDS {
        let (stdout, shown) = on_terminal(program(&path, arguments));
        assert!(shown.contains(expected), "{arguments:?}: {shown:?}");
        // The bar is erased at the end.
        let (_, rest) = shown.rsplit_once(']').unwrap();
        assert!(rest.contains("\u{1b}[2K"), "{arguments:?}: {shown:?}");
        assert!(!stdout.contains('\u{1b}'), "{stdout:?}");
        let piped = program(&path, arguments).output().unwrap();
        assert_eq!(stdout, text(&piped.stdout), "{arguments:?}");
        assert!(!text(&piped.stderr).contains("0/"), "{arguments:?}");
    }
}

#[test]
fn there_are_no_bars_without_a_terminal_or_for_programs() {
    let path = files("none");
    let bar = |shown: &str| shown.contains("[ ") || shown.contains('\u{1b}');
    // Standard output is a terminal, and standard error is not.
    let (controller, terminal) = terminal();
    let mut command = program(&path, &["lint", "policies"]);
    let child = command
        .stdout(terminal)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(command);
    let shown = read(controller);
    assert!(shown.contains("3 documents: 1 error"), "{shown:?}");
    assert!(!bar(&shown), "{shown:?}");
    assert!(!bar(&text(&child.wait_with_output().unwrap().stderr)));

    for (arguments, formats) in [
        (&["lint", "policies"][..], &["json", "sarif", "github"][..]),
        (&["test", "a.test.toml", "b.test.toml"], &["json", "junit"]),
        (&["diff", "old", "old"], &["json"]),
        (&["who-can", "a:B", "*", "account.json"], &["json"]),
        (&["is-public", "public"], &["json"]),
        (
            &[
                "replay",
                "--old",
                "old/a.json",
                "--new",
                "policies/d.txt",
                "log.jsonl",
            ],
            &["json"],
        ),
    ] {
        for format in formats {
            let mut command = program(&path, arguments);
            command.args(["--format", format]);
            let (stdout, shown) = on_terminal(command);
            assert!(!bar(&shown), "{arguments:?} {format}: {shown:?}");
            assert!(!stdout.is_empty(), "{arguments:?} {format}: {shown:?}");
        }
    }
    // One step needs no bar, and a terminal that cannot move its cursor has none.
    let (_, shown) = on_terminal(program(&path, &["lint", "policies/a.json"]));
    assert!(!bar(&shown), "{shown:?}");
    let mut dumb = program(&path, &["lint", "policies"]);
    dumb.env("TERM", "dumb");
    let (_, shown) = on_terminal(dumb);
    assert!(!bar(&shown), "{shown:?}");
}

/// Messages are on lines of their own.
#[test]
fn messages_do_not_mix_with_the_bar() {
    let path = files("messages");
    fs::write(path.join("policies/d.json"), [0xff]).unwrap();
    let (_, shown) = on_terminal(program(&path, &["lint", "policies"]));
    let message = "error: cannot read `policies/d.json`: ";
    let (before, _) = shown.split_once(message).unwrap();
    let is_start_of_line =
        before.ends_with('\n') || before.ends_with("\u{1b}[2K") || before.ends_with('\r');
    assert!(is_start_of_line, "{shown:?}");
}
