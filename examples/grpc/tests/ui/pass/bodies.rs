//! Bodies that use their service: methods with `#[cfg]`, lints at a method, at the implementation and in a body, a raw
//! identifier, a permit, a service behind an `Arc`, two services of one type whose methods have the same names, and a service
//! without an authorizer whose methods are public.
#![deny(warnings)]

use std::sync::Arc;

use grpc_campaigns::proto::{Empty, GetCampaignRequest};
use pinpoint_iam::web::tonic::{GuardedService, HasAuthorizer, Method, guarded};
use pinpoint_iam::{Authorizer, public, requires};
use tonic::{Request, Response, Status};

type Reply = Result<Response<Empty>, Status>;

mod services {
    use super::{Empty, GetCampaignRequest, Reply, Request};

    pub struct NotesServer<T>(#[allow(dead_code)] T);

    impl<T> NotesServer<T> {
        pub fn new(service: T) -> Self {
            Self(service)
        }
    }

    impl<T> tonic::server::NamedService for NotesServer<T> {
        const NAME: &'static str = "notes.v1.Notes";
    }

    pub struct DraftsServer<T>(#[allow(dead_code)] T);

    impl<T> DraftsServer<T> {
        pub fn new(service: T) -> Self {
            Self(service)
        }
    }

    impl<T> tonic::server::NamedService for DraftsServer<T> {
        const NAME: &'static str = "notes.v1.Drafts";
    }

    #[tonic::async_trait]
    pub trait Notes {
        async fn get_note(&self, request: Request<GetCampaignRequest>) -> Reply;
        async fn r#type(&self, request: Request<GetCampaignRequest>) -> Reply;
    }

    #[tonic::async_trait]
    pub trait Drafts {
        async fn get_note(&self, request: Request<GetCampaignRequest>) -> Reply;
        async fn r#type(&self, request: Request<Empty>) -> Reply;
    }
}

use services::{Drafts, DraftsServer, Notes, NotesServer};

#[deprecated]
type Old = GetCampaignRequest;

struct Service(Authorizer, usize);

impl HasAuthorizer for Service {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(NotesServer)]
#[tonic::async_trait]
#[allow(unused_mut)]
impl Notes for Service {
    #[requires(GetCampaign, permit = _permit)]
    #[allow(deprecated, unused_variables)]
    async fn get_note(&self, mut request: Request<Old>) -> Reply {
        let allowed = 1;
        #[expect(unused_assignments)]
        let mut reply = Notes::r#type(self, Request::new(request.get_ref().clone())).await?;
        reply = Response::new(Empty {});
        let mut number = self.1;
        if number == 0 {
            return Ok(reply);
        }
        Err(number.to_string().parse::<i8>().map_err(|_| Status::internal("")).map(|_| Status::internal(""))?)
    }

    #[cfg(all())]
    #[requires(GetCampaign)]
    async fn r#type(&self, request: Request<GetCampaignRequest>) -> Reply {
        let _ = (self.1, request);
        Ok(Response::new(Empty {}))
    }

    #[cfg(any())]
    #[requires(GetCampaign)]
    async fn r#type(&self, request: Missing) -> Reply {
        self.missing(request)
    }
}

#[guarded(DraftsServer)]
#[tonic::async_trait]
impl Drafts for Arc<Service> {
    #[requires(any(GetCampaign, GetApp))]
    async fn get_note(&self, _: Request<GetCampaignRequest>) -> Reply {
        let _ = self.1;
        self.r#type(Request::new(Empty {})).await
    }

    #[public("for everyone")]
    async fn r#type(&self, _: Request<Empty>) -> Reply {
        let _ = self.1;
        Ok(Response::new(Empty {}))
    }
}

#[guarded(DraftsServer)]
#[tonic::async_trait]
impl Drafts for Service {
    #[requires(GetCampaign)]
    async fn get_note(&self, request: Request<GetCampaignRequest>) -> Reply {
        #[expect(unused_variables)]
        let unused = 1;
        Notes::get_note(self, request).await
    }

    #[requires(GetApps)]
    async fn r#type(&self, _: Request<Empty>) -> Reply {
        let _ = self.1;
        Ok(Response::new(Empty {}))
    }
}

struct Public(usize);

#[guarded(NotesServer)]
#[tonic::async_trait]
impl Notes for Public {
    #[public("for everyone")]
    async fn get_note(&self, _: Request<GetCampaignRequest>) -> Reply {
        let _ = self.0;
        Ok(Response::new(Empty {}))
    }

    #[public("for everyone")]
    async fn r#type(&self, request: Request<GetCampaignRequest>) -> Reply {
        self.get_note(request).await
    }
}

fn names(methods: &[Method]) -> Vec<&'static str> {
    methods.iter().map(|method| method.name).collect()
}

fn main() {
    let arc = <Arc<Service> as GuardedService<DraftsServer<Arc<Service>>>>::methods();
    assert_eq!(names(arc), ["GetNote", "Type"]);
    let public = <Public as GuardedService<NotesServer<Public>>>::methods();
    assert_eq!(names(public), ["GetNote", "Type"]);
    let _ = (Service, Public);
}
