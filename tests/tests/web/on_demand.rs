//! Policies by principal on demand, in handlers of both frameworks.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::dev::Payload;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{FromRequest, HttpRequest, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::Request;
use axum::http::request::Parts;
use axum::routing::get;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::source::{
    IdentityRecord, Invalidation, PolicyRecord, PrincipalFuture, PrincipalRecords,
    PrincipalRequest, PrincipalSource, SourceError,
};
use pinpoint_iam::web::actix::BeforeBody;
use pinpoint_iam::web::{Caller, RequestGuard};
use pinpoint_iam::{Authorizer, Denied, Permit, Principal, PrincipalCache, Scope, requires};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

const ANA: &str = "arn:aws:iam::111122223333:user/ana";

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Allows,
    Revoked,
    Fails,
}

/// A source with one user, which responds after a wait.
struct Users {
    mode: Mutex<Mode>,
    loads: AtomicUsize,
}

#[derive(Clone)]
struct Source(Arc<Users>);

impl PrincipalSource for Source {
    fn name(&self) -> String {
        "users".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async move {
            self.0.loads.fetch_add(1, Ordering::SeqCst);
            let mode = *self.0.mode.lock().unwrap();
            // The check has to wait: the response is not there at the first poll.
            let (sender, receiver) = oneshot::channel();
            tokio::task::yield_now().await;
            sender.send(mode).ok();
            let mode = receiver.await.unwrap();
            let mut records = PrincipalRecords::new(Revision::new("1"));
            for arn in request.identities {
                let mut record = IdentityRecord::new(arn);
                match mode {
                    Mode::Allows => {
                        let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
                            "Action": "mobiletargeting:GetApp", "Resource": "*"}}"#;
                        record.policies.push(PolicyRecord::inline("own", document));
                    }
                    Mode::Revoked => {}
                    Mode::Fails => {
                        return Err(SourceError::of_file("users".as_ref(), "no connection"));
                    }
                }
                records.identities.push(record);
            }
            Ok(records)
        })
    }
}

#[derive(Clone)]
struct Application {
    authorizer: Authorizer,
    users: Arc<Users>,
}

impl FromRef<Application> for Authorizer {
    fn from_ref(application: &Application) -> Self {
        application.authorizer.clone()
    }
}

impl Application {
    fn new() -> Self {
        let users = Arc::new(Users {
            mode: Mutex::new(Mode::Allows),
            loads: AtomicUsize::new(0),
        });
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "111122223333"))
            .principal_source(Source(Arc::clone(&users)), PrincipalCache::new())
            .build()
            .unwrap();
        Self { authorizer, users }
    }

    /// Changes the policies, and reports it.
    fn becomes(&self, mode: Mode) {
        *self.users.mode.lock().unwrap() = mode;
        let ana = Invalidation::Principal(ANA.to_owned());
        self.authorizer.invalidate(&ana);
    }

    fn loads(&self) -> usize {
        self.users.loads.load(Ordering::SeqCst)
    }
}

/// An extractor that revokes the permission of the caller, between two checks of the request.
struct Revokes;

impl FromRequestParts<Application> for Revokes {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, state: &Application) -> Result<Self, ()> {
        state.becomes(Mode::Revoked);
        Ok(Self)
    }
}

impl FromRequest for Revokes {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let application = request.app_data::<Application>().unwrap().clone();
        let request = request.clone();
        // All extractors of actix-web start together: this one waits until the check has looked up the caller.
        Box::pin(async move {
            drop(RequestGuard::extract(&request).await?);
            application.becomes(Mode::Revoked);
            Ok(Self)
        })
    }
}

async fn checked(guard: &RequestGuard) -> Result<String, Denied> {
    guard.check(GetApp, &App::new("a2")?).await?;
    Ok("both".to_owned())
}

#[requires(GetApp)]
async fn app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp)]
async fn app_on_actix(application_id: web::Path<String>) -> String {
    application_id.into_inner()
}

#[requires(GetApp)]
async fn between(
    Path(application_id): Path<String>,
    _: Revokes,
    guard: RequestGuard,
) -> Result<String, Denied> {
    checked(&guard).await
}

#[requires(GetApp)]
async fn between_on_actix(
    application_id: web::Path<String>,
    _: Revokes,
    request: HttpRequest,
) -> Result<String, actix_web::Error> {
    let guard = RequestGuard::extract(&request).await?;
    Ok(checked(&guard).await?)
}

async fn guard(guard: RequestGuard) -> Result<String, Denied> {
    checked(&guard).await
}

async fn permit(_: Permit<GetApp>) -> String {
    "permitted".to_owned()
}

/// A connection that stays open for three messages.
async fn renewed(
    axum::extract::State(application): axum::extract::State<Application>,
    mut guard: RequestGuard,
) -> String {
    let first = checked(&guard).await.is_ok();
    application.becomes(Mode::Revoked);
    let second = checked(&guard).await.is_ok();
    guard.renew_async().await;
    let third = checked(&guard).await.is_ok();
    format!("{first} {second} {third}")
}

/// The caller in a header.
struct InHeader(Principal);

impl Caller for InHeader {
    fn principal(&self) -> Option<Principal> {
        Some(self.0.clone())
    }
}

impl<S: Sync> FromRequestParts<S> for InHeader {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Self(Principal::from_arn(ANA).unwrap()))
    }
}

impl FromRequest for InHeader {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Principal::from_arn(ANA).unwrap())))
    }
}

impl BeforeBody for InHeader {}

#[requires(GetApp, caller = caller)]
async fn by_caller(
    Path(application_id): Path<String>,
    caller: InHeader,
    guard: RequestGuard,
) -> Result<String, Denied> {
    checked(&guard).await
}

#[requires(GetApp, caller = caller)]
async fn by_caller_on_actix(
    application_id: web::Path<String>,
    caller: InHeader,
    guard: RequestGuard,
) -> Result<String, Denied> {
    checked(&guard).await
}

/// The status and the body.
type Response = (u16, String);

async fn on_axum(application: &Application, path: &str) -> Response {
    let router: Router = Router::new()
        .route("/apps/{application_id}", get(app))
        .route("/between/{application_id}", get(between))
        .route("/caller/{application_id}", get(by_caller))
        .route("/permit/{application_id}", get(permit))
        .route("/guard/{application_id}", get(guard))
        .route("/renewed/{application_id}", get(renewed))
        .with_state(application.clone());
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if !path.starts_with("/caller") {
        let ana = Principal::from_arn(ANA).unwrap();
        request.extensions_mut().insert(ana);
    }
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn on_actix(application: &Application, path: &str) -> Response {
    let app = actix_web::App::new()
        .app_data(application.authorizer.clone())
        .app_data(application.clone())
        .route("/apps/{application_id}", web::get().to(app_on_actix))
        .route("/between/{application_id}", web::get().to(between_on_actix))
        .route(
            "/caller/{application_id}",
            web::get().to(by_caller_on_actix),
        )
        .route("/permit/{application_id}", web::get().to(permit))
        .route("/guard/{application_id}", web::get().to(guard));
    let app = init_service(app).await;
    let request = TestRequest::get().uri(path).to_request();
    if !path.starts_with("/caller") {
        let ana = Principal::from_arn(ANA).unwrap();
        actix_web::HttpMessage::extensions_mut(&request).insert(ana);
    }
    let response = call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = read_body(response).await;
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Runs a request on one of the frameworks.
async fn on(framework: &str, application: &Application, path: &str) -> Response {
    match framework {
        "axum" => on_axum(application, path).await,
        _ => on_actix(application, path).await,
    }
}

const FRAMEWORKS: [&str; 2] = ["axum", "actix"];

fn ok(body: &str) -> Response {
    (200, body.to_owned())
}

#[actix_web::test]
async fn checks_wait_for_the_policies_of_the_caller() {
    for framework in FRAMEWORKS {
        for (path, body) in [
            ("/apps/a1", "a1"),
            ("/permit/a1", "permitted"),
            ("/guard/a1", "both"),
            ("/caller/a1", "both"),
        ] {
            let application = Application::new();
            let response = on(framework, &application, path).await;
            assert_eq!(response, ok(body), "{framework} {path}");
            assert_eq!(on(framework, &application, path).await, ok(body));
            assert_eq!(application.loads(), 1, "{framework} {path}");
            // Each of the two requests has looked its caller up once.
            let counts = application.authorizer.principal_cache_counts();
            assert_eq!((counts.hits, counts.misses), (1, 1), "{framework} {path}");
        }
    }
}

#[actix_web::test]
async fn a_failure_of_the_source_is_a_503_and_is_not_cached() {
    for framework in FRAMEWORKS {
        for path in ["/apps/a1", "/permit/a1", "/guard/a1", "/caller/a1"] {
            let application = Application::new();
            application.becomes(Mode::Fails);
            let (status, body) = on(framework, &application, path).await;
            let message = r#"{"Message":"The request could not be authorized for now."}"#;
            assert_eq!((status, &*body), (503, message), "{framework} {path}");
            *application.users.mode.lock().unwrap() = Mode::Allows;
            assert_eq!(on(framework, &application, path).await.0, 200);
        }
    }
}

#[actix_web::test]
async fn one_look_up_decides_a_whole_request() {
    for framework in FRAMEWORKS {
        let application = Application::new();
        let path = "/between/a1";
        assert_eq!(
            on(framework, &application, path).await,
            ok("both"),
            "{framework}"
        );
        // The next request sees the change.
        assert_eq!(
            on(framework, &application, path).await.0,
            403,
            "{framework}"
        );
        assert_eq!(application.loads(), 2);
    }
}

#[actix_web::test]
async fn a_renewed_guard_sees_changes() {
    let application = Application::new();
    let response = on_axum(&application, "/renewed/a1").await;
    assert_eq!(response, ok("true true false"));
}
