//! The routes of catalogs, and the one that a request takes.
//!
//! The service that answers a request may read its path differently: decode it first, ignore case, or remove dots and empty
//! segments. A path that two readers could understand differently is therefore denied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::guard::is_parameter;
use crate::web::routes::parse_path;

/// What a route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// An action on the resource that the path identifies.
    Action(&'static ActionMetadata),
    /// Nothing.
    Public,
}

/// The routes of a service.
#[derive(Debug, Default)]
pub(super) struct Routes {
    places: Vec<Place>,
    /// The positions in `places`.
    exact: matchit::Router<usize>,
    /// The same for paths in lower case.
    loose: matchit::Router<usize>,
}

/// A path and its methods.
#[derive(Debug)]
struct Place {
    path: String,
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    method: String,
    /// The names of the placeholders.
    names: Vec<String>,
    rule: Rule,
}

/// The route of a request, with the names and the decoded values of its placeholders.
#[derive(Debug, PartialEq)]
pub(super) struct Found<'r> {
    pub(super) rule: Rule,
    pub(super) parameters: Vec<(&'r str, String)>,
}

/// The error of a layer whose routes contradict each other, or cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRoutes(String);

impl fmt::Display for InvalidRoutes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidRoutes {}

/// Routes before they are checked: method, path and rule.
pub(super) type Written = Vec<(Cow<'static, str>, Cow<'static, str>, Rule)>;

/// The routes of all actions of a service.
pub(super) fn of_service(service: &'static ServiceMetadata) -> Written {
    let actions = service.actions.iter();
    let routes = actions.filter_map(|action| {
        let route = action.route?;
        Some((route.method.into(), route.path.into(), Rule::Action(action)))
    });
    routes.collect()
}

const NOT_A_PATH: &str = "the target of the request is not a path";
const AMBIGUOUS: &str = "the path contains what other programs may read differently: an empty segment, `.` or `..`, `;`, `\\`, \
     an unnecessary or invalid escape, or an escaped separator";
const NO_PATH: &str = "no route has this path";
const NO_METHOD: &str = "no route with this path has this method";
const OTHER_ROUTE: &str =
    "another route has this path if case is ignored or the path is decoded first";

impl Routes {
    /// Compiles the routes.
    pub(super) fn new(written: Written) -> Result<Self, InvalidRoutes> {
        let mut routes = Self::default();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (method, path, rule) in written {
            let fault = |what: String| InvalidRoutes(format!("the route `{method} {path}` {what}"));
            let (names, shape) =
                parse_path(&path).map_err(|why| fault(format!("is invalid: {why}")))?;
            if path.contains("{{") || path.contains("}}") {
                return Err(fault("contains a brace: use another path".to_owned()));
            }
            let position = match known.get(&shape) {
                Some(position) => *position,
                None => {
                    let position = routes.places.len();
                    routes.insert(&path, position).map_err(fault)?;
                    known.insert(shape, position);
                    position
                }
            };
            let Some(place) = routes.places.get_mut(position) else {
                continue;
            };
            if place.routes.iter().any(|route| *route.method == *method) {
                return Err(fault("occurs twice: remove one of them".to_owned()));
            }
            place.routes.push(Route {
                method: method.into_owned(),
                names,
                rule,
            });
        }
        Ok(routes)
    }

    fn insert(&mut self, path: &str, position: usize) -> Result<(), String> {
        let refused = |error: matchit::InsertError| match error {
            matchit::InsertError::Conflict { with } => format!(
                "cannot be distinguished from the path `{with}`: change one of them; upper and lower case do not distinguish paths"
            ),
            other => format!("is invalid: {other}"),
        };
        self.exact.insert(path, position).map_err(refused)?;
        let folded = path.to_ascii_lowercase();
        self.loose.insert(folded, position).map_err(refused)?;
        self.places.push(Place {
            path: path.to_owned(),
            routes: Vec::new(),
        });
        Ok(())
    }

    /// Finds the route of a request by its method and its path, without the query and not decoded.
    ///
    /// # Errors
    ///
    /// Returns why there is none.
    pub(super) fn find(&self, method: &str, path: &str) -> Result<Found<'_>, &'static str> {
        if !path.starts_with('/') {
            return Err(NOT_A_PATH);
        }
        let escapes_slash = check_unambiguous(path)?;
        let matched = self.exact.at(path).map_err(|_| NO_PATH)?;
        let position = *matched.value;
        // An escaped slash remains escaped, because the parameter that contains it is checked below.
        let loose =
            decoded(&path.replace("%2F", "%252F").replace("%2f", "%252F"))?.to_ascii_lowercase();
        let same = self
            .loose
            .at(&loose)
            .is_ok_and(|found| *found.value == position);
        if !same {
            return Err(OTHER_ROUTE);
        }
        let place = self.places.get(position).ok_or(NO_PATH)?;
        let route = place.route(method).ok_or(NO_METHOD)?;
        let names = route.names.iter();
        let mut parameters = Vec::with_capacity(route.names.len());
        for (name, (_, value)) in names.zip(matched.params.iter()) {
            if escapes_slash
                && value.to_ascii_lowercase().contains("%2f")
                && !route.has_arn_in(name)
            {
                return Err(AMBIGUOUS);
            }
            let value = decoded(value)?.into_owned();
            if value.split('/').any(is_dots) {
                return Err(AMBIGUOUS);
            }
            parameters.push((name.as_str(), value));
        }
        Ok(Found {
            rule: route.rule,
            parameters,
        })
    }

    /// The paths and methods, for `Debug`.
    pub(super) fn written(&self) -> impl Iterator<Item = String> {
        self.places.iter().flat_map(|place| {
            let routes = place.routes.iter();
            routes.map(|route| format!("{} {}", route.method, place.path))
        })
    }
}

impl Place {
    /// The route with this method. Services answer `HEAD` with the head of the response to `GET`.
    fn route(&self, method: &str) -> Option<&Route> {
        let with = |method: &str| self.routes.iter().find(|route| route.method == method);
        match method {
            "HEAD" => with("HEAD").or_else(|| with("GET")),
            other => with(other),
        }
    }
}

impl Route {
    /// Whether the parameter `name` contains a whole ARN, which is checked completely.
    fn has_arn_in(&self, name: &str) -> bool {
        match self.rule {
            Rule::Action(action) => action.whole_arn.is_some_and(|arn| is_parameter(name, arn)),
            Rule::Public => false,
        }
    }
}

/// Checks that all programs read the path in the same way. Returns whether it contains an escaped slash.
fn check_unambiguous(path: &str) -> Result<bool, &'static str> {
    if path.contains("//") {
        return Err(AMBIGUOUS);
    }
    let mut escapes_slash = false;
    let mut rest = path.as_bytes().iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = (rest.next(), rest.next());
                match escaped(digits).ok_or(AMBIGUOUS)? {
                    b'/' => escapes_slash = true,
                    b'\\' | b';' | b'%' | b'?' | b'#' | b'-' | b'.' | b'_' | b'~' => {
                        return Err(AMBIGUOUS);
                    }
                    byte if byte.is_ascii_alphanumeric() || byte.is_ascii_control() => {
                        return Err(AMBIGUOUS);
                    }
                    _ => {}
                }
            }
            b'\\' | b';' => return Err(AMBIGUOUS),
            byte if !byte.is_ascii_graphic() => return Err(AMBIGUOUS),
            _ => {}
        }
    }
    Ok(escapes_slash)
}

/// The byte that two hexadecimal digits represent.
fn escaped(digits: (Option<&u8>, Option<&u8>)) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (high, low) = (digit(digits.0?)?, digit(digits.1?)?);
    u8::try_from(high * 16 + low).ok()
}

fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

fn decoded(text: &str) -> Result<Cow<'_, str>, &'static str> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| AMBIGUOUS)
}
