//! `dependents(..)` contains every dependent action, also those that the handler never needs.

use axum::Json;
use pinpoint_iam::requires;

#[requires(
    sms_voice::RequestPhoneNumber,
    request_tags = body,
    resource = pinpoint_iam::sms_voice::Pool::new("p1")?,
    dependents(TagResource)
)]
async fn one_of_two(Json(body): Json<Vec<String>>) -> String {
    body.concat()
}

fn main() {}
