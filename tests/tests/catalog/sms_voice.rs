//! Uses the built-in catalog that the importer generated.

use pinpoint_iam::sms_voice::{
    Action, Message, Pool, PutMessageFeedback, SendTextMessage, SenderId,
};
use pinpoint_iam::{ActsOn, Resource, Scope, TypedAction};

fn acts_on<A: ActsOn<R>, R: Resource>(_: A, resource: &R) -> String {
    resource.arn(&Scope::new("aws", "eu-west-1", "123456789012"))
}

#[test]
fn actions_and_resources_are_typed() {
    let start = "arn:aws:sms-voice:eu-west-1:123456789012:";
    for (arn, end) in [
        (
            acts_on(SendTextMessage, &Pool::new("pool-1").unwrap()),
            "pool/pool-1",
        ),
        (
            acts_on(SendTextMessage, &SenderId::new("ACME", "DE").unwrap()),
            "sender-id/ACME/DE",
        ),
        (
            acts_on(PutMessageFeedback, &Message::new("m1").unwrap()),
            "message/m1",
        ),
    ] {
        assert_eq!(arn, format!("{start}{end}"));
    }
}

#[test]
fn operations_without_a_path_have_a_target() {
    let send = SendTextMessage::METADATA;
    assert_eq!(send.target, Some("PinpointSMSVoiceV2.SendTextMessage"));
    assert!(send.route.is_none());
    // Every action has an operation, in one of the two versions of the API.
    for action in Action::ALL {
        let metadata = action.metadata();
        assert!(
            metadata.route.is_some() != metadata.target.is_some(),
            "{action}"
        );
    }
    assert_eq!(Action::ALL.len(), 95);
}

#[test]
fn policies_are_checked_against_it() {
    let document = pinpoint_iam::include_policy!("../../fixtures/policies/send-text.json");
    assert_eq!(document.statements().len(), 1);
}
