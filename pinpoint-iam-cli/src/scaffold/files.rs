//! The files of a service.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pinpoint_iam_catalog::{AccessLevel, Component, Service};
use serde_json::{Value, json};

use super::Framework;
use super::handler::{Context, Endpoint, Handler, one_line};
use super::identifiers::Identifiers;

/// The account of the skeleton's scope.
const ACCOUNT: &str = "123456789012";

/// A service that has been planned.
pub(super) struct Plan<'s> {
    framework: Framework,
    service: &'s Service,
    catalog: &'s str,
    /// Partition, region and account of the skeleton.
    scope: [String; 3],
    handlers: Vec<Handler>,
    remarks: Vec<String>,
    modules: Modules,
}

/// The modules of the service next to that of its catalog, which may have any name.
struct Modules {
    authentication: String,
    handlers: String,
    operations: String,
    query: String,
    server: String,
    tags: String,
    tests: String,
}

impl Modules {
    fn beside(service: &Service) -> Self {
        let mut names = Identifiers::with(&[&service.module_name()]);
        Self {
            authentication: names.take("authentication"),
            handlers: names.take("handlers"),
            operations: names.take("operations"),
            query: names.take("query"),
            server: names.take("server"),
            tags: names.take("tags"),
            tests: names.take("tests"),
        }
    }
}

impl<'s> Plan<'s> {
    pub(super) fn of(service: &'s Service, catalog: &'s str, framework: Framework) -> Self {
        let modules = Modules::beside(service);
        let context = Context {
            framework,
            service,
            scope: scope(service),
            query_module: modules.query.clone(),
            tags_module: modules.tags.clone(),
        };
        let mut functions = Identifiers::with(&["routes"]);
        let mut types = Identifiers::with(&[
            "Authorizer",
            "Deserialize",
            "HashMap",
            "HttpRequest",
            "HttpResponse",
            "Json",
            "Option",
            "Path",
            "RawQuery",
            "Routes",
            "StatusCode",
            "String",
            "Vec",
        ]);
        let (mut handlers, mut remarks, mut without) = (Vec::new(), Vec::new(), Vec::new());
        // A path has one spelling, because frameworks reject two that differ in the names of placeholders.
        let mut spellings: BTreeMap<String, String> = BTreeMap::new();
        for action in service.actions() {
            let (method, path) = match (&action.route, &action.target) {
                (Some(route), _) => (route.method.as_str(), route.path.clone()),
                (None, Some(target)) => ("POST", format!("/{target}")),
                (None, None) => {
                    without.push(action.name.as_str());
                    continue;
                }
            };
            let spelling = spellings
                .entry(shape(&path))
                .or_insert_with(|| path.clone());
            let endpoint = Endpoint {
                method,
                path: &path,
                spelling,
                is_in_catalog: action.route.is_some() && *spelling == path,
            };
            match Handler::of(&context, action, &endpoint, &mut functions, &mut types) {
                Ok(handler) => {
                    remarks.extend(handler.remarks.iter().cloned());
                    handlers.push(handler);
                }
                Err(reason) => {
                    remarks.push(format!(
                        "`{}` has no handler, because {reason}",
                        action.name
                    ));
                }
            }
        }
        if !without.is_empty() {
            remarks.push(format!(
                "these actions have no route and no target, and therefore no handler: {}",
                without.join(", ")
            ));
        }
        Self {
            framework,
            service,
            catalog,
            scope: context.scope,
            handlers,
            remarks,
            modules,
        }
    }

    /// The number of handlers.
    pub(super) const fn handlers(&self) -> usize {
        self.handlers.len()
    }

    /// What the skeleton leaves open.
    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The file with the authentication.
    pub(super) fn authentication(&self) -> String {
        format!("src/{}.rs", self.modules.authentication)
    }

    /// Every file with its path.
    pub(super) fn files(&self, repository: Option<&str>) -> Vec<(String, String)> {
        let templates = match self.framework {
            Framework::Axum => [
                include_str!("templates/axum/authentication.rs.txt"),
                include_str!("templates/axum/server.rs.txt"),
                include_str!("templates/axum/tests.rs.txt"),
            ],
            Framework::Actix => [
                include_str!("templates/actix/authentication.rs.txt"),
                include_str!("templates/actix/server.rs.txt"),
                include_str!("templates/actix/tests.rs.txt"),
            ],
        };
        let [authentication, server, tests] = templates.map(|template| self.fill(template));
        let Modules {
            handlers: handlers_module,
            operations,
            query,
            server: server_module,
            tags,
            tests: tests_module,
            ..
        } = &self.modules;
        let mut files = vec![
            ("Cargo.toml".to_owned(), self.manifest(repository)),
            (
                "build.rs".to_owned(),
                include_str!("templates/build.rs.txt").to_owned(),
            ),
            (
                format!("catalog/{}.toml", self.service.prefix),
                self.catalog.to_owned(),
            ),
            ("src/main.rs".to_owned(), self.main()),
            (self.authentication(), authentication),
            (format!("src/{handlers_module}.rs"), self.handlers_file()),
            (format!("src/{server_module}.rs"), server),
            (format!("src/{tests_module}.rs"), tests),
        ];
        if self.reads_query() {
            files.push((
                format!("src/{query}.rs"),
                self.fill(include_str!("templates/query.rs.txt")),
            ));
        }
        if self.has_targets() {
            let template = match self.framework {
                Framework::Axum => include_str!("templates/axum/operations.rs.txt"),
                Framework::Actix => include_str!("templates/actix/operations.rs.txt"),
            };
            files.push((format!("src/{operations}.rs"), self.fill(template)));
        }
        if self.reads_tags() {
            files.push((
                format!("src/{tags}.rs"),
                self.fill(include_str!("templates/tags.rs.txt")),
            ));
        }
        files.extend(self.policies());
        files
    }

    fn reads_query(&self) -> bool {
        self.handlers.iter().any(|handler| handler.reads_query)
    }

    /// Whether tags may be a list of objects.
    fn reads_tags(&self) -> bool {
        self.handlers.iter().any(|handler| handler.has_tag_list)
    }

    /// Whether a header names some of the operations.
    fn has_targets(&self) -> bool {
        let mut actions = self.service.actions().iter();
        actions.any(|action| action.target.is_some())
    }

    fn reads_body(&self) -> bool {
        self.handlers.iter().any(|handler| handler.reads_body)
    }

    /// Fills a template.
    fn fill(&self, template: &str) -> String {
        let [partition, region, account] = &self.scope;
        let queries = self.sample_queries();
        // Lines between these marks are for services that read ids from the query, or whose operations a header names.
        let marks = [
            ("query", !queries.is_empty()),
            ("target", self.has_targets()),
        ];
        let mut is_left_out = false;
        let lines = template.lines().filter(|line| {
            let line = line.trim();
            for (mark, is_needed) in marks {
                if line == format!("// <{mark}>") || line == format!("// </{mark}>") {
                    is_left_out = !is_needed && !line.starts_with("// </");
                    return false;
                }
            }
            !is_left_out
        });
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        text.replace("{{MODULE}}", &self.service.module_name())
            .replace("{{AUTHENTICATION}}", &self.modules.authentication)
            .replace("{{HANDLERS}}", &self.modules.handlers)
            .replace("{{SERVER}}", &self.modules.server)
            .replace("{{OPERATIONS}}", &self.modules.operations)
            .replace(
                "{{SCOPE}}",
                &format!("{partition:?}, {region:?}, {account:?}"),
            )
            .replace("{{CALLER}}", &self.user("unprivileged"))
            .replace("        {{QUERIES}}\n", &queries)
    }

    /// The queries of the routes whose handlers read ids there, for the test that calls every route.
    fn sample_queries(&self) -> String {
        let mut text = String::new();
        for handler in &self.handlers {
            let ids = handler.query_ids.iter();
            // The names consist of ASCII letters, digits, `-`, `_` and `.`.
            let ids = ids.map(|(name, value)| format!("{name}={}", escaped(value)));
            let ids = ids.collect::<Vec<String>>().join("&");
            if !ids.is_empty() {
                // Writing to a `String` cannot fail.
                let _ = writeln!(text, "        .query({:?}, {ids:?})", handler.route);
            }
        }
        text
    }

    fn user(&self, name: &str) -> String {
        let [partition, _, account] = &self.scope;
        format!("arn:{partition}:iam::{account}:user/{name}")
    }

    fn manifest(&self, repository: Option<&str>) -> String {
        let dependency = |folder: &str| match repository {
            Some(repository) => {
                let path = format!("{}/{folder}", repository.trim_end_matches('/'));
                format!("path = {}", Value::from(path))
            }
            None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        };
        let feature = match self.framework {
            Framework::Axum => "axum",
            Framework::Actix => "actix",
        };
        let guard = dependency("pinpoint-iam");
        let mut dependencies = vec![format!(
            "pinpoint-iam = {{ {guard}, default-features = false, features = [\"{feature}\"] }}"
        )];
        match self.framework {
            Framework::Axum => {
                dependencies.push("axum = \"0.8.9\"".to_owned());
                dependencies.push(
                    "tokio = { version = \"1.54\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }"
                        .to_owned(),
                );
            }
            Framework::Actix => dependencies.push(
                "actix-web = { version = \"4.12\", default-features = false, features = [\"macros\"] }"
                    .to_owned(),
            ),
        }
        if self.reads_body() {
            dependencies
                .push("serde = { version = \"1.0.228\", features = [\"derive\"] }".to_owned());
        }
        if self.reads_query() {
            dependencies.push("form_urlencoded = \"1.2\"".to_owned());
        }
        dependencies.sort();
        format!(
            "[package]\nname = \"{}-service\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\n{}\n\n\
             [build-dependencies]\npinpoint-iam-catalog = {{ {} }}\n\n\
             [dev-dependencies]\npinpoint-iam = {{ {guard}, default-features = false, features = [\"testing\"] }}\n",
            self.service.prefix,
            dependencies.join("\n"),
            dependency("catalog"),
        )
    }

    fn main(&self) -> String {
        let Modules {
            authentication,
            handlers,
            operations,
            query,
            server,
            tags,
            tests,
        } = &self.modules;
        let declarations = [
            (authentication, true),
            (handlers, true),
            (operations, self.has_targets()),
            (query, self.reads_query()),
            (server, true),
            (tags, self.reads_tags()),
        ];
        let declarations = declarations.iter().filter(|(_, is_needed)| *is_needed);
        let mut modules: String = declarations
            .map(|(name, _)| format!("mod {name};\n"))
            .collect();
        modules.push_str(&format!("#[cfg(test)]\nmod {tests};\n"));
        // The module of the catalog may be called `std`.
        format!(
            "//! {name}.\n\n{modules}\n\
             /// Generated from `catalog/{prefix}.toml`.\n\
             mod {module} {{\n    pinpoint_iam::include_catalog!({prefix:?});\n}}\n\n\
             fn main() -> ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {{\n    \
             crate::{server}::run()\n}}\n",
            name = one_line(&self.service.name),
            prefix = self.service.prefix,
            module = self.service.module_name(),
        )
    }

    fn handlers_file(&self) -> String {
        let has_placeholders = self
            .handlers
            .iter()
            .any(|handler| handler.text.contains("): Path<"));
        let mut imports: Vec<String> = Vec::new();
        if self.handlers.iter().any(|handler| handler.has_tag_map) {
            imports.push("std::collections::HashMap".to_owned());
        }
        let list = |names: &[(&str, bool)]| -> Vec<String> {
            let names = names.iter().filter(|(_, is_needed)| *is_needed);
            names.map(|(name, _)| (*name).to_owned()).collect()
        };
        let mut external = match self.framework {
            Framework::Axum => list(&[
                ("axum::Json", self.reads_body()),
                ("axum::extract::Path", has_placeholders),
                ("axum::extract::RawQuery", self.reads_query()),
                ("axum::http::StatusCode", true),
                ("pinpoint_iam::Authorizer", true),
                ("pinpoint_iam::requires", true),
                ("pinpoint_iam::web::axum::{Routes, routes}", true),
                ("serde::Deserialize", self.reads_body()),
            ]),
            Framework::Actix => list(&[
                ("actix_web::HttpRequest", self.reads_query()),
                ("actix_web::HttpResponse", true),
                ("actix_web::web", self.reads_body()),
                ("pinpoint_iam::requires", true),
                ("pinpoint_iam::web::actix::Path", has_placeholders),
                ("pinpoint_iam::web::actix::{Routes, routes}", true),
                ("serde::Deserialize", self.reads_body()),
            ]),
        };
        let mut text = "//! The handlers and their routes.\n\n".to_owned();
        if !imports.is_empty() {
            text.push_str(&format!("use {};\n\n", imports.remove(0)));
        }
        for import in external.drain(..) {
            text.push_str(&format!("use {import};\n"));
        }
        text.push('\n');
        for handler in &self.handlers {
            text.push_str(&handler.text);
        }
        let returned = match self.framework {
            Framework::Axum => "Routes<Authorizer>",
            Framework::Actix => "Routes",
        };
        text.push_str(&format!(
            "/// The handlers with their routes, which are those of the catalog unless an entry states another one.\n\
             pub(crate) fn routes() -> {returned} {{\n    routes![\n"
        ));
        for handler in &self.handlers {
            text.push_str(&format!("        {},\n", handler.entry));
        }
        text.push_str("    ]\n}\n");
        text
    }

    /// Policies for an administrator, who may do everything, and for a reader.
    fn policies(&self) -> Vec<(String, String)> {
        let prefix = &self.service.prefix;
        let document = |actions: Value| {
            let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
            format!(
                "{:#}\n",
                json!({ "Version": "2012-10-17", "Statement": [statement] })
            )
        };
        let read: Vec<String> = self
            .service
            .actions()
            .iter()
            .filter(|action| {
                matches!(
                    action.access_level,
                    Some(AccessLevel::List | AccessLevel::Read)
                )
            })
            .map(|action| format!("{prefix}:{}", action.name))
            .collect();
        let mut users = serde_json::Map::new();
        let mut attach = |name: &str, file: &str| {
            users.insert(self.user(name), json!({ "policies": [file] }));
        };
        attach("administrator", "administrator.json");
        let mut files = vec![(
            "policies/administrator.json".to_owned(),
            document(json!(format!("{prefix}:*"))),
        )];
        if !read.is_empty() {
            attach("reader", "reader.json");
            files.push(("policies/reader.json".to_owned(), document(json!(read))));
        }
        files.push((
            "policies/attachments.json".to_owned(),
            format!("{:#}\n", json!({ "users": users })),
        ));
        files
    }
}

/// Partition, region and account of the skeleton.
fn scope(service: &Service) -> [String; 3] {
    let partition = service.partitions.first();
    let mut resources = service.resources().iter();
    let has_region = resources.any(|resource| resource.arn.region == Component::FromScope);
    [
        partition.map_or("aws", String::as_str).to_owned(),
        if has_region { "us-east-1" } else { "" }.to_owned(),
        ACCOUNT.to_owned(),
    ]
}

/// Percent-encodes a value for a query.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// A path without the names of its placeholders.
fn shape(path: &str) -> String {
    let segments = path.split('/');
    let segments = segments.map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<&str>>().join("/")
}
