//! Sweeps over an actix-web application.

use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::ContentType;
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;

use super::{Call, Sweep, SweepCaller, SweepReport, Unguarded};

impl Sweep<'_> {
    /// Makes every call on `app`, the result of [`init_service`](actix_web::test::init_service), without a socket.
    ///
    /// `send` finishes each request with [`TestRequest::to_request`]. It must authenticate requests of the unprivileged
    /// caller as the application requires, with a header or with the value that a middleware would insert into the
    /// extensions.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run).
    pub async fn run_on_actix<S, R, B, E>(
        &self,
        app: &S,
        send: impl Fn(TestRequest, SweepCaller) -> R,
    ) -> Result<SweepReport, Unguarded>
    where
        S: Service<R, Response = ServiceResponse<B>, Error = E>,
        E: Into<Error>,
    {
        self.run(async |call: &Call| {
            let method = Method::from_bytes(call.method().as_bytes());
            let (Ok(method), Ok(_)) = (method, call.uri().parse::<Uri>()) else {
                // A path or query that is not valid gets the response that a server would send.
                return 400;
            };
            let mut request = TestRequest::with_uri(call.uri()).method(method);
            if let Some(json) = call.body() {
                request = request
                    .insert_header(ContentType::json())
                    .set_payload(json.to_owned());
            }
            let status = match app.call(send(request, call.caller())).await {
                Ok(response) => response.status(),
                Err(error) => error.into().error_response().status(),
            };
            status.as_u16()
        })
        .await
    }
}
