//! OpenAPI documents that say what each operation requires.

mod annotation;
mod document;
#[cfg(feature = "utoipa")]
mod utoipa;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use self::annotation::Annotation;
use crate::web::{MountedRoute, RouteTable};

/// The member with the actions that an operation checks, sorted, as policies write them.
pub const PERMISSIONS_MEMBER: &str = "x-required-permissions";

/// The member with everything: who may call, which actions and how they combine, their resources and condition keys.
pub const IAM_MEMBER: &str = "x-iam";

/// Writes into an OpenAPI document what each operation requires, from the routes of an application.
///
/// Operations are found by method and path. A parameter matches a parameter whatever both are called, so that
/// `/v1/apps/{application-id}` is `/v1/apps/{applicationId}`.
///
/// Every operation that a route serves is given two members:
///
/// - `x-required-permissions`: the actions that are checked, sorted. For a public operation the list is empty. How they
///   combine, it does not say.
/// - `x-iam`: an object with `access`, which is `authorized` or `public`. A public one has a `reason`. An authorized one has
///   `checked`, which is `before-body` or `after-body`, and `requires`: an object with `allOf` or `anyOf`, lists of the
///   same, or with `action`, `accessLevel` (where known), `resources` (ARN templates; `*` for no single resource),
///   `conditionKeys` and `companions` (each with `action` and `when`).
///
/// Members that were written earlier are replaced, and taken away from operations that no route serves any more: writing
/// twice changes nothing. Callbacks and webhooks are not operations of the application and stay as they are.
///
/// ```
/// use pinpoint_iam::docs::{OpenApiAnnotator, OpenApiFinding};
/// use pinpoint_iam::web::RouteTable;
/// use serde_json::json;
///
/// let mut document = json!({ "openapi": "3.1.0", "paths": { "/health": { "get": { "responses": {} } } } });
/// let routes = RouteTable::default();
/// let findings = OpenApiAnnotator::new(&routes).annotate(&mut document)?;
/// assert_eq!(findings[0].to_string(), "`GET /health` has no requirement: no route serves it");
/// # Ok::<(), pinpoint_iam::docs::InvalidOpenApi>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenApiAnnotator<'r> {
    routes: &'r RouteTable,
    base_path: String,
}

impl<'r> OpenApiAnnotator<'r> {
    /// Annotates from these routes.
    pub const fn new(routes: &'r RouteTable) -> Self {
        Self {
            routes,
            base_path: String::new(),
        }
    }

    /// Says that the paths of the document stand below this one, as with `servers: [{url: /v1}]`.
    ///
    /// The document's own `servers` are not read: they say where clients go, and a gateway may change that.
    #[must_use]
    pub fn with_base_path(mut self, base_path: &str) -> Self {
        base_path
            .trim_end_matches('/')
            .clone_into(&mut self.base_path);
        self
    }

    /// Annotates an OpenAPI document of a version 3.
    ///
    /// The findings come in the order of the document, then of the routes; none means that document and application have
    /// the same operations.
    ///
    /// # Errors
    ///
    /// When the value is no such document. Parts of it may be annotated then.
    pub fn annotate(&self, document: &mut Value) -> Result<Vec<OpenApiFinding>, InvalidOpenApi> {
        let mut walk = Walk::new(self);
        document::annotate(&mut walk, document)?;
        Ok(walk.finish())
    }

    /// Annotates what `utoipa` has collected.
    ///
    /// `utoipa` keeps such members in a hash map and writes them in any order. Where the bytes of the written document
    /// matter, turn it into a [`Value`] first and use [`annotate`](Self::annotate).
    #[cfg(feature = "utoipa")]
    pub fn annotate_utoipa(
        &self,
        document: &mut ::utoipa::openapi::OpenApi,
    ) -> Vec<OpenApiFinding> {
        let mut walk = Walk::new(self);
        utoipa::annotate(&mut walk, document);
        walk.finish()
    }
}

/// What is not as it should be in a document; it was annotated all the same, save here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenApiFinding {
    /// An operation of the document has no requirement, because no route serves it.
    NoRequirement {
        /// The method in upper case.
        method: String,
        /// The path as the document has it.
        path: String,
    },
    /// Several routes match an operation, so that nobody can say which one serves it.
    Ambiguous {
        /// The method in upper case.
        method: String,
        /// The path as the document has it.
        path: String,
    },
    /// The operations of a path stand elsewhere (`$ref`) and were not looked at.
    Reference {
        /// The path as the document has it.
        path: String,
    },
    /// The document has no operation for a route.
    NotDescribed {
        /// The method of the route.
        method: String,
        /// The path of the route.
        path: String,
    },
}

impl fmt::Display for OpenApiFinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRequirement { method, path } => write!(
                formatter,
                "`{method} {path}` has no requirement: no route serves it"
            ),
            Self::Ambiguous { method, path } => {
                write!(formatter, "`{method} {path}` is matched by several routes")
            }
            Self::Reference { path } => write!(
                formatter,
                "`{path}` is a reference; write its operations where it stands"
            ),
            Self::NotDescribed { method, path } => {
                write!(formatter, "`{method} {path}` is not in the document")
            }
        }
    }
}

/// Why a value is no OpenAPI document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOpenApi(String);

impl fmt::Display for InvalidOpenApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidOpenApi {}

/// One way through a document.
struct Walk<'r> {
    annotator: &'r OpenApiAnnotator<'r>,
    /// The routes by position, with the shape of each path.
    routes: Vec<(&'r MountedRoute, String)>,
    described: BTreeSet<usize>,
    findings: Vec<OpenApiFinding>,
}

impl<'r> Walk<'r> {
    fn new(annotator: &'r OpenApiAnnotator<'r>) -> Self {
        Self {
            annotator,
            routes: annotator
                .routes
                .iter()
                .map(|route| (route, shape(&route.path)))
                .collect(),
            described: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// What an operation of the document is to be given; none where it is a finding.
    fn visit(&mut self, method: &str, path: &str) -> Option<Annotation> {
        let method = method.to_ascii_uppercase();
        let wanted = shape(&format!("{}{path}", self.annotator.base_path));
        let mut found = self
            .routes
            .iter()
            .enumerate()
            .filter(|(_, (route, shape))| {
                route.method.eq_ignore_ascii_case(&method) && *shape == wanted
            });
        let path = path.to_owned();
        let finding = match (found.next(), found.next()) {
            (Some((position, (route, _))), None) => {
                self.described.insert(position);
                return Some(Annotation::of(route.declaration));
            }
            (Some((first, _)), Some((second, _))) => {
                let others = found.map(|(position, _)| position);
                let matched: Vec<usize> = [first, second].into_iter().chain(others).collect();
                self.described.extend(matched);
                OpenApiFinding::Ambiguous { method, path }
            }
            (None, _) => OpenApiFinding::NoRequirement { method, path },
        };
        self.findings.push(finding);
        None
    }

    fn reference(&mut self, path: &str) {
        let path = path.to_owned();
        self.findings.push(OpenApiFinding::Reference { path });
    }

    fn finish(mut self) -> Vec<OpenApiFinding> {
        let missing = self
            .routes
            .iter()
            .enumerate()
            .filter(|(position, _)| !self.described.contains(position))
            .map(|(_, (route, _))| OpenApiFinding::NotDescribed {
                method: route.method.to_owned(),
                path: route.path.to_string(),
            });
        self.findings.extend(missing);
        self.findings
    }
}

/// A path without the names of its parameters: `/v1/apps/{}`.
fn shape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0_usize;
    for character in path.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    out.push_str("{}");
                }
            }
            _ if depth > 0 => {}
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_path_has_no_names() {
        for (path, expected) in [
            ("/v1/apps/{application-id}", "/v1/apps/{}"),
            ("/v1/apps/{id:\\d{1,3}}/x", "/v1/apps/{}/x"),
            ("/files/{name}.json", "/files/{}.json"),
            ("/files/{*rest}", "/files/{}"),
            ("/a/", "/a/"),
        ] {
            assert_eq!(shape(path), expected);
        }
    }
}
