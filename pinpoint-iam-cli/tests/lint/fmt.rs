//! `pinpoint-iam fmt`.

use std::fs;

use super::{directory, run, run_in, text};

const BEFORE: &str =
    r#"{"Statement":{"Resource":"*","Action":["s3:Get*"],"Effect":"Deny"},"Version":"2012-10-17"}"#;
const AFTER: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Deny\",\n    \"Action\": [\"s3:Get*\"],\n    \"Resource\": \"*\"\n  }\n}\n";

#[test]
fn files_are_formatted() {
    let path = directory("fmt");
    let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
    let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
    write("a.json", BEFORE);
    write("b.json", AFTER);
    write("other.json", "{\"name\":1}");
    write("list.json", "[{\"name\":1}]");
    let fmt = |arguments: &[&str]| {
        let output = run_in(&path, &[&["fmt"], arguments].concat(), "");
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let name = |name: &str| path.join(name).display().to_string();
    let directory = path.display().to_string();
    assert_eq!(
        fmt(&["--check", &directory]),
        (Some(11), format!("{}\n", name("a.json")), String::new())
    );
    assert_eq!(read("a.json"), BEFORE);

    // An invalid document is reported, and the others are formatted.
    let duplicate = "{\n  \"Statement\": [],\n  \"Statement\": []\n}";
    write("c.json", duplicate);
    let (code, shown, errors) = fmt(&[&directory]);
    assert_eq!(
        (code, shown),
        (Some(1), format!("formatted {}\n", name("a.json")))
    );
    assert_eq!(
        errors,
        format!(
            "error: {}:3:3: the member `Statement` is written twice; remove one of the two\n",
            name("c.json")
        )
    );
    assert_eq!(
        (read("a.json"), read("c.json")),
        (AFTER.to_owned(), duplicate.to_owned())
    );
    // In a directory, other files are left alone.
    assert_eq!(read("other.json"), "{\"name\":1}");
    assert_eq!(read("list.json"), "[{\"name\":1}]");

    assert_eq!(
        fmt(&["a.json", "b.json"]),
        (Some(0), String::new(), String::new())
    );
    assert_eq!(fmt(&["--check", "none.json"]).0, Some(1));
    assert_eq!(fmt(&["--check", "none/*.json"]).0, Some(3));
    fs::create_dir(path.join("empty")).unwrap();
    assert_eq!(fmt(&["empty"]).0, Some(3));
    assert_eq!(fmt(&[]).0, Some(2));
}

#[test]
fn standard_input_is_formatted() {
    let output = run(&["fmt", "-"], BEFORE);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), AFTER.to_owned())
    );
    let output = run(
        &["fmt", "-"],
        &format!("{{\"a\": 1.50, \"PolicyDocument\": {BEFORE}}}"),
    );
    let indented = AFTER.trim_end().replace('\n', "\n  ");
    assert_eq!(
        text(&output.stdout),
        format!("{{\n  \"a\": 1.50,\n  \"PolicyDocument\": {indented}\n}}\n")
    );
    let output = run(&["fmt", "-"], "{");
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(1), String::new())
    );
    let output = run(&["fmt", "--check", "-"], BEFORE);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(11), "<stdin>\n".to_owned())
    );
}
