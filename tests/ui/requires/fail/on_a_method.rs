//! A method is not a handler, whether it has `self` or `Self`.

use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events(&self) -> &'static str {
        ""
    }

    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_more_events(Json(_): Json<Vec<Self>>) -> &'static str {
        ""
    }

    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_all_events() -> Option<Self> {
        None
    }
}

use axum::Json;

fn main() {}
