//! `#[async_trait]` above and below, patterns of the request, an `Arc<Self>`, several attributes, a generic service, and
//! a method whose name cannot be derived.

#[path = "../service.rs"]
#[allow(dead_code, unused_imports)]
mod service;

use std::sync::Arc;

use grpc_campaigns::proto::*;
use pinpoint_iam::web::tonic::{GuardedService, HasAuthorizer, guarded, route_table};
use pinpoint_iam::{Authorizer, public, requires};
use service::{Notes, NotesServer, Service};
use tonic::{Request, Response, Status};

#[tonic::async_trait]
#[guarded(NotesServer, get_url = "GetURL")]
impl Notes for Service {
    #[requires(GetCampaign)]
    #[requires(GetApp)]
    async fn get_note(
        &self,
        mut request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        request.get_mut().campaign_id.clear();
        Ok(Response::new(Empty {}))
    }

    #[requires(GetApps)]
    async fn get_url(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }
}

struct Generic<T>(Authorizer, T);

impl<T> HasAuthorizer for Generic<T> {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(NotesServer)]
#[tonic::async_trait]
impl<T: Send + Sync + 'static> Notes for Generic<T> {
    #[requires(any(GetCampaign, GetApp))]
    async fn get_note(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        let _ = request;
        Ok(Response::new(Empty {}))
    }

    #[public("for everyone")]
    async fn get_url(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }
}

trait Shared {
    fn get_note(
        self: Arc<Self>,
        request: Request<GetCampaignRequest>,
    ) -> impl Future<Output = Result<Response<Empty>, Status>> + Send;
}

struct SharedServer<T>(#[allow(dead_code)] T);

impl<T> SharedServer<T> {
    fn new(service: T) -> Self {
        Self(service)
    }
}

impl<T> tonic::server::NamedService for SharedServer<T> {
    const NAME: &'static str = "notes.v1.Shared";
}

#[guarded(SharedServer)]
impl Shared for Service {
    #[requires(GetCampaign)]
    async fn get_note(
        self: Arc<Self>,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        let _ = (self, request);
        Ok(Response::new(Empty {}))
    }
}

fn main() {
    let names = |methods: &[pinpoint_iam::web::tonic::Method]| {
        methods.iter().map(|method| method.name).collect::<Vec<_>>()
    };
    let renamed = <Service as GuardedService<NotesServer<Service>>>::methods();
    assert_eq!(names(renamed), ["GetNote", "GetURL"]);
    let generic = <Generic<u8> as GuardedService<NotesServer<Generic<u8>>>>::methods();
    assert_eq!(names(generic), ["GetNote", "GetUrl"]);
    let table = route_table::<NotesServer<Generic<u8>>, Generic<u8>>();
    assert_eq!(table.iter().count(), 2);
}
