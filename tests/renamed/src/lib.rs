//! A crate that knows `pinpoint-iam` by another name: what the macros write refers to it by that name.

use axum::extract::Path;
use my_guard::policy::Document;
use my_guard::web::axum::Routes;
use my_guard::{Authorizer, include_policy, public, requires, routes};

/// Reads an application.
#[requires(GetApp)]
pub async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

/// Whether the service is there.
#[public("load balancer health check")]
pub async fn health() {}

/// What is served.
pub fn service() -> Routes<Authorizer> {
    routes![get_app, "GET /healthz" => health]
}

/// What readers may do.
pub fn reader() -> Document {
    include_policy!("reader.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_macros_wrote_works() {
        let routes = service();
        assert_eq!(routes.check().err().map(|faults| faults.to_string()), None);
        assert_eq!(routes.table().iter().count(), 2);
        assert_eq!(reader().statements().len(), 1);
    }
}
