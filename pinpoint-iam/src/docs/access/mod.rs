//! Who can do what: principals and routes, held against policies.

mod ask;
mod difference;
mod verdict;

use std::fmt;

use self::ask::Asked;
use crate::arn::{InvalidScope, Scope};
use crate::docs::cell::{Cell, Line};
use crate::docs::routes::expression;
use crate::docs::table::Table;
use crate::docs::text;
use crate::principal::Principal;
use crate::source::{PolicySource, SourceError};
use crate::web::{Access, RouteTable};

pub use self::verdict::{Dependence, ResourceDependence, RouteVerdict};

/// Who can do what: for each route of an application and each principal, what the policies of a source say.
///
/// What is decided is every request at once that a route can get: every resource that its handler can name, with every
/// condition key in whatever state. So [`Allowed`](RouteVerdict::Allowed) means that no request of the principal is refused
/// for want of a permission, and a denial that none is let in. Where it is so for some requests and not for others, or where
/// that cannot be told, the verdict is [`Depends`](RouteVerdict::Depends), with the condition keys and the ARN patterns that
/// it depends on. Nothing is called allowed that is not known to be.
///
/// - A principal brings the keys that it is given here and those that the source knows of it. Every other one, session
///   tags among them, may be anything. A session with other values for the keys that are known is another principal.
/// - A session is asked about with the session policies of its [`Principal`], and no others.
/// - Companions, such as `iam:PassRole`, are not asked about: the handler does not check them.
///
/// ```
/// use pinpoint_iam::docs::{AccessMatrix, RouteVerdict};
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
}

/// A route, and what was found for each of the principals.
#[derive(Clone, Debug)]
struct Row {
    /// `GET /v1/apps`, with a number behind it where the table has the route already.
    name: String,
    route: String,
    requires: Line,
    verdicts: Vec<RouteVerdict>,
}

/// What is to be asked; starts with [`AccessMatrix::builder`].
#[derive(Clone, Debug)]
pub struct AccessMatrixBuilder {
    scope: Scope,
    routes: RouteTable,
    principals: Vec<(String, Principal)>,
}

impl AccessMatrix {
    /// Starts without routes and principals, in a deployment's scope.
    pub fn builder(scope: &Scope) -> AccessMatrixBuilder {
        AccessMatrixBuilder {
            scope: scope.clone(),
            routes: RouteTable::EMPTY,
            principals: Vec::new(),
        }
    }

    /// The names of the principals, in the order in which they were given.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.principals.iter().map(String::as_str)
    }

    /// Every route with its verdicts, one for each of the [principals](Self::principals).
    pub fn rows(&self) -> impl Iterator<Item = (&str, &[RouteVerdict])> {
        self.rows
            .iter()
            .map(|row| (row.route.as_str(), row.verdicts.as_slice()))
    }

    /// The verdict for the principal called `principal` and the route `GET /v1/apps`; none where the matrix has no such.
    pub fn verdict(&self, principal: &str, route: &str) -> Option<&RouteVerdict> {
        let column = self.principals.iter().position(|name| name == principal)?;
        let row = self.rows.iter().find(|row| row.name == route)?;
        row.verdicts.get(column)
    }

    /// The matrix as a table: a row for each route, and a column for each principal.
    pub fn table(&self, name: &str, title: &str) -> Table {
        let mut table = self.empty_table(name, title).with_paragraph(Line::text(
            "`allowed` and the denials hold for every request that the route can get. Where it depends, the cell says on \
             which condition keys, and which statements are about some of the resources only.",
        ));
        for row in &self.rows {
            let cells = row.verdicts.iter().map(RouteVerdict::cell);
            table.push(&row.name, row.head().into_iter().chain(cells));
        }
        table
    }

    fn empty_table(&self, name: &str, title: &str) -> Table {
        let head = ["Route", "Requires"].into_iter();
        Table::new(
            name,
            title,
            head.chain(self.principals.iter().map(String::as_str)),
        )
    }
}

impl Row {
    fn head(&self) -> [Cell; 2] {
        [
            Cell::code(&self.route),
            Cell::lines([self.requires.clone()]),
        ]
    }
}

impl AccessMatrixBuilder {
    /// Asks about these routes, behind those that were given before.
    #[must_use]
    pub fn routes(mut self, routes: &RouteTable) -> Self {
        self.routes = self.routes.merge(routes.clone());
        self
    }

    /// Asks about this principal, who is called `name` in the matrix. A name that is taken is given a number.
    #[must_use]
    pub fn principal(mut self, name: &str, principal: &Principal) -> Self {
        let name = text::unique(text::one_line(name), |name| {
            self.principals.iter().any(|(other, _)| other == name)
        });
        self.principals.push((name, principal.clone()));
        self
    }

    /// Asks what the policies of a source say.
    ///
    /// # Errors
    ///
    /// When the scope is not complete, as that of a deployment whose tenants are accounts (ask in the scope of one of them),
    /// or when the source cannot be read.
    pub fn build(&self, source: &dyn PolicySource) -> Result<AccessMatrix, AccessMatrixError> {
        self.scope.check().map_err(AccessMatrixError::Scope)?;
        let store = source
            .load_in(&self.scope)
            .map_err(AccessMatrixError::Source)?;
        let mut rows: Vec<Row> = Vec::new();
        for mounted in self.routes.iter() {
            let route = mounted.to_string();
            let verdict = |(_, principal): &(String, Principal)| match &mounted.declaration.access {
                Access::Public { .. } => RouteVerdict::Public,
                Access::Requires { requirement, .. } => {
                    Asked::new(&store, principal, &self.scope).handler(requirement)
                }
            };
            rows.push(Row {
                name: text::unique(route.clone(), |name| {
                    rows.iter().any(|other| other.name == name)
                }),
                route,
                requires: match mounted.declaration.requirement() {
                    Some(requirement) => Line::code(&expression(requirement)),
                    None => Line::text("nothing"),
                },
                verdicts: self.principals.iter().map(verdict).collect(),
            });
        }
        Ok(AccessMatrix {
            principals: self
                .principals
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            rows,
        })
    }
}

/// Why nobody can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessMatrixError {
    /// The scope cannot stand in ARNs.
    Scope(InvalidScope),
    /// The policies could not be loaded.
    Source(SourceError),
}

impl fmt::Display for AccessMatrixError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for AccessMatrixError {}
