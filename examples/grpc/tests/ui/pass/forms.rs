//! `#[async_trait]` above and below, patterns of the request, an `Arc<Self>`, several attributes, a generic service, a
//! check that uses the service, a method whose name cannot be derived, and bodies that use their service; and a module in
//! which the names that the expansion could use mean something else.

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

/// The application of every note.
struct OfOneApplication(Authorizer, String);

impl HasAuthorizer for OfOneApplication {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(NotesServer)]
#[tonic::async_trait]
impl Notes for OfOneApplication {
    #[requires(GetCampaign, application_id = self.1)]
    async fn get_note(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Empty>, Status> {
        let _ = request;
        Ok(Response::new(Empty {}))
    }

    #[cfg_attr(all(), allow(clippy::unused_async))]
    #[requires(GetApps)]
    async fn get_url(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }
}

/// Methods whose bodies need the type of their result before their end, and `#[async_trait]` by its import.
mod imported {
    #![deny(warnings)]

    use grpc_campaigns::proto::{Campaign, Empty, GetCampaignRequest};
    use pinpoint_iam::web::tonic::{HasAuthorizer, guarded};
    use pinpoint_iam::{Authorizer, public, requires};
    use tokio_stream::Stream;
    use tonic::{Request, Response, Status, async_trait};

    type Campaigns = std::pin::Pin<Box<dyn Stream<Item = Result<Campaign, Status>> + Send>>;

    #[async_trait]
    pub trait Watch {
        type WatchStream;
        async fn watch(
            &self,
            request: Request<GetCampaignRequest>,
        ) -> Result<Response<Self::WatchStream>, Status>;
        async fn ping(&self, request: Request<Empty>) -> Result<Response<Empty>, Status>;
    }

    pub struct Watched(pub Authorizer);

    impl HasAuthorizer for Watched {
        fn authorizer(&self) -> &Authorizer {
            &self.0
        }
    }

    #[guarded(super::NotesServer)]
    #[async_trait]
    impl Watch for Watched {
        type WatchStream = Campaigns;

        #[requires(GetCampaign, permit = _permit)]
        async fn watch(
            &self,
            mut request: Request<GetCampaignRequest>,
        ) -> Result<Response<Self::WatchStream>, Status> {
            #![allow(unused_variables)]
            let unused = self;
            request.get_mut().campaign_id.clear();
            if request.get_ref().application_id.is_empty() {
                return Ok(Response::new(Box::pin(tokio_stream::empty())));
            }
            let number: u8 = "1".parse().map_err(|_| Status::internal("not a number"))?;
            let campaigns = (0..number).map(|_| Ok(Campaign::default()));
            Ok(Response::new(Box::pin(tokio_stream::iter(campaigns))))
        }

        #[public("for everyone")]
        async fn ping(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
            #![allow(unused_variables)]
            let unused = self;
            Err("no"
                .parse::<u8>()
                .map_or_else(|_| Status::internal("not a number"), |_| unreachable!()))?
        }
    }
}

/// Bodies that call another method of their service, or name its type, and lints at a method and at the implementation.
mod named {
    #![deny(warnings)]

    use grpc_campaigns::proto::{Empty, GetCampaignRequest};
    use pinpoint_iam::web::tonic::{HasAuthorizer, guarded};
    use pinpoint_iam::{Authorizer, requires};
    use tonic::{Request, Response, Status};

    use super::Notes;

    pub struct Named(pub Authorizer);

    impl Named {
        const NUMBER: usize = 1;
    }

    impl HasAuthorizer for Named {
        fn authorizer(&self) -> &Authorizer {
            &self.0
        }
    }

    #[guarded(super::NotesServer)]
    #[tonic::async_trait]
    #[expect(unused_mut)]
    impl Notes for Named {
        #[requires(GetCampaign)]
        #[expect(unused_variables)]
        async fn get_note(
            &self,
            request: Request<GetCampaignRequest>,
        ) -> Result<Response<Empty>, Status> {
            let unused = 1;
            let mut next = Request::new(Empty {});
            self.get_url(next).await
        }

        #[requires(GetApps)]
        #[cfg(all())]
        async fn get_url(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
            let _ = Self::NUMBER;
            Ok(Response::new(Empty {}))
        }
    }
}

mod shadowed {
    #![allow(dead_code, non_camel_case_types)]

    use ::grpc_campaigns::proto::{Empty, GetCampaignRequest};
    use ::tonic::{Request, Response, Status};

    mod pinpoint_iam {}
    mod mobiletargeting {}
    mod tonic {}
    mod web {}
    mod std {}
    mod core {}
    struct GetCampaign;
    struct Campaign;
    struct Guard;
    struct RequestGuard;
    struct Denied;
    struct Method;
    struct Option;
    struct Ok(u8);
    struct Err(u8);
    struct Some(u8);
    struct str;
    struct bool;

    pub struct Inner(pub ::pinpoint_iam::Authorizer);

    impl ::pinpoint_iam::web::tonic::HasAuthorizer for Inner {
        fn authorizer(&self) -> &::pinpoint_iam::Authorizer {
            &self.0
        }
    }

    fn empty() -> Response<Empty> {
        Response::new(Empty {})
    }

    #[::pinpoint_iam::web::tonic::guarded(super::NotesServer, get_url = "GetURL")]
    #[::tonic::async_trait]
    impl super::Notes for Inner {
        #[::pinpoint_iam::requires(GetCampaign)]
        async fn get_note(
            &self,
            request: Request<GetCampaignRequest>,
        ) -> ::core::result::Result<Response<Empty>, Status> {
            let _ = request;
            ::core::result::Result::Ok(empty())
        }

        #[::pinpoint_iam::public("for everyone")]
        async fn get_url(
            &self,
            _: Request<Empty>,
        ) -> ::core::result::Result<Response<Empty>, Status> {
            ::core::result::Result::Ok(empty())
        }
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
    let of_one = <OfOneApplication as GuardedService<NotesServer<OfOneApplication>>>::methods();
    assert_eq!(names(of_one), ["GetNote", "GetUrl"]);
    let named = <named::Named as GuardedService<NotesServer<named::Named>>>::methods();
    assert_eq!(names(named), ["GetNote", "GetUrl"]);
    let shadowed = <shadowed::Inner as GuardedService<NotesServer<shadowed::Inner>>>::methods();
    assert_eq!(names(shadowed), ["GetNote", "GetURL"]);
    let table = route_table::<NotesServer<Generic<u8>>, Generic<u8>>();
    assert_eq!(table.iter().count(), 2);
}
