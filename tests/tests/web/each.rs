//! `#[requires(each(..))]`: checks of every element of a list, before the handler does anything.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpMessage;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query};
use axum::http::Request;
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{DeniedReason, KeysUnavailable, Tags};
use pinpoint_iam::mobiletargeting::{Campaign, CampaignKeys, DeleteCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const EVE: &str = "arn:aws:iam::123456789012:user/eve";

/// Ana may delete the campaigns of the application `a1`, except locked ones and `c9`.
const STATEMENTS: &str = r#"
    {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/*"},
    {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/c9"},
    {"Effect": "Deny", "Action": "*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/state": "locked"}}}"#;

/// An authorizer, the number of calls of its source, and the number of campaigns that it was called for.
fn authorizer() -> (Authorizer, Arc<[AtomicUsize; 2]>) {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{STATEMENTS}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("test", Document::parse(&document).unwrap()));
    let calls: Arc<[AtomicUsize; 2]> = Arc::default();
    let counted = Arc::clone(&calls);
    let source = move |campaigns: Vec<Campaign>| {
        let [calls, resources] = &*counted;
        calls.fetch_add(1, Ordering::Relaxed);
        resources.fetch_add(campaigns.len(), Ordering::Relaxed);
        async move {
            let keys = |campaign: Campaign| match campaign.campaign_id() {
                "broken" => Err(KeysUnavailable::new("the database is down")),
                id => {
                    let state = id.starts_with('l').then_some(("state", "locked"));
                    let tags = state.into_iter().collect::<Tags>();
                    Ok((campaign, CampaignKeys { tags }))
                }
            };
            campaigns
                .into_iter()
                .map(keys)
                .collect::<Result<Vec<_>, _>>()
        }
    };
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        // Only campaigns have a source.
        .warn_about_keys_without_source()
        .resource_keys_batch(source)
        .build()
        .unwrap();
    (authorizer, calls)
}

#[derive(Deserialize)]
struct Ids {
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Joined {
    ids: String,
}

fn shown(permits: &[Permit<DeleteCampaign>]) -> String {
    let ids = permits.iter().map(|permit| {
        let (_, id) = permit.arn().rsplit_once('/').unwrap();
        id
    });
    ids.collect::<Vec<_>>().join(" ")
}

mod on_axum {
    use super::*;

    #[requires(each(DeleteCampaign(campaign_id = body.ids)))]
    pub(super) async fn all(Path(application_id): Path<String>, Json(body): Json<Ids>) -> String {
        format!("{application_id} {}", body.ids.len())
    }

    #[requires(each(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn proven(
        Path(application_id): Path<String>,
        Json(body): Json<Ids>,
    ) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    #[requires(each_allowed(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn allowed(
        Path(application_id): Path<String>,
        Json(body): Json<Ids>,
    ) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    #[requires(each_until_denied(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn until_denied(
        Path(application_id): Path<String>,
        Json(body): Json<Ids>,
    ) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    /// The list is in the query, so the check precedes the body.
    #[requires(each(DeleteCampaign(campaign_id = query.ids.split(',').collect::<Vec<_>>())))]
    pub(super) async fn in_query(
        Path(application_id): Path<String>,
        Query(query): Query<Joined>,
    ) -> String {
        format!("{application_id} {}", query.ids)
    }

    /// A check of the application in addition.
    #[requires(all(GetApp, each(DeleteCampaign(campaign_id = body.ids))))]
    pub(super) async fn combined(
        Path(application_id): Path<String>,
        Json(body): Json<Ids>,
    ) -> String {
        format!("{application_id} {}", body.ids.len())
    }

    /// Expressions cannot skip the check.
    #[requires(each(DeleteCampaign(campaign_id = body.ids.first().map(|_| &body.ids).ok_or_else(Denied::unreadable)?)))]
    pub(super) async fn not_empty(
        Path(application_id): Path<String>,
        Json(body): Json<Ids>,
    ) -> String {
        format!("{application_id} {}", body.ids.len())
    }
}

mod on_actix {
    use actix_web::web::Json;
    use pinpoint_iam::web::actix::Path;

    use super::*;

    #[requires(each(DeleteCampaign(campaign_id = body.ids)))]
    pub(super) async fn all(Path(application_id): Path<String>, body: Json<Ids>) -> String {
        format!("{application_id} {}", body.ids.len())
    }

    #[requires(each(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn proven(Path(application_id): Path<String>, body: Json<Ids>) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    #[requires(each_allowed(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn allowed(Path(application_id): Path<String>, body: Json<Ids>) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    #[requires(each_until_denied(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
    pub(super) async fn until_denied(
        Path(application_id): Path<String>,
        body: Json<Ids>,
    ) -> String {
        let _ = (application_id, body);
        shown(&permits)
    }

    #[requires(each(DeleteCampaign(campaign_id = query.ids.split(',').collect::<Vec<_>>())))]
    pub(super) async fn in_query(
        Path(application_id): Path<String>,
        query: actix_web::web::Query<Joined>,
    ) -> String {
        format!("{application_id} {}", query.ids)
    }

    #[requires(all(GetApp, each(DeleteCampaign(campaign_id = body.ids))))]
    pub(super) async fn combined(Path(application_id): Path<String>, body: Json<Ids>) -> String {
        format!("{application_id} {}", body.ids.len())
    }

    #[requires(each(DeleteCampaign(campaign_id = body.ids.first().map(|_| &body.ids).ok_or_else(Denied::unreadable)?)))]
    pub(super) async fn not_empty(Path(application_id): Path<String>, body: Json<Ids>) -> String {
        format!("{application_id} {}", body.ids.len())
    }
}

/// The status and the body of the responses of both frameworks.
async fn called(
    authorizer: &Authorizer,
    path: &str,
    ids: &[String],
    caller: &str,
) -> [(u16, String); 2] {
    let json = serde_json::json!({ "ids": ids }).to_string();
    let caller = Principal::from_arn(caller).unwrap();
    let router = Router::new()
        .route("/all/{application_id}", post(on_axum::all))
        .route("/proven/{application_id}", post(on_axum::proven))
        .route("/allowed/{application_id}", post(on_axum::allowed))
        .route(
            "/until_denied/{application_id}",
            post(on_axum::until_denied),
        )
        .route("/query/{application_id}", post(on_axum::in_query))
        .route("/combined/{application_id}", post(on_axum::combined))
        .route("/not_empty/{application_id}", post(on_axum::not_empty))
        .with_state(authorizer.clone());
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(json.clone()))
        .unwrap();
    request.extensions_mut().insert(caller.clone());
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let on_axum = (status, String::from_utf8(body.to_vec()).unwrap());

    let app = actix_web::App::new()
        .app_data(authorizer.clone())
        .route(
            "/all/{application_id}",
            actix_web::web::post().to(on_actix::all),
        )
        .route(
            "/proven/{application_id}",
            actix_web::web::post().to(on_actix::proven),
        )
        .route(
            "/allowed/{application_id}",
            actix_web::web::post().to(on_actix::allowed),
        )
        .route(
            "/until_denied/{application_id}",
            actix_web::web::post().to(on_actix::until_denied),
        )
        .route(
            "/query/{application_id}",
            actix_web::web::post().to(on_actix::in_query),
        )
        .route(
            "/combined/{application_id}",
            actix_web::web::post().to(on_actix::combined),
        )
        .route(
            "/not_empty/{application_id}",
            actix_web::web::post().to(on_actix::not_empty),
        );
    let app = actix_web::test::init_service(app).await;
    let request = actix_web::test::TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .set_payload(json)
        .to_request();
    request.extensions_mut().insert(caller);
    let response = actix_web::test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    [on_axum, (status, String::from_utf8(body.to_vec()).unwrap())]
}

#[tokio::test]
async fn every_element_is_checked() {
    let many: Vec<String> = (0..1_000).map(|number| format!("x{number}")).collect();
    let too_many = vec!["c1".to_owned(); 1_001];
    let ids = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    // The path, the ids, the status, the body, and the number of calls of the source and of campaigns for which it was
    // called.
    for (path, ids, status, expected, calls) in [
        ("/all/a1", ids("c1 c2 c3"), 200, "a1 3", [1, 3]),
        ("/all/a1", ids("c1 l2 c3"), 403, "", [1, 3]),
        // A denial that needs no keys is not delayed.
        ("/all/a1", ids("c1 c9 c3"), 403, "", [0, 0]),
        ("/all/a2", ids("c1"), 403, "", [0, 0]),
        ("/all/a1", ids("c1 c/2"), 400, "", [0, 0]),
        // A malformed request precedes a denied one.
        ("/all/a1", ids("c9 c/2"), 400, "", [0, 0]),
        ("/all/a1", ids("c1 broken"), 503, "", [1, 2]),
        // Duplicates are checked once.
        ("/all/a1", ids("c1 c1 c2 c1"), 200, "a1 4", [1, 2]),
        ("/all/a1", many, 200, "a1 1000", [1, 1_000]),
        ("/all/a1", too_many, 400, "", [0, 0]),
        ("/proven/a1", ids("c2 c1 c2"), 200, "c2 c1", [1, 2]),
        ("/proven/a1", ids("c2 l1"), 403, "", [1, 2]),
        ("/allowed/a1", ids("c1 l2 c9 c3"), 200, "c1 c3", [1, 3]),
        ("/allowed/a1", ids("l1 c9"), 200, "", [1, 1]),
        ("/allowed/a1", ids("c1 broken"), 503, "", [1, 2]),
        ("/allowed/a1", ids("c1 c/2"), 400, "", [0, 0]),
        ("/until_denied/a1", ids("c1 c2 c3"), 200, "c1 c2 c3", [1, 3]),
        // Keys are fetched for the elements before one that is denied without them.
        ("/until_denied/a1", ids("c1 c9 c3"), 200, "c1", [1, 1]),
        ("/until_denied/a1", ids("c1 l2 c3"), 200, "c1", [1, 3]),
        ("/until_denied/a1", ids("c9 c1"), 200, "", [0, 0]),
        ("/until_denied/a1", ids("c1 broken"), 503, "", [1, 2]),
        // The ids after it must be valid.
        ("/until_denied/a1", ids("c9 c/2"), 400, "", [0, 0]),
        ("/until_denied/a1", ids(""), 200, "", [0, 0]),
        ("/query/a1?ids=c1,c2", ids(""), 200, "a1 c1,c2", [1, 2]),
        ("/query/a1?ids=c1,l2", ids(""), 403, "", [1, 2]),
        ("/query/a1?ids=c1,c9", ids(""), 403, "", [0, 0]),
        // Ana may not get the application.
        ("/combined/a1", ids("c1"), 403, "", [0, 0]),
        ("/not_empty/a1", ids("c1 c2"), 200, "a1 2", [1, 2]),
        ("/not_empty/a1", ids("c1 l2"), 403, "", [1, 2]),
        ("/not_empty/a1", ids(""), 400, "", [0, 0]),
        // An empty list requires that the caller may do it to some resource.
        ("/all/a1", ids(""), 200, "a1 0", [0, 0]),
        ("/allowed/a1", ids(""), 200, "", [0, 0]),
    ] {
        let (authorizer, counted) = authorizer();
        for (found, body) in called(&authorizer, path, &ids, ANA).await {
            assert_eq!(found, status, "{path} {ids:?}: {body}");
            if status == 200 {
                assert_eq!(body, expected, "{path}");
            }
        }
        let counted: Vec<usize> = counted
            .iter()
            .map(|count| count.load(Ordering::Relaxed) / 2)
            .collect();
        assert_eq!(counted, calls, "{path} {ids:?}");
        // A caller without permissions is denied for any list.
        for (found, body) in called(&authorizer, path, &ids, EVE).await {
            assert!(
                found == 403 || (found == 400 && status == 400),
                "{path}: {found} {body}"
            );
        }
    }
}

#[requires(each(DeleteCampaign(resource = campaigns)), guard = guard)]
async fn purge(guard: &Guard<'_>, campaigns: &[Campaign]) -> Result<usize, Denied> {
    Ok(campaigns.len())
}

#[requires(
    each(DeleteCampaign(campaign_id = ids)),
    application_id = "a1",
    guard = guard,
    permit = permits
)]
async fn purge_ids(guard: &Guard<'_>, ids: &[u64]) -> Result<Vec<Permit<DeleteCampaign>>, Denied> {
    let _ = ids;
    Ok(permits)
}

#[tokio::test]
async fn functions_check_lists() {
    let (authorizer, _) = authorizer();
    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let campaign = |id: &str| Campaign::new("a1", id).unwrap();
    assert_eq!(
        purge(&guard, &[campaign("c1"), campaign("c2")])
            .await
            .unwrap(),
        2
    );
    let denied = purge(&guard, &[campaign("c1"), campaign("l2")])
        .await
        .unwrap_err();
    assert_eq!(denied.status(), 403);
    // The denial is about the denied element.
    assert!(
        denied.resource().unwrap().ends_with("/campaigns/l2"),
        "{denied:?}"
    );
    let other = Campaign::new("a2", "c1").unwrap();
    assert_eq!(purge(&guard, &[other]).await.unwrap_err().status(), 403);
    // An empty list does not pass without any permission.
    assert_eq!(purge(&guard, &[]).await.unwrap(), 0);
    let eve = Principal::from_arn(EVE).unwrap();
    let denied = purge(&authorizer.guard(&eve, &context), &[])
        .await
        .unwrap_err();
    assert_eq!(denied.status(), 403);
    let permits = purge_ids(&guard, &[7, 8, 7]).await.unwrap();
    assert_eq!(permits.len(), 2);
    assert!(permits.iter().all(|permit| permit.principal() == &ana));
    let ids: Vec<u64> = (0..1_001).collect();
    let denied = purge_ids(&guard, &ids).await.unwrap_err();
    assert!(matches!(denied.reason(), DeniedReason::TooManyResources));
    assert_eq!(denied.status(), 400);
}
