//! Sweeps over an axum router.

use axum::Router;
use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use tower_service::Service as _;

use super::{Call, Sweep, SweepCaller, SweepReport, Unguarded};

impl Sweep<'_> {
    /// Makes every call on `router`, without a socket. `authenticate` prepares the requests of the unprivileged caller.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run).
    pub async fn run_on_axum(
        &self,
        router: &Router,
        authenticate: impl Fn(&mut Request<Body>),
    ) -> Result<SweepReport, Unguarded> {
        self.run(async |call: &Call| {
            let request = Request::builder().method(call.method()).uri(call.uri());
            let request = match call.body() {
                None => request.body(Body::empty()),
                Some(json) => request
                    .header(CONTENT_TYPE, "application/json")
                    .body(Body::from(json.to_owned())),
            };
            let Ok(mut request) = request else {
                // A path or query that is not valid gets the response that a server would send.
                return StatusCode::BAD_REQUEST.as_u16();
            };
            if call.caller() == SweepCaller::Unprivileged {
                authenticate(&mut request);
            }
            match router.clone().call(request).await {
                Ok(response) => response.status().as_u16(),
                Err(never) => match never {},
            }
        })
        .await
    }
}
