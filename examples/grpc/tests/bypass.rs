//! Attempts to get past a check with requests that no generated client sends.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use grpc_campaigns::proto::campaigns_server::CampaignsServer;
use grpc_campaigns::proto::{DeleteCampaignRequest, GetCampaignRequest};
use grpc_campaigns::{Service, authenticate, authorizer, scope};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use pinpoint_iam::Principal;
use pinpoint_iam::web::tonic::server;
use pinpoint_iam::web::tower::RequireCheckLayer;
use prost::Message;
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;
use tonic::service::{InterceptorLayer, Routes};
use tower::{Layer, ServiceExt};

/// What a caller sees of a response.
#[derive(Debug)]
struct Answer {
    http: u16,
    /// The code of gRPC, in the headers or the trailers.
    code: Option<i32>,
    body: Vec<u8>,
}

impl Answer {
    /// Whether the response contains a message.
    fn has_message(&self) -> bool {
        self.body.len() > 5
    }
}

async fn sent(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let service = Service::new(authorizer().unwrap().build().unwrap());
    let routes = Routes::new(server::<CampaignsServer<_>, _>(service));
    let app = InterceptorLayer::new(authenticate).layer(routes);
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    answer(app.oneshot(request).await.unwrap()).await
}

async fn answer<B>(response: http::Response<B>) -> Answer
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let (head, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let code = head.headers.get("grpc-status");
    let code = code.or_else(|| trailers.get("grpc-status"));
    Answer {
        http: head.status.as_u16(),
        code: code.map(|code| code.to_str().unwrap().parse().unwrap()),
        body: collected.to_bytes().to_vec(),
    }
}

/// A message with its prefix: the flag for compression, and the length.
fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![flag];
    bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes
}

fn body(bytes: Vec<u8>) -> Body {
    Body::new(Full::new(Bytes::from(bytes)))
}

fn ids(application: &str, campaign: &str) -> Vec<u8> {
    let message = GetCampaignRequest {
        application_id: application.to_owned(),
        campaign_id: campaign.to_owned(),
    };
    message.encode_to_vec()
}

const GET: &str = "/campaigns.v1.Campaigns/GetCampaign";
const GRPC: (&str, &str) = ("content-type", "application/grpc");
const BEN: (&str, &str) = ("authorization", "Bearer ben");
const ANA: (&str, &str) = ("authorization", "Bearer ana");

const OK: i32 = 0;
const INVALID_ARGUMENT: i32 = 3;
const PERMISSION_DENIED: i32 = 7;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;
const UNAUTHENTICATED: i32 = 16;

/// The requests below are correct except for the attempt: this is what ben may do.
#[tokio::test]
async fn a_correct_request_gets_its_answer() {
    let answer = sent(
        "POST",
        GET,
        &[GRPC, BEN],
        body(frame(0, &ids("demo", "welcome"))),
    )
    .await;
    assert_eq!((answer.http, answer.code), (200, Some(OK)), "{answer:?}");
    assert!(answer.has_message(), "{answer:?}");
    let answer = sent(
        "POST",
        GET,
        &[GRPC, BEN],
        body(frame(0, &ids("demo", "secret"))),
    )
    .await;
    assert_eq!(answer.code, Some(PERMISSION_DENIED), "{answer:?}");
    assert!(!answer.has_message(), "{answer:?}");
}

/// Who the caller is.
#[tokio::test]
async fn by_metadata() {
    for (headers, expected, reason) in [
        (vec![], UNAUTHENTICATED, "no token"),
        (vec![BEN, ANA], UNAUTHENTICATED, "two tokens"),
        (
            vec![ANA, BEN],
            UNAUTHENTICATED,
            "two tokens in the other order",
        ),
        (vec![ANA, ANA], UNAUTHENTICATED, "the same token twice"),
        (
            vec![("authorization", "Bearer ben, Bearer ana")],
            UNAUTHENTICATED,
            "two tokens in one value",
        ),
        (
            vec![("authorization", "Bearer ben/ana")],
            UNAUTHENTICATED,
            "a path as a name",
        ),
        (
            vec![("authorization", "bearer ana")],
            UNAUTHENTICATED,
            "another scheme",
        ),
        (
            vec![("authorization", "Bearer ")],
            UNAUTHENTICATED,
            "an empty name",
        ),
        (
            vec![("authorization-bin", "QmVhcmVyIGFuYQ==")],
            UNAUTHENTICATED,
            "binary metadata",
        ),
        (
            vec![BEN, ("authorization-bin", "QmVhcmVyIGFuYQ==")],
            PERMISSION_DENIED,
            "binary metadata beside the token",
        ),
        (
            vec![BEN, ("grpc-authorization", "Bearer ana")],
            PERMISSION_DENIED,
            "metadata with another name",
        ),
        (
            vec![BEN, ("proxy-authorization", "Bearer ana")],
            PERMISSION_DENIED,
            "metadata with another name",
        ),
        (
            vec![BEN, ("principal", "arn:aws:iam::123456789012:user/ana")],
            PERMISSION_DENIED,
            "a principal",
        ),
        (
            vec![BEN, ("campaign-id", "welcome")],
            PERMISSION_DENIED,
            "an id",
        ),
    ] {
        let headers: Vec<_> = [GRPC].into_iter().chain(headers).collect();
        let answer = sent(
            "POST",
            GET,
            &headers,
            body(frame(0, &ids("demo", "secret"))),
        )
        .await;
        assert_eq!(answer.code, Some(expected), "{reason}: {answer:?}");
        assert!(!answer.has_message(), "{reason}: {answer:?}");
    }
}

/// Which method is called.
#[tokio::test]
async fn by_another_spelling_of_the_method() {
    for path in [
        "/campaigns.v1.Campaigns/DeleteAll",
        "/campaigns.v1.Campaigns/GetCampaign/",
        "/campaigns.v1.Campaigns//GetCampaign",
        "//campaigns.v1.Campaigns/GetCampaign",
        "/campaigns.v1.Campaigns/getCampaign",
        "/campaigns.v1.Campaigns/get_campaign",
        "/campaigns.v1.Campaigns/GETCAMPAIGN",
        "/campaigns.v1.campaigns/GetCampaign",
        "/Campaigns/GetCampaign",
        "/campaigns.v1.Campaigns/%47etCampaign",
        "/campaigns.v1.Campaigns%2FGetCampaign",
        "/campaigns.v1.Campaigns/Ping/../GetCampaign",
        "/campaigns.v1.Campaigns/./GetCampaign",
        "/campaigns.v1.Campaigns/GetCampaign;x",
        "/campaigns.v1.Campaigns/GetCampaign%00",
        "/campaigns.v1.Campaigns/",
        "/campaigns.v1.Campaigns",
        "/",
    ] {
        for caller in [ANA, BEN] {
            let answer = sent(
                "POST",
                path,
                &[GRPC, caller],
                body(frame(0, &ids("demo", "secret"))),
            )
            .await;
            assert_eq!(answer.code, Some(UNIMPLEMENTED), "{path}: {answer:?}");
            assert!(!answer.has_message(), "{path}: {answer:?}");
        }
    }
    // A query is not part of the name.
    let path = format!("{GET}?campaign_id=welcome&application_id=demo");
    let answer = sent(
        "POST",
        &path,
        &[GRPC, BEN],
        body(frame(0, &ids("demo", "secret"))),
    )
    .await;
    assert_eq!(answer.code, Some(PERMISSION_DENIED), "{answer:?}");
}

/// Ids that could be read as a separator, a wildcard or another id. A message contains them as they are, without escapes.
#[tokio::test]
async fn by_ids_in_disguise() {
    let long = "a".repeat(129);
    let endless = "a".repeat(60_000);
    for id in [
        "demo/",
        "/demo",
        "demo%2F",
        "demo%2f..",
        "demo\\",
        "demo／",
        "demo∕x",
        "demo:",
        "demo;x",
        "demo?",
        "demo#",
        "demo ",
        " demo",
        "demo+",
        "demo,other",
        "demo\r\n",
        "demo*",
        "d?mo",
        "*",
        "${aws:username}",
        "..",
        ".",
        "",
        "dem\u{200B}o",
        &long,
        &endless,
    ] {
        for message in [ids(id, "welcome"), ids("demo", id)] {
            let answer = sent("POST", GET, &[GRPC, BEN], body(frame(0, &message))).await;
            assert_eq!(answer.code, Some(INVALID_ARGUMENT), "{id:?}: {answer:?}");
            assert!(!answer.has_message(), "{id:?}: {answer:?}");
        }
    }
    // Another id, as far as a policy is concerned.
    for id in ["Demo", "DEMO", "xdemo", "dem"] {
        let answer = sent(
            "POST",
            GET,
            &[GRPC, BEN],
            body(frame(0, &ids(id, "welcome"))),
        )
        .await;
        assert_eq!(answer.code, Some(PERMISSION_DENIED), "{id}: {answer:?}");
    }
}

/// How the request is sent.
#[tokio::test]
async fn by_another_protocol() {
    for (method, headers, reason) in [
        ("GET", vec![GRPC], "another HTTP method"),
        ("PUT", vec![GRPC], "another HTTP method"),
        ("OPTIONS", vec![GRPC], "another HTTP method"),
        ("POST", vec![], "no content type"),
        ("POST", vec![("content-type", "application/json")], "JSON"),
        (
            "POST",
            vec![("content-type", "application/grpc+json")],
            "JSON in gRPC",
        ),
        (
            "POST",
            vec![("content-type", "application/grpc-web")],
            "gRPC-Web",
        ),
        (
            "POST",
            vec![("content-type", "application/grpc-web-text")],
            "gRPC-Web as text",
        ),
        (
            "POST",
            vec![GRPC, ("content-type", "text/plain")],
            "two content types",
        ),
        (
            "POST",
            vec![GRPC, ("x-http-method-override", "GET")],
            "a header for another method",
        ),
        (
            "POST",
            vec![GRPC, ("x-original-url", "/campaigns.v1.Campaigns/Ping")],
            "a header for another path",
        ),
        (
            "POST",
            vec![
                GRPC,
                ("te", "trailers"),
                ("connection", "upgrade"),
                ("upgrade", "h2c"),
            ],
            "an upgrade",
        ),
        (
            "POST",
            vec![GRPC, ("grpc-timeout", "1n")],
            "a time that is over",
        ),
        (
            "POST",
            vec![GRPC, ("grpc-encoding", "identity")],
            "an encoding without effect",
        ),
    ] {
        let headers: Vec<_> = [BEN].into_iter().chain(headers).collect();
        let answer = sent(
            method,
            GET,
            &headers,
            body(frame(0, &ids("demo", "secret"))),
        )
        .await;
        assert_ne!(answer.code, Some(OK), "{reason}: {answer:?}");
        assert!(
            answer.code.is_some() || answer.http != 200,
            "{reason}: {answer:?}"
        );
        assert!(!answer.has_message(), "{reason}: {answer:?}");
    }
}

/// What the check and the method read of the message is the same value.
#[tokio::test]
async fn by_the_bytes_of_the_message() {
    let (allowed, denied) = (ids("demo", "welcome"), ids("demo", "secret"));
    let both = |one: &[u8], other: &[u8]| [one, other].concat();
    let field = |number: u8, text: &str| {
        let mut bytes = vec![number << 3 | 2, u8::try_from(text.len()).unwrap()];
        bytes.extend(text.as_bytes());
        bytes
    };
    for (bytes, expected, reason) in [
        (
            frame(0, &both(&allowed, &denied)),
            PERMISSION_DENIED,
            "each field twice: the last one counts",
        ),
        (
            frame(0, &both(&allowed, &field(2, "secret"))),
            PERMISSION_DENIED,
            "one field twice",
        ),
        (
            frame(0, &both(&denied, &field(9, "welcome"))),
            PERMISSION_DENIED,
            "an unknown field",
        ),
        (
            frame(0, &field(2, "welcome")),
            INVALID_ARGUMENT,
            "a missing field",
        ),
        (frame(0, &[]), INVALID_ARGUMENT, "no fields"),
        (
            frame(0, &both(&field(1, "demo"), &[0x12, 2, 0xFF, 0xFE])),
            INTERNAL,
            "an id that is not UTF-8",
        ),
        (
            frame(0, &both(&field(1, "demo"), &field(2, "secret\0"))),
            INVALID_ARGUMENT,
            "a control character",
        ),
        (
            frame(0, &both(&field(1, "demo/campaigns/secret"), &field(2, "x"))),
            INVALID_ARGUMENT,
            "a separator",
        ),
        (
            frame(0, &denied[..denied.len() - 1]),
            INTERNAL,
            "an incomplete message",
        ),
        (
            frame(1, &denied),
            INTERNAL,
            "a compressed message without an encoding",
        ),
        (frame(2, &denied), INTERNAL, "an unknown flag"),
        (
            frame(0, &denied)[..7].to_vec(),
            INTERNAL,
            "an incomplete frame",
        ),
        (Vec::new(), INTERNAL, "no frame"),
    ] {
        let answer = sent("POST", GET, &[GRPC, BEN], body(bytes)).await;
        assert_eq!(answer.code, Some(expected), "{reason}: {answer:?}");
        assert!(!answer.has_message(), "{reason}: {answer:?}");
    }
    // A method with one message does not take the second one, whichever it is.
    for frames in [
        both(&frame(0, &allowed), &frame(0, &denied)),
        both(&frame(0, &denied), &frame(0, &allowed)),
    ] {
        let answer = sent("POST", GET, &[GRPC, BEN], body(frames)).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("secret"), "{answer:?}");
    }
}

/// A field that occurs twice is merged by protobuf, before the check.
#[tokio::test]
async fn by_merged_messages() {
    let wrapped = |application: &str, campaign: &str| {
        let campaign = GetCampaignRequest {
            application_id: application.to_owned(),
            campaign_id: campaign.to_owned(),
        };
        let message = DeleteCampaignRequest {
            campaign: Some(campaign),
        };
        message.encode_to_vec()
    };
    for (message, expected) in [
        (wrapped("demo", "welcome"), OK),
        (
            [wrapped("demo", "welcome"), wrapped("", "secret")].concat(),
            PERMISSION_DENIED,
        ),
        (
            [wrapped("demo", "welcome"), wrapped("other", "")].concat(),
            PERMISSION_DENIED,
        ),
        (
            [wrapped("other", "secret"), wrapped("demo", "welcome")].concat(),
            OK,
        ),
    ] {
        let path = "/campaigns.v1.Campaigns/DeleteCampaign";
        let answer = sent("POST", path, &[GRPC, BEN], body(frame(0, &message))).await;
        assert_eq!(answer.code, Some(expected), "{answer:?}");
    }
}

/// A caller who is denied gets the answer before the stream is read.
#[tokio::test]
async fn by_a_stream_without_end() {
    let path = "/campaigns.v1.Campaigns/DeleteCampaigns";
    for (headers, expected) in [
        (vec![GRPC], UNAUTHENTICATED),
        (
            vec![GRPC, ("authorization", "Bearer zoe")],
            PERMISSION_DENIED,
        ),
    ] {
        let frames = tokio_stream::pending::<Result<Frame<Bytes>, Status>>();
        let answer = sent("POST", path, &headers, Body::new(StreamBody::new(frames))).await;
        assert_eq!(answer.code, Some(expected), "{answer:?}");
    }
}

/// The safety net of `pinpoint_iam::web::tower` around tonic's router knows the checks of the methods.
#[tokio::test]
async fn a_net_replaces_only_what_is_not_checked() {
    let authorizer = authorizer().unwrap().build().unwrap();
    for (caller, path, message, http, code) in [
        (Some("ben"), GET, ids("demo", "welcome"), 200, Some(OK)),
        (
            Some("ben"),
            GET,
            ids("demo", "secret"),
            200,
            Some(PERMISSION_DENIED),
        ),
        (
            Some("ben"),
            GET,
            ids("demo", ""),
            200,
            Some(INVALID_ARGUMENT),
        ),
        (
            None,
            GET,
            ids("demo", "welcome"),
            200,
            Some(UNAUTHENTICATED),
        ),
        // Neither a public method nor an unknown one has a check.
        (None, "/campaigns.v1.Campaigns/Ping", Vec::new(), 500, None),
        (
            Some("ben"),
            "/campaigns.v1.Campaigns/Other",
            Vec::new(),
            500,
            None,
        ),
    ] {
        let service = server::<CampaignsServer<_>, _>(Service::new(authorizer.clone()));
        let router = Routes::new(service).into_axum_router();
        let router = router.layer(RequireCheckLayer::new(authorizer.clone()));
        let request = http::Request::post(path).header(GRPC.0, GRPC.1);
        let frame = axum::body::Body::from(frame(0, &message));
        let mut request = request.body(frame).unwrap();
        if let Some(name) = caller {
            let principal = Principal::user(&scope(), name).unwrap();
            request.extensions_mut().insert(principal);
        }
        let answer = answer(router.oneshot(request).await.unwrap()).await;
        assert_eq!(
            (answer.http, answer.code),
            (http, code),
            "{caller:?} {path}: {answer:?}"
        );
    }
}
