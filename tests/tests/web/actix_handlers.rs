//! `#[requires]` on actix-web handlers, in a real application.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

#[path = "web_contract.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same tests, of the `App` of each framework"
)]
mod web_contract;

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, USER_AGENT};
use actix_web::test::TestRequest;
use actix_web::{App as Application, web};
use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::web::actix::Path;
use pinpoint_iam::{Permit, Principal, requires};
use pinpoint_iam_tests::answer::Answer;

use self::web_contract::{ALLOW_EVERYTHING, Sent, by_ana};
use super::actix_app::{Called, Watched};

type HandlerRan = Rc<Cell<bool>>;

#[requires(GetCampaign)]
async fn get_campaign(
    handler_ran: web::ThinData<HandlerRan>,
    Path((application_id, campaign_id)): Path<(String, String)>,
) -> String {
    handler_ran.set(true);
    format!("{application_id} {campaign_id}")
}

#[requires(CreateCampaign, request_tags = none)]
async fn create_campaign(
    Path(application_id): Path<String>,
    body: web::Json<serde_json::Value>,
) -> String {
    format!("{application_id} {body}")
}

#[requires(DeleteCampaign, application_id = path.0, campaign_id = path.1)]
async fn delete_campaign(path: web::Path<(String, String)>) -> String {
    format!("{} {}", path.0, path.1)
}

#[requires(mobileanalytics::PutEvents)]
async fn put_events() -> &'static str {
    "events"
}

#[requires(GetEndpoint)]
async fn get_endpoint(Path((application_id, endpoint_id)): Path<(String, String)>) -> String {
    format!("{application_id} {endpoint_id}")
}

#[requires(GetSegment, segment_id = number.to_string())]
async fn get_segment(Path((application_id, number)): Path<(String, u64)>) -> String {
    format!("{application_id} {number}")
}

#[requires(CreateSegment, request_tags = tags, dependents(TagResource))]
async fn create_segment(
    Path(application_id): Path<String>,
    web::Json(tags): web::Json<HashMap<String, String>>,
) -> String {
    format!("{application_id} {}", tags.len())
}

async fn permitted(permit: Permit<GetCampaign>) -> String {
    permit.arn().to_owned()
}

type Call = dyn Fn(TestRequest, Option<Principal>, Payload) -> Called;

struct App {
    call: Box<Call>,
    handler_ran: HandlerRan,
    body_polls: Rc<Cell<usize>>,
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/v1/apps/{application_id}/campaigns",
            web::post().to(create_campaign),
        )
        .service(
            web::resource("/v1/apps/{application_id}/campaigns/{campaign_id}")
                .route(web::get().to(get_campaign))
                .route(web::delete().to(delete_campaign)),
        )
        .route(
            "/v1/apps/{application_id}/endpoints/{endpoint_id}",
            web::get().to(get_endpoint),
        )
        .route(
            "/v1/apps/{application_id}/segments/{number}",
            web::get().to(get_segment),
        )
        .route(
            "/v1/apps/{application_id}/segments",
            web::post().to(create_segment),
        )
        .route("/events", web::post().to(put_events))
        .route(
            "/permit/{application_id}/{campaign_id}",
            web::get().to(permitted),
        )
        .route("/misnamed/{application_id}/{id}", web::get().to(permitted));
}

impl App {
    async fn with(statements: &str) -> Self {
        let authorizer = web_contract::authorizer(statements);
        Self::of(Application::new().app_data(authorizer)).await
    }

    async fn of<T>(app: Application<T>) -> Self
    where
        T: actix_web::dev::ServiceFactory<
                actix_web::dev::ServiceRequest,
                Config = (),
                Response = actix_web::dev::ServiceResponse,
                Error = actix_web::Error,
                InitError = (),
            > + 'static,
    {
        let handler_ran = HandlerRan::default();
        let app = app
            .app_data(web::ThinData(Rc::clone(&handler_ran)))
            .configure(routes);
        Self {
            call: Box::new(start!(app)),
            handler_ran,
            body_polls: Rc::default(),
        }
    }

    async fn send(&self, sent: Sent<'_>) -> Answer {
        let mut request = TestRequest::with_uri(sent.path)
            .method(sent.method.parse().unwrap())
            .insert_header((CONTENT_TYPE, "application/json"));
        if let Some(agent) = sent.user_agent {
            request = request.insert_header((USER_AGENT, agent));
        }
        let caller = sent.caller.map(|arn| Principal::from_arn(arn).unwrap());
        let body = Watched::payload(sent.body, &self.body_polls);
        (self.call)(request, caller, body).await
    }

    fn handler_ran(&self) -> bool {
        self.handler_ran.get()
    }

    fn body_was_read(&self) -> bool {
        self.body_polls.get() > 0
    }
}

#[tokio::test]
async fn the_authorizer_may_be_in_data() {
    let authorizer = web_contract::authorizer(ALLOW_EVERYTHING);
    let app = App::of(Application::new().app_data(web::Data::new(authorizer))).await;
    let answer = web_contract::get(&app, "/v1/apps/a1/campaigns/c1").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn the_innermost_authorizer_counts() {
    let refusing =
        web_contract::authorizer(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#);
    let outer = web_contract::authorizer(ALLOW_EVERYTHING);
    let app = start!(
        Application::new()
            .app_data(outer)
            .app_data(web::ThinData(HandlerRan::default()))
            .service(web::scope("/in").app_data(refusing).configure(routes))
            .configure(routes)
    );
    let ana = || Principal::from_arn(web_contract::ANA).ok();
    for (path, status) in [
        ("/v1/apps/a1/campaigns/c1", 200),
        ("/in/v1/apps/a1/campaigns/c1", 403),
    ] {
        let request = TestRequest::with_uri(path);
        let answer = app(request, ana(), Payload::None).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

/// Data of two types do not replace each other, and the inner one cannot be determined.
#[tokio::test]
async fn authorizers_in_data_of_both_types_are_500() {
    let strict =
        || web_contract::authorizer(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#);
    let lax = || web_contract::authorizer(ALLOW_EVERYTHING);
    let ana = || Principal::from_arn(web_contract::ANA).ok();
    let ran = HandlerRan::default();
    let apps: [Box<Call>; 3] = [
        Box::new(start!(
            Application::new()
                .app_data(lax())
                .app_data(web::ThinData(Rc::clone(&ran)))
                .service(
                    web::scope("/in")
                        .app_data(web::Data::new(strict()))
                        .configure(routes)
                )
        )),
        Box::new(start!(
            Application::new()
                .app_data(web::Data::new(lax()))
                .app_data(web::ThinData(Rc::clone(&ran)))
                .service(web::scope("/in").app_data(strict()).configure(routes))
        )),
        Box::new(start!(
            Application::new()
                .app_data(lax())
                .app_data(web::Data::new(lax()))
                .app_data(web::ThinData(Rc::clone(&ran)))
                .service(web::scope("/in").configure(routes))
        )),
    ];
    for app in apps {
        for path in ["/in/v1/apps/a1/campaigns/c1", "/in/permit/a1/c1"] {
            let answer = app(TestRequest::with_uri(path), ana(), Payload::None).await;
            assert_eq!(answer.status, 500, "{path}");
        }
    }
    assert!(!ran.get());
}

#[tokio::test]
async fn an_application_without_authorizer_is_500_for_every_caller() {
    let app = App::of(Application::new()).await;
    for caller in [Some(web_contract::ANA), None] {
        for (method, path) in [
            ("GET", "/v1/apps/a1/campaigns/c1"),
            ("POST", "/v1/apps/a1/campaigns"),
            ("GET", "/permit/a1/c1"),
        ] {
            let request = Sent {
                caller,
                ..by_ana(method, path)
            };
            let answer = app.send(request).await;
            assert_eq!(answer.status, 500, "{path}");
            assert_eq!(
                answer.text,
                r#"{"Message":"The request could not be authorized."}"#
            );
        }
    }
    assert!(!app.handler_ran() && !app.body_was_read());
}

/// A route for `GET` does not serve other methods, unlike in axum.
#[tokio::test]
async fn a_head_request_does_not_reach_a_handler_for_get() {
    let app = App::with(ALLOW_EVERYTHING).await;
    let answer = app.send(by_ana("HEAD", "/v1/apps/a1/campaigns/c1")).await;
    assert_eq!(answer.status, 405);
    assert!(!app.handler_ran());
}
