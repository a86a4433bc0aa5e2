//! Properties of ids in ARNs: different ids never have the same ARN, and the ids can be read back from the ARN.

use pinpoint_iam::mobiletargeting::{Campaign, Endpoint, Template, User};
use pinpoint_iam::{Arn, Resource, Scope};
use proptest::prelude::*;

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// Parts of ids that could be confused, each next to a similar one.
const LOOK_ALIKES: [(&str, &str); 16] = [
    ("/", "%2F"),
    ("%2F", "%252F"),
    ("%2F", "%2f"),
    ("%", "%25"),
    (":", "%3A"),
    ("*", "%2A"),
    ("?", "%3F"),
    ("${a}", "%24%7Ba%7D"),
    (" ", "+"),
    (" ", "%20"),
    ("a", "A"),
    ("a", "%61"),
    ("é", "e\u{301}"),
    ("é", "%C3%A9"),
    (".", "%2E"),
    ("／", "/"),
];

fn tricky_pieces() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    proptest::collection::vec(proptest::sample::select(&LOOK_ALIKES[..]), 1..5)
}

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        tricky_pieces().prop_map(|pieces| pieces.iter().map(|(piece, _)| *piece).collect()),
        any::<String>(),
        "[a-c/%]{0,3}",
        "[A-Za-z0-9._-]{1,130}",
    ]
}

/// Two ids: arbitrary ones, or ones that consist of similar parts.
fn two_ids() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        (any_id(), any_id()),
        tricky_pieces().prop_map(|pieces| pieces.into_iter().unzip()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn two_opaque_ids_never_share_an_arn((one, other) in two_ids()) {
        if let (Ok(one_user), Ok(other_user)) = (User::new("a1", &one), User::new("a1", &other)) {
            prop_assert_eq!(one == other, one_user.arn(&scope()) == other_user.arn(&scope()));
            prop_assert_eq!(one == other, one_user == other_user);
        }
    }

    #[test]
    fn two_pairs_of_ids_never_share_an_arn(
        app in "[a-c]{1,2}",
        other_app in "[a-c]{1,2}",
        (id, other_id) in two_ids(),
    ) {
        if let (Ok(one), Ok(other)) = (Endpoint::new(&app, &id), Endpoint::new(&other_app, &other_id)) {
            let same = (app, id) == (other_app, other_id);
            prop_assert_eq!(same, one.arn(&scope()) == other.arn(&scope()));
        }
    }

    #[test]
    fn an_arn_gives_back_what_was_put_in(app in any_id(), id in any_id()) {
        if let Ok(endpoint) = Endpoint::new(&app, &id) {
            prop_assert_eq!(endpoint.application_id(), app.as_str());
            prop_assert_eq!(endpoint.endpoint_id(), id.as_str());
            let arn = endpoint.arn(&scope());
            let parsed = Arn::parse(&arn).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(Endpoint::from_arn(parsed, &scope()), Ok(endpoint));
        }
        if let Ok(campaign) = Campaign::new(&app, &id) {
            prop_assert_eq!(campaign.campaign_id(), id.as_str());
            let arn = campaign.arn(&scope());
            let parsed = Arn::parse(&arn).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(Campaign::from_arn(parsed, &scope()), Ok(campaign));
        }
    }

    #[test]
    fn an_id_adds_no_separator_and_no_wildcard(app in any_id(), id in any_id(), kind in any_id()) {
        let arns = [
            User::new(&app, &id).map(|user| (user.arn(&scope()), 3)),
            Campaign::new(&app, &id).map(|campaign| (campaign.arn(&scope()), 3)),
            Template::new(&app, &kind).map(|template| (template.arn(&scope()), 2)),
        ];
        for (arn, slashes) in arns.into_iter().flatten() {
            prop_assert_eq!(arn.matches('/').count(), slashes);
            prop_assert_eq!(arn.matches(':').count(), 5);
            prop_assert!(!arn.contains(['*', '?', '$']));
            prop_assert!(arn.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn a_parsed_arn_is_written_back_unchanged(id in any_id()) {
        let arn = format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/users/{id}");
        if let Ok(parsed) = Arn::parse(&arn)
            && let Ok(user) = User::from_arn(parsed, &scope())
        {
            prop_assert_eq!(user.arn(&scope()), arn);
        }
    }
}
