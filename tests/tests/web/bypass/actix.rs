//! Attempts to bypass the guard of an actix-web application. None of them succeeds. Each fails for a different reason.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::middleware::NormalizePath;
use actix_web::test::TestRequest;
use actix_web::{
    App, Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, Scope as Nested, error, web,
};
use pinpoint_iam::guard::{ResourceTagSource, Tags, TagsFuture};
use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::actix::{Path, guarded, routes};
use pinpoint_iam::{Authorizer, Permit, Policy, Principal, Scope, requires};
use serde::Deserialize;

use crate::actix_app::Called;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const ROOT: &str = "arn:aws:iam::123456789012:root";

/// Ana may read one campaign, and endpoints whose id is a replacement character.
const ONE_CAMPAIGN: &str = r#"
    {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/c1"},
    {"Effect": "Allow", "Action": "mobiletargeting:GetEndpoint", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/endpoints/%EF%BF%BD"}
"#;

/// Every resource has the tag `team` with the value `blue`.
struct BlueLater;

impl ResourceTagSource for BlueLater {
    fn tags<'a>(&'a self, _: &'a str) -> TagsFuture<'a> {
        let mut is_first = true;
        Box::pin(async move {
            std::future::poll_fn(|context| {
                context.waker().wake_by_ref();
                match std::mem::take(&mut is_first) {
                    true => std::task::Poll::Pending,
                    false => std::task::Poll::Ready(()),
                }
            })
            .await;
            Ok([("team", "blue")].into_iter().collect::<Tags>())
        })
    }
}

fn authorizer(statements: &str) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    let policy = Policy::new("policy", Document::parse(&document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .resource_tags(BlueLater)
        .build()
        .unwrap()
}

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("read {application_id} {campaign_id}")
}

#[requires(DeleteCampaign)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("deleted {application_id} {campaign_id}")
}

#[requires(GetEndpoint)]
async fn get_endpoint(Path((application_id, endpoint_id)): Path<(String, String)>) -> String {
    format!("read {application_id} {endpoint_id:?}")
}

#[derive(Deserialize)]
struct Ids {
    application_id: String,
    campaign_id: String,
}

#[requires(GetCampaign)]
async fn from_query(
    ids: web::Query<Ids>,
    application_id: InQuery<0>,
    campaign_id: InQuery<1>,
) -> String {
    let _ = (application_id, campaign_id);
    format!("read {} {}", ids.application_id, ids.campaign_id)
}

/// One of the ids in the query.
struct InQuery<const INDEX: usize>(String);

impl<const INDEX: usize> pinpoint_iam::web::actix::BeforeBody for InQuery<INDEX> {}

impl<const INDEX: usize> AsRef<str> for InQuery<INDEX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const INDEX: usize> FromRequest for InQuery<INDEX> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ids = web::Query::<Ids>::from_query(request.query_string());
        ready(ids.map_err(Error::from).map(|ids| {
            let Ids {
                application_id,
                campaign_id,
            } = ids.into_inner();
            Self(
                [application_id, campaign_id]
                    .into_iter()
                    .nth(INDEX)
                    .unwrap(),
            )
        }))
    }
}

#[requires(GetCampaign, application_id = ids.application_id, campaign_id = ids.campaign_id)]
async fn by_name(ids: web::Path<Ids>) -> String {
    format!("read {} {}", ids.application_id, ids.campaign_id)
}

async fn permitted(permit: Permit<GetCampaign>) -> String {
    permit.arn().to_owned()
}

/// Inserts another principal, as early as an extractor can.
struct Impostor;

impl FromRequest for Impostor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let root = Principal::from_arn(ROOT).unwrap();
        request.extensions_mut().insert(root);
        ready(Ok(Self))
    }
}

#[requires(DeleteCampaign)]
async fn with_impostor(
    _: Impostor,
    Path((application_id, campaign_id)): Path<(String, String)>,
) -> String {
    format!("deleted {application_id} {campaign_id}")
}

const CAMPAIGN: &str = "/v1/apps/{application_id}/campaigns/{campaign_id}";

fn nested() -> Nested {
    web::scope("/tenants/{application_id}")
        .route(
            "/by-name/{application_id}/{campaign_id}",
            web::get().to(guarded(by_name)),
        )
        .route(
            "/permit/{application_id}/{campaign_id}",
            web::get().to(permitted),
        )
        .route("/by-position/{a}/{b}", web::get().to(guarded(get_campaign)))
}

async fn start(statements: &str) -> impl Fn(TestRequest, Option<Principal>) -> Called {
    let app = App::new()
        .app_data(authorizer(statements))
        // The application contains a principal, but the request does not.
        .app_data(Principal::from_arn(ROOT).unwrap())
        .app_data(web::Data::new(Principal::from_arn(ROOT).unwrap()))
        .service(
            routes![get_campaign, delete_campaign, get_endpoint]
                .service()
                .unwrap(),
        )
        .service(nested())
        .route("/greedy/{a}/{b:.*}", web::get().to(get_campaign))
        .route("/query", web::get().to(from_query))
        .route("/impostor/{a}/{b}", web::get().to(with_impostor))
        .route(
            "/impostor-guarded/{a}/{b}",
            web::get().to(guarded(with_impostor)),
        );
    let call = start!(app);
    move |request, caller| call(request, caller, Payload::None)
}

async fn by_ana(statements: &str, method: Method, path: &str) -> (u16, String) {
    let request = TestRequest::with_uri(path).method(method);
    let call = start(statements).await;
    let answer = call(request, Principal::from_arn(ANA).ok()).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn no_spelling_of_the_path_means_another_resource() {
    let allowed = "read a1 c1";
    for (path, status, text) in [
        ("/v1/apps/a1/campaigns/c1", 200, allowed),
        // Escaped letters are letters for both the check and the handler.
        ("/v1/apps/%61%31/campaigns/%63%31", 200, allowed),
        ("/v1/%61pps/a1/campaigns/c1", 200, allowed),
        ("http://elsewhere/v1/apps/a1/campaigns/c1", 200, allowed),
        ("/v1/apps/a1/campaigns/c1?campaign_id=c2", 200, allowed),
        // Another campaign, in different spellings.
        ("/v1/apps/a1/campaigns/c2?campaign_id=c1", 403, ""),
        ("/v1/apps/a1/campaigns/C1", 403, ""),
        ("/v1/apps/a2/campaigns/c1", 403, ""),
        // A separator within an id, encoded once or twice.
        ("/v1/apps/a1/campaigns/c1%2F", 400, ""),
        ("/v1/apps/a1/campaigns/c1%2fkpis", 400, ""),
        ("/v1/apps/a1/campaigns/x%2F..%2Fc1", 400, ""),
        ("/v1/apps/a1%2Fcampaigns%2Fc1/campaigns/c1", 400, ""),
        ("/v1/apps/a1/campaigns/c1%252F", 400, ""),
        ("/v1/apps/a1/campaigns/c1%5C", 400, ""),
        ("/v1/apps/a1/campaigns/%2e%2e", 400, ""),
        // Characters that could end a text, or match several ids.
        ("/v1/apps/a1/campaigns/c1%00", 400, ""),
        ("/v1/apps/a1/campaigns/c1%0A", 400, ""),
        ("/v1/apps/a1/campaigns/*", 400, ""),
        ("/v1/apps/a1/campaigns/%3F", 400, ""),
        ("/v1/apps/a1/campaigns/c1;x=y", 400, ""),
        ("/v1/apps/a1/campaigns/%FF", 400, ""),
        // Paths without a route.
        ("/v1/apps/a1/campaigns/c1/", 404, ""),
        ("/v1/apps/a1/campaigns//c1", 404, ""),
        ("//v1/apps/a1/campaigns/c1", 404, ""),
        ("/v1/apps/a1/./campaigns/c1", 404, ""),
        ("/v1/apps/a2/../a1/campaigns/c1", 404, ""),
        ("/V1/apps/a1/campaigns/c1", 404, ""),
        ("/v1/apps/a1%2Fcampaigns/c1", 404, ""),
    ] {
        let (found, answer) = by_ana(ONE_CAMPAIGN, Method::GET, path).await;
        assert_eq!(found, status, "{path}: {answer}");
        if found == 200 {
            assert_eq!(answer, text, "{path}");
        }
    }
    let huge = format!("/v1/apps/a1/campaigns/{}", "c".repeat(60_000));
    assert_eq!(by_ana(ONE_CAMPAIGN, Method::GET, &huge).await.0, 400);
}

/// actix-web converts invalid UTF-8 to a replacement character, in the check as in the handler.
#[tokio::test]
async fn what_is_read_with_loss_is_checked_as_it_is_read() {
    for id in ["%FF", "%FE", "%EF%BF%BD"] {
        let path = format!("/v1/apps/a1/endpoints/{id}");
        let (status, text) = by_ana(ONE_CAMPAIGN, Method::GET, &path).await;
        assert_eq!((status, text.as_str()), (200, "read a1 \"\u{fffd}\""));
    }
    let (status, _) = by_ana(ONE_CAMPAIGN, Method::GET, "/v1/apps/a1/endpoints/%FFx").await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn no_method_replaces_another() {
    let path = "/v1/apps/a1/campaigns/c1";
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::DELETE, 403),
        (Method::POST, 405),
        (Method::PUT, 405),
        (Method::OPTIONS, 405),
        (Method::TRACE, 405),
        (Method::CONNECT, 405),
        (Method::from_bytes(b"get").unwrap(), 405),
        (Method::from_bytes(b"GETS").unwrap(), 405),
    ] {
        let (found, text) = by_ana(ONE_CAMPAIGN, method.clone(), path).await;
        assert_eq!(found, status, "{method}: {text}");
    }
    let (found, _) = by_ana(ONE_CAMPAIGN, Method::HEAD, "/v1/apps/a1/campaigns/c2").await;
    assert_eq!(found, 403, "HEAD is checked as GET is");

    // Headers and parameters that some servers interpret as the method.
    let call = start(ONE_CAMPAIGN).await;
    for (method, said, status, text) in [
        (Method::DELETE, "GET", 403, ""),
        (Method::GET, "DELETE", 200, "read a1 c1"),
        (Method::POST, "GET", 405, ""),
    ] {
        for header in [
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
        ] {
            let request = TestRequest::with_uri(&format!("{path}?_method={said}"))
                .method(method.clone())
                .insert_header((header, said));
            let answer = call(request, Principal::from_arn(ANA).ok()).await;
            assert_eq!(answer.status, status, "{method} {header}");
            if status == 200 {
                assert_eq!(answer.text, text);
            }
        }
    }
}

/// A middleware may normalize the path. The check uses the same path as the handler.
#[tokio::test]
async fn a_path_that_is_tidied_up_is_checked_as_it_is_then() {
    let app = App::new()
        .app_data(authorizer(ONE_CAMPAIGN))
        .wrap(NormalizePath::trim())
        .route(CAMPAIGN, web::get().to(get_campaign));
    let call = start!(app);
    for (path, status) in [
        ("/v1/apps/a1/campaigns/c1/", 200),
        ("//v1/apps//a1/campaigns/c1", 200),
        ("/v1/apps/a1/campaigns/c2/", 403),
        ("/v1/apps/a1//campaigns/c2//", 403),
        ("/v1/apps/a1/campaigns/c1%2F/", 400),
    ] {
        let request = TestRequest::with_uri(path);
        let answer = call(request, Principal::from_arn(ANA).ok(), Payload::None).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

/// Two placeholders with the same name, one in a scope and one in a route of it.
#[tokio::test]
async fn a_duplicate_placeholder_identifies_nothing() {
    for (path, status) in [
        ("/tenants/a1/by-name/a2/c1", 400),
        ("/tenants/a2/by-name/a1/c1", 400),
        ("/tenants/a1/permit/a2/c1", 500),
        ("/tenants/a2/permit/a1/c1", 500),
    ] {
        let (found, text) = by_ana(ONE_CAMPAIGN, Method::GET, path).await;
        assert_eq!(found, status, "{path}: {text}");
    }
    // By position, actix-web passes the first values to the handler, and so to the check.
    let (status, text) = by_ana(ONE_CAMPAIGN, Method::GET, "/tenants/a1/by-position/c1/c2").await;
    assert_eq!((status, text.as_str()), (200, "read a1 c1"));
    let (status, _) = by_ana(ONE_CAMPAIGN, Method::GET, "/tenants/c1/by-position/a1/c1").await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn rejects_a_duplicate_parameter() {
    for (query, status) in [
        ("application_id=a1&campaign_id=c1", 200),
        ("application_id=a1&campaign_id=c2", 403),
        ("application_id=a1&campaign_id=c1&campaign_id=c2", 400),
        ("application_id=a1&campaign_id=c2&campaign_id=c1", 400),
        ("application_id=a1&campaign_id=c1&Campaign_Id=c2", 200),
        ("application_id=a1&campaign_id=c1%2F", 400),
        ("application_id=a1", 400),
        ("", 400),
    ] {
        let (found, text) = by_ana(ONE_CAMPAIGN, Method::GET, &format!("/query?{query}")).await;
        assert_eq!(found, status, "{query}: {text}");
    }
}

#[tokio::test]
async fn a_placeholder_that_takes_several_segments_is_one_id() {
    for (path, status) in [
        ("/greedy/a1/c1", 200),
        ("/greedy/a1/c1/kpis", 400),
        ("/greedy/a1/", 400),
        ("/greedy/a1/../c1", 400),
    ] {
        let (found, text) = by_ana(ONE_CAMPAIGN, Method::GET, path).await;
        assert_eq!(found, status, "{path}: {text}");
    }
}

/// The caller is the principal in the request extensions when the first extractor was created.
#[tokio::test]
async fn the_caller_cannot_change_during_a_request() {
    let if_blue = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
    for statements in [ONE_CAMPAIGN, if_blue] {
        let call = start(statements).await;
        for path in ["/impostor/a1/c1", "/impostor-guarded/a1/c1"] {
            for (caller, status) in [(Principal::from_arn(ANA).ok(), 403), (None, 401)] {
                let answer = call(TestRequest::with_uri(path), caller).await;
                assert_eq!(answer.status, status, "{path}: {}", answer.text);
            }
            let root = Principal::from_arn(ROOT).ok();
            assert_eq!(call(TestRequest::with_uri(path), root).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_header_does_not_determine_the_source_address() {
    let inside = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#;
    let call = start(inside).await;
    for (peer, claimed, status) in [
        (Some("10.1.2.3:99"), "203.0.113.9", 200),
        (Some("203.0.113.9:99"), "10.1.2.3", 403),
        (None, "10.1.2.3", 503),
    ] {
        for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            let value = match header {
                "forwarded" => format!("for={claimed}"),
                _ => claimed.to_owned(),
            };
            let mut request =
                TestRequest::with_uri("/v1/apps/a1/campaigns/c1").insert_header((header, value));
            if let Some(peer) = peer {
                request = request.peer_addr(peer.parse().unwrap());
            }
            let answer = call(request, Principal::from_arn(ANA).ok()).await;
            assert_eq!(answer.status, status, "{peer:?} {header}");
        }
    }
}

/// An application may respond to unreadable paths in its own way, but this does not run the handler.
#[tokio::test]
async fn an_error_that_is_answered_as_success_does_not_run_the_handler() {
    let ran = Rc::new(Cell::new(false));

    #[requires(GetSegment, application_id = ids.0, segment_id = ids.1.to_string())]
    async fn get_segment(
        ids: web::Path<(String, u64)>,
        ran: web::ThinData<Rc<Cell<bool>>>,
    ) -> String {
        ran.set(true);
        ids.0.clone()
    }

    let path_config = web::PathConfig::default().error_handler(|error, _| {
        error::InternalError::from_response(error, HttpResponse::Ok().body("fine")).into()
    });
    let app = App::new()
        .app_data(authorizer(ONE_CAMPAIGN))
        .app_data(path_config)
        .app_data(web::ThinData(Rc::clone(&ran)))
        .route("/segments/{a}/{b}", web::get().to(get_segment));
    let call = start!(app);
    for (caller, status) in [(None, 401), (Principal::from_arn(ANA).ok(), 200)] {
        let request = TestRequest::with_uri("/segments/a1/x");
        let answer = call(request, caller, Payload::None).await;
        assert_eq!(answer.status, status);
    }
    assert!(!ran.get());
}
