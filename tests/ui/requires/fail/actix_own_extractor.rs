//! An application's own extractor must declare that it does not read the body, or it cannot bind a placeholder.

use actix_web::dev::Payload;
use actix_web::{App, Error, FromRequest, HttpRequest, web};
use pinpoint_iam::requires;

struct ApplicationId(String);

impl FromRequest for ApplicationId {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(String::new())))
    }
}

#[requires(GetApp)]
async fn get_app(ApplicationId(application_id): ApplicationId, _: String) -> String {
    application_id
}

fn main() {
    let _ = App::new().route("/", web::get().to(get_app));
}
