//! The service of [`service`](crate::service) on actix-web.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{ServiceConfig, get, scope};
use actix_web::{Error, HttpMessage};
use pinpoint_iam::web::actix::{Path, guarded};
use pinpoint_iam::{Authorizer, Principal, requires};

use crate::Failure;
use crate::service::TOKEN;
use crate::workload::{Workload, caller};

/// The two routes, which share authentication, path extractor and the policies of W2.
#[derive(Clone)]
pub struct Service {
    authorizer: Authorizer,
    caller: Principal,
}

impl Service {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// If the workload cannot be loaded.
    pub fn load() -> Result<Self, Failure> {
        Ok(Self {
            authorizer: Workload::named("W2")?.authorizer()?,
            caller: caller()?,
        })
    }

    /// Adds the routes to an application.
    pub fn configure(self, config: &mut ServiceConfig) {
        let Self { authorizer, caller } = self;
        let authenticate =
            from_fn(move |request, next| authenticate(caller.clone(), request, next));
        let routes = scope("")
            .wrap(authenticate)
            .route(
                "/with/apps/{application_id}/campaigns/{campaign_id}",
                get().to(guarded(with_attribute)),
            )
            .route(
                "/less/apps/{application_id}/campaigns/{campaign_id}",
                get().to(without_attribute),
            );
        config.app_data(authorizer).service(routes);
    }
}

#[requires(GetCampaign)]
async fn with_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

async fn without_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

async fn authenticate<B: MessageBody>(
    caller: Principal,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let token = request.headers().get(AUTHORIZATION);
    if token.is_some_and(|token| token == TOKEN) {
        request.extensions_mut().insert(caller);
    }
    next.call(request).await
}
