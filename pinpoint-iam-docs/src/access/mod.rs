//! Who can do what: evaluates the policies of principals for routes.

mod ask;
mod change;
mod difference;
mod verdict;

use std::fmt;

use self::ask::Asked;
use self::change::{Asks, Inputs, asks};
use crate::cell::{Cell, Line};
use crate::routes::expression;
use crate::service::method_and_path;
use crate::table::Table;
use crate::text;
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::arn::{InvalidScope, Scope};
use pinpoint_iam::eval::any_resource::LoadedPolicies;
use pinpoint_iam::eval::compiled::TooLarge;
use pinpoint_iam::principal::Principal;
use pinpoint_iam::source::{PolicySource, SourceError};
use pinpoint_iam::web::{ActionRequirement, Requirement, ResourceBinding, RouteTable};

pub use self::verdict::{Dependence, ResourceDependence, RouteVerdict};

/// Who can do what: for each route of an application and each principal, the verdict of a source's policies.
///
/// A verdict covers every request that a route can receive: every resource that its handler can name, and every state
/// of every condition key. So [`Allowed`](RouteVerdict::Allowed) means that no request of the principal is denied for
/// lack of a permission, and a denial means that no request is allowed. If some requests are allowed and others are
/// not, or if that cannot be determined, the verdict is [`Depends`](RouteVerdict::Depends), with the condition keys and
/// the ARN patterns that it depends on. A verdict is never `Allowed` unless that is certain.
///
/// - A principal has the keys that are given here and those that the source defines for it. All other keys, including
///   session tags, may have any value. A session with other values for the known keys is a different principal.
/// - Groups and roles that were added to a principal ([`Principal::with_groups`], [`Principal::with_roles`]) are evaluated
///   as the authorizer does.
/// - A session is evaluated with the session policies of its [`Principal`], and no others.
/// - Dependent actions that the handler checks, such as `iam:PassRole`, are evaluated with their action. One that is
///   needed only with tags makes the verdict depend on `aws:TagKeys`, unless it is allowed as well. Actions of services
///   without a catalog are evaluated for the resources of the scope's account.
///
/// ```
/// use pinpoint_iam_docs::{AccessMatrix, RouteVerdict};
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::web::RouteTable;
/// use pinpoint_iam::{Principal, Scope};
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let matrix = AccessMatrix::builder(&Scope::new("aws", "us-east-1", "123456789012"))
///     .routes(&RouteTable::default()) // `routes.table()` of an application
///     .principal("ana", &ana)
///     .build(&PolicyStore::new())?;
/// let table = matrix.table("access", "Who can do what");
/// assert_eq!(table.columns()[2].title(), "ana");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessMatrix {
    principals: Vec<String>,
    rows: Vec<Row>,
    inputs: Inputs,
}

/// A route and its verdict for each of the principals.
#[derive(Clone, Debug)]
struct Row {
    /// `GET /v1/apps` or `mobiletargeting:GetApps`, followed by a number if the table already has the route.
    name: String,
    route: String,
    operation: Cell,
    requires: Line,
    /// The actions of the requirement.
    asks: Vec<Asks>,
    verdicts: Vec<RouteVerdict>,
}

/// Builds an [`AccessMatrix`]. Created by [`AccessMatrix::builder`].
#[derive(Clone, Debug)]
pub struct AccessMatrixBuilder {
    scope: Scope,
    routes: RouteTable,
    actions: Vec<&'static ActionMetadata>,
    principals: Vec<(String, Principal)>,
}

impl AccessMatrix {
    /// Creates a builder without routes, actions and principals, for the scope of a deployment.
    pub fn builder(scope: &Scope) -> AccessMatrixBuilder {
        AccessMatrixBuilder {
            scope: scope.clone(),
            routes: RouteTable::EMPTY,
            actions: Vec::new(),
            principals: Vec::new(),
        }
    }

    /// Returns the names of the principals, in the order in which they were added.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.principals.iter().map(String::as_str)
    }

    /// Returns every route with its verdicts, one for each of the [principals](Self::principals).
    pub fn rows(&self) -> impl Iterator<Item = (&str, &[RouteVerdict])> {
        self.rows
            .iter()
            .map(|row| (row.route.as_str(), row.verdicts.as_slice()))
    }

    /// Returns the verdict for the principal called `principal` and the route `GET /v1/apps`, or `None` if the matrix
    /// does not contain them.
    pub fn verdict(&self, principal: &str, route: &str) -> Option<&RouteVerdict> {
        let column = self.principals.iter().position(|name| name == principal)?;
        let row = self.rows.iter().find(|row| row.name == route)?;
        row.verdicts.get(column)
    }

    /// Returns the matrix as a table, with a row for each route and a column for each principal.
    pub fn table(&self, name: &str, title: &str) -> Table {
        let mut table = empty_table(name, title, &self.principals).with_paragraph(Line::text(
            "`allowed` and the denials hold for every request that the route can get. Where it depends, the cell says on \
             which condition keys, and which statements are about some of the resources only.",
        ));
        for row in &self.rows {
            let cells = row.verdicts.iter().map(RouteVerdict::cell);
            table.push(&row.name, row.head().into_iter().chain(cells));
        }
        table
    }
}

fn empty_table(name: &str, title: &str, principals: &[String]) -> Table {
    let head = ["Route", "Requires"].into_iter();
    Table::new(
        name,
        title,
        head.chain(principals.iter().map(String::as_str)),
    )
}

impl Row {
    fn head(&self) -> [Cell; 2] {
        [self.operation.clone(), Cell::lines([self.requires.clone()])]
    }
}

impl AccessMatrixBuilder {
    /// Adds these routes after those that were added before.
    #[must_use]
    pub fn routes(mut self, routes: &RouteTable) -> Self {
        self.routes = self.routes.merge(routes.clone());
        self
    }

    /// Adds a row for each of these actions, after the routes: for a service whose handlers are not known. A row covers
    /// every resource on which its action acts, and is called like the action, `mobiletargeting:GetApps`.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = &'static ActionMetadata>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Adds this principal under the name `name`. If the name is already in use, a number is appended.
    #[must_use]
    pub fn principal(mut self, name: &str, principal: &Principal) -> Self {
        let name = text::unique(text::one_line(name), |name| {
            self.principals.iter().any(|(other, _)| other == name)
        });
        self.principals.push((name, principal.clone()));
        self
    }

    /// Evaluates the policies of a source.
    ///
    /// # Errors
    ///
    /// If the scope is incomplete, as for a deployment whose tenants are accounts (use the scope of one of them),
    /// if the source cannot be read, or if its policies are too large to be compiled.
    pub fn build(&self, source: &dyn PolicySource) -> Result<AccessMatrix, AccessMatrixError> {
        self.scope.check().map_err(AccessMatrixError::Scope)?;
        let store = source
            .load_in(&self.scope)
            .map_err(AccessMatrixError::Source)?;
        let policies = LoadedPolicies::of(store.clone()).map_err(AccessMatrixError::TooLarge)?;
        let mut rows: Vec<Row> = Vec::new();
        let mut push = |route: String, operation: Cell, requirement: Option<&Requirement>| {
            let verdict = |(_, principal): &(String, Principal)| match requirement {
                None => RouteVerdict::Public,
                Some(requirement) => {
                    Asked::new(&policies, principal, &self.scope).handler(requirement)
                }
            };
            rows.push(Row {
                name: text::unique(route.clone(), |name| {
                    rows.iter().any(|other| other.name == name)
                }),
                route,
                operation,
                requires: match requirement {
                    Some(requirement) => Line::code(&expression(requirement)),
                    None => Line::text("nothing"),
                },
                asks: requirement.map(asks).unwrap_or_default(),
                verdicts: self.principals.iter().map(verdict).collect(),
            });
        };
        for mounted in self.routes.iter() {
            let route = mounted.to_string();
            let operation = Cell::code(&route);
            push(route, operation, mounted.declaration.requirement());
        }
        for action in self.actions.iter().copied() {
            let requirement = Requirement::Action(ActionRequirement {
                action,
                resource: ResourceBinding::All,
                keys: &[],
                dependents: &[],
            });
            push(
                action.to_string(),
                method_and_path(action),
                Some(&requirement),
            );
        }
        let (principals, callers) = self.principals.iter().cloned().unzip();
        Ok(AccessMatrix {
            principals,
            rows,
            inputs: Inputs {
                scope: self.scope.clone(),
                callers,
                store,
            },
        })
    }
}

/// The reason why an [`AccessMatrix`] cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessMatrixError {
    /// The scope is not valid in ARNs.
    Scope(InvalidScope),
    /// The policies could not be loaded.
    Source(SourceError),
    /// The policies are too large to be compiled.
    TooLarge(TooLarge),
}

impl fmt::Display for AccessMatrixError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
            Self::TooLarge(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for AccessMatrixError {}
