//! Adds the requirements of each operation to an OpenAPI document.

mod annotation;
mod document;
mod service;
#[cfg(feature = "utoipa")]
mod utoipa;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use self::annotation::Annotation;
pub use self::service::service_openapi;
use pinpoint_iam::web::{MountedRoute, RouteTable};

/// The member that lists the actions that an operation checks, sorted, in the notation of policies.
pub const PERMISSIONS_MEMBER: &str = "x-required-permissions";

/// The member with all details: who may call, which actions and how they combine, their resources and condition keys.
pub const IAM_MEMBER: &str = "x-iam";

/// Adds the requirements of each operation to an OpenAPI document, from the routes of an application.
///
/// Operations are found by method and path. The names of path parameters are ignored, so `/v1/apps/{application-id}`
/// matches `/v1/apps/{applicationId}`.
///
/// Every operation that a route serves gets two members:
///
/// - `x-required-permissions`: the actions that are checked, sorted, without those that are checked only for requests
///   with tags. For a public operation the list is empty. It does
///   not contain how they combine.
/// - `x-iam`: an object with `access`, which is `authorized` or `public`. A public one has a `reason`. An authorized
///   one has `checked`, which is `before-body` or `after-body`, and `requires`: an object with `allOf` or `anyOf`,
///   lists of the same, or with `action`, `accessLevel` (if known), `resources` (ARN templates; `*` if there is no
///   single resource), `conditionKeys` and `dependentActions` (each with `action` and `when`). `suppliedKeys` are the
///   condition keys that the handler supplies, and `dependents` the dependent actions that are checked as well, each with
///   `action`, `resources` (empty for an action of a service without a catalog) and `onlyWithTags`.
///
/// Existing members of these names are replaced, and removed from operations that no route serves anymore. Annotating
/// twice has the same result as annotating once. Callbacks and webhooks are not operations of the application and are
/// not changed.
///
/// ```
/// use pinpoint_iam_docs::{OpenApiAnnotator, OpenApiFinding};
/// use pinpoint_iam::web::RouteTable;
/// use serde_json::json;
///
/// let mut document = json!({ "openapi": "3.1.0", "paths": { "/health": { "get": { "responses": {} } } } });
/// let routes = RouteTable::default();
/// let findings = OpenApiAnnotator::new(&routes).annotate(&mut document)?;
/// assert_eq!(findings[0].to_string(), "`GET /health` has no requirement: no route serves it");
/// # Ok::<(), pinpoint_iam_docs::InvalidOpenApi>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenApiAnnotator<'r> {
    routes: &'r RouteTable,
    base_path: String,
}

impl<'r> OpenApiAnnotator<'r> {
    /// Creates an annotator for these routes.
    pub const fn new(routes: &'r RouteTable) -> Self {
        Self {
            routes,
            base_path: String::new(),
        }
    }

    /// Sets the path to which the paths of the document are relative, as with `servers: [{url: /v1}]`.
    ///
    /// The document's own `servers` are ignored: they are addresses for clients, and a gateway may change their paths.
    #[must_use]
    pub fn with_base_path(mut self, base_path: &str) -> Self {
        base_path
            .trim_end_matches('/')
            .clone_into(&mut self.base_path);
        self
    }

    /// Annotates an OpenAPI document of version 3.
    ///
    /// The findings are in the order of the document, followed by those about routes in the order of the routes. If
    /// there are no findings, the document and the application have the same operations.
    ///
    /// # Errors
    ///
    /// If the value is not such a document. Parts of it may already be annotated.
    pub fn annotate(&self, document: &mut Value) -> Result<Vec<OpenApiFinding>, InvalidOpenApi> {
        let mut walk = Walk::new(self);
        document::annotate(&mut walk, document)?;
        Ok(walk.finish())
    }

    /// Annotates a document that `utoipa` has generated.
    ///
    /// `utoipa` keeps such members in a hash map and writes them in arbitrary order. If the bytes of the written
    /// document matter, convert it to a [`Value`] first and use [`annotate`](Self::annotate).
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

/// A difference between a document and the routes. Everything not mentioned in a finding has been annotated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenApiFinding {
    /// An operation of the document has no requirement, because no route serves it.
    NoRequirement {
        /// The method in upper case.
        method: String,
        /// The path as written in the document.
        path: String,
    },
    /// Several routes match an operation, so it is unknown which of them serves it.
    Ambiguous {
        /// The method in upper case.
        method: String,
        /// The path as written in the document.
        path: String,
    },
    /// The operations of a path are defined elsewhere (`$ref`) and were not annotated.
    Reference {
        /// The path as written in the document.
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
                "`{path}` is a reference; write its operations in its place"
            ),
            Self::NotDescribed { method, path } => {
                write!(formatter, "`{method} {path}` is not in the document")
            }
        }
    }
}

/// The error for a value that is not an OpenAPI document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOpenApi(String);

impl fmt::Display for InvalidOpenApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidOpenApi {}

/// One traversal of a document.
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

    /// Returns the annotation for an operation of the document, or records a finding and returns `None`.
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

/// Returns a path without the names of its parameters: `/v1/apps/{}`.
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
