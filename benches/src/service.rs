//! A service that has the same handler twice: with `#[requires]` and without.

use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, USER_AGENT};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use pinpoint_iam::{Principal, requires};
use tower_service::Service;

use crate::Failure;
use crate::workload::{Workload, caller};

/// The `Authorization` header that authenticates a request.
pub const TOKEN: &str = "Bearer ana";

/// Returns a router with the two routes, which share authentication, path extractor and the policies of W2.
///
/// # Errors
///
/// If the workload cannot be loaded.
pub fn router() -> Result<Router, Failure> {
    let authorizer = Workload::named("W2")?.authorizer()?;
    Ok(Router::new()
        .route(
            "/with/apps/{application_id}/campaigns/{campaign_id}",
            get(with_attribute),
        )
        .route(
            "/less/apps/{application_id}/campaigns/{campaign_id}",
            get(without_attribute),
        )
        .layer(middleware::from_fn_with_state(
            Caller(caller()?),
            authenticate,
        ))
        .with_state(authorizer))
}

/// Returns the path of a campaign that the caller may read, without the prefix `/with/` or `/less/`.
///
/// # Errors
///
/// If the workload cannot be loaded, or if it allows no campaign.
pub fn allowed_path() -> Result<String, Failure> {
    let workload = Workload::named("W2")?;
    let question = workload
        .questions
        .iter()
        .zip(workload.answers()?)
        .find(|(question, allowed)| question.action.ends_with(":UpdateCampaign") && *allowed)
        .ok_or("no campaign is allowed")?;
    let path = question.0.resource.rsplit(':').next();
    Ok(path.ok_or("the ARN has no resource")?.to_owned())
}

/// The service without a network, with requests to one of its routes.
pub struct InProcess {
    router: Router,
    path: String,
}

impl InProcess {
    /// Loads the service for requests to the route `with` or `less`, and sends the first one, because some things are
    /// created on first use.
    ///
    /// # Errors
    ///
    /// If the workload cannot be loaded, or if the request fails.
    pub fn new(prefix: &str) -> Result<Self, Failure> {
        let mut service = Self {
            router: router()?,
            path: format!("/{prefix}/{}", allowed_path()?),
        };
        let request = service.request()?;
        if !service.answer(request)?.status().is_success() {
            return Err("the request did not succeed".into());
        }
        Ok(service)
    }

    /// Returns requests to the route.
    ///
    /// # Errors
    ///
    /// If its path is not valid.
    pub fn requests(&self, count: usize) -> Result<Vec<Request>, Failure> {
        (0..count).map(|_| self.request()).collect()
    }

    fn request(&self) -> Result<Request, Failure> {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1024));
        Ok(Request::get(&self.path)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, TOKEN)
            .header(USER_AGENT, "campaign-console/4.2")
            .extension(ConnectInfo(peer))
            .body(Body::empty())?)
    }

    /// Sends the requests one after the other.
    ///
    /// # Errors
    ///
    /// If a response does not arrive at once.
    pub fn answer_all(&mut self, requests: Vec<Request>) -> Result<(), Failure> {
        for request in requests {
            self.answer(request)?;
        }
        Ok(())
    }

    /// Without a network, the router never has to wait.
    fn answer(&mut self, request: Request) -> Result<Response, Failure> {
        let mut answer = Box::pin(Service::<Request>::call(&mut self.router, request));
        let mut context = Context::from_waker(Waker::noop());
        match Future::poll(answer.as_mut(), &mut context) {
            Poll::Ready(Ok(response)) => Ok(response),
            Poll::Pending => Err("the router did not respond at once".into()),
        }
    }
}

#[requires(GetCampaign)]
async fn with_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

async fn without_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[derive(Clone)]
struct Caller(Principal);

async fn authenticate(
    State(Caller(principal)): State<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request.headers().get(AUTHORIZATION);
    if token.is_some_and(|token| token == TOKEN) {
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}
