//! The same errors, recorded with and without the sources of the standard library.

use super::*;

const WITHOUT: &str = include_str!("recorded/without_rust_src.jsonl");
const WITH: &str = include_str!("recorded/with_rust_src.jsonl");

/// Attributes as in our sources.
const SOURCE: &str = r##"
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` holds no `Authorizer`",
    label = "needs an authorizer in the router's state",
    note = "implement `FromRef<{Self}>` for `Authorizer`"
)]
#[must_use = "handlers are served by the router that `with_state` makes of them"]
#[diagnostic::on_unimplemented(message = "{Self}", label = "a {{b}} \
    \"c\"")]
"##;

const EXPECTED: &str = "\
rustc's error[E0061]
 --> 8:10 `get_app`

error[E0277]: the state `()` holds no `Authorizer`
 --> 6:1 `#[requires(GetApp)]`
  = label: needs an authorizer in the router's state
  = note: implement `FromRef<()>` for `Authorizer`

error[E0277]: the state `()` holds no `Authorizer`
 --> 6:1 `#[requires(GetApp)]`
  = label: needs an authorizer in the router's state
  = note: implement `FromRef<()>` for `Authorizer`

error: unknown action `GetCampagin`
  help: did you mean `GetCampaign` or `GetCampaigns`?
 --> 6:12 `GetCampagin`

rustc's error[E0277]
 --> 7:5 `Permit`

rustc's error[E0599]
 --> 11:13 `default`

error[unused_must_use]
 --> 9:5 `routes![\"GET /healthz\" => health].merge(pinpoint_iam::web::axum::Routes::<Authorizer>::new())`
  = note: handlers are served by the router that `with_state` makes of them
";

fn ours() -> Ours {
    let mut ours = Ours::default();
    ours.add(SOURCE);
    ours
}

fn entries(recorded: &str) -> Entries {
    let diagnostics: Vec<Diagnostic> = recorded.lines().filter_map(Diagnostic::read).collect();
    assert_eq!(diagnostics.len(), 7);
    let directory = Path::new("/home/ana/pinpoint-iam/tests");
    Entries::new(&diagnostics, "case.rs", directory, &ours())
}

/// Returns the number of skipped entries, or the texts if they differ.
fn skipped(found: &str, expected: &str, is_same_compiler: bool) -> Result<usize, String> {
    let expected = Entries::read(expected);
    match entries(found).compare(&expected, is_same_compiler) {
        Verdict::Equal { skipped } => Ok(skipped),
        Verdict::Different { found, .. } => Err(found),
    }
}

#[test]
fn installed_components_change_nothing() {
    assert_ne!(WITHOUT, WITH);
    for recorded in [WITHOUT, WITH] {
        assert_eq!(entries(recorded).to_string(), EXPECTED);
        assert_eq!(skipped(recorded, EXPECTED, true), Ok(0));
    }
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(Entries::read(EXPECTED), entries(WITHOUT));
    let windows = EXPECTED.replace('\n', "\r\n");
    assert_eq!(Entries::read(&windows), entries(WITHOUT));
    assert_eq!(Entries::read(""), Entries::default());
}

/// Another version may report other errors of its own at other positions. Our texts are compared.
#[test]
fn our_texts_are_compared_with_every_compiler() {
    let other = WITHOUT
        .replace("E0061", "E0057")
        .replace("E0599", "E0425")
        .replace("this function takes", "the function needs");
    assert_eq!(skipped(&other, EXPECTED, false), Ok(3));
    assert!(skipped(&other, EXPECTED, true).is_err());
}

#[test]
fn each_part_of_ours_is_compared_with_every_compiler() {
    for (from, to) in [
        ("GetCampagin", "GetCampaing"),
        ("did you mean", "do you mean"),
        ("holds no `Authorizer`", "has no `Authorizer`"),
        ("needs an authorizer", "needs one"),
        ("implement `FromRef", "write `FromRef"),
        ("handlers are served", "handlers are mounted"),
        ("\"level\": \"error\"", "\"level\": \"warning\""),
        ("\"line_start\": 6", "\"line_start\": 5"),
        ("\"column_start\": 12", "\"column_start\": 13"),
        ("\"highlight_start\": 12", "\"highlight_start\": 13"),
    ] {
        assert!(WITHOUT.contains(from), "{from}");
        let changed = WITHOUT.replace(from, to);
        for is_same_compiler in [true, false] {
            let compared = skipped(&changed, EXPECTED, is_same_compiler);
            assert!(compared.is_err(), "{from}");
        }
    }
}

/// Missing and additional errors are both detected.
#[test]
fn missing_and_additional_errors_are_noticed() {
    for is_same_compiler in [true, false] {
        assert!(skipped(WITHOUT, "", is_same_compiler).is_err());
        let fewer = EXPECTED.replace("error: unknown action", "error: unknown service");
        assert!(skipped(WITHOUT, &fewer, is_same_compiler).is_err());
    }
}

#[test]
fn texts_are_found_in_attributes() {
    let ours = ours();
    let found = |text: &str| ours.wrote(text);
    let text = "implement `FromRef<AppState>` for `Authorizer`";
    assert_eq!(found(text), Some(text.to_owned()));
    assert_eq!(found("a {b} \"c\""), Some("a {b} \"c\"".to_owned()));
    assert_eq!(found("implement `FromRef<AppState>` for `Authority`"), None);
    // A text without a fixed part is not ours.
    assert_eq!(
        found("the trait bound `Permit<_>: Clone` is not satisfied"),
        None
    );
}

/// Whether the compiler prints paths of types depends on the loaded crates.
#[test]
fn types_are_compared_without_their_paths() {
    for (state, short) in [
        ("app::AppState", "AppState"),
        ("(app::A, std::vec::Vec<app::b::C>)", "(A, Vec<C>)"),
        ("<app::A as app::T>::B", "<A as T>::B"),
    ] {
        let text = format!("the state `{state}` holds no `Authorizer`");
        let short = format!("the state `{short}` holds no `Authorizer`");
        assert_eq!(ours().wrote(&text), Some(short));
    }
}

/// The panic message of a constant is compared.
#[test]
fn a_panic_of_a_constant_is_ours() {
    let line = r#"{"message": "evaluation panicked: the catalogs differ", "code": {"code": "E0080"}, "level": "error",
        "spans": [], "children": [], "rendered": null}"#;
    let span = r#""spans": [{"file_name": "/registry/core.rs", "line_start": 1, "column_start": 1, "is_primary": true,
        "label": "evaluation of `_` failed here", "text": [], "expansion": {"span": {"file_name": "case.rs",
        "line_start": 2, "column_start": 3, "is_primary": true, "label": null, "expansion": null,
        "text": [{"text": "  include_catalog!()", "highlight_start": 3, "highlight_end": 19}]}}}]"#;
    let line = line.replace(r#""spans": []"#, span);
    let diagnostics: Vec<Diagnostic> = Diagnostic::read(&line).into_iter().collect();
    let entries = Entries::new(&diagnostics, "case.rs", Path::new("/"), &ours());
    assert_eq!(
        entries.to_string(),
        "error[E0080]: the catalogs differ\n --> 2:3 `include_catalog!`\n"
    );
}
