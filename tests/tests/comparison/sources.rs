//! The comparison of whole policy sources.

use std::fs;
use std::path::Path;

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{AccountDetails, Directory, PolicyStore};
use pinpoint_iam::{Policy, Principal};
use pinpoint_iam_compare::{Comparer, SourceComparison, Verdict};

use super::questions::failure;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";
const WORKER: &str = "arn:aws:iam::123456789012:role/team/worker";

fn policy(members: &str) -> Policy {
    let text =
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {members}}}}}"#);
    Policy::new("policy", Document::parse(&text).unwrap())
}

/// Returns a store with one statement for each identity.
fn store(identities: &[(&str, &str)]) -> PolicyStore {
    let mut store = PolicyStore::new();
    for (arn, members) in identities {
        store.identity(arn).unwrap().attach(policy(members));
    }
    store
}

fn verdicts(comparison: &SourceComparison) -> Vec<(&str, Verdict)> {
    let identities = comparison.identities.iter();
    identities
        .map(|identity| (identity.arn.as_str(), identity.comparison.verdict()))
        .collect()
}

const GET: &str = r#""Action": "s3:GetObject", "Resource": "*""#;
const ALL: &str = r#""Action": "s3:*", "Resource": "*""#;

#[test]
fn every_user_and_role_is_compared() {
    let comparer = Comparer::new();
    let before = store(&[(ANA, GET), (BOB, ALL), (WORKER, GET)]);
    let after = store(&[(ANA, ALL), (WORKER, GET)]);
    let comparison = comparer.compare_stores(&before, &after);
    assert_eq!(
        verdicts(&comparison),
        [(ANA, Verdict::Wider), (BOB, Verdict::Narrower)]
    );
    assert_eq!(comparison.verdict(), Verdict::Incomparable);
    let same = comparer.compare_stores(&before, &before);
    assert_eq!(same.verdict(), Verdict::Equal);
    same.assert_equivalent();
    let new = comparer.compare_stores(&PolicyStore::new(), &before);
    assert_eq!(new.verdict(), Verdict::Wider);
    assert_eq!(new.identities.len(), 3);
    // A role is represented by a session of it.
    let worker = &new.identities[0];
    assert_eq!(worker.arn, WORKER);
    let witness = &worker.comparison.newly_allowed.as_ref().unwrap().witness;
    assert_eq!(
        witness.principal.role_arn(),
        Some("arn:aws:iam::123456789012:role/team/worker")
    );
    // Another path is another role.
    let moved = store(&[
        (ANA, GET),
        (BOB, ALL),
        ("arn:aws:iam::123456789012:role/worker", GET),
    ]);
    let comparison = comparer.compare_stores(&before, &moved);
    assert_eq!(comparison.identities.len(), 2, "{comparison:#?}");
    assert_eq!(comparison.verdict(), Verdict::Incomparable);
}

#[test]
fn boundaries_and_tags_of_a_source_are_respected() {
    let comparer = Comparer::new();
    let mut limited = store(&[(ANA, ALL)]);
    limited
        .identity(ANA)
        .unwrap()
        .set_permissions_boundary(policy(GET));
    let open = store(&[(ANA, ALL)]);
    let comparison = comparer.compare_stores(&limited, &open);
    assert_eq!(comparison.verdict(), Verdict::Wider);
    assert_eq!(
        comparer
            .compare_stores(&limited, &store(&[(ANA, GET)]))
            .verdict(),
        Verdict::Equal
    );

    let by_team = r#""Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}"#;
    let tagged = |members: &str, team: &str| {
        let mut store = store(&[(ANA, members)]);
        store.identity(ANA).unwrap().set_tag("team", team);
        store
    };
    let compare = |first: &PolicyStore, second: &PolicyStore| {
        comparer.compare_stores(first, second).verdict()
    };
    // With the tags of the source, the condition is always true, or never.
    assert_eq!(
        compare(&tagged(by_team, "red"), &tagged(GET, "red")),
        Verdict::Equal
    );
    assert_eq!(
        compare(&tagged(by_team, "blue"), &tagged(GET, "blue")),
        Verdict::Wider
    );
    // One side does not depend on the tag.
    assert_eq!(
        compare(&tagged(by_team, "red"), &tagged(GET, "blue")),
        Verdict::Equal
    );
    assert_eq!(
        compare(&tagged(GET, "red"), &tagged(by_team, "blue")),
        Verdict::Narrower
    );
    // Both depend on it and have different values.
    let comparison = comparer.compare_stores(&tagged(by_team, "red"), &tagged(by_team, "blue"));
    assert_eq!(comparison.verdict(), Verdict::Undecided);
    let reason = comparison.identities[0].comparison.undecided[0].to_string();
    assert!(
        reason.contains("different values of `aws:PrincipalTag/team`"),
        "{reason}"
    );
    let message = failure(|| comparison.assert_no_new_access()).unwrap();
    assert!(
        message.contains("it was not decided whether the policies differ"),
        "{message}"
    );
}

#[test]
fn a_failing_assertion_names_the_user_and_the_statement() {
    let (before, after) = (
        store(&[(ANA, GET), (BOB, GET)]),
        store(&[(ANA, ALL), (BOB, GET)]),
    );
    let comparison = Comparer::new().compare_stores(&before, &after);
    let message = failure(|| comparison.assert_no_new_access()).unwrap();
    for part in [
        "arn:aws:iam::123456789012:user/ana: the change allows new requests\n",
        "may call s3:",
        "`policy`, line 1",
        "actions: s3:*",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(!message.contains("user/bob"), "{message}");
    let back = Comparer::new().compare_stores(&after, &before);
    back.assert_no_new_access();
    let message = failure(|| back.assert_equivalent()).unwrap();
    assert!(
        message.contains("the change takes requests away"),
        "{message}"
    );
}

/// A directory and the output of `get-account-authorization-details` are sources of the same policies.
#[test]
fn directories_and_account_details_are_compared_with_their_attachments() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compared-directory");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("reader.json"),
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#,
    )
    .unwrap();
    fs::write(
        folder.join("attachments.json"),
        format!(r#"{{"users": {{"{ANA}": {{"policies": ["reader.json"]}}}}}}"#),
    )
    .unwrap();
    let details = |action: &str| {
        AccountDetails::from_json(
            "details.json",
            format!(
                r#"{{"UserDetailList": [{{"UserName": "ana", "Arn": "{ANA}", "Path": "/", "UserId": "AIDAEXAMPLE",
                    "UserPolicyList": [{{"PolicyName": "inline", "PolicyDocument": {{"Version": "2012-10-17",
                        "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}}}],
                    "GroupList": [], "AttachedManagedPolicies": []}}],
                  "GroupDetailList": [], "RoleDetailList": [], "Policies": []}}"#
            ),
        )
    };
    let directory = Directory::open(&folder).unwrap();
    let compare = |action: &str| {
        Comparer::new()
            .compare_sources(&directory, &details(action))
            .unwrap()
    };
    assert_eq!(compare("s3:GetObject").verdict(), Verdict::Equal);
    assert_eq!(verdicts(&compare("s3:Get*")), [(ANA, Verdict::Wider)]);
    fs::write(folder.join("reader.json"), "{").unwrap();
    assert!(
        Comparer::new()
            .compare_sources(&directory, &details("s3:GetObject"))
            .is_err()
    );
}

/// What the source adds to a principal is what an authorizer adds.
#[test]
fn a_principal_is_completed_as_for_a_decision() {
    let mut store = store(&[(
        WORKER,
        r#""Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*""#,
    )]);
    store.identity(WORKER).unwrap().set_tag("team", "red");
    let session = Principal::role_session(WORKER, "s").unwrap();
    let none = PolicyStore::new();
    let comparison = Comparer::new().compare_principal(&session, &none, &store);
    let witness = comparison.newly_allowed.unwrap().witness;
    assert!(
        witness.resource.starts_with("arn:aws:s3:::red/"),
        "{witness}"
    );
}
