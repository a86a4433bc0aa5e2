//! Documents built in Rust.

use pinpoint_iam::mobiletargeting::{
    App, Campaign, CreateCampaign, DeleteCampaign, GetApps, GetCampaign, ListTagsForResource,
    Segment, TagResource,
};
use pinpoint_iam::policy::{Document, Effect, PolicyKind};
use pinpoint_iam::{AllResources, Scope, mobileanalytics, mobiletargeting};

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

#[test]
fn a_document_contains_what_was_built() {
    let document = Document::builder(&scope())
        .allow((GetCampaign, DeleteCampaign))
        .sid("Campaigns")
        .on(Campaign::new("a1", "c1").unwrap())
        .on(Campaign::any_in("a2").unwrap())
        .when("StringEquals", "aws:PrincipalTag/team", ["growth", "sales"])
        .when("StringEquals", "aws:username", ["ana"])
        .when("Bool", "aws:SecureTransport", ["true"])
        .deny(CreateCampaign)
        .on(App::any())
        .allow(mobileanalytics::PutEvents)
        .on(AllResources)
        .build()
        .unwrap();
    let expected = r#"{
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Campaigns",
                "Effect": "Allow",
                "Action": ["mobiletargeting:GetCampaign", "mobiletargeting:DeleteCampaign"],
                "Resource": [
                    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1",
                    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2/campaigns/*"
                ],
                "Condition": {
                    "Bool": {"aws:SecureTransport": ["true"]},
                    "StringEquals": {"aws:PrincipalTag/team": ["growth", "sales"], "aws:username": ["ana"]}
                }
            },
            {
                "Effect": "Deny",
                "Action": ["mobiletargeting:CreateCampaign"],
                "Resource": ["arn:aws:mobiletargeting:us-east-1:123456789012:apps/*"]
            },
            {"Effect": "Allow", "Action": ["mobileanalytics:PutEvents"], "Resource": ["*"]}
        ]
    }"#;
    assert_eq!(document, Document::parse(expected).unwrap());
    document.validate(PolicyKind::IdentityManaged).unwrap();
}

#[test]
fn an_action_of_several_types_takes_each_of_them() {
    let document = Document::builder(&scope())
        .allow((TagResource, ListTagsForResource))
        .on(Segment::any())
        .on(Campaign::any())
        .build()
        .unwrap();
    let [statement] = document.statements() else {
        panic!("{document}")
    };
    assert_eq!(statement.effect(), Effect::Allow);
    assert_eq!(statement.resource().unwrap().patterns().len(), 2);
}

#[test]
fn a_resource_that_is_a_pattern_itself_stays_one() {
    let document = Document::builder(&scope())
        .allow(GetApps)
        .on(mobiletargeting::Apps::new().unwrap())
        .build()
        .unwrap();
    let text = document.to_string();
    assert!(
        text.contains("arn:aws:mobiletargeting:us-east-1:123456789012:apps/*"),
        "{text}"
    );
}

#[test]
fn the_builder_rejects_what_the_parser_rejects() {
    let build = |sid: &str, operator: &str, key: &str, value: &str| {
        Document::builder(&scope())
            .allow(GetCampaign)
            .sid(sid)
            .on(Campaign::any())
            .when(operator, key, [value])
            .build()
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(build("Read", "StringEquals", "aws:username", "ana"), Ok(()));
    let faults = [
        build("a.b", "StringEquals", "aws:username", "ana"),
        build("Read", "StringEqual", "aws:username", "ana"),
        build("Read", "NumericEquals", "aws:EpochTime", "soon"),
        build("Read", "StringEquals", "aws:username", "${aws:username"),
    ];
    for fault in faults {
        let error = fault.unwrap_err();
        assert!(!error.is_empty() && !error.contains("line 1"), "{error}");
    }
}

#[test]
fn a_duplicate_key_is_not_lost() {
    let error = Document::builder(&scope())
        .allow(GetCampaign)
        .on(Campaign::any())
        .when("StringEquals", "aws:username", ["ana"])
        .when("StringEquals", "aws:username", ["bob"])
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "duplicate condition key `aws:username` below `StringEquals`; put all values into one list"
    );
    // In another case it is the same key, which the parser detects.
    let error = Document::builder(&scope())
        .allow(GetCampaign)
        .on(Campaign::any())
        .when("StringEquals", "aws:username", ["ana"])
        .when("StringEquals", "AWS:UserName", ["bob"])
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("case-insensitive"), "{error}");
}

#[test]
fn sids_are_unique() {
    let error = Document::builder(&scope())
        .allow(GetCampaign)
        .sid("Same")
        .on(Campaign::any())
        .deny(DeleteCampaign)
        .sid("Same")
        .on(Campaign::any())
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("`Same`"), "{error}");
}
