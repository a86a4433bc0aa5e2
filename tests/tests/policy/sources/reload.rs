//! Loading policies again while an authorizer serves: what is taken over, what stays, and who is refused meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pinpoint_iam::eval::Refusal;
use pinpoint_iam::source::{AccountDetails, Directory};
use pinpoint_iam::{Authorizer, BuildError, Decision};

use super::temporary::TemporaryDirectory;
use super::{authorizer, decide, session, user};

const ATTACHMENTS: &str = r#"{
  "users": {
    "arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"] },
    "arn:aws:iam::111122223333:user/bob": { "policies": ["reader.json"], "boundary": "limit.json" },
    "arn:aws:iam::111122223333:user/eve": { "groups": ["senders"] }
  },
  "roles": {
    "arn:aws:iam::111122223333:role/worker": { "policies": ["reader.json", "sender.json"] }
  },
  "groups": { "senders": { "policies": ["sender.json"] } }
}"#;

const READER: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}}"#;
const NO_READER: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "mobiletargeting:GetApp", "Resource": "*"}}"#;
const SENDER: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:SendMessages", "Resource": "*"}}"#;
const EVERYTHING: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
const BROKEN: &str = "{";

fn directory() -> TemporaryDirectory {
    TemporaryDirectory::with(&[
        ("attachments.json", ATTACHMENTS),
        ("reader.json", READER),
        ("sender.json", SENDER),
        ("limit.json", EVERYTHING),
    ])
}

fn opened(directory: &TemporaryDirectory) -> Authorizer {
    authorizer(Directory::open(directory.path()).unwrap())
}

/// Who may do what: a letter for each of ana, bob, eve and a session of the role worker. `r` reads, `s` sends, `b` does
/// both, `-` neither; `?` is refused because of policies that could not be read.
fn rights(authorizer: &Authorizer) -> String {
    let callers = [
        user("ana"),
        user("bob"),
        user("eve"),
        session("worker", "monday"),
    ];
    let right = |caller| {
        let reads = decide(authorizer, caller, "GetApp", "apps/a1");
        let sends = decide(authorizer, caller, "SendMessages", "apps/a1/messages");
        let unavailable = |decision: &Decision| match decision {
            Decision::Deny(by) => *by.refusal() == Refusal::PoliciesUnavailable,
            Decision::Allow(_) => false,
        };
        if unavailable(&reads) && unavailable(&sends) {
            return '?';
        }
        match (reads.is_allowed(), sends.is_allowed()) {
            (true, true) => 'b',
            (true, false) => 'r',
            (false, true) => 's',
            (false, false) => '-',
        }
    };
    callers.iter().map(right).collect()
}

/// The fault of a load that must fail.
fn fault(authorizer: &Authorizer) -> pinpoint_iam::source::SourceError {
    match authorizer.reload().unwrap_err() {
        BuildError::Source(fault) => fault,
        other => panic!("{other}"),
    }
}

#[test]
fn a_change_is_taken_over() {
    let directory = directory();
    let authorizer = opened(&directory);
    let same = authorizer.clone();
    assert_eq!(rights(&authorizer), "rrsb");
    directory.write("reader.json", NO_READER);
    assert_eq!(rights(&authorizer), "rrsb");
    authorizer.reload().unwrap();
    assert_eq!(rights(&authorizer), "--ss");
    assert_eq!(rights(&same), "--ss");
}

#[test]
fn whoever_depends_on_a_document_that_cannot_be_read_is_refused_and_nobody_else() {
    for (document, expected) in [
        ("reader.json", "??s?"),
        ("sender.json", "rr??"),
        ("limit.json", "r?sb"),
    ] {
        let directory = directory();
        let authorizer = opened(&directory);
        directory.write(document, BROKEN);
        let fault = fault(&authorizer);
        assert!(fault.path().ends_with(document), "{fault}");
        assert_eq!(rights(&authorizer), expected, "{document}");
        // It stays so however often it fails, and ends with the first load that succeeds.
        assert!(authorizer.reload().is_err());
        assert_eq!(rights(&authorizer), expected, "{document}");
        for (name, content) in [
            ("reader.json", READER),
            ("sender.json", SENDER),
            ("limit.json", EVERYTHING),
        ] {
            directory.write(name, content);
        }
        authorizer.reload().unwrap();
        assert_eq!(rights(&authorizer), "rrsb", "{document}");
    }
}

#[test]
fn a_document_that_is_gone_counts_as_one_that_cannot_be_read() {
    let directory = directory();
    let authorizer = opened(&directory);
    std::fs::remove_file(directory.path().join("limit.json")).unwrap();
    let fault = fault(&authorizer);
    assert_eq!(
        fault.dependents(),
        Some(&["arn:aws:iam::111122223333:user/bob".to_owned()][..])
    );
    assert_eq!(rights(&authorizer), "r?sb");
}

#[test]
fn every_document_that_cannot_be_read_is_told() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("limit.json", BROKEN);
    directory.write("sender.json", "[]");
    let fault = fault(&authorizer);
    assert_eq!(rights(&authorizer), "r???");
    assert_eq!(
        directory.strip(&fault.to_string()),
        "limit.json:1:1: no valid JSON: EOF while parsing an object; close every string, list and object; \
         sender.json:1:1: the document is a list; write an object with `Version` and `Statement`"
    );
    assert_eq!(fault.others().len(), 1);
}

/// Good documents beside a bad one are not taken over: a source is taken whole or not at all.
#[test]
fn nothing_of_a_load_that_fails_is_taken_over() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("limit.json", BROKEN);
    directory.write("reader.json", NO_READER);
    assert!(authorizer.reload().is_err());
    assert_eq!(rights(&authorizer), "r?sb");
}

/// Whom the new attachments give a document that cannot be read depends on it as well: it may deny.
#[test]
fn whoever_newly_has_a_document_that_cannot_be_read_is_refused() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("deny.json", BROKEN);
    let with_deny = ATTACHMENTS.replace(
        r#"user/ana": { "policies": ["reader.json"] }"#,
        r#"user/ana": { "policies": ["reader.json", "deny.json"] }"#,
    );
    directory.write("attachments.json", with_deny);
    assert!(authorizer.reload().is_err());
    assert_eq!(rights(&authorizer), "?rsb");
}

#[test]
fn where_nobody_knows_whom_a_fault_concerns_the_last_good_policies_stay() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("attachments.json", BROKEN);
    assert_eq!(fault(&authorizer).dependents(), None);
    assert_eq!(rights(&authorizer), "rrsb");
    std::fs::remove_file(directory.path().join("attachments.json")).unwrap();
    assert_eq!(fault(&authorizer).dependents(), None);
    assert_eq!(rights(&authorizer), "rrsb");
}

#[test]
fn account_details_that_cannot_be_read_leave_the_last_good_policies() {
    let directory = TemporaryDirectory::with(&[(
        "account.json",
        include_str!("../../../fixtures/account-details/account.json"),
    )]);
    let path = directory.path().join("account.json");
    let authorizer = authorizer(AccountDetails::open(&path).unwrap());
    let before = format!("{authorizer:?}");
    directory.write("account.json", BROKEN);
    assert_eq!(fault(&authorizer).dependents(), None);
    assert_eq!(format!("{authorizer:?}"), before);
}

/// A first load has nothing to fall back on: there is no authorizer, and nobody is let in.
#[test]
fn a_first_load_that_fails_makes_no_authorizer() {
    let directory = directory();
    directory.write("limit.json", BROKEN);
    let scope = pinpoint_iam::Scope::new("aws", "us-east-1", "111122223333");
    let built = Authorizer::builder()
        .scope(scope)
        .source(Directory::open(directory.path()).unwrap())
        .build();
    assert!(matches!(built, Err(BuildError::Source(_))));
}

#[test]
fn an_explanation_says_that_policies_are_unavailable() {
    use pinpoint_iam::context::Context;
    use pinpoint_iam::request::{Request, RequestedAction};
    use pinpoint_iam::resource::RequestedResource;

    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("reader.json", BROKEN);
    assert!(authorizer.reload().is_err());
    let (ana, context) = (user("ana"), Context::new());
    let action = RequestedAction::parse("mobiletargeting:GetApp").unwrap();
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    let explanation = authorizer.explain(&request);
    assert!(!explanation.allowed);
    assert_eq!(
        explanation.decision,
        "refused: a policy of the caller could not be read when it was last loaded"
    );
    assert_eq!(
        authorizer.decide(&request).to_string(),
        explanation.decision
    );
}

/// Decisions that are made while policies change are made by the old or by the new ones, never by a mixture.
#[test]
fn readers_see_whole_snapshots() {
    let directory = directory();
    let authorizer = opened(&directory);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let ana = user("ana");
                    let mut kept = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let decision = decide(&authorizer, &ana, "GetApp", "apps/a1");
                        let (statement, expected) = match &decision {
                            Decision::Allow(by) => (by.statement(), READER),
                            Decision::Deny(by) => (by.statement(), NO_READER),
                        };
                        let document = statement.unwrap().policy().document().to_string();
                        assert_eq!(document, expected.replace(": ", ":").replace(", ", ","));
                        // More than a thread can borrow without counting: what is cited outlives its snapshot.
                        if kept.len() < 100 {
                            kept.push(decision);
                        }
                    }
                    kept
                })
            })
            .collect();
        for round in 0..50 {
            directory.write(
                "reader.json",
                if round % 2 == 0 { NO_READER } else { READER },
            );
            authorizer.reload().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            for decision in reader.join().unwrap() {
                assert!(decision.clone() == decision && !decision.to_string().contains("lost"));
            }
        }
    });
}
