#![allow(unused_imports, unused_variables)]

#[path = "../service.rs"]
#[allow(dead_code, unused_imports)]
mod service;

use grpc_campaigns::proto::*;
use pinpoint_iam::web::tonic::guarded;
use pinpoint_iam::{Authorizer, requires};
use service::{Notes, NotesServer, Service};
use tonic::{Request, Response, Status};

#[guarded(NotesServer, get_note = "GetNote", get_note = "GetNotes", get_url = "GetNote")]
#[tonic::async_trait]
impl Notes for Service {
    #[requires(GetCampaign)]
    async fn get_note(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    #[requires(GetApps)]
    async fn get_url(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }
}

fn main() {}
