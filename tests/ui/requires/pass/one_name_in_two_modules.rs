//! Handlers with the same name in different modules do not conflict.

use axum::Router;
use axum::routing::get;
use pinpoint_iam::Authorizer;

mod campaigns {
    use axum::extract::Path;
    use pinpoint_iam::requires;

    #[requires(GetCampaigns)]
    pub async fn list(Path(application_id): Path<String>) -> String {
        application_id
    }
}

mod segments {
    use axum::extract::Path;
    use pinpoint_iam::requires;

    #[requires(GetSegments)]
    pub async fn list(Path(application_id): Path<String>) -> String {
        application_id
    }
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/campaigns", get(campaigns::list))
        .route("/segments", get(segments::list));
}
