//! Every rule of the format has a file that violates it, with the exact error that results.

use pinpoint_iam_catalog::{Catalog, SourceFile, render};
use toml::de::DeTable;

/// A valid catalog, which the cases modify.
const SOUND: &str = include_str!("faults/sound.toml");

/// The cases; the start of the file describes their form.
const CASES: &str = include_str!("faults/cases.toml");

fn faults(text: &str) -> String {
    match Catalog::load([SourceFile::new("orders.toml", text)]) {
        Ok(_) => "no fault".to_owned(),
        Err(faults) => faults.to_string(),
    }
}

/// Replaces `from` with `to` in the valid catalog.
fn broken(from: &str, to: &str) -> String {
    assert_eq!(SOUND.matches(from).count(), 1, "`{from}` is not unique");
    SOUND.replace(from, to)
}

#[test]
fn a_sound_file_has_no_faults() {
    assert_eq!(faults(SOUND), "no fault");
}

/// A WebSocket route succeeds by switching protocols; no other informational status ends a request.
#[test]
fn a_route_may_succeed_with_101() {
    let with = |status: &str| {
        faults(&broken(
            "success-status = 204",
            &format!("success-status = {status}"),
        ))
    };
    assert_eq!(with("101"), "no fault");
    for status in ["100", "102", "103", "199", "400"] {
        assert!(with(status).contains("is not a success status"), "{status}");
    }
}

#[test]
fn every_rule_has_its_fault() {
    let document = DeTable::parse(CASES).unwrap();
    let cases = document.get_ref().get("case").unwrap().get_ref();
    for case in cases.as_array().unwrap() {
        let case = case.get_ref().as_table().unwrap();
        let text = |key: &str| case.get(key).unwrap().get_ref().as_str().unwrap();
        let expected: Vec<String> = case
            .get("faults")
            .and_then(|faults| faults.get_ref().as_array())
            .unwrap()
            .iter()
            .map(|fault| format!("orders.toml:{}", fault.get_ref().as_str().unwrap()))
            .collect();
        let found = faults(&broken(text("replace"), text("with")));
        assert_eq!(found, expected.join("\n"), "{}", text("rule"));
    }
}

#[test]
fn all_faults_of_all_files_are_reported_together() {
    let first = broken(r#"resources = ["order"]"#, r#"resources = ["ordre"]"#)
        .replace(r#"name = "Order Desk""#, "");
    let second = "format = 2\n";
    let error = Catalog::load([
        SourceFile::new("a.toml", first),
        SourceFile::new("b.toml", second),
    ])
    .unwrap_err();
    let places: Vec<_> = error
        .iter()
        .map(|fault| (fault.file(), fault.line(), fault.column()))
        .collect();
    assert_eq!(
        places,
        [
            ("a.toml", 3, 1),
            ("a.toml", 36, 14),
            ("b.toml", 1, 1),
            ("b.toml", 1, 1),
            ("b.toml", 1, 10)
        ],
        "{error}"
    );
}

#[test]
fn two_files_do_not_describe_one_service() {
    let error = Catalog::load([
        SourceFile::new("a.toml", SOUND),
        SourceFile::new("b.toml", SOUND),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "b.toml:4:10: another file already describes the service `orders`; keep one file for each service"
    );
}

#[test]
fn syntax_errors_have_their_place() {
    assert_eq!(
        faults("format = 1\nservice = {\n"),
        "orders.toml:2:12: unclosed inline table, expected `}`; the file is not valid TOML 1.1"
    );
}

#[test]
fn no_file_panics_however_it_is_cut_or_mangled() {
    for end in 0..SOUND.len() {
        let cut = SOUND.get(..end).unwrap();
        let _ = Catalog::load([SourceFile::new("cut.toml", cut)]);
    }
    for (index, _) in SOUND.match_indices(['"', '=', '[', '$', '{', '/', ':']) {
        for replacement in ["", "\"", "é", "\0", "${", "\n"] {
            let mut text = SOUND.to_owned();
            text.replace_range(index..=index, replacement);
            let _ = Catalog::load([SourceFile::new("mangled.toml", text)]);
        }
    }
}

#[test]
fn no_line_can_be_lost_unnoticed() {
    for text in [SOUND, include_str!("golden/shelf.toml")] {
        let generated = |text: &str| {
            let catalog = Catalog::load([SourceFile::new("orders.toml", text)]);
            catalog.map(|catalog| render(catalog.default_service().unwrap()))
        };
        let whole = generated(text);
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.is_empty() {
                continue;
            }
            let mut without = lines.clone();
            without.remove(index);
            // A change that is not rejected must change the generated code.
            let less = generated(&without.join("\n"));
            assert!(less != whole, "line {}: {line}", index + 1);
        }
    }
}
