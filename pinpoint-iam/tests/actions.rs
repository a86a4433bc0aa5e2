//! Tests of the action enum: its text form, and the metadata of each action in the catalog.

use std::any::TypeId;
use std::collections::BTreeSet;

use pinpoint_iam::TypedAction;
use pinpoint_iam::action::{AccessLevel, ActionEnum, Route};
use pinpoint_iam::mobiletargeting::{self, Action, GetCampaign};
use pinpoint_iam::{mobileanalytics, resource};

#[test]
fn actions_are_written_as_in_policies() {
    assert_eq!(
        Action::GetCampaign.to_string(),
        "mobiletargeting:GetCampaign"
    );
    assert_eq!(Action::GetCampaign.name(), "GetCampaign");
    assert_eq!(
        serde_json::to_string(&Action::GetCampaign).unwrap(),
        "\"mobiletargeting:GetCampaign\""
    );
}

#[test]
fn actions_are_read_without_case_and_with_or_without_prefix() {
    for text in [
        "GetCampaign",
        "getcampaign",
        "mobiletargeting:GetCampaign",
        "MobileTargeting:GETCAMPAIGN",
    ] {
        assert_eq!(text.parse(), Ok(Action::GetCampaign), "{text}");
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(
            serde_json::from_str::<Action>(&json).unwrap(),
            Action::GetCampaign
        );
    }
}

#[test]
fn a_text_that_is_no_action_is_refused_with_a_hint() {
    for (text, message) in [
        (
            "GetCampagin",
            "unknown action `GetCampagin`; did you mean `GetCampaign`?",
        ),
        (
            "mobiletargeting:GetUser",
            "unknown action `mobiletargeting:GetUser`; it is called `GetUserEndpoints` now",
        ),
        (
            "s3:GetObject",
            "unknown action `s3:GetObject`; expected an action of `mobiletargeting`",
        ),
        (
            "Teleport\n",
            "unknown action `Teleport\\n`; the catalog of `mobiletargeting` lists its actions",
        ),
        (
            "mobiletargeting:mobiletargeting:GetCampaign",
            "unknown action `mobiletargeting:mobiletargeting:GetCampaign`; the catalog of `mobiletargeting` lists its actions",
        ),
        (
            "",
            "unknown action ``; the catalog of `mobiletargeting` lists its actions",
        ),
        (
            "GetCampaign*",
            "unknown action `GetCampaign*`; did you mean `GetCampaign`?",
        ),
    ] {
        let error = text.parse::<Action>().unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.text(), text);
    }
    assert!(serde_json::from_str::<Action>("\"GetCampagin\"").is_err());
}

#[test]
fn every_action_is_found_by_its_own_text() {
    fn check<A: ActionEnum + std::str::FromStr>()
    where
        A::Err: std::fmt::Debug,
    {
        for (index, action) in A::ALL.iter().enumerate() {
            let metadata = action.metadata();
            assert_eq!(usize::from(metadata.index), index);
            assert_eq!(metadata.service, A::SERVICE);
            assert_eq!(action.to_string().parse::<A>().unwrap(), *action);
            assert_eq!(A::SERVICE.action(metadata.name), Some(metadata));
        }
        assert_eq!(A::ALL.len(), A::SERVICE.actions.len());
        let names: BTreeSet<_> = A::SERVICE
            .actions
            .iter()
            .map(|action| action.name)
            .collect();
        assert!(
            names
                .into_iter()
                .eq(A::SERVICE.actions.iter().map(|action| action.name))
        );
    }
    check::<Action>();
    check::<mobileanalytics::Action>();
}

#[test]
fn a_typed_action_and_its_variant_are_one_action() {
    assert_eq!(Action::from(GetCampaign), Action::GetCampaign);
    assert_eq!(GetCampaign::METADATA, Action::GetCampaign.metadata());
    assert_eq!(Action::GetCampaign.access_level(), Some(AccessLevel::Read));
    assert_eq!(Action::GetCampaign.route(), Some(GetCampaign::ROUTE));
    assert_eq!(
        GetCampaign::ROUTE,
        Route {
            method: "GET",
            path: "/v1/apps/{application-id}/campaigns/{campaign-id}",
            success_status: 200
        }
    );
}

#[test]
fn an_action_without_resource_types_acts_on_all_resources() {
    fn acts_on<A: pinpoint_iam::ActsOn<R>, R: pinpoint_iam::Resource>(_: A) -> TypeId {
        TypeId::of::<R>()
    }
    assert!(
        mobileanalytics::PutEvents::METADATA
            .resource_types
            .is_empty()
    );
    assert_eq!(
        acts_on(mobileanalytics::PutEvents),
        TypeId::of::<resource::AllResources>()
    );
}

#[test]
fn condition_keys_have_names() {
    assert_eq!(
        mobiletargeting::condition_keys::aws_resource_tag("team"),
        "aws:ResourceTag/team"
    );
    assert_eq!(mobiletargeting::condition_keys::AWS_TAG_KEYS, "aws:TagKeys");
}
