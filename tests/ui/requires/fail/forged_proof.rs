//! Only the extractor makes the proof that the check has passed.

use pinpoint_iam::requires;
use pinpoint_iam::web::Authorized;

#[requires(mobileanalytics::PutEvents)]
async fn put_events() -> &'static str {
    ""
}

fn main() {
    let _ = put_events(Authorized {
        check: std::marker::PhantomData,
    });
}
