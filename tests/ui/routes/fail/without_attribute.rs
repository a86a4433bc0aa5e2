//! Handlers without an attribute, by a bare name, by a path, generic, and inside of a function.

use pinpoint_iam::{Authorizer, requires, routes};

async fn get_campaign() {}

mod segments {
    pub async fn get_segment() {}

    pub async fn list<T>() {}
}

#[requires(GetApps)]
async fn get_apps() {}

fn main() {
    async fn inner() {}

    let _: pinpoint_iam::web::axum::Routes<Authorizer> = routes![
        get_campaign,
        "GET /segments" => segments::get_segment,
        get_apps,
        segments::list::<u8>,
        inner,
    ];
}
