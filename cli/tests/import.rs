//! `pinpoint-iam import`, on small files in the form of AWS's.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

fn fixture(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    directory.join(name)
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    let arguments = arguments.iter().map(|argument| {
        // A name with an ending is a file of ours, or has a directory.
        if argument.contains('.') && !argument.contains('/') {
            fixture(argument).display().to_string()
        } else {
            (*argument).to_owned()
        }
    });
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file of this test run that holds `text`.
fn temporary(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

const IMPORT: [&str; 9] = [
    "import",
    "--reference",
    "reference.json",
    "--model",
    "model.json",
    "--model",
    "rpc.json",
    "--overlay",
    "overlay.toml",
];

#[test]
fn the_imported_catalog_is_the_golden_one() {
    let output = run(&IMPORT);
    assert!(output.status.success(), "{}", stderr(&output));
    let golden = fixture("expected.toml");
    if fs::read_to_string(&golden).ok().as_deref() != Some(&stdout(&output)) {
        fs::write(&golden, stdout(&output)).unwrap();
        panic!(
            "{} was stale and has been written anew; review and commit it",
            golden.display()
        );
    }
    assert_eq!(
        run(&IMPORT).stdout,
        output.stdout,
        "another run gives another text"
    );
}

#[test]
fn what_is_not_taken_over_is_said() {
    let output = run(&IMPORT);
    let notes = stderr(&output);
    let notes: Vec<&str> = notes.lines().collect();
    assert_eq!(
        notes,
        [
            "note: `MoveWidget` has the route `POST /moves`, and its model does not say what fills `ShopId` and \
             `WidgetName`; it is written without a route",
            "note: the model has the operation `PingWidgets`, of which the reference says nothing; it is left out",
        ]
    );
}

#[test]
fn corrections_that_correct_nothing_are_refused() {
    let cases = [
        (
            "[[correction]]\naction = \"GetWidgit\"\nset = { note = \"x\" }\nreason = \"r\"",
            "3: the import has no `GetWidgit` in `actions`; did you mean `GetWidget`?",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nset = { access-level = \"Read\" }\nreason = \"r\"",
            "3: `access-level` is that already; remove it from the correction",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nremove = [\"note\"]\nreason = \"r\"",
            "3: there is no `note`; remove it from the correction",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nreason = \"r\"",
            "3: the correction changes nothing: give `set`, `remove` or `leave-out`",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nadd = true\nset = { note = \"x\" }\nreason = \"r\"",
            "3: the import has `GetWidget` itself; remove `add`",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nset = { note = \"x\" }\nreason = \" \"",
            "3: a correction has a `reason` of one line",
        ),
        (
            "[[correction]]\nset = { note = \"x\" }\nreason = \"r\"",
            "3: a correction names one of `service`, `source`, `condition-key`, `placeholder`, `resource` and `action`",
        ),
        (
            "[summaries.actions]\nGetWidgit = \"x\"",
            "4: the import has no `GetWidgit` in `actions`; did you mean `GetWidget`?",
        ),
        (
            "[summaries.action]\nGetWidget = \"x\"",
            "4: there is no section `action`",
        ),
    ];
    for (index, (text, fault)) in cases.iter().enumerate() {
        let overlay = temporary(
            &format!("overlay-{index}.toml"),
            &format!("overlay = 1\n\n{text}\n"),
        );
        let arguments = [
            "import",
            "--reference",
            "reference.json",
            "--overlay",
            &overlay,
        ];
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let expected = format!("error: {overlay}:{fault}");
        let errors = stderr(&output);
        assert!(
            errors.lines().any(|line| line == expected),
            "{expected}\n{errors}"
        );
    }
    let without_reason = "[[correction]]\naction = \"GetWidget\"\nset = { note = \"x\" }";
    for text in [without_reason, "[[corection]]\n"] {
        let overlay = temporary("overlay-unknown.toml", &format!("overlay = 1\n\n{text}\n"));
        let output = run(&[
            "import",
            "--reference",
            "reference.json",
            "--overlay",
            &overlay,
        ]);
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
    let overlay = temporary("overlay-2.toml", "overlay = 2\n");
    let output = run(&[
        "import",
        "--reference",
        "reference.json",
        "--overlay",
        &overlay,
    ]);
    assert!(
        stderr(&output).contains("unknown overlay format 2"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_catalog_with_faults_is_not_written() {
    let overlay = temporary(
        "overlay-faulty.toml",
        "overlay = 1\n[[correction]]\naction = \"GetWidget\"\nset = { resources = [\"widgit\"] }\nreason = \"r\"\n",
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not-written.toml");
    let shown = path.display().to_string();
    let arguments = [
        "import",
        "--reference",
        "reference.json",
        "--overlay",
        &overlay,
        "--output",
        &shown,
    ];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(
        errors.contains("unknown resource type `widgit`"),
        "{errors}"
    );
    assert!(errors.contains("help: did you mean `widget`?"), "{errors}");
    assert!(!path.exists());
}

#[test]
fn a_check_writes_nothing() {
    let expected = fixture("expected.toml").display().to_string();
    let check = |output: &str| run(&[&IMPORT[..], &["--check", "--output", output]].concat());
    assert!(check(&expected).status.success());
    let other = temporary("other.toml", "format = 1\n");
    assert_eq!(check(&other).status.code(), Some(1));
    assert_eq!(fs::read_to_string(&other).unwrap(), "format = 1\n");
    assert_eq!(
        run(&[&IMPORT[..], &["--check"]].concat()).status.code(),
        Some(2)
    );
}

#[test]
fn the_built_in_catalog_is_what_the_import_makes() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = |path: &str| repository.join("catalog").join(path).display().to_string();
    let output = run(&[
        "import",
        "--reference",
        &path("import/sms-voice/reference.json"),
        "--model",
        &path("import/sms-voice/model-v2.json"),
        "--model",
        &path("import/sms-voice/model-v1.json"),
        "--overlay",
        &path("import/sms-voice/overlay.toml"),
        "--name",
        "AWS End User Messaging SMS and Voice",
        "--check",
        "--output",
        &path("data/sms-voice.toml"),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
}
