//! The declarations of handlers, as data.

#![expect(dead_code, reason = "the handlers are looked at, and never called")]

use axum::Json;
use axum::extract::{Path, Query, State};
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::web::{
    Access, Annotated, BindingSource, MountedRoute, PathParameter, Requirement, ResourceBinding,
    RouteTable,
};
use pinpoint_iam::{Authorizer, requires};
use pinpoint_iam_docs::RoutesDocument;
use serde::Deserialize;

#[derive(Deserialize)]
struct Ids {
    application_id: String,
    #[serde(rename = "campaign-id")]
    campaign_id: String,
}

#[derive(Deserialize)]
struct Id(String);

#[requires(GetCampaign)]
async fn tuple(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(GetCampaign)]
async fn with_gaps(
    Path((application_id, _, campaign_id, ..)): Path<(String, String, String, u8, u8)>,
) -> String {
    application_id + &campaign_id
}

#[requires(GetApp)]
async fn gap_in_front(Path((.., application_id)): Path<(String, String)>) -> String {
    application_id
}

#[requires(GetApp)]
async fn single(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp, application_id = id)]
async fn newtype(Path(Id(id)): Path<Id>) -> String {
    id
}

#[requires(GetCampaign, campaign_id = id)]
async fn named(
    Path(Ids {
        application_id,
        campaign_id: id,
    }): Path<Ids>,
) -> String {
    application_id + &id
}

#[requires(GetCampaign, application_id = path.0, campaign_id = path.1)]
async fn whole_tuple(Path(path): Path<(String, String)>, Query(_): Query<Id>) -> String {
    path.0 + &path.1
}

#[requires(GetApp, application_id = path.as_str())]
async fn whole(path: Path<String>) -> String {
    path.0
}

fn path_parameters<H: Annotated>() -> String {
    format!("{:?}", H::declaration().path_parameters)
}

#[test]
fn names_of_path_parameters_are_known() {
    let debug = |parameters: &[PathParameter]| format!("{parameters:?}");
    assert_eq!(
        path_parameters::<tuple>(),
        debug(&[PathParameter::Tuple(&["application_id", "campaign_id"])])
    );
    assert_eq!(
        path_parameters::<with_gaps>(),
        debug(&[PathParameter::Tuple(&[
            "application_id",
            "",
            "campaign_id",
            "",
            ""
        ])])
    );
    assert_eq!(
        path_parameters::<gap_in_front>(),
        debug(&[PathParameter::Tuple(&["", "application_id"])])
    );
    assert_eq!(
        path_parameters::<single>(),
        debug(&[PathParameter::Single("application_id")])
    );
    assert_eq!(
        path_parameters::<newtype>(),
        debug(&[PathParameter::Single("id")])
    );
    assert_eq!(
        path_parameters::<named>(),
        debug(&[PathParameter::Named(&["application_id", "campaign_id"])])
    );
    assert_eq!(path_parameters::<whole_tuple>(), "[]");
    assert_eq!(path_parameters::<whole>(), "[]");
}

#[requires(GetApp)]
#[requires(
    any(GetEmailTemplate, all(DeleteCampaign(campaign_id = format!("c{id}")), ListTagsForResource)),
    template_name = id,
)]
#[requires(mobileanalytics::PutEvents)]
async fn composed(
    State(_): State<Authorizer>,
    Path((application_id, id)): Path<(String, String)>,
    Json(resource_arn): Json<String>,
) -> String {
    application_id + &id + &resource_arn
}

/// Returns the requirement as one line.
fn written(requirement: &Requirement) -> String {
    let each = |several: &[Requirement]| several.iter().map(written).collect::<Vec<_>>().join(", ");
    match requirement {
        Requirement::All(several) => format!("all({})", each(several)),
        Requirement::Any(several) => format!("any({})", each(several)),
        Requirement::Action(action) => {
            let resource = match action.resource {
                ResourceBinding::All => "*".to_owned(),
                ResourceBinding::Resource(expression) => expression.to_owned(),
                ResourceBinding::Constructed(resource_type, expression) => {
                    format!("{}: {expression}", resource_type.type_name)
                }
                ResourceBinding::WholeArn(parameter) => format!("ARN {parameter}"),
                ResourceBinding::Created(created) => format!("new {}", created.type_name),
                ResourceBinding::Fields(fields) => fields
                    .iter()
                    .map(|field| {
                        let from = match field.from {
                            BindingSource::Pinned(value) => format!("{value:?}"),
                            BindingSource::Parameter(name) => name.to_owned(),
                            BindingSource::Expression(expression) => format!("({expression})"),
                        };
                        format!("{} = {from}", field.field)
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            format!("{} [{resource}]", action.action.name)
        }
    }
}

#[test]
fn a_composition_is_declared_as_it_was_written() {
    let declaration = composed::declaration();
    assert_eq!(
        declaration.requirement().map(written).as_deref(),
        Some(
            "all(GetApp [application_id = application_id], \
             any(GetEmailTemplate [template_name = (id) template_type = \"EMAIL\"], \
             all(DeleteCampaign [application_id = application_id campaign_id = (format!(\"c{id}\"))], \
             ListTagsForResource [ARN resource_arn])), \
             PutEvents [*])"
        )
    );
    let actions = declaration.requirement().map(Requirement::actions);
    assert_eq!(actions.map(|actions| actions.len()), Some(5));
    assert!(matches!(
        declaration.access,
        Access::Requires {
            after_body: true,
            ..
        }
    ));
    assert!(matches!(
        tuple::declaration().access,
        Access::Requires {
            after_body: false,
            ..
        }
    ));
}

#[requires(ListTagsForResource, resource = Campaign::new(
    &application_id,
    id.0 .as_str(),
)?)]
async fn constructed(Path((application_id, id)): Path<(String, Id)>) -> String {
    application_id + &id.0
}

fn campaign_of(application_id: &str, id: &Id) -> Result<Campaign, InvalidId> {
    Campaign::new(application_id, &id.0)
}

#[requires(ListTagsForResource, resource = campaign_of(&application_id,&id) ?)]
async fn made_elsewhere(Path((application_id, id)): Path<(String, Id)>) -> String {
    application_id + &id.0
}

/// Expressions are kept with their spaces. A call of a constructor is known to have its type.
#[test]
fn a_resource_is_declared_as_it_was_written() {
    for (declaration, expected) in [
        (
            constructed::declaration(),
            "ListTagsForResource [Campaign: Campaign::new(&application_id, id.0 .as_str())?]",
        ),
        (
            made_elsewhere::declaration(),
            "ListTagsForResource [campaign_of(&application_id,&id) ?]",
        ),
    ] {
        assert_eq!(
            declaration.requirement().map(written).as_deref(),
            Some(expected)
        );
    }
}

/// Documents contain the single type that the handler constructs, and its condition keys.
#[test]
fn a_constructed_resource_is_of_one_type_in_documents() {
    let table = |declaration| {
        let route = MountedRoute {
            method: "GET",
            path: "/x".into(),
            declaration,
        };
        let table = RouteTable::new([route]);
        pinpoint_iam_docs::markdown(&RoutesDocument::new("Routes", &table).page())
    };
    let (one, all) = (
        table(constructed::declaration()),
        table(made_elsewhere::declaration()),
    );
    assert!(
        one.contains("/campaigns/") && all.contains("/campaigns/"),
        "{one}"
    );
    assert!(
        !one.contains("/segments/") && all.contains("/segments/"),
        "{one}"
    );
}
