//! Tests of resource types constructed from request ids: rejected ids, the format of the ARN, and parsing it.

use pinpoint_iam::mobiletargeting::{
    App, Apps, Campaign, CampaignMetrics, Endpoint, Template, User,
};
use pinpoint_iam::resource::{
    AllResources, InvalidIdReason, MAX_IDENTIFIER_LENGTH, MAX_OPAQUE_LENGTH, ResourceMismatch,
    ResourceSet,
};
use pinpoint_iam::{Arn, Resource, Scope};

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

#[test]
fn ids_fill_exactly_their_segments() {
    let metrics = CampaignMetrics::new("a1", "c1", "email-open-rate").unwrap();
    assert_eq!(
        metrics.arn(&scope()),
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1/kpis/daterange/email-open-rate"
    );
    assert_eq!(metrics.application_id(), "a1");
    assert_eq!(metrics.campaign_id(), "c1");
    assert_eq!(metrics.kpi_name(), "email-open-rate");
}

#[test]
fn an_identifier_refuses_what_could_change_the_arn() {
    for (id, reason) in [
        ("", "is empty"),
        (".", "is a relative path segment"),
        ("..", "is a relative path segment"),
        (
            "c1/kpis/x",
            "contains the character `/`, which is not allowed",
        ),
        ("c1:x", "contains the character `:`, which is not allowed"),
        ("*", "contains the character `*`, which is not allowed"),
        ("c?", "contains the character `?`, which is not allowed"),
        (
            "${aws:username}",
            "contains the character `$`, which is not allowed",
        ),
        ("c1%2Fx", "contains the character `%`, which is not allowed"),
        (
            "c1\\x",
            "contains the character `\\\\`, which is not allowed",
        ),
        ("c 1", "contains the character ` `, which is not allowed"),
        ("c1\0", "contains the character `\\0`, which is not allowed"),
        ("c1\n", "contains the character `\\n`, which is not allowed"),
        (
            "c1\u{85}",
            "contains the character `\\u{85}`, which is not allowed",
        ),
        (
            "c\u{e9}",
            "contains the character `é`, which is not allowed",
        ),
        (
            "\u{ff0f}",
            "contains the character `／`, which is not allowed",
        ),
    ] {
        let error = Campaign::new("a1", id).unwrap_err();
        assert_eq!(error.field(), "campaign_id");
        assert_eq!(error.resource_type(), "campaign");
        assert_eq!(
            error.to_string(),
            format!("`campaign_id` of the resource type `campaign` {reason}")
        );
    }
}

#[test]
fn the_first_refused_id_is_named() {
    let error = Campaign::new("a/1", "").unwrap_err();
    assert_eq!(error.field(), "application_id");
    assert_eq!(*error.reason(), InvalidIdReason::Character('/'));
}

#[test]
fn an_identifier_has_a_longest_length() {
    assert!(App::new("a".repeat(MAX_IDENTIFIER_LENGTH)).is_ok());
    let error = App::new("a".repeat(MAX_IDENTIFIER_LENGTH + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`application_id` of the resource type `app` is longer than 128 bytes"
    );
}

#[test]
fn dots_within_an_identifier_are_harmless() {
    for id in ["...", ".a", "a..b"] {
        assert!(Campaign::new("a1", id).is_ok(), "{id}");
    }
}

#[test]
fn an_opaque_id_is_written_encoded_and_read_as_it_was() {
    for (id, written) in [
        ("user-1", "user-1"),
        ("a.b~c+d=e,f@g", "a.b~c+d=e,f@g"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a%2fb", "a%252fb"),
        ("*", "%2A"),
        ("?", "%3F"),
        ("${aws:username}", "%24%7Baws%3Ausername%7D"),
        ("a:b", "a%3Ab"),
        ("a b", "a%20b"),
        ("é", "%C3%A9"),
        ("../x", "..%2Fx"),
    ] {
        let user = User::new("a1", id).unwrap();
        assert_eq!(
            user.arn(&scope()),
            format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/users/{written}")
        );
        assert_eq!(user.user_id(), id);
    }
}

#[test]
fn an_opaque_id_refuses_what_no_encoding_makes_safe() {
    for (id, reason) in [
        ("", "is empty"),
        (".", "is a relative path segment"),
        ("..", "is a relative path segment"),
        ("e\r1", "contains the character `\\r`, which is not allowed"),
        (
            "e\u{7f}",
            "contains the character `\\u{7f}`, which is not allowed",
        ),
    ] {
        let error = Endpoint::new("a1", id).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`endpoint_id` of the resource type `endpoint` {reason}")
        );
    }
    assert!(Endpoint::new("a1", "/".repeat(MAX_OPAQUE_LENGTH)).is_ok());
    let error = Endpoint::new("a1", "e".repeat(MAX_OPAQUE_LENGTH + 1)).unwrap_err();
    assert_eq!(
        *error.reason(),
        InvalidIdReason::TooLong {
            limit: MAX_OPAQUE_LENGTH
        }
    );
}

#[test]
fn a_name_of_a_closed_list_is_written_as_the_list_spells_it() {
    let template = Template::new("welcome", "email").unwrap();
    assert_eq!(template.template_type(), "EMAIL");
    assert_eq!(Template::new("welcome", "EMAIL"), Ok(template));
    for mixed in ["eMaIl", "Email", "EMAIl"] {
        assert!(Template::new("welcome", mixed).is_err(), "{mixed}");
    }
    assert_eq!(
        Template::new("welcome", "fax").unwrap_err().to_string(),
        "`template_type` of the resource type `template` is not one of `EMAIL`, `INAPP`, `PUSH`, `SMS`, `VOICE`"
    );
}

#[test]
fn an_arn_is_read_back() {
    let text = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/users/a%2Fb";
    let user = User::from_arn(Arn::parse(text).unwrap(), &scope()).unwrap();
    assert_eq!(user, User::new("a1", "a/b").unwrap());
    assert_eq!(user.arn(&scope()), text);
}

#[test]
fn an_arn_of_something_else_is_refused() {
    let template = Campaign::METADATA.arn;
    let other_template = ResourceMismatch::OtherTemplate { template };
    for (arn, mismatch) in [
        (
            "arn:aws:s3:us-east-1:123456789012:apps/a1/campaigns/c1",
            &other_template,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
            &other_template,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/segments/c1",
            &other_template,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:/apps/a1/campaigns/c1",
            &other_template,
        ),
        (
            "arn:aws:mobiletargeting:us-west-2:123456789012:apps/a1/campaigns/c1",
            &ResourceMismatch::OtherScope,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:210987654321:apps/a1/campaigns/c1",
            &ResourceMismatch::OtherScope,
        ),
        (
            "arn:aws-cn:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1",
            &ResourceMismatch::OtherScope,
        ),
    ] {
        let found = Campaign::from_arn(Arn::parse(arn).unwrap(), &scope());
        assert_eq!(found.as_ref(), Err(mismatch), "{arn}");
    }
}

#[test]
fn an_arn_with_a_refused_id_is_refused() {
    for arn in [
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/*",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/..",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1/kpis",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps//campaigns/c1",
    ] {
        let found = Campaign::from_arn(Arn::parse(arn).unwrap(), &scope());
        assert!(
            matches!(found, Err(ResourceMismatch::InvalidId(_))),
            "{arn}"
        );
    }
}

#[test]
fn a_second_spelling_of_an_arn_is_refused() {
    let start = "arn:aws:mobiletargeting:us-east-1:123456789012";
    for id in ["a%2fb", "%61", "a/b", "a%", "a%2", "a%zz", "%FF", "a b"] {
        let arn = format!("{start}:apps/a1/users/{id}");
        assert!(
            User::from_arn(Arn::parse(&arn).unwrap(), &scope()).is_err(),
            "{id}"
        );
    }
    let lower = format!("{start}:templates/welcome/email");
    assert!(Template::from_arn(Arn::parse(&lower).unwrap(), &scope()).is_err());
}

#[test]
fn a_template_without_ids_keeps_its_asterisk() {
    let apps = Apps::new().unwrap();
    let arn = apps.arn(&scope());
    assert_eq!(arn, "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*");
    assert_eq!(
        Apps::from_arn(Arn::parse(&arn).unwrap(), &scope()),
        Ok(apps)
    );
}

#[test]
fn sets_leave_the_last_ids_open() {
    let start = "arn:aws:mobiletargeting:us-east-1:123456789012";
    assert_eq!(
        Campaign::any().arn_pattern(&scope()),
        format!("{start}:apps/*/campaigns/*")
    );
    assert_eq!(
        Campaign::any_in("a1").unwrap().arn_pattern(&scope()),
        format!("{start}:apps/a1/campaigns/*")
    );
    assert_eq!(
        User::any_in("a1").unwrap().arn_pattern(&scope()),
        format!("{start}:apps/a1/users/*")
    );
    let one = ResourceSet::from(User::new("a1", "*").unwrap());
    assert_eq!(
        one.arn_pattern(&scope()),
        format!("{start}:apps/a1/users/%2A")
    );
    assert_eq!(
        ResourceSet::<AllResources>::any().arn_pattern(&scope()),
        "*"
    );
    assert_eq!(Campaign::any_in("*").unwrap_err().field(), "application_id");
}

#[test]
fn more_or_fewer_ids_than_the_arn_has_are_refused() {
    for values in [&[][..], &["a1"], &["a1", "c1", "x"]] {
        let error = Campaign::METADATA.fill(values).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ids` of the resource type `campaign` are not the 2 that it has"
        );
    }
}
