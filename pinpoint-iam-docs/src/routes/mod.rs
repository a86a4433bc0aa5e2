//! The tables of an application's routes.

mod cells;
mod missing;

use self::cells::RouteCells;
use crate::cell::Line;
use crate::table::{Page, Table};
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::web::{Access, Declaration, RouteTable};

pub(super) use self::cells::expression;

/// The page of an application: its routes, their requirements, and what is missing.
///
/// - *Routes*: method and path, the actions and how they combine, the ARN template with the source of each placeholder,
///   whether the check runs before or after the body is read, the condition keys that policies may use, the handler,
///   and for a public route the reason.
/// - *Actions without a route*, for each of the [`services`](Self::services): actions of the catalog that no route
///   serves.
/// - *Not mounted*, with [`declared`](Self::declared) or [`not_mounted`](Self::not_mounted): handlers that declare who
///   may call them but are not reachable.
///
/// ```
/// use pinpoint_iam_docs::{RoutesDocument, markdown};
/// use pinpoint_iam::mobileanalytics;
/// use pinpoint_iam::web::RouteTable;
///
/// let routes = RouteTable::default(); // `routes.table()` of an application
/// let page = RoutesDocument::new("Campaigns", &routes)
///     .services([&mobileanalytics::SERVICE])
///     .page();
/// let titles: Vec<_> = page.tables().iter().map(|table| table.title()).collect();
/// assert_eq!(titles, ["Routes", "Actions of Amazon Mobile Analytics without a route"]);
/// assert!(markdown(&page).contains("PutEvents"));
/// ```
///
/// A handler is listed with its file and line, so that readers can find it. A committed page therefore changes whenever
/// lines above a handler do, and [`fresh`](super::fresh) rewrites it. [`without_lines`](Self::without_lines) omits the
/// lines.
#[derive(Clone, Debug)]
pub struct RoutesDocument {
    title: String,
    routes: RouteTable,
    services: Vec<&'static ServiceMetadata>,
    /// The handlers that are not reachable; `None` if the application did not look for them.
    not_mounted: Option<Vec<NotMounted>>,
    has_lines: bool,
}

/// A handler that is declared but not mounted.
#[derive(Clone, Debug)]
enum NotMounted {
    /// With its declaration.
    Declared(&'static Declaration),
    /// With its name and place, as reported by the application.
    Found { handler: String, place: String },
}

impl RoutesDocument {
    /// Creates the page called `title` for these routes.
    pub fn new(title: &str, routes: &RouteTable) -> Self {
        Self {
            title: title.to_owned(),
            routes: routes.clone(),
            services: Vec::new(),
            not_mounted: None,
            has_lines: true,
        }
    }

    /// Adds tables of the actions of these services that no route serves.
    ///
    /// An action is served if a route requires it, alone or among others. Actions without an API operation are
    /// included, because a handler may require them too.
    #[must_use]
    pub fn services(
        mut self,
        services: impl IntoIterator<Item = &'static ServiceMetadata>,
    ) -> Self {
        self.services.extend(services);
        self
    }

    /// Adds a table of those of these declarations that no route has: `[get_campaign::declaration(), ..]`.
    #[must_use]
    pub fn declared(
        mut self,
        declarations: impl IntoIterator<Item = &'static Declaration>,
    ) -> Self {
        let lacking = declarations.into_iter().filter(|declaration| {
            let mut mounted = self.routes.iter();
            !mounted.any(|route| missing::is_same(route.declaration, declaration))
        });
        let lacking: Vec<NotMounted> = lacking.map(NotMounted::Declared).collect();
        self.not_mounted.get_or_insert_default().extend(lacking);
        self
    }

    /// Adds a table of these handlers, each with its place, as not mounted. Pass the result of
    /// `pinpoint_iam::testing::audit` for an application that mounts its handlers manually.
    #[must_use]
    pub fn not_mounted<H: Into<String>, P: Into<String>>(
        mut self,
        handlers: impl IntoIterator<Item = (H, P)>,
    ) -> Self {
        let handlers = handlers
            .into_iter()
            .map(|(handler, place)| NotMounted::Found {
                handler: handler.into(),
                place: place.into(),
            });
        self.not_mounted.get_or_insert_default().extend(handlers);
        self
    }

    /// Lists the files of handlers without line numbers.
    #[must_use]
    pub const fn without_lines(mut self) -> Self {
        self.has_lines = false;
        self
    }

    /// Returns the page.
    pub fn page(&self) -> Page {
        let tables = self.tables().into_iter();
        tables.fold(Page::new(&self.title), Page::with_table)
    }

    /// Returns the tables of [`page`](Self::page), for use on another page.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.routes_table()];
        let services = self.services.iter();
        tables.extend(services.map(|service| missing::actions(service, &self.routes)));
        if let Some(handlers) = &self.not_mounted {
            tables.push(missing::handlers(handlers, self.has_lines));
        }
        tables
    }

    fn routes_table(&self) -> Table {
        let mut table = Table::new("routes", "Routes", cells::COLUMNS);
        let public = self
            .routes
            .iter()
            .filter(|route| matches!(route.declaration.access, Access::Public { .. }));
        let remark = match (public.count(), self.routes.iter().count()) {
            (0, all) => format!("{all} routes, none of them public."),
            (public, all) => format!("{all} routes, {public} of them public."),
        };
        table = table.with_paragraph(Line::text(&remark)).with_paragraph(Line::text(
            "The condition keys are those of the actions and their resources. What every request has, such as `aws:SourceIp`, \
             policies may ask for everywhere.",
        ));
        for route in self.routes.iter() {
            let cells = RouteCells {
                route,
                has_lines: self.has_lines,
            };
            table.push(&route.to_string(), cells.all());
        }
        table
    }
}
