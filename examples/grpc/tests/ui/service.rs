use grpc_campaigns::proto::*;
use pinpoint_iam::Authorizer;
use pinpoint_iam::web::tonic::HasAuthorizer;
use tonic::{Request, Response, Status};

pub struct NotesServer<T>(T);

impl<T> NotesServer<T> {
    pub fn new(service: T) -> Self {
        Self(service)
    }
}

impl<T> tonic::server::NamedService for NotesServer<T> {
    const NAME: &'static str = "notes.v1.Notes";
}

#[tonic::async_trait]
pub trait Notes {
    async fn get_note(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status>;
    async fn get_url(&self, request: Request<Empty>) -> Result<Response<Empty>, Status>;
}

pub struct Service {
    authorizer: Authorizer,
}

impl HasAuthorizer for Service {
    fn authorizer(&self) -> &Authorizer {
        &self.authorizer
    }
}
