#![allow(unused_imports, unused_variables)]

#[path = "../service.rs"]
#[allow(dead_code, unused_imports)]
mod service;

use grpc_campaigns::proto::*;
use pinpoint_iam::web::tonic::{guarded, server};
use pinpoint_iam::{Authorizer, public, requires};
use service::{Notes, NotesServer, Service};
use tonic::{Request, Response, Status};

#[allow(async_fn_in_trait)]
pub trait Local {
    async fn get_url(&self, request: Request<Empty>) -> Result<Response<Empty>, Status>;
}

macro_rules! method {
    () => {
        async fn get_url(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
            Ok(Response::new(Empty {}))
        }
    };
}

#[guarded(NotesServer)]
impl Local for Service {
    method!();
}

fn main() {}
