//! The cases of `conformance/lists.toml`, and the program that selects lists for other suites.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};

use pinpoint_iam_tests::select::List;
use serde::Deserialize;
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "rules")]
    _rules: Vec<String>,
    why: String,
    policy: String,
    rows: Vec<Row>,
    #[serde(default)]
    inexact: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    selected: bool,
    arn: String,
    keys: String,
}

impl Case {
    fn line(&self) -> Result<String, Box<dyn Error>> {
        let candidates = self.rows.iter().map(|row| {
            let resource = row
                .arn
                .replace('~', "arn:aws:archive:us-east-1:111122223333:");
            Ok(json!({"resource": resource, "context": serde_json::from_str::<Value>(&row.keys)?}))
        });
        let candidates = candidates.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        Ok(json!({
            "name": self.name,
            "principal": "arn:aws:iam::111122223333:user/ana",
            "action": "archive:GetDocument",
            "identity_policies": [serde_json::from_str::<Value>(&self.policy)?],
            "candidates": candidates,
        })
        .to_string())
    }
}

#[test]
fn every_list_has_its_rows() -> TestResult {
    let table: Table = toml::from_str(include_str!("../../conformance/lists.toml"))?;
    let mut faults = Vec::new();
    for case in &table.case {
        let line = case.line()?;
        let selection = serde_json::from_str::<List<'_>>(&line)?.select()?;
        let wanted: Vec<usize> = case
            .rows
            .iter()
            .enumerate()
            .filter_map(|(index, row)| row.selected.then_some(index))
            .collect();
        let (allowed, selected) = (&selection.allowed, &selection.selected);
        if *allowed != wanted || *selected != wanted || selection.inexact.len() != case.inexact {
            faults.push(format!(
                "{} ({}): wanted {wanted:?}, allowed {allowed:?}, selected {selected:?}\n    {}\n    {:?}",
                case.name, case.why, selection.predicate, selection.inexact
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn the_program_answers_every_line() -> TestResult {
    let table: Table = toml::from_str(include_str!("../../conformance/lists.toml"))?;
    let case = table.case.first().ok_or("no case")?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_select"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = format!("{{\"name\":\"x\"}}\n\n{}\nno\n", case.line()?);
    child
        .stdin
        .take()
        .ok_or("no input")?
        .write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout)?;
    let lines: Vec<&str> = text.lines().collect();
    let [unreadable, selected, no_case] = lines.as_slice() else {
        return Err(format!("{lines:?}").into());
    };
    assert_eq!(
        *unreadable,
        r#"{"name":"x","error":"missing field `principal` at line 1 column 12"}"#
    );
    assert_eq!(
        *selected,
        concat!(
            r#"{"name":"absent-not-equals-list","allowed":[0,2],"selected":[0,2],"exact":true,"#,
            r#""predicate":"(`account` COLLATE BINARY IN (SELECT value FROM json_each(?1)) AND "#,
            r#"(`key0` IS NULL OR `key0` COLLATE BINARY NOT IN (SELECT value FROM json_each(?2))))"}"#
        )
    );
    assert!(
        no_case.starts_with(r#"{"name":null,"error":""#),
        "{no_case}"
    );
    Ok(())
}
