//! The OpenAPI document of a catalog's routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::annotation::Annotation;
use super::{IAM_MEMBER, PERMISSIONS_MEMBER, shape};
use pinpoint_iam::action::{ActionMetadata, LifecycleState, Route, ServiceMetadata};
use pinpoint_iam::resource::{Field, IdFormat};
use pinpoint_iam::web::{ActionRequirement, Requirement, ResourceBinding};

/// Returns an OpenAPI 3.1 document with the routes of a service's catalog: a start for the document of a new service.
///
/// Every action with a route is an operation. It has the action's name, summary, path parameters with the ids that they
/// accept, status of success, and the statuses of a check that does not pass. `x-required-permissions` and `x-iam` are
/// those of [`OpenApiAnnotator`](super::OpenApiAnnotator), for a handler that requires the action and nothing else.
/// A catalog does not describe bodies. Actions without a route are not in the document.
///
/// ```
/// use pinpoint_iam_docs::service_openapi;
/// use pinpoint_iam::mobiletargeting;
///
/// let document = service_openapi(&mobiletargeting::SERVICE);
/// let operation = &document["paths"]["/v1/apps/{application-id}"]["get"];
/// assert_eq!(operation["operationId"], "GetApp");
/// assert_eq!(operation["x-required-permissions"][0], "mobiletargeting:GetApp");
/// ```
pub fn service_openapi(service: &ServiceMetadata) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    // OpenAPI regards paths that differ in the names of their parameters as the same path.
    let mut spellings: BTreeMap<String, &'static str> = BTreeMap::new();
    for action in service.actions {
        let Some(route) = action.route else { continue };
        let path = *spellings.entry(shape(route.path)).or_insert(route.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            let method = route.method.to_ascii_lowercase();
            item.insert(method, operation(action, route, path));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": service.name, "version": "1" },
        "paths": paths,
    })
}

fn operation(action: &'static ActionMetadata, route: Route, path: &str) -> Value {
    let written: Vec<&str> = parameters(path).collect();
    let parameters: Vec<Value> = parameters(route.path)
        .zip(written)
        .map(|(name, written)| parameter(action, name, written))
        .collect();
    let mut responses = Map::new();
    for (status, description) in [
        (401, "The caller is not authenticated."),
        (403, "The caller is not authorized."),
        (route.success_status, "Success."),
    ] {
        responses.insert(status.to_string(), json!({ "description": description }));
    }
    let requirement = Requirement::Action(ActionRequirement {
        action,
        resource: ResourceBinding::All,
        keys: &[],
        dependents: &[],
    });
    let annotation = Annotation::of_requirement(&requirement, is_checked_after_body(action));
    let mut operation = json!({
        "operationId": action.name,
        "summary": action.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(members) = operation.as_object_mut() {
        members.insert(PERMISSIONS_MEMBER.to_owned(), annotation.permissions);
        members.insert(IAM_MEMBER.to_owned(), annotation.iam);
        if action.lifecycle.state == LifecycleState::Ended {
            members.insert("deprecated".to_owned(), json!(true));
        }
        if let Some(address) = action.documentation {
            members.insert("externalDocs".to_owned(), json!({ "url": address }));
        }
    }
    operation
}

/// Returns whether a check of the action needs the body: for the tags of the request, or for an id.
fn is_checked_after_body(action: &ActionMetadata) -> bool {
    let ids = action.from_request.iter().map(|(_, place)| *place);
    action
        .request_tags
        .into_iter()
        .chain(ids)
        .any(|place| place.starts_with('$'))
}

/// Returns the names of a path's parameters.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(action: &ActionMetadata, name: &str, written: &str) -> Value {
    let field = name.replace('-', "_");
    let mut fields = action
        .resource_types
        .iter()
        .flat_map(|resource_type| resource_type.fields);
    let schema = match fields.find(|other| other.name == field) {
        Some(field) => schema(field),
        None => json!({ "type": "string" }),
    };
    json!({ "name": written, "in": "path", "required": true, "schema": schema })
}

fn schema(field: &Field) -> Value {
    match field.accepts {
        IdFormat::Identifier => json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$" }),
        IdFormat::Opaque => json!({ "type": "string", "minLength": 1 }),
        IdFormat::OneOf(names) => {
            let mut spellings: Vec<String> = Vec::new();
            for name in names {
                for spelling in [(*name).to_owned(), name.to_ascii_lowercase()] {
                    if !spellings.contains(&spelling) {
                        spellings.push(spelling);
                    }
                }
            }
            json!({ "type": "string", "enum": spellings })
        }
    }
}
