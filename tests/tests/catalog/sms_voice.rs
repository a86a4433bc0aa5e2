//! Uses the built-in catalog that the importer generated.

use std::collections::HashMap;

use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::sms_voice::{
    Action, Message, Pool, PutMessageFeedback, SendTextMessage, SenderId,
};
use pinpoint_iam::{ActsOn, Authorizer, Resource, Scope, TypedAction, requires};

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

#[derive(serde::Deserialize)]
struct Body {
    origination_identity: String,
    pool_id: String,
    tags: Option<HashMap<String, String>>,
}

#[requires(sms_voice::SendTextMessage, origination_identity = body.origination_identity)]
async fn one_of_several_types(Json(body): Json<Body>) -> String {
    body.origination_identity
}

/// The pool that is created has no ids of the resource with the ARN.
#[requires(
    sms_voice::CreatePool,
    origination_identity = body.origination_identity,
    request_tags = body.tags,
    dependents(TagResource),
)]
async fn created(Json(body): Json<Body>) -> String {
    body.origination_identity
}

#[requires(all(
    sms_voice::AssociateOriginationIdentity(resource = Pool::new(&body.pool_id)?),
    sms_voice::AssociateOriginationIdentity(origination_identity = body.origination_identity),
))]
async fn with_another_resource(Json(body): Json<Body>) -> String {
    body.pool_id
}

/// Requests are checked in `tests/clients`.
#[test]
fn handlers_can_take_whole_arns_from_the_body() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", post(one_of_several_types))
        .route("/2", post(created))
        .route("/3", post(with_another_resource));
}
