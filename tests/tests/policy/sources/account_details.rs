//! Parsing of account details, and decisions that are based on them.

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Limits;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{AccountDetails, PolicySource, PolicyStore};
use pinpoint_iam::{Arn, Principal};

use super::temporary::TemporaryDirectory;
use super::{authorizer, decide, session, user};

const ACCOUNT: &str = include_str!("../../../fixtures/account-details/account.json");
const URL_ENCODED: &str = include_str!("../../../fixtures/account-details/url-encoded.json");

fn account() -> AccountDetails {
    AccountDetails::from_json("account.json", ACCOUNT)
}

fn store() -> PolicyStore {
    account().load().unwrap()
}

fn names(store: &PolicyStore, principal: &Principal) -> Vec<String> {
    let policies = store.policies(principal).identity();
    policies
        .iter()
        .map(|policy| policy.name().to_owned())
        .collect()
}

#[test]
fn principals_have_inline_attached_and_group_policies() {
    let store = store();
    assert_eq!(store.len(), 4);
    assert_eq!(
        names(&store, &user("ana")),
        [
            "user/ana/own-project",
            "arn:aws:iam::111122223333:policy/report-reader"
        ]
    );
    // `report-reader` is attached directly and through a group. It counts once.
    assert_eq!(
        names(&store, &user("contractors/ben")),
        [
            "arn:aws:iam::111122223333:policy/report-reader",
            "arn:aws:iam::aws:policy/ExampleReadOnly",
            "group/contractors/no-exports",
        ]
    );
    assert_eq!(
        names(&store, &session("worker", "nightly-1")),
        ["role/worker/send"]
    );
    let support = session("AWSServiceRoleForSupport", "support");
    assert!(names(&store, &support).is_empty());
    assert_eq!(
        store.policies(&support).unique_id(),
        Some("AROAEXAMPLESUPPORT")
    );
}

#[test]
fn a_managed_policy_is_parsed_once_and_shared() {
    let store = store();
    let document = |principal: &Principal, index: usize| {
        let policies = store.policies(principal).identity();
        std::ptr::from_ref(policies[index].document())
    };
    assert_eq!(
        document(&user("ana"), 1),
        document(&user("contractors/ben"), 0)
    );
}

#[test]
fn decisions_cite_the_policies() {
    let authorizer = authorizer(account());
    let ana = user("ana");
    let ben = user("contractors/ben");
    let cases = [
        // The tag `project` of the user replaces `${aws:PrincipalTag/project}`.
        (
            &ana,
            "GetSegment",
            "apps/a1/segments/s1",
            "allowed by statement 1 of the identity-based policy `user/ana/own-project` (`OwnProject`)",
        ),
        (
            &ana,
            "GetSegment",
            "apps/b2/segments/s1",
            "denied: no identity-based policy allows it",
        ),
        // The user's policy allows `mobiletargeting:*`, but the boundary does not.
        (
            &ana,
            "SendMessages",
            "apps/a1/messages",
            "denied: no permissions boundary allows it",
        ),
        // Through the group `analysts`, by the default version of the managed policy.
        (
            &ana,
            "GetCampaign",
            "apps/b2/campaigns/c1",
            "allowed by statement 1 of the identity-based policy \
             `arn:aws:iam::111122223333:policy/report-reader` (`Reports`)",
        ),
        (
            &ben,
            "GetApp",
            "apps/a1",
            "allowed by statement 1 of the identity-based policy `arn:aws:iam::aws:policy/ExampleReadOnly`",
        ),
        // The `Deny` of a group overrides the managed policy.
        (
            &ben,
            "GetExportJob",
            "apps/a1/jobs/export/j1",
            "denied: explicit deny by statement 1 of the identity-based policy `group/contractors/no-exports` \
             (`NoExports`)",
        ),
        // Other versions of `report-reader` allow these: an older one and a newer one.
        (
            &ben,
            "UpdateCampaign",
            "apps/a1/campaigns/c1",
            "denied: no identity-based policy allows it",
        ),
        (
            &ben,
            "DeleteApp",
            "apps/a1",
            "denied: no identity-based policy allows it",
        ),
        // A policy that is not attached allows this.
        (
            &user("zoe"),
            "GetApp",
            "apps/a1",
            "denied: no identity-based policy allows it",
        ),
    ];
    for (principal, action, resource, expected) in cases {
        let decision = decide(&authorizer, principal, action, resource);
        assert_eq!(
            decision.to_string(),
            expected,
            "{principal} {action} {resource}"
        );
    }
}

#[test]
fn unique_ids_give_the_user_id() {
    let authorizer = authorizer(account());
    let allowed = |principal: &Principal| {
        decide(&authorizer, principal, "SendMessages", "apps/a1/messages").is_allowed()
    };
    // The role's policy denies unless `aws:userid` is that of a nightly session.
    assert!(allowed(&session("worker", "nightly-1")));
    assert!(!allowed(&session("worker", "manual")));
    let with_path = "arn:aws:iam::111122223333:role/services/worker";
    assert!(allowed(
        &Principal::role_session(with_path, "nightly-2").unwrap()
    ));
    // The value of the principal overrides this: a role that was deleted and created again has another id.
    assert!(!allowed(
        &session("worker", "nightly-1").with_unique_id("AROAEXAMPLEOTHER")
    ));
}

#[test]
fn the_user_id_of_a_user_is_the_unique_id() {
    let text = ACCOUNT.replace("${aws:PrincipalTag/project}*", "x/${aws:userid}");
    let authorizer = authorizer(AccountDetails::from_json("account.json", text));
    let allowed = |principal: &Principal, resource: &str| {
        decide(&authorizer, principal, "GetSegment", resource).is_allowed()
    };
    let ana = user("ana");
    assert!(allowed(&ana, "apps/x/AIDAEXAMPLEANA"));
    assert!(!allowed(&ana, "apps/x/AIDAEXAMPLEBEN"));
    assert!(allowed(
        &ana.with_unique_id("AIDAEXAMPLENEW"),
        "apps/x/AIDAEXAMPLENEW"
    ));
}

#[test]
fn explanations_see_the_unique_id_too() {
    let authorizer = authorizer(account());
    let worker = session("worker", "nightly-1");
    let context = Context::new();
    let arn = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/messages";
    let request = Request::new(
        &worker,
        RequestedAction::parse("mobiletargeting:SendMessages").unwrap(),
        RequestedResource::Arn(Arn::parse(arn).unwrap()),
        &context,
    );
    let explanation = authorizer.explain(&request).to_string();
    assert!(
        explanation.contains("AROAEXAMPLEWORKER:nightly-1"),
        "{explanation}"
    );
}

#[test]
fn url_encoded_documents_are_decoded() {
    let authorizer = authorizer(AccountDetails::from_json("api.json", URL_ENCODED));
    let decided = |principal: &Principal, action: &str, resource: &str| {
        decide(&authorizer, principal, action, resource).to_string()
    };
    assert_eq!(
        decided(&user("ana"), "GetSegment", "apps/a1/segments/ana"),
        "allowed by statement 1 of the identity-based policy `user/ana/own-segment` (`Own`)"
    );
    assert_eq!(
        decided(&user("ana"), "GetSegment", "apps/a1/segments/ben"),
        "denied: no identity-based policy allows it"
    );
    assert_eq!(
        decided(&session("reader", "s"), "GetApp", "apps/a1"),
        "allowed by statement 1 of the identity-based policy `arn:aws:iam::111122223333:policy/read-projects`"
    );
}

#[test]
fn a_file_is_read_when_it_is_loaded() {
    let directory = TemporaryDirectory::with(&[("account.json", ACCOUNT)]);
    let source = AccountDetails::open(directory.path().join("account.json")).unwrap();
    assert_eq!(source.load().unwrap().len(), 4);
    directory.write("account.json", URL_ENCODED);
    assert_eq!(source.load().unwrap().len(), 2);
}

#[test]
fn lists_may_be_left_out() {
    let source = AccountDetails::from_json("empty.json", r#"{"Policies": []}"#);
    assert!(source.load().unwrap().is_empty());
}

#[test]
fn paths_of_users_and_roles_may_contain_any_visible_character() {
    let text = ACCOUNT.replace("user/contractors/ben", "user/con(tract)#ors//ben");
    let store = AccountDetails::from_json("account.json", text)
        .load()
        .unwrap();
    assert_eq!(names(&store, &user("ben")).len(), 3);
    assert_eq!(names(&store, &user("contractors/ben")).len(), 0);
}

#[test]
fn limits_can_be_raised() {
    let short = account().with_max_length(ACCOUNT.len() - 1);
    assert_eq!(
        short.load().unwrap_err().to_string(),
        format!(
            "account.json: is longer than {} bytes; `with_max_length` raises the limit",
            ACCOUNT.len() - 1
        )
    );
    assert!(account().with_max_length(ACCOUNT.len()).load().is_ok());

    let limits = Limits::default().with_max_statements(1);
    let refusal = account().with_limits(limits).load().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "account.json:162:38: the document has 2 statements, and 1 is the limit; split it or raise the limit"
    );
    assert!(
        account()
            .with_limits(Limits::default().with_max_statements(2))
            .load()
            .is_ok()
    );
}
