//! Calls every route as a caller that no policy allows anything.

use std::fmt;

use pinpoint_iam_core::__private::Quoted;

use super::samples::{escaped, sample};
use crate::arn::Scope;
use crate::guard::is_parameter;
use crate::web::{Access, MountedRoute, RouteTable};

/// Calls every route of a table, without a principal and with an unprivileged one, and reports those that do not
/// respond with a denial.
///
/// A caller that may not call a route is denied before the body is read, so that calls need no body. Checks that continue
/// after the body, such as those of dependent actions, need [`body`](Self::body) and [`after_body`](Self::after_body).
/// Public routes are called without a principal only, and are listed separately.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::extract::{FromRef, Path};
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::testing::Sweep;
/// use pinpoint_iam::{Authorizer, Principal, Scope, requires, routes};
///
/// #[requires(GetApp)]
/// async fn get_app(Path(application_id): Path<String>) -> String {
///     application_id
/// }
///
/// # tokio_test(async {
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(PolicyStore::new())
///     .build()?;
/// let routes = routes![get_app];
/// let table = routes.table().clone();
/// let router = routes.with_state(authorizer)?;
///
/// let swept = Sweep::new(&table)
///     .run_on_axum(&router, |request| {
///         // Authenticate as a caller of the application would, or insert the value that its middleware inserts.
///         let unprivileged = Principal::from_arn("arn:aws:iam::123456789012:user/powerless").unwrap();
///         request.extensions_mut().insert(unprivileged);
///     })
///     .await?;
/// assert_eq!(swept.calls(), 2);
/// # Ok(())
/// # });
/// # fn tokio_test(test: impl Future<Output = Result<(), Box<dyn std::error::Error>>>) {
/// #     let mut test = std::pin::pin!(test);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     while let std::task::Poll::Pending = test.as_mut().poll(&mut context) {}
/// # }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Sweep<'t> {
    table: &'t RouteTable,
    scope: Scope,
    samples: Vec<(String, String)>,
    /// JSON bodies with the routes that get them.
    bodies: Vec<(String, String)>,
    /// Queries with the routes that get them.
    queries: Vec<(String, String)>,
    is_after_body: bool,
    hides_existence: bool,
}

/// The caller of a [`Call`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepCaller {
    /// A caller without a principal.
    Anonymous,
    /// An authenticated caller that no policy allows anything.
    Unprivileged,
}

/// One call of a [`Sweep`].
#[derive(Clone, Debug)]
pub struct Call {
    route: MountedRoute,
    path: String,
    /// The path with the query.
    uri: String,
    caller: SweepCaller,
    body: Option<String>,
    expected: Expected,
}

/// The expected response to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// A denial, or any response of a public route.
    Denial,
    /// An error about the body, because the first half of the check passes and the body is invalid.
    InvalidBody,
}

/// The response of a route to a call.
#[derive(Clone, Debug)]
pub struct Finding {
    call: Call,
    status: u16,
}

/// The result of a [`Sweep`] that found nothing wrong.
#[derive(Clone, Debug)]
pub struct SweepReport {
    calls: usize,
    public: Vec<Finding>,
    without_body: Vec<MountedRoute>,
}

/// The errors of a [`Sweep`]: at least one route that does not deny or lacks a body, a body or a query without a
/// route, or a table without a route to try.
#[derive(Clone)]
pub struct Unguarded {
    findings: Vec<Finding>,
    without_body: Vec<MountedRoute>,
    /// Routes that the table does not have, each with the method of the sweep that named it.
    unknown: Vec<(&'static str, String)>,
}

impl<'t> Sweep<'t> {
    /// Creates a sweep over every route of `table`.
    pub fn new(table: &'t RouteTable) -> Self {
        Self {
            table,
            scope: Scope::new("aws", "us-east-1", "123456789012"),
            samples: Vec::new(),
            bodies: Vec::new(),
            queries: Vec::new(),
            is_after_body: false,
            hides_existence: false,
        }
    }

    /// Sets the scope of the sample ARNs. The default is the account 123456789012 in `us-east-1`.
    #[must_use]
    pub fn in_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Fills the placeholder `name` with `value`, which the sweep percent-encodes. Without a sample, a placeholder gets
    /// an id that is valid for the handler's action, or `sample` if the catalog does not know the placeholder.
    #[must_use]
    pub fn sample(mut self, name: &str, value: &str) -> Self {
        self.samples.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the JSON text `json` as the body of calls of `route`, such as `POST /v1/apps`. A later call for the same route
    /// replaces the body. A route that the table does not have is an error of [`run`](Self::run).
    #[must_use]
    pub fn body(mut self, route: &str, json: &str) -> Self {
        self.bodies.push((route.to_owned(), json.to_owned()));
        self
    }

    /// Sends `query`, such as `team=blue`, with calls of `route`, such as `POST /v1/apps`, for handlers that read ids from
    /// the query. It must be percent-encoded. A later call for the same route replaces the query. A route that the table
    /// does not have is an error of [`run`](Self::run).
    #[must_use]
    pub fn query(mut self, route: &str, query: &str) -> Self {
        self.queries.push((route.to_owned(), query.to_owned()));
        self
    }

    /// Sweeps over the checks that continue after the body, and only over the routes that have a [`body`](Self::body).
    ///
    /// The requests must be authenticated as a caller that the policies allow the action itself, but not the rest of the
    /// check: not the ids or the tags in the body, or not a dependent action. A route is called twice: with an empty
    /// body, which must not be denied, because otherwise the check ends before the body; and with the body, which must be
    /// denied. A route whose check needs a body and has none is an error.
    #[must_use]
    pub const fn after_body(mut self) -> Self {
        self.is_after_body = true;
        self
    }

    /// Accepts 404 as a denial of the unprivileged caller, for applications that
    /// [hide existence](crate::web::ErrorResponses::hiding_existence). The call without a principal still shows that
    /// the route exists.
    #[must_use]
    pub const fn hiding_existence(mut self) -> Self {
        self.hides_existence = true;
        self
    }

    /// Returns every call of the sweep, in the order of the table.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        for route in self.table.iter() {
            let path = route.fill(|name| {
                let given = self.samples.iter();
                let given = given.rev().find(|(other, _)| is_parameter(name, other));
                escaped(&given.map_or_else(
                    || sample(route, name, &self.scope),
                    |(_, value)| value.clone(),
                ))
            });
            let uri = match last_for(&self.queries, route) {
                Some(query) => format!("{path}?{query}"),
                None => path.clone(),
            };
            let body = last_for(&self.bodies, route);
            let call = |caller, body: Option<&str>, expected| Call {
                route: route.clone(),
                path: path.clone(),
                uri: uri.clone(),
                caller,
                body: body.map(str::to_owned),
                expected,
            };
            if !self.is_after_body {
                calls.push(call(SweepCaller::Anonymous, body, Expected::Denial));
                if !is_public(route) {
                    calls.push(call(SweepCaller::Unprivileged, body, Expected::Denial));
                }
            } else if body.is_some() && !is_public(route) {
                let caller = SweepCaller::Unprivileged;
                calls.push(call(caller, Some(""), Expected::InvalidBody));
                calls.push(call(caller, body, Expected::Denial));
            }
        }
        calls
    }

    /// Returns the routes whose check depends on the body and that have none.
    fn without_body(&self) -> Vec<MountedRoute> {
        let routes = self.table.iter();
        let needy = routes.filter(|route| route.declaration.finishes_after_body());
        let needy = needy.filter(|route| last_for(&self.bodies, route).is_none());
        needy.cloned().collect()
    }

    /// Returns the routes of bodies and queries that the table does not have.
    fn unknown_routes(&self) -> Vec<(&'static str, String)> {
        let routes: Vec<String> = self.table.iter().map(ToString::to_string).collect();
        [("body", &self.bodies), ("query", &self.queries)]
            .into_iter()
            .flat_map(|(method, given)| given.iter().map(move |(route, _)| (method, route)))
            .filter(|(_, route)| !routes.contains(route))
            .map(|(method, route)| (method, route.clone()))
            .collect()
    }

    /// Makes every call with `send`, which returns the status of the response. For the unprivileged caller, `send` must
    /// authenticate the request as the application requires.
    ///
    /// # Errors
    ///
    /// Returns every route that does not deny. A call without a principal must get 401 or 403, a call of the
    /// unprivileged caller 403. A 401 for the unprivileged caller means that it was not authenticated, so the call did
    /// not test the policies. A table without a route that has to deny is also an error. [`after_body`](Self::after_body)
    /// expects other responses.
    pub async fn run(&self, send: impl AsyncFn(&Call) -> u16) -> Result<SweepReport, Unguarded> {
        let (mut public, mut findings, mut calls) = (Vec::new(), Vec::new(), 0_usize);
        for call in self.calls() {
            let status = send(&call).await;
            let finding = Finding { call, status };
            if is_public(&finding.call.route) {
                public.push(finding);
                continue;
            }
            calls = calls.saturating_add(1);
            let is_expected = match finding.call.caller {
                _ if finding.call.expected == Expected::InvalidBody => {
                    matches!(status, 400 | 413 | 415 | 422)
                }
                SweepCaller::Anonymous => matches!(status, 401 | 403),
                SweepCaller::Unprivileged => {
                    status == 403 || (status == 404 && self.hides_existence)
                }
            };
            if !is_expected {
                findings.push(finding);
            }
        }
        let (without_body, unknown) = (self.without_body(), self.unknown_routes());
        let lacks_body = self.is_after_body && !without_body.is_empty();
        if findings.is_empty() && unknown.is_empty() && !lacks_body && calls > 0 {
            return Ok(SweepReport {
                calls,
                public,
                without_body,
            });
        }
        Err(Unguarded {
            findings,
            without_body: match self.is_after_body {
                true => without_body,
                false => Vec::new(),
            },
            unknown,
        })
    }
}

/// The last of the values that were given for a route.
fn last_for<'v>(given: &'v [(String, String)], route: &MountedRoute) -> Option<&'v str> {
    let name = route.to_string();
    let (_, value) = given.iter().rev().find(|(other, _)| *other == name)?;
    Some(value)
}

fn is_public(route: &MountedRoute) -> bool {
    matches!(route.declaration.access, Access::Public { .. })
}

impl Call {
    /// The called route.
    pub const fn route(&self) -> &MountedRoute {
        &self.route
    }

    /// The method in upper case.
    pub const fn method(&self) -> &'static str {
        self.route.method
    }

    /// The path with its placeholders filled and percent-encoded, for example `/v1/apps/sample`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path with the [`query`](Sweep::query) of the route, percent-encoded.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns the body, JSON text; `None` without one.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Returns the caller.
    pub const fn caller(&self) -> SweepCaller {
        self.caller
    }
}

impl Finding {
    /// The call.
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// The status of the response.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// A possible cause.
    const fn hint(&self) -> &'static str {
        if matches!(self.call.expected, Expected::InvalidBody) {
            return match self.status {
                401 | 403 => {
                    "the check ended before the body: authenticate a caller that may perform the action itself"
                }
                _ => {
                    "an empty body was accepted, so that the call does not show where the check ended"
                }
            };
        }
        match (self.status, self.call.caller) {
            (400 | 415 | 422, _) if self.call.body.is_some() => {
                "the sample ids or the body were not taken: give others with `sample` and `body`"
            }
            (400, _) => "the sample ids were not taken: give others with `sample` and `query`",
            (401, SweepCaller::Unprivileged) => {
                "the powerless caller was not recognised: authenticate it as the application demands"
            }
            (404 | 405, _) => {
                "the route is not mounted there, or existence is hidden: see `hiding_existence`"
            }
            (500..=599, _) => "the check could not be made, see the log",
            _ => "nothing has stopped the call",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declaration = self.call.route.declaration;
        let caller = match self.call.caller {
            SweepCaller::Anonymous => "a caller without a principal",
            SweepCaller::Unprivileged => "a powerless caller",
        };
        write!(
            formatter,
            "{}:{}: `{}` answered {} to {caller} at `{} {}`; {}",
            declaration.file,
            declaration.line,
            declaration.handler,
            self.status,
            self.call.method(),
            self.call.uri,
            self.hint(),
        )
    }
}

impl SweepReport {
    /// The number of calls that were denied, as they should be.
    pub const fn calls(&self) -> usize {
        self.calls
    }

    /// Returns the routes whose check continues after the body, and for which there is no [`body`](Sweep::body). Only the
    /// first half of their checks was tested.
    pub fn without_body(&self) -> impl Iterator<Item = &MountedRoute> {
        self.without_body.iter()
    }

    /// The responses of the public routes to a caller without a principal.
    pub fn public(&self) -> impl Iterator<Item = &Finding> {
        self.public.iter()
    }
}

impl Unguarded {
    /// Every call that did not get the expected response, in the order of the table. Empty if there was no route to try,
    /// or only errors about bodies and queries.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Returns the routes whose check continues after the body, and for which there is no body, as an error of
    /// [`after_body`](Sweep::after_body).
    pub fn without_body(&self) -> impl Iterator<Item = &MountedRoute> {
        self.without_body.iter()
    }
}

impl fmt::Display for Unguarded {
    /// Writes a line with the number of findings, then one finding per line, then the errors about bodies and
    /// queries.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            0 if !self.without_body.is_empty() || !self.unknown.is_empty() => {
                formatter.write_str("the bodies or queries do not match the routes")
            }
            0 => formatter.write_str("no route in the table has to deny a caller"),
            1 => formatter.write_str("one call was not denied"),
            number => write!(formatter, "{number} calls were not denied"),
        }?;
        for finding in &self.findings {
            write!(formatter, "\n  {finding}")?;
        }
        for route in &self.without_body {
            write!(
                formatter,
                "\n  the check of `{route}` needs a body: give one with `body`"
            )?;
        }
        for (method, route) in &self.unknown {
            write!(
                formatter,
                "\n  the table has no route {}, for which `{method}` was called",
                Quoted(route)
            )?;
        }
        Ok(())
    }
}

/// Uses the `Display` text, because tests print errors with `Debug`.
impl fmt::Debug for Unguarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Unguarded {}
