//! Handlers of actix-web in every form, in an application that serves them.

use actix_web::{App, HttpRequest, HttpResponse, Responder, get, web};
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
use pinpoint_iam::web::actix::{BeforeBody, Path, guarded, routes};
use pinpoint_iam::{Permit, public, requires};
use serde::Deserialize;

#[requires(GetApp)]
async fn single(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetCampaign)]
async fn tuple(Path((application_id, campaign_id)): Path<(String, String)>) -> impl Responder {
    format!("{application_id} {campaign_id}")
}

#[derive(Deserialize)]
struct Ids {
    application_id: String,
    id: String,
}

#[requires(GetSegment)]
async fn fields(
    Path(Ids {
        application_id,
        id: segment_id,
    }): Path<Ids>,
) -> HttpResponse {
    HttpResponse::Ok().body(format!("{application_id} {segment_id}"))
}

#[requires(GetSegment, application_id = ids.application_id, segment_id = ids.id)]
async fn expressions(ids: web::Path<Ids>, _: web::Data<String>, _: HttpRequest) -> HttpResponse {
    HttpResponse::Ok().body(ids.into_inner().id)
}

#[requires(GetCampaign, application_id = path.0, campaign_id = path.1)]
async fn positions(path: web::Path<(String, String)>) -> String {
    path.into_inner().1
}

#[derive(Deserialize)]
struct NewCampaign {
    tags: Option<std::collections::HashMap<String, String>>,
}

#[requires(CreateCampaign, request_tags = body.tags, dependents = none)]
async fn behind_the_body(
    Path(application_id): Path<String>,
    body: web::Json<NewCampaign>,
) -> actix_web::Result<String> {
    let _ = body.into_inner().tags;
    Ok(application_id)
}

fn delete(_: &Permit<DeleteCampaign>) {}

#[requires(DeleteCampaign, resource = Campaign::new(app, id)?, permit = permit)]
async fn proven(Path((app, id)): Path<(String, String)>) -> String {
    delete(&permit);
    format!("{app} {id}")
}

struct Known(Campaign);

impl BeforeBody for Known {}

impl actix_web::FromRequest for Known {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let campaign = Campaign::new("a1", "c1").map_err(actix_web::error::ErrorNotFound);
        std::future::ready(campaign.map(Self))
    }
}

#[requires(GetCampaign, resource = campaign)]
async fn extracted(Known(campaign): Known) -> String {
    campaign.campaign_id().to_owned()
}

#[get("/macro/{application_id}")]
#[requires(GetApp)]
async fn with_macro(Path(application_id): Path<String>) -> String {
    application_id
}

#[public("load balancer health check")]
async fn health() -> &'static str {
    "well"
}

fn main() {
    let listed = routes![single, tuple, behind_the_body, proven, "GET /healthz" => health];
    let app = App::new()
        .service(listed.service().unwrap())
        .service(with_macro)
        .route("/fields/{application_id}/{id}", web::get().to(fields))
        .route("/expressions", web::get().to(guarded(expressions)))
        .route("/positions/{a}/{b}", web::get().to(guarded(positions)))
        .route("/extracted", web::get().to(extracted));
    drop(app);
}
