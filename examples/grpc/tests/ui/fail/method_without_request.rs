#![allow(unused_imports, unused_variables)]

#[path = "../service.rs"]
#[allow(dead_code, unused_imports)]
mod service;

use grpc_campaigns::proto::*;
use pinpoint_iam::requires;
use pinpoint_iam::web::tonic::guarded;
use service::{NotesServer, Service};
use tonic::Status;

pub trait Local {
    fn get_apps(&self) -> Result<(), Status>;
}

#[guarded(NotesServer)]
impl Local for Service {
    #[requires(GetApps)]
    fn get_apps(&self) -> Result<(), Status> {
        Ok(())
    }
}

fn main() {}
