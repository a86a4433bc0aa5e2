//! A gRPC service with campaigns, each of whose methods is guarded.
//!
//! `cargo run --manifest-path examples/grpc/Cargo.toml` in the repository's folder starts it and calls it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pinpoint_iam::mobiletargeting::{Campaign as CampaignArn, DeleteCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::web::tonic::{HasAuthorizer, guarded};
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, Denied, Policy, Principal, Scope, public, requires,
};
use tonic::{Request, Response, Status, Streaming};

use crate::proto::campaigns_server::{Campaigns, CampaignsServer};
use crate::proto::{
    Campaign, CreateCampaignRequest, DeleteCampaignRequest, Deleted, Empty, GetCampaignRequest,
    ListCampaignsRequest,
};

/// The generated messages and traits.
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod proto {
    tonic::include_proto!("campaigns.v1");
}

/// The definition of the service, as a `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The policies of the callers, by name.
const POLICIES: [(&str, &str); 2] = [
    (
        "ana",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"}}"#,
    ),
    (
        "ben",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["mobiletargeting:Get*", "mobiletargeting:DeleteCampaign"],
             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo*"},
            {"Effect": "Allow", "Action": "mobiletargeting:GetApps", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/secret"}
        ]}"#,
    ),
];

/// The region and account of the service.
pub fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// The policies of the example.
///
/// # Errors
///
/// Fails if a policy is invalid.
pub fn policies() -> Result<PolicyStore, Box<dyn std::error::Error>> {
    let mut store = PolicyStore::new();
    for (name, policy) in POLICIES {
        let user = Principal::user(&scope(), name)?;
        store
            .identity(user.arn().unwrap_or_default())?
            .attach(Policy::new(name, Document::parse(policy)?));
    }
    Ok(store)
}

/// An authorizer with the policies of the example.
///
/// # Errors
///
/// Fails if a policy is invalid.
pub fn authorizer() -> Result<AuthorizerBuilder, Box<dyn std::error::Error>> {
    Ok(Authorizer::builder().scope(scope()).source(policies()?))
}

/// Inserts the principal of the caller, whose name is the token. Real services verify a token here.
///
/// # Errors
///
/// Fails if the token is not a name. A request without a token has no principal, and `#[requires]` denies it.
pub fn authenticate(mut request: Request<()>) -> Result<Request<()>, Status> {
    let mut headers = request.metadata().get_all("authorization").iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(request),
        (Some(header), None) => header,
        // Two tokens could be of two callers.
        (Some(_), Some(_)) => return Err(Status::unauthenticated("the token is ambiguous")),
    };
    let name = header
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "));
    let name = name.ok_or_else(|| Status::unauthenticated("the token is not valid"))?;
    let principal = Principal::user(&scope(), name)
        .map_err(|_| Status::unauthenticated("the token is not valid"))?;
    request.extensions_mut().insert(principal);
    Ok(request)
}

/// The service: its authorizer, and its campaigns by application and id.
pub struct Service {
    authorizer: Authorizer,
    campaigns: Arc<Mutex<BTreeMap<(String, String), String>>>,
}

impl Service {
    /// Creates the service with three campaigns.
    pub fn new(authorizer: Authorizer) -> Self {
        let campaigns = [("demo", "welcome"), ("demo", "secret"), ("other", "spring")];
        let campaigns = campaigns.map(|(app, id)| ((app.to_owned(), id.to_owned()), id.to_owned()));
        Self {
            authorizer,
            campaigns: Arc::new(Mutex::new(campaigns.into())),
        }
    }

    fn with<T>(&self, read: impl FnOnce(&mut BTreeMap<(String, String), String>) -> T) -> T {
        read(
            &mut self
                .campaigns
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl HasAuthorizer for Service {
    fn authorizer(&self) -> &Authorizer {
        &self.authorizer
    }
}

/// The ids of a message, whose field is optional in protobuf.
fn ids(request: &DeleteCampaignRequest) -> Result<&GetCampaignRequest, Denied> {
    request.campaign.as_ref().ok_or_else(Denied::unreadable)
}

/// A service without the attribute does not compile where it is mounted:
///
/// ```compile_fail,E0277
/// use grpc_campaigns::proto::campaigns_server::CampaignsServer;
/// use pinpoint_iam::web::tonic::server;
///
/// let campaigns: CampaignsServer<String> = server(String::new());
/// ```
///
/// The same with the service of this example:
///
/// ```
/// use grpc_campaigns::proto::campaigns_server::CampaignsServer;
/// use grpc_campaigns::{Service, authorizer};
/// use pinpoint_iam::web::tonic::server;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let campaigns: CampaignsServer<Service> = server(Service::new(authorizer()?.build()?));
/// # Ok(())
/// # }
/// ```
#[guarded(CampaignsServer)]
#[tonic::async_trait]
impl Campaigns for Service {
    type ListCampaignsStream = tokio_stream::Iter<std::vec::IntoIter<Result<Campaign, Status>>>;

    #[requires(GetCampaign)]
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        let GetCampaignRequest {
            application_id,
            campaign_id,
        } = request.into_inner();
        let key = (application_id, campaign_id);
        let name = self.with(|campaigns| campaigns.get(&key).cloned());
        let name = name.ok_or_else(|| Status::not_found("no such campaign"))?;
        let (application_id, campaign_id) = key;
        Ok(Response::new(Campaign {
            application_id,
            campaign_id,
            name,
        }))
    }

    #[requires(CreateCampaign, request_tags = request.get_ref().tags, dependents(TagResource))]
    async fn create_campaign(
        &self,
        request: Request<CreateCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        let CreateCampaignRequest {
            application_id,
            name,
            ..
        } = request.into_inner();
        let campaign_id = self.with(|campaigns| {
            let id = format!("c{}", campaigns.len());
            campaigns.insert((application_id.clone(), id.clone()), name.clone());
            id
        });
        Ok(Response::new(Campaign {
            application_id,
            campaign_id,
            name,
        }))
    }

    #[requires(DeleteCampaign, fields_of = ids(request.get_ref())?)]
    async fn delete_campaign(
        &self,
        request: Request<DeleteCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        let GetCampaignRequest {
            application_id,
            campaign_id,
        } = ids(request.get_ref())?.clone();
        self.with(|campaigns| campaigns.remove(&(application_id, campaign_id)));
        Ok(Response::new(Empty {}))
    }

    #[requires(GetCampaigns, application_id = request.get_ref().app)]
    async fn list_campaigns(
        &self,
        request: Request<ListCampaignsRequest>,
    ) -> Result<Response<Self::ListCampaignsStream>, Status> {
        let guard = RequestGuard::of(&request)?;
        let app = request.into_inner().app;
        let every = self.with(|campaigns| {
            let of_app = campaigns
                .iter()
                .filter(|((application, _), _)| *application == app);
            let of_app = of_app.map(|((application_id, campaign_id), name)| Campaign {
                application_id: application_id.clone(),
                campaign_id: campaign_id.clone(),
                name: name.clone(),
            });
            of_app.collect::<Vec<_>>()
        });
        let allowed = guard
            .filter_by(
                pinpoint_iam::mobiletargeting::GetCampaign,
                every,
                |campaign| CampaignArn::new(&campaign.application_id, &campaign.campaign_id),
            )
            .await?;
        let allowed: Vec<_> = allowed.into_iter().map(Ok).collect();
        Ok(Response::new(tokio_stream::iter(allowed)))
    }

    // The ids are only known when the stream is read, so each is checked in the body.
    #[requires(GetApps)]
    async fn delete_campaigns(
        &self,
        request: Request<Streaming<DeleteCampaignRequest>>,
    ) -> Result<Response<Deleted>, Status> {
        let guard = RequestGuard::of(&request)?;
        let mut stream = request.into_inner();
        let mut count = 0;
        while let Some(next) = stream.message().await? {
            let GetCampaignRequest {
                application_id,
                campaign_id,
            } = ids(&next)?;
            let campaign = CampaignArn::new(application_id, campaign_id).map_err(Denied::from)?;
            guard.check(DeleteCampaign, &campaign).await?;
            let key = (application_id.clone(), campaign_id.clone());
            count += u32::from(self.with(|campaigns| campaigns.remove(&key)).is_some());
        }
        Ok(Response::new(Deleted { count }))
    }

    #[public("for load balancers")]
    async fn ping(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }
}
