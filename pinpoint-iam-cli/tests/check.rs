//! `pinpoint-iam check`, `pinpoint-iam schema` and the arguments of both.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_built_in_catalogs_have_no_faults() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog/data");
    let catalog = |name: &str| data.join(name).display().to_string();
    let output = run(&[
        "check",
        &catalog("mobiletargeting.toml"),
        &catalog("sms-voice.toml"),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "mobiletargeting: 123 actions, 29 resource types\nsms-voice: 95 actions, 10 resource types\n"
    );
}

#[test]
fn faults_are_shown_like_a_compilers() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faulty.toml");
    fs::write(
        &path,
        "format = 1\nservice = { prefix = \"x\", nam = \"y\", name = \"X\" }\nactions = {}\n",
    )
    .unwrap();
    let shown = path.display().to_string();
    let output = run(&["check", &shown]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: unknown key `nam` in `service`
 --> {shown}:2:27
  |
2 | service = {{ prefix = \"x\", nam = \"y\", name = \"X\" }}
  |                           ^^^
  = help: did you mean `name`?
"
        )
    );
    let output = run(&["check", "--short", &shown]);
    let line = format!("{shown}:2:27: unknown key `nam` in `service`; did you mean `name`?\n");
    assert_eq!(text(&output.stderr), line);
}

#[test]
fn the_schema_is_the_catalog_crates() {
    let output = run(&["schema"]);
    assert_eq!(text(&output.stdout), pinpoint_iam_catalog::SCHEMA);
}

#[test]
fn wrong_arguments_have_another_exit_code_than_faults() {
    for (arguments, message) in [
        (&["chek"][..], "'check'"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&[], "Usage: pinpoint-iam <COMMAND>"),
        (&["check"], "Usage: pinpoint-iam check"),
        (&["check", "--frob", "x"], "'--frob'"),
        (&["schema", "x"], "'x'"),
        (&["import"], "Usage: pinpoint-iam import"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = text(&output.stderr);
        assert!(errors.contains(message), "{arguments:?}: {errors}");
    }
    let output = run(&["check", "/nowhere/catalog.toml"]);
    assert_eq!(output.status.code(), Some(1));
    for command in [
        &["--help"][..],
        &["check", "--help"],
        &["import", "-h"],
        &["schema", "-h"],
        &["-V"],
    ] {
        assert!(run(command).status.success(), "{command:?}");
    }
}

/// The commands in the program's help.
fn commands() -> Vec<String> {
    let help = text(&run(&["--help"]).stdout);
    let commands = help.split("Commands:\n").nth(1).unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| {
        let name = line
            .strip_prefix("  ")
            .filter(|line| !line.starts_with(' '))?;
        Some(name.split(' ').next().unwrap().to_owned())
    });
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands = commands();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        let output = run(&[&command, "--help"]);
        assert!(output.status.success(), "{command}");
        let help = text(&output.stdout);
        let one = format!("Example: pinpoint-iam {command}");
        let several = format!("Examples:\n  pinpoint-iam {command}");
        let is_shown = help.contains(&one) || help.contains(&several);
        assert!(is_shown, "{command}: {help}");
    }
}

#[test]
fn completions_and_manual_pages_are_generated() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["generate", "completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(text(&output.stdout).contains("pinpoint-iam"), "{shell}");
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let _ = fs::remove_dir_all(&directory);
    let output = run(&["generate", "man", directory.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for command in commands() {
        let page = directory.join(format!("pinpoint-iam-{command}.1"));
        assert!(page.is_file(), "{}", page.display());
    }
    assert!(!text(&run(&["--help"]).stdout).contains("generate"));
}
