//! In actix-web, all extractors of a handler are polled together. A denied caller nevertheless receives the denial, and
//! the body remains unread.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::cell::Cell;
use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::error::ErrorImATeapot;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::middleware::from_fn;
use actix_web::test::TestRequest;
use actix_web::{App, Error, FromRequest, HttpRequest, HttpResponse, post, web};
use futures_core::Stream;
use pinpoint_iam::guard::{ResourceTagSource, Tags, TagsFuture, TagsUnavailable};
use pinpoint_iam::mobiletargeting::{App as AppArn, GetApp, GetCampaigns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::web::actix::{BeforeBody, Path, denials_first, guarded};
use pinpoint_iam::{Authorizer, Permit, Policy, Principal, Scope, requires};
use serde_json::Value;

use super::actix_app::{Called, Watched};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

const ALLOW: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const REFUSE: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}"#;
const NOTHING: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
/// The tags of the application determine the decision.
const IF_RED: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;

/// Tags that become available when the test provides them.
#[derive(Clone, Default)]
struct LateTags {
    late: Arc<Mutex<Late>>,
    asked: Arc<AtomicUsize>,
    /// Cloned for each pending request for tags.
    open: Arc<()>,
}

#[derive(Default)]
struct Late {
    answer: Option<Result<Tags, TagsUnavailable>>,
    waker: Option<Waker>,
}

impl LateTags {
    fn arrive(&self, team: &str) {
        self.answer(Ok([("team", team)].into_iter().collect()));
    }

    fn answer(&self, answer: Result<Tags, TagsUnavailable>) {
        let mut late = self.late.lock().unwrap();
        late.answer = Some(answer);
        if let Some(waker) = late.waker.take() {
            waker.wake();
        }
    }

    fn is_waited_for(&self) -> bool {
        self.late.lock().unwrap().waker.is_some()
    }
}

impl ResourceTagSource for LateTags {
    fn tags<'a>(&'a self, _: &'a str) -> TagsFuture<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let open = Arc::clone(&self.open);
        Box::pin(poll_fn(move |context| {
            let _open = &open;
            let mut late = self.late.lock().unwrap();
            match &late.answer {
                Some(answer) => Poll::Ready(answer.clone()),
                None => {
                    late.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        }))
    }
}

/// The contents of a request.
struct Sent {
    uri: &'static str,
    content_type: &'static str,
    content_length: &'static str,
    body: &'static str,
}

const GOOD: Sent = Sent {
    uri: "/v1/apps/a1/campaigns?page=1",
    content_type: "application/json",
    content_length: "2",
    body: "{}",
};

/// Requests that one of the extractors rejects, and its response to an allowed caller.
const FAULTY: [(Sent, u16); 5] = [
    (Sent { body: "{", ..GOOD }, 400),
    (
        Sent {
            content_type: "text/plain",
            ..GOOD
        },
        400,
    ),
    (
        Sent {
            content_length: "999999999999",
            ..GOOD
        },
        413,
    ),
    (
        Sent {
            uri: "/v1/apps/a1/campaigns?page=x",
            ..GOOD
        },
        400,
    ),
    (
        Sent {
            uri: "/v1/apps/a1/campaigns?page=1&fails",
            ..GOOD
        },
        418,
    ),
];

#[derive(serde::Deserialize)]
struct Page {
    #[allow(dead_code, reason = "here to be read from the query")]
    page: u8,
}

/// An extractor with its own response, which counts how often it is polled.
struct Own;

#[derive(Clone, Default)]
struct OwnPolls(Rc<Cell<usize>>);

impl FromRequest for Own {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let polls = request.app_data::<OwnPolls>().unwrap();
            polls.0.set(polls.0.get() + 1);
            if request.query_string().contains("fails") {
                return Err(ErrorImATeapot("fails"));
            }
            Ok(Self)
        })
    }
}

#[requires(CreateCampaign, request_tags = none)]
async fn create_campaign(
    Path(application_id): Path<String>,
    _: web::Query<Page>,
    _: Own,
    body: web::Json<Value>,
) -> String {
    format!("{application_id} {body}")
}

/// The same handler with a route macro.
mod with_macro {
    use super::*;

    #[post("/v1/apps/{application_id}/campaigns")]
    #[requires(CreateCampaign, request_tags = none)]
    pub(super) async fn create_campaign(
        Path(application_id): Path<String>,
        _: web::Query<Page>,
        _: Own,
        body: web::Json<Value>,
    ) -> String {
        format!("{application_id} {body}")
    }
}

fn authorizer(statement: &str, tags: &LateTags) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let mut store = PolicyStore::new();
    let policy = Policy::new("test", Document::parse(&document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .resource_tags(tags.clone())
        .build()
        .unwrap()
}

/// The ways to mount the handler.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mounted {
    Plainly,
    Guarded,
    Middleware,
    MacroAndMiddleware,
}

const EVERY_WAY: [Mounted; 4] = [
    Mounted::Plainly,
    Mounted::Guarded,
    Mounted::Middleware,
    Mounted::MacroAndMiddleware,
];

/// The result of one request, and how often its parts were polled.
struct Exchange {
    answer: Called,
    body_polls: Rc<Cell<usize>>,
    own_polls: Rc<Cell<usize>>,
}

impl Exchange {
    async fn begin(mounted: Mounted, authorizer: Authorizer, sent: &Sent) -> Self {
        let own = OwnPolls::default();
        let own_polls = Rc::clone(&own.0);
        let app = App::new().app_data(authorizer).app_data(own);
        let route = || web::resource("/v1/apps/{application_id}/campaigns");
        let call: Box<dyn Fn(TestRequest, Option<Principal>, Payload) -> Called> = match mounted {
            Mounted::Plainly => Box::new(start!(
                app.service(route().route(web::post().to(create_campaign)))
            )),
            Mounted::Guarded => Box::new(start!(
                app.service(route().route(web::post().to(guarded(create_campaign))))
            )),
            Mounted::Middleware => Box::new(start!(
                app.wrap(from_fn(denials_first))
                    .service(route().route(web::post().to(create_campaign)))
            )),
            Mounted::MacroAndMiddleware => Box::new(start!(
                app.wrap(from_fn(denials_first))
                    .service(with_macro::create_campaign)
            )),
        };
        let body_polls = Rc::new(Cell::new(0));
        let body = Watched::payload(sent.body, &body_polls);
        let request = TestRequest::post()
            .uri(sent.uri)
            .insert_header((CONTENT_TYPE, sent.content_type))
            .insert_header((CONTENT_LENGTH, sent.content_length));
        let ana = Principal::from_arn(ANA).unwrap();
        Self {
            answer: call(request, Some(ana), body),
            body_polls,
            own_polls,
        }
    }

    /// Returns the status if the response is ready.
    fn poll(&mut self) -> Option<u16> {
        let mut context = Context::from_waker(Waker::noop());
        match self.answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => Some(answer.status),
            Poll::Pending => None,
        }
    }
}

#[tokio::test]
async fn a_denial_precedes_the_error_of_any_extractor() {
    for mounted in EVERY_WAY {
        for (sent, status) in &FAULTY {
            let refusing = authorizer(REFUSE, &LateTags::default());
            let mut exchange = Exchange::begin(mounted, refusing, sent).await;
            assert_eq!(exchange.poll(), Some(403), "{mounted:?} {}", sent.uri);
            assert_eq!(exchange.body_polls.get(), 0, "{mounted:?} {}", sent.uri);
            assert_eq!(exchange.own_polls.get(), 0, "{mounted:?} {}", sent.uri);

            let allowing = authorizer(ALLOW, &LateTags::default());
            let mut exchange = Exchange::begin(mounted, allowing, sent).await;
            assert_eq!(exchange.poll(), Some(*status), "{mounted:?} {}", sent.uri);
        }
    }
}

#[tokio::test]
async fn a_denial_that_waits_for_tags_precedes_the_error_of_any_extractor() {
    for mounted in [
        Mounted::Guarded,
        Mounted::Middleware,
        Mounted::MacroAndMiddleware,
    ] {
        for (sent, status) in &FAULTY {
            for (team, expected) in [("blue", 403), ("red", *status)] {
                let tags = LateTags::default();
                let mut exchange = Exchange::begin(mounted, authorizer(IF_RED, &tags), sent).await;
                let case = format!("{mounted:?} {} {team}", sent.uri);
                assert_eq!(exchange.poll(), None, "{case}");
                assert!(tags.is_waited_for(), "{case}");
                assert_eq!(exchange.body_polls.get(), 0, "{case}");
                tags.arrive(team);
                assert_eq!(exchange.poll(), Some(expected), "{case}");
                if expected == 403 {
                    assert_eq!(exchange.body_polls.get(), 0, "{case}");
                }
                assert_eq!(tags.asked.load(Ordering::SeqCst), 1, "{case}");
            }
        }
    }
}

/// The middleware does not guarantee this: it only replaces the response.
#[tokio::test]
async fn no_extractor_of_a_guarded_handler_runs_before_the_decision() {
    let tags = LateTags::default();
    let authorizer = authorizer(IF_RED, &tags);
    let mut exchange = Exchange::begin(Mounted::Guarded, authorizer, &GOOD).await;
    assert_eq!(exchange.poll(), None);
    assert_eq!(exchange.own_polls.get(), 0);
    tags.arrive("red");
    assert_eq!(exchange.poll(), Some(200));
    assert_eq!(exchange.own_polls.get(), 1);
    assert!(exchange.body_polls.get() > 0);
}

#[tokio::test]
async fn the_body_of_a_denied_caller_is_never_read() {
    for mounted in EVERY_WAY {
        for sent in FAULTY.iter().map(|(sent, _)| sent).chain([&GOOD]) {
            let tags = LateTags::default();
            let mut exchange = Exchange::begin(mounted, authorizer(IF_RED, &tags), sent).await;
            let early = exchange.poll();
            assert_eq!(exchange.body_polls.get(), 0, "{mounted:?} {}", sent.uri);
            if early.is_none() {
                tags.arrive("blue");
                assert_eq!(exchange.poll(), Some(403), "{mounted:?} {}", sent.uri);
                assert_eq!(exchange.body_polls.get(), 0, "{mounted:?} {}", sent.uri);
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_waited_is_read_as_it_was_sent() {
    for mounted in EVERY_WAY {
        let tags = LateTags::default();
        let sent = Sent {
            body: "[1]",
            content_length: "3",
            ..GOOD
        };
        let mut exchange = Exchange::begin(mounted, authorizer(IF_RED, &tags), &sent).await;
        assert_eq!(exchange.poll(), None, "{mounted:?}");
        tags.arrive("red");
        let answer = exchange.answer.await;
        assert_eq!(answer.text, "a1 [1]", "{mounted:?}");
    }
}

#[tokio::test]
async fn tags_that_cannot_be_had_are_503_and_the_body_stays_unread() {
    for mounted in EVERY_WAY {
        let tags = LateTags::default();
        let authorizer = authorizer(IF_RED, &tags);
        let mut exchange = Exchange::begin(mounted, authorizer.clone(), &GOOD).await;
        assert_eq!(exchange.poll(), None, "{mounted:?}");
        tags.answer(Err(TagsUnavailable::new("down")));
        assert_eq!(exchange.poll(), Some(503), "{mounted:?}");
        assert_eq!(exchange.body_polls.get(), 0, "{mounted:?}");
        assert_eq!(authorizer.tag_failures(), 1, "{mounted:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_no_open_question() {
    for mounted in EVERY_WAY {
        for sent in FAULTY.iter().map(|(sent, _)| sent).chain([&GOOD]) {
            let tags = LateTags::default();
            let authorizer = authorizer(IF_RED, &tags);
            let before = Arc::strong_count(&tags.open);
            let mut exchange = Exchange::begin(mounted, authorizer.clone(), sent).await;
            let early = exchange.poll();
            drop(exchange);
            assert_eq!(
                Arc::strong_count(&tags.open),
                before,
                "{mounted:?} {} {early:?}",
                sent.uri
            );
        }
    }
}

async fn maybe(permit: Option<Permit<GetCampaigns>>, body: String) -> String {
    format!("{} {body}", permit.is_some())
}

/// A handler that only queries the decision receives the body in any case, but not before the decision is made.
#[tokio::test]
async fn a_permit_that_waits_delays_the_body() {
    for (team, expected) in [("red", "true {}"), ("blue", "false {}")] {
        let tags = LateTags::default();
        let app = start!(
            App::new()
                .app_data(authorizer(IF_RED, &tags))
                .route("/v1/apps/{application_id}/campaigns", web::post().to(maybe))
        );
        let polls = Rc::new(Cell::new(0));
        let body = Watched::payload("{}", &polls);
        let request = TestRequest::post().uri(GOOD.uri);
        let mut answer = app(request, Principal::from_arn(ANA).ok(), body);
        let mut context = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
        assert_eq!(polls.get(), 0);
        tags.arrive(team);
        assert_eq!(answer.await.text, expected);
    }
}

#[derive(serde::Deserialize)]
struct Tagged {
    tags: std::collections::HashMap<String, String>,
}

#[requires(CreateCampaign, request_tags = body.tags, dependents = none)]
async fn tagged(Path(application_id): Path<String>, body: web::Json<Tagged>) -> String {
    format!("{application_id} {}", body.tags.len())
}

/// The second half of a check waits for the first one, also where actix-web polls both.
#[tokio::test]
async fn a_check_after_the_body_waits_for_its_first_half() {
    for (team, expected, is_read) in [("red", 200, true), ("blue", 403, false)] {
        let tags = LateTags::default();
        let app = start!(App::new().app_data(authorizer(IF_RED, &tags)).route(
            "/v1/apps/{application_id}/campaigns",
            web::post().to(tagged)
        ));
        let polls = Rc::new(Cell::new(0));
        let body = Watched::payload(r#"{"tags": {}}"#, &polls);
        let json = (CONTENT_TYPE, "application/json");
        let request = TestRequest::post().uri(GOOD.uri).insert_header(json);
        let mut answer = app(request, Principal::from_arn(ANA).ok(), body);
        let mut context = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
        assert_eq!(polls.get(), 0);
        tags.arrive(team);
        assert_eq!(answer.await.status, expected, "{team}");
        assert_eq!(polls.get() > 0, is_read, "{team}");
    }
}

/// A handler that passes on the body as a stream passes on the body that was sent.
#[tokio::test]
async fn a_body_that_outlives_its_request_is_handed_out() {
    async fn hand_on(_: Permit<GetCampaigns>, body: web::Payload) -> HttpResponse {
        HttpResponse::Ok().streaming(body)
    }
    let tags = LateTags::default();
    let app = start!(App::new().app_data(authorizer(IF_RED, &tags)).route(
        "/v1/apps/{application_id}/campaigns",
        web::post().to(hand_on)
    ));
    let body = Watched::payload("streamed", &Rc::default());
    let request = TestRequest::post().uri(GOOD.uri);
    let mut answer = app(request, Principal::from_arn(ANA).ok(), body);
    let mut context = Context::from_waker(Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    tags.arrive("red");
    assert_eq!(answer.await.text, "streamed");
}

/// An extractor that reads the body without waiting to be polled.
struct Eager;

impl FromRequest for Eager {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut context = Context::from_waker(Waker::noop());
        // If it can read anything, it received the body too early.
        let _ = Pin::new(payload).poll_next(&mut context);
        ready(Ok(Self))
    }
}

#[requires(CreateCampaign, request_tags = none)]
async fn eager(Path(application_id): Path<String>, _: Eager) -> String {
    application_id
}

#[tokio::test]
async fn an_eager_extractor_cannot_read_the_body_of_a_denied_caller() {
    for (statement, status, read) in [
        (REFUSE, Some(403), 0),
        (IF_RED, None, 0),
        (ALLOW, Some(200), 1),
    ] {
        let app = start!(
            App::new()
                .app_data(authorizer(statement, &LateTags::default()))
                .route("/v1/apps/{application_id}/campaigns", web::post().to(eager))
        );
        let polls = Rc::new(Cell::new(0));
        let body = Watched::payload("{}", &polls);
        let request = TestRequest::post().uri(GOOD.uri);
        let mut answer = app(request, Principal::from_arn(ANA).ok(), body);
        let mut context = Context::from_waker(Waker::noop());
        let found = match answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => Some(answer.status),
            Poll::Pending => None,
        };
        assert_eq!((found, polls.get()), (status, read), "{statement}");
    }
}

/// A parameter of a check that becomes available later and extracts the guard of the request.
struct OfCaller(String);

impl FromRequest for OfCaller {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut is_late = false;
        Box::pin(async move {
            poll_fn(|_| match std::mem::replace(&mut is_late, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
            let guard = RequestGuard::extract(&request).await?;
            Ok(Self(guard.principal().name().to_owned()))
        })
    }
}

impl BeforeBody for OfCaller {}

#[requires(GetApp, application_id = caller.0)]
async fn app_of_caller(caller: OfCaller, guard: RequestGuard) -> String {
    format!("{} {}", caller.0, guard.principal().name())
}

/// Polls a response until it is ready, and returns its status.
fn status_of(mut answer: Called) -> Option<u16> {
    let mut context = Context::from_waker(Waker::noop());
    (0..10).find_map(|_| match answer.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer.status),
        Poll::Pending => None,
    })
}

#[requires(GetApp, application_id = caller.0)]
async fn late(caller: OfCaller, _: Own) -> String {
    caller.0
}

/// The middleware waits for a check whose parameter is late, as for one that waits for tags.
#[tokio::test]
async fn a_denial_after_a_late_parameter_precedes_the_error_of_any_extractor() {
    for (statement, expected) in [(ALLOW, 418), (NOTHING, 403)] {
        let app = App::new()
            .app_data(authorizer(statement, &LateTags::default()))
            .app_data(OwnPolls::default())
            .wrap(from_fn(denials_first));
        let call = start!(app.route("/", web::post().to(late)));
        let ana = Principal::from_arn(ANA).unwrap();
        let answer = call(TestRequest::post().uri("/?fails"), Some(ana), Payload::None);
        assert_eq!(status_of(answer), Some(expected), "{statement}");
    }
}

async fn optional(_: Option<Permit<GetCampaigns>>, _: Own) -> &'static str {
    "ran"
}

/// The handler would have run without the permit, so its denial is not the response.
#[tokio::test]
async fn the_denial_of_an_optional_permit_replaces_no_error() {
    for team in ["red", "blue"] {
        let tags = LateTags::default();
        let app = App::new()
            .app_data(authorizer(IF_RED, &tags))
            .app_data(OwnPolls::default())
            .wrap(from_fn(denials_first));
        let path = "/v1/apps/{application_id}/campaigns";
        let call = start!(app.route(path, web::post().to(optional)));
        let request = TestRequest::post().uri("/v1/apps/a1/campaigns?fails");
        let mut answer = call(request, Principal::from_arn(ANA).ok(), Payload::None);
        let mut context = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending(), "{team}");
        tags.arrive(team);
        assert_eq!(status_of(answer), Some(418), "{team}");
    }
}

#[requires(CreateCampaign, request_tags = none)]
async fn checks_again(Path(application_id): Path<String>, guard: RequestGuard) -> String {
    let app = AppArn::new(&application_id).unwrap();
    guard.check(GetApp, &app).await.unwrap();
    application_id
}

/// The guard of the handler has the tags for which the check has waited.
#[tokio::test]
async fn tags_are_fetched_once_for_the_check_and_the_guard() {
    let tags = LateTags::default();
    let app = App::new().app_data(authorizer(IF_RED, &tags));
    let path = "/v1/apps/{application_id}/campaigns";
    let call = start!(app.route(path, web::post().to(checks_again)));
    let request = TestRequest::post().uri("/v1/apps/a1/campaigns");
    let mut answer = call(request, Principal::from_arn(ANA).ok(), Payload::None);
    let mut context = Context::from_waker(Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    tags.arrive("red");
    assert_eq!(status_of(answer), Some(200));
    assert_eq!(tags.asked.load(Ordering::SeqCst), 1);
}

/// The guard of a request includes the tags that the check needs, so it waits for the check, unless the check waits for
/// it.
#[tokio::test]
async fn a_check_does_not_wait_for_itself() {
    for (statement, expected) in [(ALLOW, 200), (REFUSE, 200), (IF_RED, 200), (NOTHING, 403)] {
        let tags = LateTags::default();
        tags.arrive("red");
        let app = App::new().app_data(authorizer(statement, &tags));
        let call = start!(app.route("/", web::post().to(app_of_caller)));
        let ana = Principal::from_arn(ANA).unwrap();
        let answer = call(TestRequest::post(), Some(ana), Payload::None);
        assert_eq!(status_of(answer), Some(expected), "{statement}");
    }
}
