//! Calling every route as somebody who may call none.

use std::fmt;

use super::samples::{escaped, sample};
use crate::arn::Scope;
use crate::guard::is_parameter;
use crate::web::{Access, MountedRoute, RouteTable};

/// Calls every route of a table, without a principal and with a powerless one, and reports those that answer anything
/// but a refusal.
///
/// No call has a body: whoever may not call a route is refused before it is read. Public routes are called without a
/// principal and listed apart.
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
///         // As a caller of the application would authenticate, or by what its middleware puts into the request.
///         let nobody = Principal::from_arn("arn:aws:iam::123456789012:user/powerless").unwrap();
///         request.extensions_mut().insert(nobody);
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
    hides_existence: bool,
}

/// Who makes a call of a [`Sweep`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepCaller {
    /// A caller without a principal.
    Anonymous,
    /// A caller that the application knows, and that no policy allows anything.
    Unprivileged,
}

/// One call of a [`Sweep`].
#[derive(Clone, Debug)]
pub struct Call {
    route: MountedRoute,
    path: String,
    caller: SweepCaller,
}

/// What a route answered.
#[derive(Clone, Debug)]
pub struct Finding {
    call: Call,
    status: u16,
}

/// What came of a [`Sweep`] that has found nothing wrong.
#[derive(Clone, Debug)]
pub struct SweepReport {
    calls: usize,
    public: Vec<Finding>,
}

/// What a [`Sweep`] has found: at least one route that does not refuse, or no route to try.
#[derive(Clone)]
pub struct Unguarded {
    findings: Vec<Finding>,
}

impl<'t> Sweep<'t> {
    /// A sweep over every route of `table`.
    pub fn new(table: &'t RouteTable) -> Self {
        Self {
            table,
            scope: Scope::new("aws", "us-east-1", "123456789012"),
            samples: Vec::new(),
            hides_existence: false,
        }
    }

    /// Sets the scope that sample ARNs stand in; without this it is the account 123456789012 in `us-east-1`.
    #[must_use]
    pub fn in_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Fills the placeholder `name` with `value`, written as itself and not percent-encoded. Without this a placeholder
    /// gets an id that the handler's action can act on, and one that the catalog does not know gets `sample`.
    #[must_use]
    pub fn sample(mut self, name: &str, value: &str) -> Self {
        self.samples.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes 404 for a refusal of the powerless caller, where the application
    /// [hides existence](crate::web::ErrorResponses::hiding_existence). That the route is there at all is seen by what it answers
    /// to a caller without a principal.
    #[must_use]
    pub const fn hiding_existence(mut self) -> Self {
        self.hides_existence = true;
        self
    }

    /// Every call of the sweep, in the order of the table.
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
            let call = |caller| Call {
                route: route.clone(),
                path: path.clone(),
                caller,
            };
            calls.push(call(SweepCaller::Anonymous));
            if !is_public(route) {
                calls.push(call(SweepCaller::Unprivileged));
            }
        }
        calls
    }

    /// Makes every call with `send`, which answers the status. For a powerless caller it authenticates as the application
    /// demands.
    ///
    /// # Errors
    ///
    /// Every route that does not refuse: a caller without a principal with 401 or 403, a powerless one with 403. A
    /// powerless caller that is told 401 was not recognised, so that nothing was learned about the policies. A table
    /// without any route that has to refuse is an error as well.
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
            let refuses = match finding.call.caller {
                SweepCaller::Anonymous => matches!(status, 401 | 403),
                SweepCaller::Unprivileged => {
                    status == 403 || (status == 404 && self.hides_existence)
                }
            };
            if !refuses {
                findings.push(finding);
            }
        }
        if findings.is_empty() && calls > 0 {
            Ok(SweepReport { calls, public })
        } else {
            Err(Unguarded { findings })
        }
    }
}

fn is_public(route: &MountedRoute) -> bool {
    matches!(route.declaration.access, Access::Public { .. })
}

impl Call {
    /// The route that is called.
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

    /// Who calls.
    pub const fn caller(&self) -> SweepCaller {
        self.caller
    }
}

impl Finding {
    /// The call.
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// The status that answered it.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// What may be the matter.
    const fn hint(&self) -> &'static str {
        match (self.status, self.call.caller) {
            (400, _) => "the sample ids were not taken: give others with `sample`",
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
            self.call.path,
            self.hint(),
        )
    }
}

impl SweepReport {
    /// How many calls were refused, as they should be.
    pub const fn calls(&self) -> usize {
        self.calls
    }

    /// What the public routes answered to a caller without a principal.
    pub fn public(&self) -> impl Iterator<Item = &Finding> {
        self.public.iter()
    }
}

impl Unguarded {
    /// Every call that was not refused, in the order of the table; none where there was nothing to try.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }
}

impl fmt::Display for Unguarded {
    /// Writes one finding per line, below a line that counts them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            0 => formatter.write_str("the table has no route that has to refuse anybody"),
            1 => formatter.write_str("one call was not refused"),
            number => write!(formatter, "{number} calls were not refused"),
        }?;
        for finding in &self.findings {
            write!(formatter, "\n  {finding}")?;
        }
        Ok(())
    }
}

/// Written as for people: tests show errors so.
impl fmt::Debug for Unguarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Unguarded {}
