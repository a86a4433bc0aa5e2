//! A crate that depends on `pinpoint-iam` under another name. The code that the macros generate uses that name.

use axum::extract::Path;
use my_guard::policy::Document;
use my_guard::web::axum::Routes;
use my_guard::{Authorizer, include_policy, public, requires, routes};

/// Reads an application.
#[requires(GetApp)]
pub async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

/// Returns whether the service is available.
#[public("load balancer health check")]
pub async fn health() {}

/// The routes of the service.
pub fn service() -> Routes<Authorizer> {
    routes![get_app, "GET /healthz" => health]
}

/// The permissions of readers.
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
