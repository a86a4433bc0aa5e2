//! The tables of an application's routes.

mod cells;
mod missing;

use self::cells::RouteCells;
use crate::action::ServiceMetadata;
use crate::docs::cell::Line;
use crate::docs::table::{Page, Table};
use crate::web::{Access, Declaration, RouteTable};

pub(super) use self::cells::expression;

/// The page of an application: what it serves, what that requires, and what is missing.
///
/// - *Routes*: method and path, the actions and how they combine, the ARN template with what fills each placeholder, whether
///   the check is made before or after the body, the condition keys that policies may ask for, the handler, and why it is
///   public where it is.
/// - *Actions without a route*, for each of the [`services`](Self::services): what the catalog has and no route serves.
/// - *Not mounted*, with [`declared`](Self::declared) or [`not_mounted`](Self::not_mounted): handlers that say who may call
///   them and that nobody can.
///
/// ```
/// use pinpoint_iam::docs::{RoutesDocument, markdown};
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
/// A handler is shown with its file and line, so that a reader finds it. A committed page then changes whenever lines above
/// a handler do: [`fresh`](super::fresh) rewrites it. Who does not want that leaves the lines out,
/// [`without_lines`](Self::without_lines).
#[derive(Clone, Debug)]
pub struct RoutesDocument {
    title: String,
    routes: RouteTable,
    services: Vec<&'static ServiceMetadata>,
    /// The handlers that nobody can call, as far as anybody looked.
    not_mounted: Option<Vec<NotMounted>>,
    has_lines: bool,
}

/// A handler that is declared and not mounted.
#[derive(Clone, Debug)]
enum NotMounted {
    /// By what stands on it.
    Declared(&'static Declaration),
    /// By its name and place, as somebody found it.
    Found { handler: String, place: String },
}

impl RoutesDocument {
    /// The page called `title`, of these routes.
    pub fn new(title: &str, routes: &RouteTable) -> Self {
        Self {
            title: title.to_owned(),
            routes: routes.clone(),
            services: Vec::new(),
            not_mounted: None,
            has_lines: true,
        }
    }

    /// The page with the actions of these services that no route serves.
    ///
    /// An action is served where a route requires it, alone or among others. Actions without an API operation are listed
    /// too: a handler may require them all the same.
    #[must_use]
    pub fn services(
        mut self,
        services: impl IntoIterator<Item = &'static ServiceMetadata>,
    ) -> Self {
        self.services.extend(services);
        self
    }

    /// The page with those of these declarations that no route has: `[get_campaign::declaration(), ..]`.
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

    /// The page with these handlers, each with its place, as not mounted: what
    /// `pinpoint_iam::testing::audit` found, for an application that mounts its handlers by hand.
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

    /// The page with the files of handlers, and not their lines.
    #[must_use]
    pub const fn without_lines(mut self) -> Self {
        self.has_lines = false;
        self
    }

    /// The page.
    pub fn page(&self) -> Page {
        let tables = self.tables().into_iter();
        tables.fold(Page::new(&self.title), Page::with_table)
    }

    /// The tables of [`page`](Self::page), for a page of one's own.
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
