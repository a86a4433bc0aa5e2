//! The call in the test of an application.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

use pinpoint_iam_docs::{UPDATE_VARIABLE, compare, fresh, update};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Returns a path in a separate folder, which does not exist yet.
fn place(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("pinpoint-iam-docs-{}-{name}", process::id()));
    folder.join("below").join("page.md")
}

fn remove(path: &std::path::Path) -> TestResult {
    let folder = path.ancestors().nth(2).ok_or("no folder")?;
    fs::remove_dir_all(folder)?;
    Ok(())
}

#[test]
fn a_stale_document_is_reported_with_its_difference() -> TestResult {
    let path = place("stale");
    let shown = path.display();
    let error = compare(&path, "a\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{shown}` does not exist; write it with `UPDATE_DOCS=1` in the environment")
    );

    update(&path, "one\ntwo\nthree\nfour\nfive\nsix\n")?;
    let error = compare(&path, "one\ntwo\nthree\nvier\nfive\nsix\n").unwrap_err();
    let difference =
        "--- committed\n+++ rendered\n@@ -2,5 +2,5 @@\n two\n three\n-four\n+vier\n five\n six\n";
    assert_eq!(error.difference(), Some(difference));
    let text = format!(
        "`{shown}` is stale; write it with `UPDATE_DOCS=1` in the environment\n{difference}"
    );
    assert_eq!(error.to_string(), text);
    // The output of a test that returns the error.
    assert_eq!(format!("{error:?}"), text);
    remove(&path)
}

#[test]
fn line_ends_of_a_checkout_do_not_matter_and_all_else_does() -> TestResult {
    let path = place("ends");
    update(&path, "a\r\nb\n")?;
    compare(&path, "a\nb\r\n")?;
    assert!(compare(&path, "a\nb").is_err());
    fs::write(&path, b"\xff")?;
    assert!(compare(&path, "\u{fffd}").is_err());
    remove(&path)
}

/// The variable is set for a separate process, which runs the test with the same name.
#[test]
fn the_variable_makes_it_write() -> TestResult {
    const PATH: &str = "PINPOINT_IAM_TEST_PATH";
    if let Some(path) = env::var_os(PATH) {
        return Ok(fresh(path, "new\n")?);
    }
    let path = place("variable");
    let run = |value: &str| {
        Command::new(env::current_exe()?)
            .args(["--exact", "freshness::the_variable_makes_it_write"])
            .env(PATH, &path)
            .env(UPDATE_VARIABLE, value)
            .output()
            .map(|output| output.status.success())
    };
    for value in ["", "0", "yes"] {
        assert!(!run(value)?, "`{value}` must not write");
        assert!(!path.exists());
    }
    assert!(run("1")?);
    assert_eq!(fs::read_to_string(&path)?, "new\n");
    assert!(run("0")?, "the document is fresh now");
    remove(&path)
}
