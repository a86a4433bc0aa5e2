//! Calls the service over a real connection, as each kind of caller.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::BTreeSet;

use grpc_campaigns::proto::campaigns_client::CampaignsClient;
use grpc_campaigns::proto::campaigns_server::CampaignsServer;
use grpc_campaigns::proto::{
    Campaign, CreateCampaignRequest, DeleteCampaignRequest, Empty, GetCampaignRequest,
    ListCampaignsRequest,
};
use grpc_campaigns::{DESCRIPTORS, Service, authenticate, authorizer, policies, scope};
use pinpoint_iam::testing::{Sweep, SweepCaller, allow_all, deny_all};
use pinpoint_iam::web::tonic::{HasAuthorizer, guarded, route_table, server};
use pinpoint_iam::web::{Access, ErrorResponses, Rejection};
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Principal, Scope, requires};
use pinpoint_iam_docs::{AccessMatrix, RouteVerdict};
use prost::Message;
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::server::NamedService;
use tonic::service::InterceptorLayer;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status};

type Client = CampaignsClient<Channel>;

/// Starts the service with an authorizer, and returns a client.
async fn start(authorizer: Authorizer) -> Client {
    start_for(None, authorizer).await
}

/// Starts the service for a tenant.
async fn start_for(tenant: Option<Scope>, authorizer: Authorizer) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(
        Server::builder()
            .layer(InterceptorLayer::new(move |request| {
                let mut request = authenticate(request)?;
                if let Some(scope) = &tenant {
                    request.extensions_mut().insert(scope.clone());
                }
                Ok(request)
            }))
            .add_service(server::<CampaignsServer<_>, _>(Service::new(authorizer)))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    CampaignsClient::new(endpoint.connect().await.unwrap())
}

fn builder() -> AuthorizerBuilder {
    authorizer().unwrap()
}

async fn example() -> Client {
    start(builder().build().unwrap()).await
}

/// A request by a caller. The empty name is the anonymous caller.
fn by<T>(caller: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if !caller.is_empty() {
        let token = format!("Bearer {caller}").parse().unwrap();
        request.metadata_mut().insert("authorization", token);
    }
    request
}

fn ids(application: &str, campaign: &str) -> GetCampaignRequest {
    GetCampaignRequest {
        application_id: application.to_owned(),
        campaign_id: campaign.to_owned(),
    }
}

fn deletion(application: &str, campaign: &str) -> DeleteCampaignRequest {
    DeleteCampaignRequest {
        campaign: Some(ids(application, campaign)),
    }
}

fn code<T>(result: Result<T, Status>) -> Code {
    result.map_or_else(|status| status.code(), |_| Code::Ok)
}

/// The method with the caller `caller` on one campaign.
async fn call(client: &mut Client, method: &str, caller: &str, campaign: (&str, &str)) -> Code {
    let (application, campaign) = campaign;
    match method {
        "GetCampaign" => code(
            client
                .get_campaign(by(caller, ids(application, campaign)))
                .await,
        ),
        "CreateCampaign" => {
            let message = CreateCampaignRequest {
                application_id: application.to_owned(),
                name: "new".to_owned(),
                tags: [("team".to_owned(), "red".to_owned())].into(),
            };
            code(client.create_campaign(by(caller, message)).await)
        }
        "DeleteCampaign" => code(
            client
                .delete_campaign(by(caller, deletion(application, campaign)))
                .await,
        ),
        "ListCampaigns" => {
            let app = application.to_owned();
            code(
                client
                    .list_campaigns(by(caller, ListCampaignsRequest { app }))
                    .await,
            )
        }
        "DeleteCampaigns" => {
            let messages = tokio_stream::iter([deletion(application, campaign)]);
            code(client.delete_campaigns(by(caller, messages)).await)
        }
        "Ping" => code(client.ping(by(caller, Empty {})).await),
        other => panic!("no test calls the method `{other}`"),
    }
}

fn methods() -> Vec<&'static str> {
    let table = route_table::<CampaignsServer<Service>, Service>();
    let routes: Vec<String> = table.iter().map(|route| route.path.to_string()).collect();
    assert!(
        routes.contains(&"/campaigns.v1.Campaigns/GetCampaign".to_owned()),
        "{routes:?}"
    );
    let methods =
        <Service as pinpoint_iam::web::tonic::GuardedService<CampaignsServer<Service>>>::methods();
    methods.iter().map(|method| method.name).collect()
}

#[tokio::test]
async fn every_method_checks_every_kind_of_caller() {
    const WELCOME: (&str, &str) = ("demo", "welcome");
    for method in methods() {
        let is_public = method == "Ping";
        for (caller, campaign, expected) in [
            ("", WELCOME, Code::Unauthenticated),
            ("zoe", WELCOME, Code::PermissionDenied),
            ("ana", ("demo", "new"), Code::Ok),
        ] {
            // A campaign that does not exist is only found missing after the check.
            let expected = match (is_public, method, expected) {
                (true, ..) => Code::Ok,
                (false, "GetCampaign", Code::Ok) => Code::NotFound,
                (false, _, expected) => expected,
            };
            let actual = call(&mut example().await, method, caller, campaign).await;
            assert_eq!(actual, expected, "{method} as `{caller}`");
        }
        // The test doubles replace the policies, and nothing else.
        let authorizer = builder().build().unwrap();
        let denied = call(
            &mut start(deny_all(&authorizer)).await,
            method,
            "ana",
            WELCOME,
        )
        .await;
        let allowed = call(
            &mut start(allow_all(&authorizer)).await,
            method,
            "zoe",
            WELCOME,
        )
        .await;
        let expected = if is_public {
            Code::Ok
        } else {
            Code::PermissionDenied
        };
        assert_eq!(denied, expected, "{method}");
        assert_eq!(allowed, Code::Ok, "{method}");
    }
}

#[tokio::test]
async fn ids_of_the_message_decide() {
    for (method, campaign, expected) in [
        ("GetCampaign", ("demo", "welcome"), Code::Ok),
        ("GetCampaign", ("other", "spring"), Code::PermissionDenied),
        ("GetCampaign", ("demo", "secret"), Code::PermissionDenied),
        ("GetCampaign", ("demo", "a/b"), Code::InvalidArgument),
        ("GetCampaign", ("demo", ""), Code::InvalidArgument),
        ("GetCampaign", ("*", "welcome"), Code::InvalidArgument),
        (
            "GetCampaign",
            ("demo/campaigns/welcome:x", "secret"),
            Code::InvalidArgument,
        ),
        ("DeleteCampaign", ("demo", "welcome"), Code::Ok),
        ("DeleteCampaign", ("demo", "secret"), Code::PermissionDenied),
        (
            "DeleteCampaign",
            ("other", "spring"),
            Code::PermissionDenied,
        ),
        ("ListCampaigns", ("demo", ""), Code::Ok),
        ("ListCampaigns", ("other", ""), Code::PermissionDenied),
        ("CreateCampaign", ("demo", ""), Code::PermissionDenied),
    ] {
        let actual = call(&mut example().await, method, "ben", campaign).await;
        assert_eq!(actual, expected, "{method} {campaign:?}");
    }
}

#[tokio::test]
async fn a_message_without_ids_is_an_invalid_argument() {
    let request = by("ana", DeleteCampaignRequest { campaign: None });
    let actual = code(example().await.delete_campaign(request).await);
    assert_eq!(actual, Code::InvalidArgument);
}

#[tokio::test]
async fn metadata_do_not_replace_the_principal_or_the_message() {
    let mut client = example().await;
    for (name, value) in [
        ("application_id", "demo"),
        ("campaign-id", "welcome"),
        ("x-amz-security-token", "ana"),
        ("aws:principalarn", "arn:aws:iam::123456789012:user/ana"),
        ("x-forwarded-for", "127.0.0.1"),
    ] {
        let mut request = by("ben", ids("other", "spring"));
        let name = tonic::metadata::MetadataKey::from_bytes(name.replace(':', "-").as_bytes());
        request
            .metadata_mut()
            .insert(name.unwrap(), value.parse().unwrap());
        let actual = code(client.get_campaign(request).await);
        assert_eq!(actual, Code::PermissionDenied, "{value}");
    }
    let mut two = by("ben", ids("other", "spring"));
    two.metadata_mut()
        .append("authorization", "Bearer ana".parse().unwrap());
    assert_eq!(code(client.get_campaign(two).await), Code::Unauthenticated);
}

#[tokio::test]
async fn a_list_contains_what_the_caller_may_read() {
    for (caller, expected) in [("ana", vec!["secret", "welcome"]), ("ben", vec!["welcome"])] {
        let mut client = example().await;
        let app = "demo".to_owned();
        let request = by(caller, ListCampaignsRequest { app });
        let mut stream = client.list_campaigns(request).await.unwrap().into_inner();
        let mut found = Vec::new();
        while let Some(campaign) = stream.message().await.unwrap() {
            found.push(campaign.campaign_id);
        }
        assert_eq!(found, expected, "{caller}");
    }
}

#[tokio::test]
async fn each_message_of_a_stream_is_checked() {
    let mut client = example().await;
    let messages = [deletion("demo", "welcome"), deletion("demo", "secret")];
    let status = client
        .delete_campaigns(by("ben", tokio_stream::iter(messages)))
        .await;
    assert_eq!(code(status), Code::PermissionDenied);
    // The first was allowed; the second is still there.
    let deleted = client.get_campaign(by("ana", ids("demo", "welcome"))).await;
    let kept = client.get_campaign(by("ana", ids("demo", "secret"))).await;
    assert_eq!((code(deleted), code(kept)), (Code::NotFound, Code::Ok));
}

#[tokio::test]
async fn a_denied_method_does_not_run() {
    let mut client = example().await;
    let denied = client
        .delete_campaign(by("ben", deletion("demo", "secret")))
        .await;
    assert_eq!(code(denied), Code::PermissionDenied);
    let kept = client.get_campaign(by("ana", ids("demo", "secret"))).await;
    assert_eq!(code(kept), Code::Ok);
}

/// The status has the code and the message of the authorizer's format.
#[tokio::test]
async fn the_format_of_the_authorizer_gives_code_and_message() {
    let denied = |responses: ErrorResponses| async {
        let authorizer = builder().error_responses(responses).build().unwrap();
        let mut client = start(authorizer).await;
        client
            .get_campaign(by("ben", ids("other", "spring")))
            .await
            .unwrap_err()
    };
    let long = "é".repeat(1000);
    for (responses, code, message) in [
        (
            ErrorResponses::aws(),
            Code::PermissionDenied,
            "User: arn:aws:iam::123456789012:user/ben is not authorized to perform: mobiletargeting:GetCampaign on resource: \
             arn:aws:mobiletargeting:us-east-1:123456789012:apps/other/campaigns/spring because no identity-based policy \
             allows the mobiletargeting:GetCampaign action",
        ),
        (ErrorResponses::terse(), Code::PermissionDenied, "Forbidden"),
        (
            ErrorResponses::aws()
                .hiding_existence(|_| Some(Rejection::new(404).with_body("no such campaign"))),
            Code::NotFound,
            "no such campaign",
        ),
        (
            ErrorResponses::custom(|_| Rejection::new(418).with_body("tea")),
            Code::Internal,
            "tea",
        ),
        (
            ErrorResponses::custom(|_| Rejection::new(403).with_body([0xFF, 0xFE])),
            Code::PermissionDenied,
            "",
        ),
        (
            ErrorResponses::custom(|_| Rejection::new(403).with_body("é".repeat(1000))),
            Code::PermissionDenied,
            &long[..1024],
        ),
    ] {
        let status = denied(responses).await;
        assert_eq!((status.code(), status.message()), (code, message));
    }
}

#[tokio::test]
async fn a_failure_of_the_service_is_unavailable_or_internal() {
    // Whether the connection is encrypted is unknown unless the application configures it.
    let mut store = pinpoint_iam::source::PolicyStore::new();
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}"#;
    let document = pinpoint_iam::policy::Document::parse(document).unwrap();
    store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap()
        .attach(pinpoint_iam::Policy::new("unknown", document));
    let unknown = Authorizer::builder()
        .scope(grpc_campaigns::scope())
        .source(store)
        .build();
    // Without an account, the scope of the request is missing.
    let without_account = builder().scope(Scope::new("aws", "us-east-1", "")).build();
    for (authorizer, expected) in [
        (unknown, Code::Unavailable),
        (without_account, Code::Internal),
    ] {
        let mut client = start(authorizer.unwrap()).await;
        let request = client.get_campaign(by("ana", ids("demo", "welcome")));
        assert_eq!(code(request.await), expected);
    }
}

/// The address of the peer is that of the connection, and the account is that of the tenant.
#[tokio::test]
async fn the_connection_and_the_tenant_decide() {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:*",
        "Condition": {"IpAddress": {"aws:SourceIp": "ADDRESS"}}}}"#;
    for (address, tenant, expected) in [
        ("127.0.0.1/32", None, Code::Ok),
        ("127.0.0.2/32", None, Code::PermissionDenied),
        ("127.0.0.1/32", Some("123456789012"), Code::Ok),
        ("127.0.0.1/32", Some("210987654321"), Code::PermissionDenied),
    ] {
        let document = pinpoint_iam::policy::Document::parse(&document.replace("ADDRESS", address));
        let policy = pinpoint_iam::Policy::new("address", document.unwrap());
        let mut store = pinpoint_iam::source::PolicyStore::new();
        let ana = store.identity("arn:aws:iam::123456789012:user/ana");
        ana.unwrap().attach(policy);
        let authorizer = Authorizer::builder()
            .scope(grpc_campaigns::scope())
            .source(store);
        let tenant = tenant.map(|account| grpc_campaigns::scope().with_account(account));
        let mut client = start_for(tenant, authorizer.build().unwrap()).await;
        let request = client.get_campaign(by("ana", ids("demo", "welcome")));
        assert_eq!(code(request.await), expected, "{address}");
    }
}

/// The sweep of `pinpoint_iam::testing` calls each method as an unprivileged caller, and accepts the codes of gRPC as the
/// statuses that they represent.
#[tokio::test]
async fn a_sweep_covers_the_methods() {
    let table = route_table::<CampaignsServer<Service>, Service>();
    let swept = Sweep::new(&table)
        .run(async |sent| {
            let (_, method) = sent.path().rsplit_once('/').unwrap();
            let caller = match sent.caller() {
                SweepCaller::Anonymous => "",
                SweepCaller::Unprivileged => "zoe",
            };
            let mut client = example().await;
            match call(&mut client, method, caller, ("demo", "welcome")).await {
                Code::Ok => 200,
                Code::Unauthenticated => 401,
                Code::PermissionDenied => 403,
                _ => 500,
            }
        })
        .await;
    let swept = swept.unwrap();
    assert_eq!(swept.calls(), 10);
    let public: Vec<&str> = swept.public().map(|found| found.call().path()).collect();
    assert_eq!(public, ["/campaigns.v1.Campaigns/Ping"]);
}

/// The access matrix has a row for each method, with the access of each caller.
#[test]
fn the_access_matrix_contains_the_methods() {
    let table = route_table::<CampaignsServer<Service>, Service>();
    let mut matrix = AccessMatrix::builder(&scope()).routes(&table);
    for name in ["ana", "ben", "zoe"] {
        matrix = matrix.principal(name, &Principal::user(&scope(), name).unwrap());
    }
    let matrix = matrix.build(&policies().unwrap()).unwrap();
    let rows: BTreeSet<&str> = matrix.rows().map(|(route, _)| route).collect();
    let routes: Vec<String> = table.iter().map(ToString::to_string).collect();
    assert_eq!(rows, routes.iter().map(String::as_str).collect());
    let allowed = |verdict: &RouteVerdict| match verdict {
        verdict if verdict.is_allowed() => "always",
        verdict if verdict.is_denied() => "never",
        _ => "sometimes",
    };
    for (method, expected) in [
        ("GetCampaign", ["always", "sometimes", "never"]),
        ("ListCampaigns", ["always", "sometimes", "never"]),
        ("CreateCampaign", ["always", "never", "never"]),
        ("DeleteCampaign", ["always", "sometimes", "never"]),
        ("Ping", ["always", "always", "always"]),
    ] {
        let route = format!("POST /campaigns.v1.Campaigns/{method}");
        let found =
            ["ana", "ben", "zoe"].map(|name| allowed(matrix.verdict(name, &route).unwrap()));
        assert_eq!(found, expected, "{method}");
    }
}

/// The definition of the service and the declarations of its implementation name the same methods.
#[test]
fn the_declarations_are_those_of_the_definition() {
    let descriptors = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let files = descriptors.file.iter();
    let defined: BTreeSet<String> = files
        .flat_map(|file| {
            file.service
                .iter()
                .map(move |service| (file.package(), service))
        })
        .flat_map(|(package, service)| {
            let methods = service.method.iter();
            methods.map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
        })
        .collect();
    let table = route_table::<CampaignsServer<Service>, Service>();
    assert!(table.check().is_ok());
    let declared: BTreeSet<String> = table.iter().map(|route| route.path.to_string()).collect();
    assert_eq!(declared, defined);
    let public: Vec<&str> = table
        .iter()
        .filter(|route| matches!(route.declaration.access, Access::Public { .. }))
        .map(|route| route.declaration.handler)
        .collect();
    assert_eq!(public, ["ping"]);
}

/// A service of which only the implementation matters.
#[tonic::async_trait]
trait Lookup {
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status>;
}

struct LookupServer<T>(T);

impl<T> LookupServer<T> {
    fn new(service: T) -> Self {
        Self(service)
    }
}

impl<T> NamedService for LookupServer<T> {
    const NAME: &'static str = "campaigns.v1.Lookup";
}

/// A service with a type parameter.
struct Generic<T>(Authorizer, T);

impl<T> HasAuthorizer for Generic<T> {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(LookupServer)]
#[tonic::async_trait]
impl<T: Send + Sync + 'static> Lookup for Generic<T> {
    #[requires(GetCampaign)]
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        drop(request);
        Ok(Response::new(Campaign::default()))
    }
}

/// A service for one application, whose id is not in the message.
struct OfApplication(Authorizer, &'static str);

impl HasAuthorizer for OfApplication {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(LookupServer)]
#[tonic::async_trait]
impl Lookup for OfApplication {
    #[requires(GetCampaign, application_id = self.1)]
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        drop(request);
        Ok(Response::new(Campaign::default()))
    }
}

/// A service whose implementation `#[async_trait]` expands first.
struct ExpandedFirst(Authorizer);

impl HasAuthorizer for ExpandedFirst {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[tonic::async_trait]
#[guarded(LookupServer)]
impl Lookup for ExpandedFirst {
    #[requires(GetCampaign)]
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        drop(request);
        Ok(Response::new(Campaign::default()))
    }
}

/// A service whose implementation `#[async_trait]` expands last, because a method has an attribute that may need it.
struct ExpandedLast(Authorizer);

impl HasAuthorizer for ExpandedLast {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(LookupServer)]
#[tonic::async_trait]
impl Lookup for ExpandedLast {
    #[cfg_attr(all(), allow(clippy::unused_async))]
    #[requires(GetCampaign)]
    async fn get_campaign(
        &self,
        request: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        drop(request);
        Ok(Response::new(Campaign::default()))
    }
}

/// A service whose body uses it, and not the request, so that it would compile without the check.
struct Used(Authorizer);

impl HasAuthorizer for Used {
    fn authorizer(&self) -> &Authorizer {
        &self.0
    }
}

#[guarded(LookupServer)]
#[tonic::async_trait]
impl Lookup for Used {
    #[requires(GetCampaign)]
    async fn get_campaign(
        &self,
        _: Request<GetCampaignRequest>,
    ) -> Result<Response<Campaign>, Status> {
        let _ = self.authorizer();
        Ok(Response::new(Campaign::default()))
    }
}

/// A check is generated in its method, and not beside the implementation, if it depends on the service. The check is the
/// same wherever `#[async_trait]` is expanded.
#[tokio::test]
async fn every_form_of_a_check_decides() {
    let authorizer = builder().build().unwrap();
    let generic = Generic(authorizer.clone(), ());
    let services: [(&str, Box<dyn Lookup>); 6] = [
        ("demo", Box::new(server::<LookupServer<_>, _>(generic).0)),
        ("demo", Box::new(ExpandedFirst(authorizer.clone()))),
        ("demo", Box::new(ExpandedLast(authorizer.clone()))),
        ("demo", Box::new(Used(authorizer.clone()))),
        ("demo", Box::new(OfApplication(authorizer.clone(), "demo"))),
        ("other", Box::new(OfApplication(authorizer, "other"))),
    ];
    for (index, (application, service)) in services.iter().enumerate() {
        for (caller, campaign, expected) in [
            ("", "welcome", Code::Unauthenticated),
            ("eve", "welcome", Code::PermissionDenied),
            ("ben", "secret", Code::PermissionDenied),
            ("ben", "a/b", Code::InvalidArgument),
            ("ben", "welcome", Code::Ok),
            ("ana", "secret", Code::Ok),
        ] {
            let expected = match (*application, caller, expected) {
                ("other", "ben", Code::Ok) => Code::PermissionDenied,
                (_, _, expected) => expected,
            };
            let request = authenticate(by(caller, ())).unwrap();
            let (metadata, extensions, ()) = request.into_parts();
            let request = Request::from_parts(metadata, extensions, ids("demo", campaign));
            let found = code(service.get_campaign(request).await);
            assert_eq!(found, expected, "service {index}: {caller}: {campaign}");
        }
    }
}
