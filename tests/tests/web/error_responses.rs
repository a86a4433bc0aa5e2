//! The responses to requests that are not allowed, in every format.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Path};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pinpoint_iam::guard::{DeniedReason, ResourceTagSource, TagsFuture, TagsUnavailable};
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign, ListTagsForResource};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{ErrorResponses, Rejection};
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Permit, Policy, Principal, Scope, requires};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const ALLOW: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const ALLOW_APP_A1: &str =
    r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/*"}"#;
const DENY: &str =
    r#"{"Sid": "secretName", "Effect": "Deny", "Action": "mobiletargeting:*", "Resource": "*"}"#;
const ALLOW_TEAM: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
const ALLOW_SECURE: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#;

#[derive(Clone)]
struct AppState(Authorizer);

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.0.clone()
    }
}

/// Returns the service's response for a campaign that does not exist.
fn not_found(arn: &str) -> Rejection {
    let campaign = arn.rsplit('/').next().unwrap_or_default();
    Rejection::new(404)
        .with_header("content-type", "text/plain")
        .with_header("x-service", "campaigns")
        .with_body(format!("there is no campaign {campaign}"))
}

#[requires(GetCampaign)]
async fn get_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
) -> Result<String, Rejection> {
    if campaign_id == "gone" {
        return Err(not_found(&format!("{application_id}/{campaign_id}")));
    }
    Ok(campaign_id)
}

#[requires(GetCampaigns)]
async fn get_campaigns(Path(application_id): Path<String>) -> String {
    application_id
}

async fn list_tags(permit: Permit<ListTagsForResource>) -> String {
    permit.arn().to_owned()
}

#[requires(GetApps)]
async fn get_apps() -> &'static str {
    "apps"
}

async fn by_permit(_: Permit<GetCampaign>) -> &'static str {
    "permitted"
}

/// A handler that calls the check itself and responds with its result.
async fn by_hand(
    axum::extract::State(AppState(authorizer)): axum::extract::State<AppState>,
) -> Response {
    let ana = Principal::from_arn(ANA).unwrap();
    let context = pinpoint_iam::context::Context::new();
    let campaign = Campaign::new("a2", "c1").unwrap();
    let checked = authorizer
        .guard(&ana, &context)
        .check(GetCampaign, &campaign);
    match checked {
        Ok(()) => "allowed".into_response(),
        Err(denied) => denied.into_response(),
    }
}

struct Failing;

impl ResourceTagSource for Failing {
    fn tags<'a>(&'a self, _: &'a str) -> TagsFuture<'a> {
        Box::pin(async { Err(TagsUnavailable::new("secretDatabase")) })
    }
}

struct App(Authorizer);

/// The response in a form that tests compare.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other == name);
        header.map(|(_, value)| value.as_str())
    }

    fn error_type(&self) -> &str {
        self.header("x-amzn-errortype").unwrap_or_default()
    }
}

impl App {
    fn new(
        statements: &str,
        configure: impl FnOnce(AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Self {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let document = Document::parse(&document).unwrap();
        let mut store = PolicyStore::new();
        for caller in [ANA, "arn:aws:iam::999999999999:user/eve"] {
            let policy = Policy::new("secretPolicy", document.clone());
            store.identity(caller).unwrap().attach(policy);
        }
        let builder = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "123456789012"))
            .source(store);
        Self(configure(builder).build().unwrap())
    }

    fn answering(statements: &str, answers: ErrorResponses) -> Self {
        Self::new(statements, |builder| builder.error_responses(answers))
    }

    async fn ask(&self, path: &str, principal: Option<&str>) -> Answer {
        let router = Router::new()
            .route("/v1/apps", get(get_apps))
            .route("/v1/apps/{application-id}/campaigns", get(get_campaigns))
            .route(
                "/v1/apps/{application-id}/campaigns/{campaign-id}",
                get(get_campaign),
            )
            .route("/v1/tags/{resource-arn}", get(list_tags))
            .route("/misrouted/{campaign-id}", get(by_permit))
            .route("/by-hand", get(by_hand))
            .with_state(AppState(self.0.clone()));
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        if let Some(arn) = principal {
            let principal = Principal::from_arn(arn).unwrap();
            request.extensions_mut().insert(principal);
        }
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            // The router adds this header to every response.
            .filter(|(name, _)| *name != "content-length")
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        Answer {
            status,
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

const CAMPAIGN: &str = "/v1/apps/a1/campaigns/c1";

fn aws(status: u16, error_type: &str, message: &str) -> Answer {
    Answer {
        status,
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-amzn-errortype".to_owned(), error_type.to_owned()),
        ],
        body: serde_json::json!({ "Message": message }).to_string(),
    }
}

#[tokio::test]
async fn a_request_without_principal_is_401() {
    let answer = App::new(ALLOW, |builder| builder).ask(CAMPAIGN, None).await;
    let expected = aws(
        401,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    );
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_denied_caller_is_403() {
    let app = App::new(ALLOW_APP_A1, |builder| builder);
    let answer = app.ask("/v1/apps/a2/campaigns/c1", Some(ANA)).await;
    let expected = aws(
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: mobiletargeting:GetCampaign on \
         resource: arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2/campaigns/c1 because no identity-based \
         policy allows the mobiletargeting:GetCampaign action",
    );
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn an_arn_of_another_account_is_403() {
    let app = App::new(ALLOW, |builder| builder);
    let foreign = "/v1/tags/arn:aws:mobiletargeting:us-east-1:999999999999:apps%2Fa1";
    let answer = app.ask(foreign, Some(ANA)).await;
    assert_eq!(answer, aws(403, "AccessDeniedException", "Access denied."));
}

#[tokio::test]
async fn what_is_not_valid_in_an_arn_is_400() {
    let app = App::new(ALLOW, |builder| builder);
    for path in [
        "/v1/apps/a1/campaigns/*",
        "/v1/apps/a1/campaigns/%FF",
        "/v1/tags/nothing",
        "/v1/tags/arn:aws:s3:us-east-1:123456789012:apps%2Fa1",
    ] {
        let answer = app.ask(path, Some(ANA)).await;
        assert_eq!(
            (answer.status, answer.error_type()),
            (400, "BadRequestException"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unknown_key_is_503() {
    let app = App::new(ALLOW_SECURE, |builder| builder);
    let expected = aws(
        503,
        "ServiceUnavailableException",
        "The request could not be authorized for now.",
    );
    assert_eq!(app.ask(CAMPAIGN, Some(ANA)).await, expected);
}

#[tokio::test]
async fn a_failing_tag_source_is_503_and_keeps_its_reason() {
    let app = App::new(ALLOW_TEAM, |builder| builder.resource_tags(Failing));
    let expected = aws(
        503,
        "ServiceUnavailableException",
        "The request could not be authorized for now.",
    );
    assert_eq!(app.ask(CAMPAIGN, Some(ANA)).await, expected);
}

#[tokio::test]
async fn a_route_that_does_not_carry_what_the_check_needs_is_500() {
    let app = App::new(ALLOW, |builder| builder);
    let expected = aws(
        500,
        "InternalServerErrorException",
        "The request could not be authorized.",
    );
    assert_eq!(app.ask("/misrouted/c1", Some(ANA)).await, expected);
}

/// The response to a denied request equals the service's own, including the order of the headers.
#[tokio::test]
async fn a_hidden_campaign_is_answered_as_one_that_does_not_exist() {
    let hiding = || {
        ErrorResponses::aws().hiding_existence(|denied| {
            let arn = denied.resource()?;
            (denied.action()?.name == "GetCampaign").then(|| not_found(arn))
        })
    };
    let allowed = App::answering(ALLOW, hiding());
    let gone = allowed.ask("/v1/apps/a1/campaigns/gone", Some(ANA)).await;
    assert_eq!(gone.status, 404);
    for statements in [DENY, ALLOW_APP_A1] {
        let refused = App::answering(statements, hiding());
        let hidden = refused.ask("/v1/apps/a2/campaigns/gone", Some(ANA)).await;
        assert_eq!(hidden, gone, "{statements}");
    }
    // Responses that do not reveal whether the campaign exists are unchanged.
    let refused = App::answering(DENY, hiding());
    for (path, principal, expected) in [
        (CAMPAIGN, None, 401),
        ("/v1/apps/a1/campaigns/*", Some(ANA), 400),
        ("/v1/apps/a1/campaigns", Some(ANA), 403),
        ("/v1/apps", Some(ANA), 403),
    ] {
        let answer = refused.ask(path, principal).await;
        assert_eq!(answer.status, expected, "{path}");
    }
    let unavailable = App::answering(ALLOW_SECURE, hiding());
    assert_eq!(unavailable.ask(CAMPAIGN, Some(ANA)).await.status, 503);
}

/// Callers can find out neither the policies nor the account of an ARN.
#[tokio::test]
async fn an_arn_of_another_account_is_hidden_too() {
    let app = App::answering(
        ALLOW,
        ErrorResponses::aws().hiding_existence(|denied| denied.resource().map(not_found)),
    );
    let foreign = "/v1/tags/arn:aws:mobiletargeting:us-east-1:999999999999:apps%2Fa1";
    assert_eq!(app.ask(foreign, Some(ANA)).await.status, 404);
}

#[tokio::test]
async fn a_denial_can_have_the_name_that_pinpoint_uses() {
    let answers = ErrorResponses::aws().with_forbidden_exception();
    let app = App::answering(DENY, answers);
    let refused = app.ask(CAMPAIGN, Some(ANA)).await;
    assert_eq!(refused.error_type(), "ForbiddenException");
    let nobody = app.ask(CAMPAIGN, None).await;
    assert_eq!(nobody.error_type(), "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn the_error_type_can_be_in_the_body() {
    for (answers, caller, error_type, message) in [
        (
            ErrorResponses::aws(),
            Some(ANA),
            "AccessDeniedException",
            "User: ",
        ),
        (
            ErrorResponses::aws().with_forbidden_exception(),
            Some(ANA),
            "ForbiddenException",
            "User: ",
        ),
        (
            ErrorResponses::terse(),
            None,
            "MissingAuthenticationTokenException",
            "Unauthorized",
        ),
    ] {
        let app = App::answering(DENY, answers.clone().with_type_in_body());
        let with_type = app.ask(CAMPAIGN, caller).await;
        assert_eq!(with_type.error_type(), error_type);
        let start = format!("{{\"__type\":\"{error_type}\",\"Message\":\"{message}");
        assert!(with_type.body.starts_with(&start), "{}", with_type.body);
        let without = App::answering(DENY, answers).ask(CAMPAIGN, caller).await;
        assert!(!without.body.contains("__type"), "{}", without.body);
    }
}

#[tokio::test]
async fn the_policy_is_named_where_the_service_wants_it() {
    let both = format!("{ALLOW}, {DENY}");
    let silent = App::new(&both, |builder| builder);
    let silent = silent.ask(CAMPAIGN, Some(ANA)).await.body;
    assert!(!silent.contains("secret"), "{silent}");

    let naming = App::answering(&both, ErrorResponses::aws().naming_policies());
    let told = naming.ask(CAMPAIGN, Some(ANA)).await.body;
    assert!(
        told.ends_with(
            "with an explicit deny in an identity-based policy: statement 2 of the identity-based policy \
             `secretPolicy` (`secretName`)\"}"
        ),
        "{told}"
    );
    // AWS does not send callers of other organizations a reason, and so no policy either.
    let eve = "arn:aws:iam::999999999999:user/eve";
    let stranger = naming.ask(CAMPAIGN, Some(eve)).await;
    assert_eq!(stranger.status, 403);
    assert!(!stranger.body.contains("secret"), "{stranger:?}");
}

/// One response for each status, regardless of the reason.
#[tokio::test]
async fn the_terse_form_reveals_nothing() {
    let terse = || ErrorResponses::terse().naming_policies();
    let mut forbidden = Vec::new();
    for statements in [DENY, ALLOW_APP_A1] {
        let app = App::answering(statements, terse());
        forbidden.push(app.ask("/v1/apps/a2/campaigns/c1", Some(ANA)).await);
        forbidden.push(app.ask("/v1/apps", Some(ANA)).await);
        let foreign = "/v1/tags/arn:aws:mobiletargeting:us-east-1:999999999999:apps%2Fa1";
        forbidden.push(app.ask(foreign, Some(ANA)).await);
    }
    for answer in forbidden {
        assert_eq!(answer, aws(403, "AccessDeniedException", "Forbidden"));
    }
    let app = App::answering(ALLOW, terse());
    for path in [
        "/v1/apps/a1/campaigns/*",
        "/v1/apps/*/campaigns/c1",
        "/v1/apps/a1/campaigns/%FF",
    ] {
        let answer = app.ask(path, Some(ANA)).await;
        assert_eq!(answer, aws(400, "BadRequestException", "Bad Request"));
    }
    assert_eq!(
        app.ask(CAMPAIGN, None).await,
        aws(401, "MissingAuthenticationTokenException", "Unauthorized")
    );
    assert_eq!(
        app.ask("/misrouted/c1", Some(ANA)).await,
        aws(500, "InternalServerErrorException", "Internal Server Error")
    );
    let unavailable = aws(503, "ServiceUnavailableException", "Service Unavailable");
    let secure = App::answering(ALLOW_SECURE, terse());
    let tags = App::new(ALLOW_TEAM, |builder| {
        builder.error_responses(terse()).resource_tags(Failing)
    });
    for app in [secure, tags] {
        assert_eq!(app.ask(CAMPAIGN, Some(ANA)).await, unavailable);
    }
}

#[tokio::test]
async fn a_custom_form_has_the_last_word_on_everything_but_letting_in() {
    let custom = ErrorResponses::custom(|denied| match denied.reason() {
        DeniedReason::NoPrincipal => Rejection::new(302).with_header("location", "/login"),
        DeniedReason::Refused(_) => Rejection::new(200).with_body("welcome"),
        _ => Rejection::new(418),
    });
    let app = App::answering(DENY, custom);
    let login = app.ask(CAMPAIGN, None).await;
    assert_eq!(
        (login.status, login.header("location")),
        (302, Some("/login"))
    );
    assert_eq!(app.ask(CAMPAIGN, Some(ANA)).await.status, 500);
    let malformed = app.ask("/v1/apps/a1/campaigns/*", Some(ANA)).await;
    assert_eq!(malformed.status, 418);
    assert_eq!(malformed.headers, []);
}

#[tokio::test]
async fn a_challenge_goes_with_401_alone() {
    let app = App::answering(
        DENY,
        ErrorResponses::aws().with_challenge("Bearer realm=\"iam\""),
    );
    let nobody = app.ask(CAMPAIGN, None).await;
    assert_eq!(
        nobody.header("www-authenticate"),
        Some("Bearer realm=\"iam\"")
    );
    let refused = app.ask(CAMPAIGN, Some(ANA)).await;
    assert_eq!(refused.header("www-authenticate"), None);
    let without = App::new(DENY, |builder| builder).ask(CAMPAIGN, None).await;
    assert_eq!(without.header("www-authenticate"), None);
}

/// A handler that returns a `Denied` has no access to the authorizer. It must not reveal more than the guards.
#[tokio::test]
async fn a_denied_of_a_guard_is_answered_as_its_authorizer_answers() {
    let app = App::answering(DENY, ErrorResponses::terse());
    let expected = aws(403, "AccessDeniedException", "Forbidden");
    assert_eq!(app.ask("/by-hand", Some(ANA)).await, expected);
    let app = App::answering(
        DENY,
        ErrorResponses::terse().hiding_existence(|denied| denied.resource().map(not_found)),
    );
    assert_eq!(app.ask("/by-hand", Some(ANA)).await.status, 404);
}

#[tokio::test]
async fn a_denied_without_an_authorizer_is_answered_as_aws_does() {
    let error = Campaign::new("a1", "*").unwrap_err();
    let response = pinpoint_iam::Denied::from(error).into_response();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "BadRequestException"
    );
}
