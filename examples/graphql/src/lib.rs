//! A GraphQL service with campaigns, whose fields are guarded.
//!
//! `cargo run --manifest-path examples/graphql/Cargo.toml` in the repository's folder starts it.
//!
//! - Every field of the query and the mutation has a guard, which is created from a typed action. The guard runs before the
//!   resolver. A field without a guard is denied, by the guard of its object.
//! - Objects of a list are loaded by a `DataLoader`, which checks a whole batch together. Keys of the resources are fetched
//!   with one call.
//! - All checks of a request use the same caller, the same facts and the same policies: those of its `RequestGuard`.

#[macro_use]
pub mod guard;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{
    Context, EmptySubscription, Error, Object, Request, Response, Result, Schema, SimpleObject,
};
use axum::extract::{FromRef, Request as HttpRequest, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::{Campaign as CampaignArn, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Denied, Policy, Principal, Scope, requires};

use self::guard::{error, guard};

/// The policies of the callers, by name. Ben sees only campaigns of his team.
const POLICIES: [(&str, &str); 2] = [
    (
        "ana",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"}}"#,
    ),
    (
        "ben",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "mobiletargeting:GetCampaigns",
             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo"},
            {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign",
             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/*",
             "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
        ]}"#,
    ),
];

/// The region and account of the service.
pub fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// An authorizer with the policies of the example, without a source of tags.
///
/// # Errors
///
/// Fails if a policy is invalid.
pub fn authorizer() -> Result<AuthorizerBuilder, Box<dyn std::error::Error>> {
    let mut store = PolicyStore::new();
    for (name, policy) in POLICIES {
        let user = Principal::user(&scope(), name)?;
        store
            .identity(user.arn().unwrap_or_default())?
            .attach(Policy::new(name, Document::parse(policy)?));
    }
    Ok(Authorizer::builder().scope(scope()).source(store))
}

/// The ids of a campaign: application and campaign.
type Ids = (String, String);

/// The names of the campaigns.
#[derive(Clone)]
pub struct Campaigns(Arc<Mutex<BTreeMap<Ids, String>>>);

impl Default for Campaigns {
    fn default() -> Self {
        let ids = [
            ("demo", "autumn"),
            ("demo", "secret"),
            ("demo", "welcome"),
            ("other", "spring"),
        ];
        let named = ids.map(|(app, id)| ((app.to_owned(), id.to_owned()), format!("the {id} one")));
        Self(Arc::new(Mutex::new(named.into())))
    }
}

impl Campaigns {
    fn with<T>(&self, read: impl FnOnce(&mut BTreeMap<Ids, String>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A campaign.
#[derive(Clone, SimpleObject)]
pub struct Campaign {
    application_id: String,
    campaign_id: String,
    name: String,
}

/// Loads the campaigns that the caller may read. Others are missing from the result.
pub struct CampaignLoader {
    guard: RequestGuard,
    campaigns: Campaigns,
}

impl Loader<Ids> for CampaignLoader {
    type Value = Campaign;
    type Error = Error;

    async fn load(&self, keys: &[Ids]) -> Result<HashMap<Ids, Campaign>> {
        let resource = |(app, id): &Ids| CampaignArn::new(app, id);
        let allowed = self.guard.filter_by(GetCampaign, keys.to_vec(), resource);
        let allowed = allowed.await.map_err(|denied| error(&denied))?;
        Ok(self.campaigns.with(|campaigns| {
            let found = allowed.into_iter().filter_map(|ids| {
                let campaign = Campaign {
                    application_id: ids.0.clone(),
                    campaign_id: ids.1.clone(),
                    name: campaigns.get(&ids)?.clone(),
                };
                Some((ids, campaign))
            });
            found.collect()
        }))
    }
}

/// The fields that read.
pub struct Query;

#[Object(guard = "crate::guard::Missing")]
impl Query {
    /// One campaign.
    #[graphql(guard = "action!(GetCampaign, Campaign { application_id, campaign_id })")]
    async fn campaign(
        &self,
        context: &Context<'_>,
        application_id: String,
        campaign_id: String,
    ) -> Result<Option<Campaign>> {
        let loader = context.data::<DataLoader<CampaignLoader>>()?;
        loader.load_one((application_id, campaign_id)).await
    }

    /// The campaigns of an application that the caller may read.
    #[graphql(guard = "action!(GetCampaigns, App { application_id: app })")]
    async fn campaigns(&self, context: &Context<'_>, app: String) -> Result<Vec<Campaign>> {
        let every = context.data::<Campaigns>()?.with(|campaigns| {
            let ids = campaigns
                .keys()
                .filter(|(application, _)| *application == app);
            ids.cloned().collect::<Vec<_>>()
        });
        let loader = context.data::<DataLoader<CampaignLoader>>()?;
        let mut loaded = loader.load_many(every.clone()).await?;
        Ok(every.iter().filter_map(|ids| loaded.remove(ids)).collect())
    }
}

/// The fields that write.
pub struct Mutation;

#[Object(guard = "crate::guard::Missing")]
impl Mutation {
    /// Deletes a campaign, and returns whether it existed.
    #[graphql(guard = "action!(DeleteCampaign, Campaign { application_id, campaign_id })")]
    async fn delete_campaign(
        &self,
        context: &Context<'_>,
        application_id: String,
        campaign_id: String,
    ) -> Result<bool> {
        let ids = (application_id, campaign_id);
        let campaigns = context.data::<Campaigns>()?;
        Ok(campaigns.with(|campaigns| campaigns.remove(&ids)).is_some())
    }

    /// Deletes campaigns: all of them, or none if the caller may not delete one.
    // The ids are a list, so the guard of the field cannot name the resources, and the resolver checks each.
    #[graphql(guard = "action!(GetCampaigns, App { application_id })")]
    async fn delete_campaigns(
        &self,
        context: &Context<'_>,
        application_id: String,
        campaign_ids: Vec<String>,
    ) -> Result<u32> {
        let campaigns = context.data::<Campaigns>()?;
        let deleted = delete_each(guard(context)?, campaigns, &application_id, &campaign_ids).await;
        deleted.map_err(|denied| error(&denied))
    }
}

/// Deletes campaigns. The check of all of them precedes the body.
#[requires(each(DeleteCampaign(campaign_id = campaign_ids)), guard = guard)]
async fn delete_each(
    guard: &RequestGuard,
    campaigns: &Campaigns,
    application_id: &str,
    campaign_ids: &[String],
) -> Result<u32, Denied> {
    Ok(campaigns.with(|campaigns| {
        let ids = campaign_ids
            .iter()
            .map(|id| (application_id.to_owned(), id.clone()));
        let removed = ids.filter(|ids| campaigns.remove(ids).is_some());
        u32::try_from(removed.count()).unwrap_or(u32::MAX)
    }))
}

/// The schema of the service.
pub type CampaignSchema = Schema<Query, Mutation, EmptySubscription>;

#[derive(Clone)]
struct AppState {
    authorizer: Authorizer,
    schema: CampaignSchema,
    campaigns: Campaigns,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

/// Executes a request. `RequestGuard` responds 401 to a request without a principal.
async fn execute(
    State(state): State<AppState>,
    guard: RequestGuard,
    Json(request): Json<Request>,
) -> Json<Response> {
    let loader = CampaignLoader {
        guard: guard.clone(),
        campaigns: state.campaigns.clone(),
    };
    let request = request
        .data(guard)
        .data(state.campaigns)
        .data(DataLoader::new(loader, tokio::spawn));
    Json(state.schema.execute(request).await)
}

/// Inserts the principal of the caller, whose name is the token. Real services verify a token here.
async fn authenticate(mut request: HttpRequest, next: Next) -> HttpResponse {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let name = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(value), None) => Some(
            value
                .to_str()
                .ok()
                .and_then(|it| it.strip_prefix("Bearer ")),
        ),
        // Two tokens could be of two callers.
        (Some(_), Some(_)) => Some(None),
    };
    match name.map(|name| Principal::user(&scope(), name?).ok()) {
        None => {}
        Some(Some(principal)) => {
            request.extensions_mut().insert(principal);
        }
        Some(None) => return StatusCode::UNAUTHORIZED.into_response(),
    }
    next.run(request).await
}

/// Creates the service.
pub fn router(authorizer: Authorizer) -> Router {
    let state = AppState {
        authorizer,
        schema: Schema::new(Query, Mutation, EmptySubscription),
        campaigns: Campaigns::default(),
    };
    Router::new()
        .route("/graphql", post(execute))
        .layer(from_fn(authenticate))
        .with_state(state)
}
