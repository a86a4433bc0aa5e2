//! The form in which errors are shown to people.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam_catalog::{Catalog, SourceFile};

fn report(text: &str) -> String {
    let faults = Catalog::load([SourceFile::new("orders.toml", text)]).unwrap_err();
    faults.report().to_string()
}

#[test]
fn the_place_is_marked_below_its_line() {
    let sound = include_str!("faults/sound.toml");
    let text = sound.replace(r#"resources = ["order"]"#, r#"resources = ["ordre"]"#);
    assert_eq!(
        report(&text),
        r#"error: unknown resource type `ordre`
  --> orders.toml:36:14
   |
36 | resources = ["ordre"]
   |              ^^^^^^^
   = help: did you mean `order`?"#
    );
}

#[test]
fn every_fault_is_shown() {
    let text = "format = 2\nextra = 1\n";
    let report = report(text);
    assert_eq!(report.matches("error: ").count(), 4, "{report}");
    assert_eq!(report.matches("\n\n").count(), 3, "{report}");
}

#[test]
fn marks_stay_below_their_place_whatever_stands_before_it() {
    for before in ["", "\t", "é", "日本", "# \u{0} \r"] {
        let text = format!("x = [\"{before}\", 1979-05-27T07:32:00Z, nonsense]");
        for report in report(&text).split("\n\n") {
            let lines: Vec<&str> = report.lines().collect();
            let [_, place, _, source, marks, _] = lines.as_slice() else {
                panic!("{report}");
            };
            let column: usize = place.rsplit(':').next().unwrap().parse().unwrap();
            let mark = marks.chars().position(|found| found == '^').unwrap();
            assert_eq!(mark, "1 | ".len() + column - 1, "{report}");
            assert!(mark <= source.chars().count(), "{report}");
        }
    }
}

#[test]
fn a_line_as_long_as_the_file_is_shown_in_part() {
    let text = format!("format = 1{}, x", " ".repeat(100_000));
    let report = report(&text);
    assert!(report.len() < 1_000, "{}", report.len());
    assert!(report.contains("orders.toml:1:100011"), "{report}");
    let marks = report.lines().find(|line| line.contains('^')).unwrap();
    let source = report.lines().nth(3).unwrap();
    let mark = marks.chars().position(|found| found == '^').unwrap();
    assert_eq!(source.chars().nth(mark), Some(','), "{report}");
}
