//! `pinpoint-iam import`, with small files in AWS's formats.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod openapi;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

fn fixture(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    directory.join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    let arguments = arguments.iter().map(|argument| {
        // A name with an extension is a test file, unless it already has a directory.
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

/// Writes a file that contains `text` in the directory of this test run, and returns its path.
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

/// Compares `text` with a fixture, which is rewritten if it differs.
fn assert_golden(name: &str, text: &str) {
    let golden = fixture(name);
    let is_equal = fs::read_to_string(&golden).ok().as_deref() == Some(text);
    if !is_equal {
        fs::write(&golden, text).unwrap();
    }
    assert!(
        is_equal,
        "{} was stale and has been rewritten; review and commit it",
        golden.display()
    );
}

#[test]
fn the_imported_catalog_is_the_golden_one() {
    let output = run(&IMPORT);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_golden("expected.toml", &stdout(&output));
    assert_eq!(
        run(&IMPORT).stdout,
        output.stdout,
        "the output differs between runs"
    );
}

const CAUSES: [&str; 5] = [
    "import",
    "--reference",
    "causes.json",
    "--model",
    "causes-model.json",
];

/// A reference with everything that catalogs cannot express: types, keys, placeholders, names and routes.
#[test]
fn everything_that_can_be_is_imported() {
    let output = run(&CAUSES);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_golden("causes.toml", &stdout(&output));
    assert_golden("causes.notes.txt", &stderr(&output));
    // Each note is also in the file.
    for note in stderr(&output).lines() {
        let note = note.strip_prefix("note: ").unwrap();
        assert!(
            stdout(&output).contains(&format!("# Note: {note}\n")),
            "{note}"
        );
    }
}

/// An action whose resource type cannot be written must not become an action that is checked against `*`.
#[test]
fn no_action_loses_all_its_resource_types() {
    let text = stdout(&run(&CAUSES));
    let catalog: toml::Table = toml::from_str(&text).unwrap();
    let actions = catalog["actions"].as_table().unwrap();
    let reference: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(fixture("causes.json")).unwrap()).unwrap();
    let mut checked = 0;
    for action in reference["Actions"].as_array().unwrap() {
        let name = action["Name"].as_str().unwrap();
        let types = action["Resources"].as_array();
        let has_types = types.is_some_and(|types| types.iter().all(|of| of["Name"] != "no arn"));
        if has_types && let Some(entry) = actions.get(name) {
            assert!(entry.get("resources").is_some(), "{name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
    assert!(!actions.contains_key("CopyBackup") && !actions.contains_key("ReadManual"));
}

/// Applies `overlay`, which leaves out each of `subjects`, and returns the output of the import.
fn left(subjects: &[&str]) -> (String, String) {
    let corrections: String = subjects
        .iter()
        .map(|subject| {
            format!("[[correction]]\n{subject}\nleave-out = true\nreason = \"not ours\"\n\n")
        })
        .collect();
    let name = format!(
        "leave-out-{}.toml",
        subjects.join("").replace([' ', '"', '$', '/'], "")
    );
    let overlay = temporary(&name, &format!("overlay = 1\n\n{corrections}"));
    let output = run(&[
        "import",
        "--reference",
        "reference.json",
        "--model",
        "model.json",
        "--overlay",
        &overlay,
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    (stdout(&output), stderr(&output))
}

#[test]
fn references_to_a_left_out_entry_are_removed() {
    let (catalog, notes) = left(&[r#"condition-key = "aws:ResourceTag/${TagKey}""#]);
    let without_comments: Vec<&str> = catalog
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(
        !without_comments.join("\n").contains("ResourceTag"),
        "{catalog}"
    );
    assert!(
        notes.contains("note: the condition key `aws:ResourceTag/${TagKey}` is left out: not ours"),
        "{notes}"
    );
    assert!(
        notes.contains(
            "note: the resource type `widget` is written without the condition key `aws:ResourceTag/${TagKey}`"
        ),
        "{notes}"
    );

    // Actions that act only on a removed type are removed too. Otherwise they would be checked against `*`.
    for subject in [r#"resource = "widget""#, r#"placeholder = "WidgetName""#] {
        let (catalog, notes) = left(&[subject]);
        let table: toml::Table = toml::from_str(&catalog).unwrap();
        assert!(table["resources"].get("widget").is_none());
        assert!(table["actions"].get("GetWidget").is_none());
        assert!(table["actions"].get("ListWidgets").is_some());
        // What it creates is not in the catalog.
        let dependent_actions = &table["actions"]["CreateWidget"]["dependent-actions"];
        assert!(dependent_actions[0].get("resource").is_none(), "{catalog}");
        assert!(
            notes.contains(
                "note: the action `GetWidget` is left out: every resource type that it acts on is left out"
            ),
            "{notes}"
        );
    }

    let (catalog, _) = left(&[r#"source = "service-model""#]);
    assert!(!catalog.contains(r#""service-model""#), "{catalog}");
    let (catalog, _) = left(&[r#"source = "service-reference""#]);
    let table: toml::Table = toml::from_str(&catalog).unwrap();
    assert!(
        table["actions"]["CreateWidget"]
            .get("dependent-actions")
            .is_none()
    );

    let (catalog, _) = left(&[r#"action = "GetWidget""#]);
    let table: toml::Table = toml::from_str(&catalog).unwrap();
    assert!(table["actions"].get("GetWidget").is_none());
    assert!(catalog.ends_with("# Note: the action `GetWidget` is left out: not ours\n"));
}

/// An entry that only the overlay invalidates is an error. An invalid entry that the overlay corrects is kept.
#[test]
fn an_overlay_can_keep_what_would_be_left_out() {
    let import = |correction: &str| {
        let name = format!("keep-{}.toml", correction.len());
        let overlay = temporary(
            &name,
            &format!("overlay = 1\n[[correction]]\n{correction}\nreason = \"r\"\n"),
        );
        run(&[&CAUSES[..], &["--overlay", &overlay]].concat())
    };
    let output = import("action = \"getpart\"\nleave-out = true");
    assert!(output.status.success(), "{}", stderr(&output));
    let output = import("action = \"Mis read\"\nset = { note = \"still faulty\" }");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stdout(&output).contains("still faulty"));
    let output = import("action = \"PaintLabel\"\nset = { route = \"PUT /labels/{name}\" }");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("route = \"PUT /labels/{name}\""));
    let output = import("action = \"GetPart\"\nset = { condition-keys = [\"parts:Nothing\"] }");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("unknown condition key `parts:Nothing`"),
        "{}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn notes_list_what_is_not_imported() {
    let output = run(&IMPORT);
    let notes = stderr(&output);
    let notes: Vec<&str> = notes.lines().collect();
    assert_eq!(
        notes,
        [
            "note: the last parameter of the route `GET /shops/{ShopId}/widgets/{WidgetName+}` of `GetWidget` may hold several \
             segments; the route that is written has one",
            "note: `MoveWidget` has the route `POST /moves`, and its model does not say what fills `ShopId` and \
             `WidgetName`; it is written without a route",
            "note: the model has the operation `PingWidgets`, which the reference does not mention; it is left out",
            "note: the action `OpenConsole` is left out: there is no console",
        ]
    );
}

#[test]
fn rejects_corrections_that_change_nothing() {
    let cases = [
        (
            "[[correction]]\naction = \"GetWidgit\"\nset = { note = \"x\" }\nreason = \"r\"",
            "3: the import contains no `GetWidgit` in `actions`; did you mean `GetWidget`?",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nset = { access-level = \"Read\" }\nreason = \"r\"",
            "3: `access-level` already has this value; remove it from the correction",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nremove = [\"note\"]\nreason = \"r\"",
            "3: there is no `note`; remove it from the correction",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nreason = \"r\"",
            "3: the correction changes nothing; add `set`, `remove` or `leave-out`",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nadd = true\nset = { note = \"x\" }\nreason = \"r\"",
            "3: the import already contains `GetWidget`; remove `add`",
        ),
        (
            "[[correction]]\naction = \"GetWidget\"\nset = { note = \"x\" }\nreason = \" \"",
            "3: a correction needs a `reason` of one line",
        ),
        (
            "[[correction]]\nset = { note = \"x\" }\nreason = \"r\"",
            "3: a correction names one of `service`, `source`, `condition-key`, `placeholder`, `resource` and `action`",
        ),
        (
            "[summaries.actions]\nGetWidgit = \"x\"",
            "4: the import contains no `GetWidgit` in `actions`; did you mean `GetWidget`?",
        ),
        (
            "[summaries.action]\nGetWidget = \"x\"",
            "4: unknown section `action`",
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
