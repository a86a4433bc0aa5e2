//! Reloading of policies while an authorizer is in use: which changes apply, which policies remain, and who is denied
//! meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pinpoint_iam::eval::DenyReason;
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

/// Returns a letter for each of ana, bob, eve and a session of the role worker. `r` can read, `s` can send, `b` both
/// and `-` neither. `?` is denied because of policies that could not be read.
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
            Decision::Deny(by) => *by.reason() == DenyReason::PoliciesUnavailable,
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

/// Returns the error of a load that must fail.
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
fn only_principals_with_an_unreadable_document_are_denied() {
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
        // This does not change if further loads fail, and ends with the first load that succeeds.
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
fn every_unreadable_document_is_reported() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("limit.json", BROKEN);
    directory.write("sender.json", "[]");
    let fault = fault(&authorizer);
    assert_eq!(rights(&authorizer), "r???");
    assert_eq!(
        directory.strip(&fault.to_string()),
        "limit.json:1:1: not valid JSON: EOF while parsing an object; close every string, list and object; \
         sender.json:1:1: the document is a list; write an object with `Version` and `Statement`"
    );
    assert_eq!(fault.others().len(), 1);
}

/// Valid documents next to an invalid one are not applied: a source is loaded completely or not at all.
#[test]
fn nothing_of_a_load_that_fails_is_taken_over() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write("limit.json", BROKEN);
    directory.write("reader.json", NO_READER);
    assert!(authorizer.reload().is_err());
    // The changed document may remove a permission, so principals that have it wait for the next successful load.
    assert_eq!(rights(&authorizer), "??s?");
}

/// A principal to which the new attachments give an unreadable document depends on it too, because the document may
/// deny.
#[test]
fn principals_that_newly_have_an_unreadable_document_are_denied() {
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

/// While a document is invalid, no change is applied. A principal that would have other policies according to the
/// readable files is denied everything, because its permissions may be fewer.
#[test]
fn principals_that_change_while_a_document_is_invalid_are_denied() {
    let ana = r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"] },"#;
    let eve = r#""arn:aws:iam::111122223333:user/eve": { "groups": ["senders"] }"#;
    let worker = r#"{ "policies": ["reader.json", "sender.json"] }"#;
    let cases = [
        ("nothing has changed", ana, ana, "rrsb"),
        ("a user is removed", ana, "", "?rsb"),
        (
            "a user has no policies any more",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": {},"#,
            "?rsb",
        ),
        (
            "a user has another policy",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["sender.json"] },"#,
            "?rsb",
        ),
        (
            "a user has one more policy",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json", "sender.json"] },"#,
            "?rsb",
        ),
        (
            "a user has a boundary",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"], "boundary": "limit.json" },"#,
            "?rsb",
        ),
        (
            "a user has a tag",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"], "tags": { "team": "red" } },"#,
            "?rsb",
        ),
        (
            "a user has another path",
            ana,
            r#""arn:aws:iam::111122223333:user/guests/ana": { "policies": ["reader.json"] },"#,
            "?rsb",
        ),
        (
            "a user is another one",
            ana,
            r#""arn:aws:iam::111122223333:user/anna": { "policies": ["reader.json"] },"#,
            "?rsb",
        ),
        (
            "a user is in a group that does not exist",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"], "groups": ["readers"] },"#,
            "?rsb",
        ),
        (
            "a user is listed twice",
            ana,
            r#""arn:aws:iam::111122223333:user/ana": { "policies": ["reader.json"] },
               "arn:aws:iam::111122223333:user/x/ana": {},"#,
            "?rsb",
        ),
        (
            "a boundary is lifted",
            r#", "boundary": "limit.json""#,
            "",
            "r?sb",
        ),
        (
            "a boundary is another one",
            r#""boundary": "limit.json""#,
            r#""boundary": "reader.json""#,
            "r?sb",
        ),
        (
            "a group has nothing any more",
            r#""senders": { "policies": ["sender.json"] }"#,
            r#""senders": {}"#,
            "rr?b",
        ),
        (
            "a user is in no group any more",
            eve,
            r#""arn:aws:iam::111122223333:user/eve": {}"#,
            "rr?b",
        ),
        (
            "a policy comes without the group",
            eve,
            r#""arn:aws:iam::111122223333:user/eve": { "policies": ["sender.json"] }"#,
            "rrsb",
        ),
        (
            "the order is another one",
            worker,
            r#"{ "policies": ["sender.json", "reader.json"] }"#,
            "rrsb",
        ),
        (
            "a role has less",
            worker,
            r#"{ "policies": ["reader.json"] }"#,
            "rrs?",
        ),
    ];
    for (what, from, to, expected) in cases {
        let directory = directory();
        let authorizer = opened(&directory);
        assert_eq!(ATTACHMENTS.matches(from).count(), 1, "{what}");
        directory.write("attachments.json", ATTACHMENTS.replace(from, to));
        // The document is not attached.
        directory.write("unattached.json", BROKEN);
        assert!(fault(&authorizer).path().ends_with("unattached.json"));
        assert_eq!(rights(&authorizer), expected, "{what}");
        // Permissions that were removed meanwhile are not restored before a load succeeds.
        directory.write("attachments.json", ATTACHMENTS);
        assert!(authorizer.reload().is_err());
        assert_eq!(rights(&authorizer), expected, "{what}");
        std::fs::remove_file(directory.path().join("unattached.json")).unwrap();
        authorizer.reload().unwrap();
        assert_eq!(rights(&authorizer), "rrsb", "{what}");
    }
}

/// Attachments with single invalid entries are handled like single invalid documents.
#[test]
fn an_error_in_one_entry_affects_only_its_principals() {
    let directory = directory();
    let authorizer = opened(&directory);
    let faulty = ATTACHMENTS
        .replace(r#""groups": ["senders"]"#, r#""groups": ["sender"]"#)
        .replace(
            r#"user/ana": { "policies": ["reader.json"] },"#,
            r#"user/ana": { "policies": ["gone.json"] },"#,
        );
    directory.write("attachments.json", faulty);
    let fault = fault(&authorizer);
    assert_eq!(
        directory.strip(&fault.to_string()),
        "attachments.json:3:58: unknown document `gone.json`; documents are the other `.json` files here; \
         attachments.json:5:56: unknown group `sender`; did you mean `senders`?"
    );
    assert_eq!(
        fault.dependents(),
        Some(
            &[
                "arn:aws:iam::111122223333:user/ana".to_owned(),
                "arn:aws:iam::111122223333:user/eve".to_owned()
            ][..]
        )
    );
    assert_eq!(rights(&authorizer), "?r?b");
}

/// An application's own source can also report which parts it could read.
#[test]
fn other_sources_can_report_what_they_can_read() {
    use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
    use std::sync::Mutex;

    struct Source(Mutex<Result<PolicyStore, SourceError>>);

    impl PolicySource for &'static Source {
        fn load(&self) -> Result<PolicyStore, SourceError> {
            self.0.lock().unwrap().clone()
        }
    }

    let directory = directory();
    let all = Directory::open(directory.path()).unwrap().load().unwrap();
    let without_ana = ATTACHMENTS.replace("user/ana", "user/anna");
    directory.write("attachments.json", without_ana);
    let readable = Directory::open(directory.path()).unwrap().load().unwrap();

    let source: &'static Source = Box::leak(Box::new(Source(Mutex::new(Ok(all)))));
    let authorizer = authorizer(source);
    assert_eq!(rights(&authorizer), "rrsb");
    let fault = SourceError::of_file("policies.db".as_ref(), "record 7 is faulty")
        .with_dependents(vec!["arn:aws:iam::111122223333:user/eve".to_owned()])
        .with_readable(readable);
    *source.0.lock().unwrap() = Err(fault.clone());
    assert_eq!(authorizer.reload(), Err(BuildError::Source(fault)));
    assert_eq!(rights(&authorizer), "?r?b");
}

/// Temporary files of editors, which are not documents.
#[test]
fn files_with_a_dot_do_not_keep_policies_from_being_loaded() {
    let directory = directory();
    let authorizer = opened(&directory);
    directory.write(".#reader.json", BROKEN);
    directory.write(".reader.json", BROKEN);
    directory.write(".json", BROKEN);
    std::fs::create_dir(directory.path().join(".drafts.json")).unwrap();
    // Emacs creates this while a file is being edited: a link without a target.
    #[cfg(unix)]
    std::os::unix::fs::symlink("ana@host.1", directory.path().join(".#sender.json")).unwrap();
    directory.write("reader.json", NO_READER);
    authorizer.reload().unwrap();
    assert_eq!(rights(&authorizer), "--ss");
    // They cannot be attached either.
    let attached = ATTACHMENTS.replace("limit.json", ".reader.json");
    directory.write("attachments.json", attached);
    assert_eq!(
        directory.strip(&fault(&authorizer).to_string()),
        "attachments.json:4:86: unknown document `.reader.json`; did you mean `reader.json`?"
    );
}

/// Two versions that both deny a deletion. A mixture of them would allow it.
#[cfg(unix)]
#[test]
fn versions_that_are_switched_are_never_mixed() {
    use std::fs;
    use std::os::unix::fs::symlink;

    const ROUNDS: usize = 400;

    struct Stop<'a>(&'a AtomicBool);

    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn document(effect: &str) -> String {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": "mobiletargeting:DeleteApp", "Resource": "*"}}}}"#
        )
    }

    // A volume as mounted by Kubernetes: links through `..data`, which is renamed.
    let volume = TemporaryDirectory::new();
    let attachments = r#"{ "users": { "arn:aws:iam::111122223333:user/ana": { "policies": ["a.json", "z.json"] } } }"#;
    for (version, a, z) in [("..v1", "Allow", "Deny"), ("..v2", "Deny", "Allow")] {
        fs::create_dir(volume.path().join(version)).unwrap();
        let write = |name: &str, content: &str| volume.write(&format!("{version}/{name}"), content);
        write("attachments.json", attachments);
        write("a.json", &document(a));
        write("z.json", &document(z));
    }
    let switch = |version: &str| {
        symlink(version, volume.path().join("..data_tmp")).unwrap();
        fs::rename(
            volume.path().join("..data_tmp"),
            volume.path().join("..data"),
        )
        .unwrap();
    };
    switch("..v1");
    for name in ["attachments.json", "a.json", "z.json"] {
        symlink(format!("..data/{name}"), volume.path().join(name)).unwrap();
    }
    let authorizer = opened(&volume);
    let is_denied = || !decide(&authorizer, &user("ana"), "DeleteApp", "apps/a1").is_allowed();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..1_000_000 {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                switch(["..v2", "..v1"][round % 2]);
                // Occasionally leaves enough time for a complete load between two switches.
                (0..round % 16_384).for_each(|_| std::hint::spin_loop());
            }
        });
        // Stops the thread even if an assertion fails.
        let _stop = Stop(&is_done);
        for _ in 0..ROUNDS {
            match authorizer.reload() {
                Ok(()) => assert!(is_denied(), "two versions were mixed"),
                Err(BuildError::Source(fault)) => assert_eq!(
                    volume.strip(&fault.to_string()),
                    "DIRECTORY: changed each of the 3 times that it was read; replace all files at once, \
                     for example with a symbolic link that is renamed"
                ),
                Err(other) => panic!("{other}"),
            }
            assert!(is_denied());
        }
    });
    // After the last switch, the last version is read.
    switch("..v2");
    authorizer.reload().unwrap();
    let decision = decide(&authorizer, &user("ana"), "DeleteApp", "apps/a1");
    assert_eq!(
        decision.to_string(),
        "denied: explicit deny by statement 1 of the identity-based policy `a.json`"
    );
}

#[test]
fn the_last_valid_policies_remain_if_an_error_could_affect_anyone() {
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

/// Before the first load there is nothing to fall back on: the authorizer is not built, and all requests are denied.
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
    // `unwrap` prints the message.
    let printed = format!("{:?}", built.unwrap_err());
    assert_eq!(
        directory.strip(&printed),
        "limit.json:1:1: not valid JSON: EOF while parsing an object; close every string, list and object"
    );
}

#[test]
fn an_explanation_reports_that_policies_are_unavailable() {
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
        "denied: a policy of the caller could not be read when it was last loaded"
    );
    assert_eq!(
        authorizer.decide(&request).to_string(),
        explanation.decision
    );
}

/// Decisions during a reload use either the old or the new policies, never a mixture.
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
                        // More snapshot guards than a thread can hold without reference counting. A cited statement
                        // outlives its snapshot.
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
