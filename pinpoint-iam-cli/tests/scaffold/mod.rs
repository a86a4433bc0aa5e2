//! `pinpoint-iam scaffold`. `cargo xtask scaffold` compiles what it writes.

use std::fs;
use std::path::{Path, PathBuf};

use super::{code, directory, run, text};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn awkward() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scaffold/awkward.toml");
    path.display().to_string()
}

#[test]
fn every_action_with_an_operation_has_a_handler() {
    let path = directory("scaffold");
    for framework in ["axum", "actix"] {
        for (catalog, handlers) in [("mobiletargeting", 122), ("sms-voice", 95)] {
            let output = format!("{framework}-{catalog}");
            let arguments = [
                "scaffold",
                "--framework",
                framework,
                catalog,
                "--output",
                &output,
            ];
            let result = run(&path, &arguments);
            let shown = text(&result.stdout);
            assert_eq!(result.status.code(), Some(0), "{}", text(&result.stderr));
            assert!(
                shown.contains(&format!("{handlers} handlers; next: ")),
                "{shown}"
            );
            let source = path.join(&output).join("src/handlers.rs");
            let source = fs::read_to_string(source).unwrap();
            assert_eq!(source.matches("#[requires(").count(), handlers);
            let list = source.split("routes![\n").nth(1).unwrap();
            assert_eq!(list.matches(",\n").count(), handlers);
            let notes = text(&result.stderr);
            if catalog == "mobiletargeting" {
                assert_eq!(source.matches("dependents(TagResource)").count(), 8);
                // One of them is needed for two roles.
                assert_eq!(source.matches("iam::PassRole(").count(), 7);
                let note = "note: the handler of `CreateExportJob` takes the resources of the dependent action `iam:PassRole` from the body";
                assert!(notes.contains(note), "{notes}");
            }
            let left_out = "note: these actions have no route and no target, and therefore no handler: GetReports\n";
            assert_eq!(
                notes.contains(left_out),
                catalog == "mobiletargeting",
                "{notes}"
            );
            assert!(!notes.contains("has no handler"), "{notes}");
            let operations = path.join(&output).join("src/operations.rs");
            assert_eq!(operations.exists(), catalog == "sms-voice");
            if catalog == "sms-voice" {
                for handler in [
                    // An ARN of one of several types, and with another resource of its own.
                    "#[requires(PutKeyword, origination_identity = body.origination_identity)]\n",
                    "#[requires(all(AssociateOriginationIdentity(resource = crate::sms_voice::Pool::new(&body.pool_id)?), \
                     AssociateOriginationIdentity(origination_identity = body.origination_identity)))]\n",
                    // The second does not act on all types of the resource.
                    "dependents(SendTextMessage(origination_identity = body.origination_identity), SendVoiceMessage = none)",
                    // Lists of ids, and of objects with ids.
                    "#[requires(each(DescribePools(pool_id = body.pool_ids)))]\n",
                    "#[requires(each(DescribeSenderIds(resource = body.sender_ids.iter().map(|one| \
                     crate::sms_voice::SenderId::new(&one.sender_id, &one.iso_country_code))",
                    "\"POST /PinpointSMSVoiceV2.SendTextMessage\" => send_text_message,\n",
                ] {
                    assert!(source.contains(handler), "{handler}");
                }
            }
            let copied = path.join(&output).join(format!("catalog/{catalog}.toml"));
            let original = repository().join(format!("catalog/data/{catalog}.toml"));
            assert_eq!(
                fs::read_to_string(copied).unwrap(),
                fs::read_to_string(original).unwrap()
            );
        }
    }
}

#[test]
fn existing_files_are_never_overwritten() {
    let path = directory("scaffold-existing");
    fs::create_dir_all(path.join("service/src")).unwrap();
    fs::write(path.join("service/src/main.rs"), "fn main() {}\n").unwrap();
    fs::write(path.join("service/Cargo.toml"), "").unwrap();
    let arguments = [
        "scaffold",
        "--framework",
        "axum",
        "sms-voice",
        "--output",
        "service",
    ];
    let output = run(&path, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "error: `service/Cargo.toml` exists already\nerror: `service/src/main.rs` exists already\n"
    );
    assert!(!path.join("service/build.rs").exists());
    let main = fs::read_to_string(path.join("service/src/main.rs")).unwrap();
    assert_eq!(main, "fn main() {}\n");
    // Files of the user that the skeleton does not contain do not matter.
    fs::remove_file(path.join("service/src/main.rs")).unwrap();
    fs::rename(
        path.join("service/Cargo.toml"),
        path.join("service/README.md"),
    )
    .unwrap();
    assert_eq!(code(&path, &arguments), 0);
    assert_eq!(code(&path, &arguments), 1);
}

#[test]
fn what_cannot_be_generated_is_reported() {
    let path = directory("scaffold-errors");
    fs::write(path.join("faulty.toml"), "format = 1\n").unwrap();
    for (arguments, exit_code, message) in [
        (
            &["mobileanalytics"][..],
            3,
            "error: no action of `mobileanalytics` has a route or a target\n",
        ),
        (&["faulty.toml"], 1, "error: "),
        (
            &["mobiletarget"],
            2,
            "error: `mobiletarget` is neither a file nor a built-in service; did you mean `mobiletargeting`?\n",
        ),
        (
            &["sms-voice", "--repository", "."],
            2,
            "error: `.` is not a clone of the repository of `pinpoint-iam`\n",
        ),
    ] {
        let start = ["scaffold", "--framework", "axum", "--output", "service"];
        let output = run(&path, &[&start[..], arguments].concat());
        let shown = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(exit_code),
            "{arguments:?}: {shown}"
        );
        assert!(shown.starts_with(message), "{arguments:?}: {shown}");
        assert!(!path.join("service").exists(), "{arguments:?}");
    }
    let arguments = [
        "scaffold",
        "--framework",
        "axum",
        &awkward(),
        "--output",
        "service",
    ];
    let notes = text(&run(&path, &arguments).stderr);
    assert_eq!(
        notes,
        "\
note: the handler of `CopyPart` must check the dependent action `handlers:CreatePart`, which it declares as not needed
note: the handler of `CreatePart` must supply the condition key `handlers:Reason`, which it declares as absent
note: the handler of `CreatePart` must supply the condition key `handlers:type`, which it declares as absent
note: the handler of `CreatePart` must supply the condition key `handlers:Since`, which it declares as absent
note: the handler of `CreatePart` must supply the condition key `handlers:part/${PartId}`, which it declares as absent
note: the handler of `CreatePart` must check the dependent action `handlers:Move`, which it declares as not needed
note: the handler of `CreatePart` takes the resources of the dependent action `iam:PassRole` from the body; adapt the members to it
note: the handler of `CreatePart` must check the dependent action `other-service:Read-it`, which it declares as not needed
note: the handler of `CreatePart` must check the dependent action `iam:GetRole`, which it declares as not needed
note: `DescribeMixed` has no handler, because its ids are not all in one list
note: `GetEmailTemplate` acts on several resource types; its handler requires the action on each of them, which is stricter than necessary
note: `MovePart` acts on several resource types; its handler requires the action on each of them, which is stricter than necessary
note: the catalog does not state where requests for `TagSomething` have their tags; its handler takes none
note: the handler of `TagThings` must check the dependent action `handlers:SendPool`, which it declares as not needed
note: these actions have no route and no target, and therefore no handler: Unreachable
"
    );
    // The test of the skeleton sends what its handlers read from the query.
    let source = fs::read_to_string(path.join("service/src/tests.rs")).unwrap();
    let queries: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".query("))
        .collect();
    assert_eq!(
        queries,
        [
            r#""PUT /things/{body}/copies", "part=sample")"#,
            r#""GET /templates/{pool-id}", "kind=EMAIL")"#,
            r#""POST /send", "pool.id=sample")"#,
            r#""POST /Handlers.TagPool", "arn=arn%3Aacme%3Ahandlers%3A%3A123456789012%3Apools%2Fsample")"#,
            r#""POST /Handlers.TagRoot", "arn=arn%3Aacme%3Ahandlers%3A%3A123456789012%3Aroot&pool.id=sample")"#,
            r#""POST /Handlers.TagTemplate", "arn=arn%3Aacme%3Ahandlers%3A%3A123456789012%3Atemplates%2FEMAIL%2Fsample")"#,
        ]
    );
}
