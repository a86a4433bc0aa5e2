//! The service that the attempts are made against.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::Request;
use axum::routing::{delete, get, post};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

use super::{ANA, READS_A1};

#[derive(Clone)]
struct AppState {
    authorizer: Authorizer,
    runs: Arc<AtomicUsize>,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

impl AppState {
    fn run(&self) -> &'static str {
        self.runs.fetch_add(1, Ordering::SeqCst);
        "let in"
    }
}

#[requires(GetCampaign)]
async fn get_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    State(state): State<AppState>,
) -> String {
    format!("{application_id} {campaign_id} {}", state.run())
}

#[requires(DeleteCampaign)]
async fn delete_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    State(state): State<AppState>,
) -> String {
    format!("{application_id} {campaign_id} {}", state.run())
}

/// Other attributes above and below. `#[axum::debug_handler]` must be below `#[requires]`.
mod order {
    use super::*;

    #[requires(DeleteCampaign)]
    #[tracing::instrument(skip_all)]
    pub(super) async fn above(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }

    #[tracing::instrument(skip_all)]
    #[requires(DeleteCampaign)]
    pub(super) async fn below(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }

    #[requires(DeleteCampaign)]
    #[axum::debug_handler]
    pub(super) async fn above_debug_handler(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }

    #[cfg_attr(all(), requires(DeleteCampaign))]
    pub(super) async fn by_configuration(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }

    #[requires(GetCampaign)]
    #[requires(DeleteCampaign)]
    pub(super) async fn allowed_first(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }

    #[requires(DeleteCampaign)]
    #[requires(GetCampaign)]
    pub(super) async fn allowed_last(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }
}

/// Every name that the expansion might use, with another meaning.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, reason = "nothing should use them")]

    use super::AppState;

    mod pinpoint_iam {}
    mod mobiletargeting {}
    mod web {}
    mod std {}
    mod alloc {}
    struct DeleteCampaign;
    struct Campaign;
    struct Guard;
    struct Denied;
    struct Authorized;
    struct Requires;
    struct Result;
    struct Option;
    struct Box;
    struct Send;
    struct Sized;
    struct str;
    struct u32;
    struct bool;
    struct Ok(u8);
    struct Err(u8);
    struct Some(u8);

    impl Campaign {
        fn new(_: &::core::primitive::str, _: &::core::primitive::str) -> Self {
            Self
        }
    }

    #[::pinpoint_iam::requires(DeleteCampaign)]
    pub(super) async fn handler(
        ::axum::extract::Path((application_id, campaign_id)): ::axum::extract::Path<(
            String,
            String,
        )>,
        ::axum::extract::State(state): ::axum::extract::State<AppState>,
    ) -> String {
        ::std::format!("{application_id} {campaign_id} {}", state.run())
    }
}

/// Two handlers with the same name. Ana may call one of them.
mod harmless {
    use super::*;

    #[requires(GetCampaign)]
    pub(super) async fn twin(
        Path((application_id, campaign_id)): Path<(String, String)>,
    ) -> String {
        format!("{application_id} {campaign_id}")
    }
}

mod harmful {
    use super::*;

    #[requires(DeleteCampaign)]
    pub(super) async fn twin(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(state): State<AppState>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", state.run())
    }
}

#[derive(Deserialize)]
struct Ids {
    application_id: String,
    campaign_id: String,
}

#[requires(GetCampaign, application_id = ids.application_id, campaign_id = ids.campaign_id)]
async fn by_query(Query(ids): Query<Ids>, State(state): State<AppState>) -> String {
    format!("{} {} {}", ids.application_id, ids.campaign_id, state.run())
}

pub(crate) struct Service {
    router: Router,
    pub(crate) authorizer: Authorizer,
    pub(crate) runs: Arc<AtomicUsize>,
}

impl Service {
    pub(crate) fn new() -> Self {
        let mut store = PolicyStore::new();
        let policy = Policy::new("reads-a1", Document::parse(READS_A1).unwrap());
        store.identity(ANA).unwrap().attach(policy);
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "123456789012"))
            .source(store)
            .build()
            .unwrap();
        let runs = Arc::new(AtomicUsize::new(0));
        let campaign = "{application-id}/{campaign-id}";
        let router = Router::new()
            .route(
                "/v1/apps/{application-id}/campaigns/{campaign-id}",
                get(get_campaign).delete(delete_campaign),
            )
            .route(&format!("/above/{campaign}"), post(order::above))
            .route(&format!("/below/{campaign}"), post(order::below))
            .route(
                &format!("/above-debug-handler/{campaign}"),
                post(order::above_debug_handler),
            )
            .route(
                &format!("/by-configuration/{campaign}"),
                post(order::by_configuration),
            )
            .route(
                &format!("/allowed-first/{campaign}"),
                post(order::allowed_first),
            )
            .route(
                &format!("/allowed-last/{campaign}"),
                post(order::allowed_last),
            )
            .route(&format!("/shadowed/{campaign}"), post(shadowed::handler))
            .route(
                &format!("/twin/{campaign}"),
                get(harmless::twin).merge(delete(harmful::twin)),
            )
            .route("/by-query", get(by_query))
            .with_state(AppState {
                authorizer: authorizer.clone(),
                runs: Arc::clone(&runs),
            });
        Self {
            router,
            authorizer,
            runs,
        }
    }

    /// Returns the status and the message of the response. The message is empty if the router itself responded.
    pub(crate) async fn answer(&self, request: Request<Body>) -> (u16, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Checks that the request called `what` is rejected with this status and reason, and that no handler has run.
    pub(crate) async fn refuses(
        &self,
        what: &str,
        request: Request<Body>,
        status: u16,
        reason: &str,
    ) {
        let (found, said) = self.answer(request).await;
        assert_eq!(found, status, "{what}: {said}");
        if reason.is_empty() {
            assert_eq!(said, "", "{what}");
        } else {
            assert!(said.contains(reason), "{what}: {said}");
        }
        assert_eq!(self.runs.load(Ordering::SeqCst), 0, "{what}");
    }
}
