//! Drafts a catalog from an OpenAPI document.

mod document;
mod path;

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_catalog::{Action, Placeholder, ResourceType};
use toml::Value;

use self::document::{Document, Located};
use self::path::{Parameters, PathTemplate, Segment};
use super::draft::{Draft, Entry};
use crate::names;

/// The methods of operations, with those that a route may have.
const METHODS: [(&str, bool); 9] = [
    ("delete", true),
    ("get", true),
    ("head", true),
    ("options", true),
    ("patch", true),
    ("post", true),
    ("put", true),
    ("query", false),
    ("trace", false),
];

/// The longest summary.
const MOST_CHARACTERS: usize = 200;

/// What the document does not contain.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenApiOptions {
    /// The prefix of the service.
    pub(super) prefix: Option<String>,
    /// The display name of the service.
    pub(super) name: Option<String>,
    /// The partition of the service's ARNs.
    pub(super) partition: Option<String>,
    /// The path before the paths of the document.
    pub(super) base_path: Option<String>,
}

/// Drafts the catalog of a document. The error is a message.
pub(super) fn draft(text: &str, options: &OpenApiOptions) -> Result<Draft, String> {
    let document = Document::parse(text)?;
    let mut import = Import::new(&document, options)?;
    import.read();
    import.write();
    if import.draft.section("actions").is_empty() {
        let notes: Vec<String> = import
            .draft
            .notes()
            .map(|note| format!("\nnote: {note}"))
            .collect();
        return Err(format!(
            "the document has no operations that can be imported{}",
            notes.concat()
        ));
    }
    Ok(import.draft)
}

/// An operation of the document.
struct Operation<'d> {
    located: Located<'d>,
    method: String,
    /// The position of its path.
    path: usize,
    /// The path as written in the document.
    written: String,
    /// The id that is the name of the action; `None` if the name is that of the route.
    id: Option<&'d str>,
    name: String,
}

/// What is known about a parameter's values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Accepts {
    Identifier,
    Opaque,
    Values(Vec<String>),
}

struct Import<'d> {
    document: &'d Document,
    draft: Draft,
    prefix: String,
    base_path: String,
    parameters: Parameters,
    paths: Vec<PathTemplate>,
    operations: Vec<Operation<'d>>,
    accepts: BTreeMap<String, Accepts>,
}

impl<'d> Import<'d> {
    fn new(document: &'d Document, options: &OpenApiOptions) -> Result<Self, String> {
        let root = document.root();
        let info = root.get("info");
        let title = info.as_ref().and_then(|info| info.text("title"));
        let title = options.name.as_deref().or(title).map(sentence_part);
        let title = title.filter(|title| !title.is_empty());
        let prefix = match &options.prefix {
            Some(prefix) => prefix.clone(),
            None => prefix_of(title.as_deref().unwrap_or_default()),
        };
        let base_path = options.base_path.as_deref().unwrap_or_default();
        let base_path = base_path.trim_end_matches('/').to_owned();
        if !base_path.is_empty() && !base_path.starts_with('/') {
            return Err(format!(
                "the base path `{base_path}` does not start with `/`"
            ));
        }
        let mut draft = Draft::default();
        draft
            .service
            .insert("prefix".to_owned(), prefix.as_str().into());
        let name = title.unwrap_or_else(|| prefix.clone());
        draft.service.insert("name".to_owned(), name.into());
        if let Some(partition) = &options.partition {
            let partitions = Value::Array(vec![partition.as_str().into()]);
            draft.service.insert("partitions".to_owned(), partitions);
        }
        if options.base_path.is_none() {
            let servers = root.get("servers").map(|servers| servers.elements());
            for server in servers.unwrap_or_default() {
                let url = server.text("url").unwrap_or_default();
                if let Some(path) = path_of(url) {
                    draft.note(
                        "service",
                        "",
                        format!(
                            "the routes do not start with `{path}`, the path of a server; if the service receives it, add `--base-path {path}`: `{}`",
                            server.pointer
                        ),
                    );
                    break;
                }
            }
        }
        Ok(Self {
            document,
            draft,
            prefix,
            base_path,
            parameters: Parameters::default(),
            paths: Vec::new(),
            operations: Vec::new(),
            accepts: BTreeMap::new(),
        })
    }

    /// Reports a part of the document that is not in the catalog.
    fn skip(&mut self, pointer: &str, why: &str) {
        self.draft
            .note("service", "", format!("`{pointer}` is not imported: {why}"));
    }

    /// Reads the operations.
    fn read(&mut self) {
        let root = self.document.root();
        for name in ["webhooks"] {
            if let Some(webhooks) = root.get(name) {
                self.skip(
                    &webhooks.pointer,
                    "webhooks are requests that the service sends",
                );
            }
        }
        let Some(paths) = root.get("paths") else {
            return;
        };
        if !paths.value.is_object() {
            self.skip(&paths.pointer, "it is not an object");
        }
        for (path, item) in paths.members() {
            if path.starts_with("x-") {
                continue;
            }
            if !path.starts_with('/') {
                self.skip(&item.pointer, "the path does not start with `/`");
                continue;
            }
            match self.document.resolve(item.clone()) {
                Ok(item) if item.value.is_object() => self.read_path(path, &item),
                Ok(item) => self.skip(&item.pointer, "it is not an object"),
                Err(why) => self.skip(&item.pointer, &why),
            }
        }
    }

    fn read_path(&mut self, path: &str, item: &Located<'d>) {
        let full = format!("{}{path}", self.base_path);
        let template = self.parameters.read(&full);
        for (segment, text) in &template.altered {
            self.draft.note(
                "service",
                "",
                format!(
                    "`{}` is `{text}` in ARNs: `{}`",
                    segment.escape_debug(),
                    item.pointer
                ),
            );
        }
        let position = self.paths.len();
        let shared = item.get("parameters");
        for (method, is_route) in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            if !operation.value.is_object() {
                self.skip(&operation.pointer, "it is not an object");
                continue;
            }
            if !is_route {
                let why = format!("a route cannot have the method `{}`", method.to_uppercase());
                self.skip(&operation.pointer, &why);
                continue;
            }
            for parameters in [shared.as_ref(), operation.get("parameters").as_ref()] {
                for parameter in parameters.into_iter().flat_map(Located::elements) {
                    self.read_parameter(&template, parameter);
                }
            }
            if let Some(callbacks) = operation.get("callbacks") {
                self.skip(
                    &callbacks.pointer,
                    "callbacks are requests that the service sends",
                );
            }
            let (id, name) = self.action_name(&operation, method, &full);
            self.operations.push(Operation {
                written: full.clone(),
                id,
                located: operation,
                method: method.to_uppercase(),
                path: position,
                name,
            });
        }
        if let Some(more) = item.get("additionalOperations") {
            self.skip(&more.pointer, "a route can have the usual methods only");
        }
        self.paths.push(template);
    }

    /// Reads the schema of a path parameter.
    fn read_parameter(&mut self, template: &PathTemplate, parameter: Located<'d>) {
        let pointer = parameter.pointer.clone();
        let parameter = match self.document.resolve(parameter) {
            Ok(parameter) => parameter,
            Err(why) => return self.skip(&pointer, &why),
        };
        if !parameter.value.is_object() {
            return self.skip(&pointer, "it is not an object");
        }
        if parameter.text("in") != Some("path") {
            return;
        }
        let name = parameter.text("name").unwrap_or_default();
        let mut known = template.parameters.iter();
        let Some((_, name)) = known.find(|(written, _)| written == name) else {
            return self.skip(&pointer, "the path does not contain this parameter");
        };
        let schema = parameter
            .get("schema")
            .map(|schema| self.document.resolve(schema));
        let accepts = match schema {
            Some(Ok(schema)) => accepts(schema.value),
            Some(Err(why)) => {
                self.skip(&format!("{pointer}/schema"), &why);
                Accepts::Opaque
            }
            None => Accepts::Opaque,
        };
        // Paths that share a name share its rules, so the least strict one applies.
        let known = self
            .accepts
            .entry(name.clone())
            .or_insert_with(|| accepts.clone());
        if *known != accepts {
            *known = Accepts::Opaque;
        }
    }

    /// Chooses the name of an action.
    fn action_name(
        &mut self,
        operation: &Located<'d>,
        method: &str,
        path: &str,
    ) -> (Option<&'d str>, String) {
        let is_taken = |name: &str| {
            let mut operations = self.operations.iter();
            operations.any(|other| other.name.eq_ignore_ascii_case(name))
        };
        let fallback = || {
            let name = fallback_name(method, path);
            let numbers = (2_u32..).map(|number| format!("{name}{number}"));
            let mut free = std::iter::once(name.clone()).chain(numbers);
            free.find(|name| !is_taken(name)).unwrap_or_default()
        };
        let Some(written) = operation.text("operationId") else {
            return (None, fallback());
        };
        let name = names::type_name(written);
        let is_good = Action::can_be_type_name(&name);
        if is_good && !is_taken(&name) {
            return (Some(written), name);
        }
        let why = if is_good {
            "another operation has this id"
        } else {
            "the id cannot be the name of an action"
        };
        let chosen = fallback();
        self.draft.note(
            "actions",
            &chosen,
            format!(
                "`{}/operationId` is imported as `{chosen}`, because {why}",
                operation.pointer
            ),
        );
        (None, chosen)
    }

    /// Writes placeholders, resource types and actions.
    fn write(&mut self) {
        let placeholders = self.write_placeholders();
        let placeholder =
            |parameter: &str| placeholders.get(parameter).cloned().unwrap_or_default();
        let mut types: BTreeSet<String> =
            self.operations.iter().map(|it| it.name.clone()).collect();
        // One resource type for each component, by its template.
        let mut resources: BTreeMap<Vec<Segment>, String> = BTreeMap::new();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for path in &self.paths {
            if path.resource.is_empty() || resources.contains_key(&path.resource) {
                continue;
            }
            let (Some(short), Some(long)) = (path.resource_name(false), path.resource_name(true))
            else {
                continue;
            };
            let numbers = (2_u32..).map(|number| format!("{long}-{number}"));
            let mut free = [short, long.clone()].into_iter().chain(numbers);
            let name = free.find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(name.clone());
            let mut entry = Entry::new();
            let component = path.resource_component(placeholder);
            let arn = format!(
                "arn:${{Partition}}:{}:${{Region}}:${{Account}}:{component}",
                self.prefix
            );
            entry.insert("arn".to_owned(), arn.into());
            let phrase = names::phrase(&name);
            let summary = phrase.strip_prefix("the ").unwrap_or(&phrase);
            entry.insert("summary".to_owned(), format!("One {summary}.").into());
            let type_name = ResourceType::default_type_name(&name);
            if types.contains(&type_name) || !Action::can_be_type_name(&type_name) {
                let other = format!("{type_name}Resource");
                entry.insert("type-name".to_owned(), other.as_str().into());
                types.insert(other);
            } else {
                types.insert(type_name);
            }
            self.draft.section("resources").insert(name.clone(), entry);
            resources.insert(path.resource.clone(), name);
        }
        for operation in std::mem::take(&mut self.operations) {
            self.write_action(&operation, &resources);
        }
    }

    /// Writes a placeholder for each parameter, and returns their names.
    fn write_placeholders(&mut self) -> BTreeMap<String, String> {
        let parameters = self.paths.iter().flat_map(|path| &path.parameters);
        let parameters: BTreeSet<String> = parameters.map(|(_, name)| name.clone()).collect();
        let mut placeholders: BTreeMap<String, String> = BTreeMap::new();
        for parameter in parameters {
            let capitalized = names::capitalized(&parameter);
            let numbers = (2_u32..).map(|number| format!("{capitalized}{number}"));
            let is_taken = |name: &String| {
                let mut others = placeholders.values();
                others.any(|other| other.eq_ignore_ascii_case(name))
                    || ["Partition", "Region", "Account"].contains(&&**name)
            };
            let mut free = std::iter::once(capitalized.clone()).chain(numbers);
            let name = free.find(|name| !is_taken(name)).unwrap_or_default();
            let mut entry = Entry::new();
            entry.insert("parameter".to_owned(), parameter.as_str().into());
            entry.insert("summary".to_owned(), names::phrase(&parameter).into());
            match self.accepts.get(&parameter) {
                Some(Accepts::Identifier) => {}
                Some(Accepts::Values(values)) => {
                    let values = values.iter().map(|value| value.as_str().into());
                    entry.insert("values".to_owned(), Value::Array(values.collect()));
                }
                Some(Accepts::Opaque) | None => {
                    entry.insert("accepts".to_owned(), "opaque".into());
                }
            }
            self.draft
                .section("placeholders")
                .insert(name.clone(), entry);
            placeholders.insert(parameter, name);
        }
        placeholders
    }

    fn write_action(
        &mut self,
        operation: &Operation<'d>,
        resources: &BTreeMap<Vec<Segment>, String>,
    ) {
        let Operation {
            located,
            method,
            path,
            written,
            id,
            name,
        } = operation;
        let mut entry = Entry::new();
        let Some(path) = self.paths.get(*path) else {
            return;
        };
        let summary = summary(located).unwrap_or_else(|| match id {
            Some(_) => names::summary(name),
            None => format!("Responds to `{method} {}`.", sentence_part(written)),
        });
        entry.insert("summary".to_owned(), summary.into());
        let level = access_level(method, path, name);
        entry.insert("access-level".to_owned(), level.into());
        if let Some(resource) = resources.get(&path.resource) {
            let resources = Value::Array(vec![resource.as_str().into()]);
            entry.insert("resources".to_owned(), resources);
        }
        let route = path.route.clone();
        match &route {
            Ok(path) => {
                entry.insert("route".to_owned(), format!("{method} {path}").into());
                let status = i64::from(success_status(located));
                entry.insert("success-status".to_owned(), Value::Integer(status));
            }
            Err(why) => {
                let note = format!("`{}` is imported without a route: {why}", located.pointer);
                self.draft.note("actions", name, note);
            }
        }
        let address = located.get("externalDocs");
        let address = address.as_ref().and_then(|docs| docs.text("url"));
        if let Some(address) = address.filter(|address| address.starts_with("https://")) {
            entry.insert("documentation".to_owned(), address.into());
        }
        self.draft.place("actions", name, &located.pointer);
        for comment in self.comments(located) {
            self.draft.comment("actions", name, &comment);
        }
        self.draft.section("actions").insert(name.clone(), entry);
    }

    /// What the document states about the tags and the security of an operation.
    fn comments(&self, operation: &Located<'d>) -> Vec<String> {
        let mut comments = Vec::new();
        let tags = operation
            .get("tags")
            .map(|tags| tags.elements())
            .unwrap_or_default();
        let tags: Vec<&str> = tags.iter().filter_map(|tag| tag.value.as_str()).collect();
        if !tags.is_empty() {
            comments.push(format!("Tags: {}", tags.join(", ")));
        }
        let root = self.document.root();
        let security = operation.get("security").or_else(|| root.get("security"));
        match security.map(|security| security.elements()) {
            None => comments.push("Security: not stated".to_owned()),
            Some(schemes) if schemes.is_empty() => comments.push(
                "Security: none; if it is public, remove the action and use `#[public]`".to_owned(),
            ),
            Some(schemes) => {
                let schemes = schemes.iter().map(|scheme| {
                    let schemes = scheme.members().into_iter().map(|(name, scopes)| {
                        let scopes = scopes.elements();
                        let scopes = scopes.iter().filter_map(|scope| scope.value.as_str());
                        let scopes: Vec<&str> = scopes.collect();
                        match scopes.as_slice() {
                            [] => name.to_owned(),
                            scopes => format!("{name} ({})", scopes.join(", ")),
                        }
                    });
                    let schemes: Vec<String> = schemes.collect();
                    match schemes.as_slice() {
                        [] => "none".to_owned(),
                        schemes => schemes.join(" and "),
                    }
                });
                let schemes: Vec<String> = schemes.collect();
                comments.push(format!("Security: {}", schemes.join(", or ")));
            }
        }
        if operation
            .value
            .get("deprecated")
            .and_then(serde_json::Value::as_bool)
            == Some(true)
        {
            comments.push("Deprecated".to_owned());
        }
        comments
    }
}

/// The prefix of a service with this title.
fn prefix_of(title: &str) -> String {
    let kebab = names::kebab(title);
    let start = kebab.trim_start_matches(|first: char| first.is_ascii_digit() || first == '-');
    match start {
        "" => "service".to_owned(),
        // Of these names, the module of a service cannot have any.
        start if !Placeholder::can_be_filled_by(start) => format!("{start}-service"),
        start => start.to_owned(),
    }
}

/// The path of a URL, if it has one.
fn path_of(url: &str) -> Option<&str> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.get(rest.find('/')?..)?,
        None => url,
    };
    let path = path.trim_end_matches('/');
    let is_path = path.starts_with('/') && !path.contains(['?', '#', '{']);
    is_path.then_some(path)
}

/// The name of an action without a usable id: `GetPetsByPetId` for `GET /pets/{petId}`.
fn fallback_name(method: &str, path: &str) -> String {
    let mut name = names::capitalized(method);
    for segment in path.split('/') {
        if segment.starts_with('{') {
            name.push_str("By");
        }
        name.push_str(&names::capitalized(segment));
    }
    name
}

/// The ids that a schema describes.
fn accepts(schema: &serde_json::Value) -> Accepts {
    let text = |name: &str| schema.get(name).and_then(serde_json::Value::as_str);
    let values = schema.get("enum").and_then(serde_json::Value::as_array);
    if let Some(values) = values {
        let mut found: Vec<String> = Vec::new();
        for value in values {
            let value = value.as_str().unwrap_or_default();
            let is_good = !value.is_empty()
                && value.len() <= 64
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                && !found.iter().any(|other| other.eq_ignore_ascii_case(value));
            if !is_good {
                return Accepts::Opaque;
            }
            found.push(value.to_owned());
        }
        if !found.is_empty() {
            return Accepts::Values(found);
        }
    }
    match (text("type"), text("format")) {
        (Some("integer"), _) | (_, Some("uuid")) => Accepts::Identifier,
        _ => Accepts::Opaque,
    }
}

/// The access level that the method suggests.
fn access_level(method: &str, path: &PathTemplate, name: &str) -> &'static str {
    if !matches!(method, "GET" | "HEAD" | "OPTIONS") {
        return "Write";
    }
    let last = path.route.as_deref().unwrap_or_default();
    let last = last
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let is_list = ["List", "Search", "Find"]
        .iter()
        .any(|verb| name.starts_with(verb))
        || (last.ends_with('s') && !last.ends_with("ss") && !last.ends_with("us"));
    if is_list { "List" } else { "Read" }
}

/// The first status of success.
fn success_status(operation: &Located<'_>) -> u16 {
    let responses = operation.get("responses");
    let responses = responses
        .map(|responses| responses.members())
        .unwrap_or_default();
    let statuses = responses
        .iter()
        .filter_map(|(status, _)| status.parse().ok());
    statuses
        .filter(|status| (200..400).contains(status))
        .min()
        .unwrap_or(200)
}

/// The summary of an operation, or the start of its description.
fn summary(operation: &Located<'_>) -> Option<String> {
    let text = ["summary", "description"].into_iter().find_map(|name| {
        let text = operation.text(name)?;
        let first = text.trim().split("\n\n").next().unwrap_or_default();
        let part = sentence_part(first);
        (!part.is_empty()).then_some(part)
    })?;
    let text: String = text.chars().take(MOST_CHARACTERS).collect();
    Some(if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    })
}

/// A text on one line, without control characters.
fn sentence_part(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::repair;
    use super::*;

    const DOCUMENT: &str = include_str!("../../../tests/openapi/awkward.json");

    /// Imports a document. A draft must become a catalog that the loader accepts.
    fn import(document: &Value) -> Result<String, String> {
        let text = document.to_string();
        let mut draft = draft(&text, &OpenApiOptions::default())?;
        let faulty = repair::faulty(&draft, "");
        match repair::without(&faulty, &mut draft, "") {
            Ok(written) => Ok(written.text),
            Err(faults) => panic!("{faults}\n{text}"),
        }
    }

    fn pointers(value: &Value, pointer: &str, all: &mut Vec<String>) {
        all.push(pointer.to_owned());
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
                .collect(),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| (index.to_string(), item))
                    .collect()
            }
            _ => return,
        };
        for (name, value) in members {
            pointers(value, &format!("{pointer}/{name}"), all);
        }
    }

    #[test]
    fn no_value_of_a_document_results_in_an_invalid_catalog() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        assert!(all.len() > 80);
        let reference = json!({ "$ref": "#/x-items/Loop" });
        let odd = json!(["", "{", "}", "/{}/{a}{b}", "Ok", "get", "\u{0}"]);
        let values = [json!(null), json!("/{x"), odd, json!({}), reference];
        let mut imported = 0;
        for pointer in &all {
            for value in &values {
                let mut changed = document.clone();
                *changed.pointer_mut(pointer).unwrap() = value.clone();
                imported += usize::from(import(&changed).is_ok());
            }
        }
        assert!(imported > all.len(), "{imported}");
    }

    #[test]
    fn names_of_operations_and_parameters_may_be_anything() {
        let names = [
            "",
            " ",
            "_",
            "-",
            "1",
            "Self",
            "Ok",
            "Action",
            "ALL",
            "type",
            "new",
            "a b",
            "A-B",
            "a:b",
            "\u{202e}",
            "\u{1F600}",
            "Partition",
            "partition",
            "eq",
            "clone",
            "crate",
            "x\u{0}y",
            "constructor",
            "ids",
            "resources",
            "actions",
            "SERVICE",
        ];
        for (index, one) in names.iter().enumerate() {
            for step in [0, 1, 5, 11] {
                let other = names.get((index + step) % names.len()).unwrap();
                let path = format!("/{one}s/{{{one}}}/{other}/{{{other}}}");
                let short = format!("/{other}/{{{one}}}");
                let operation = |id: &str| json!({ "operationId": id, "responses": {} });
                let document = json!({
                    "openapi": "3.1.0",
                    "info": { "title": one },
                    "paths": {
                        path: { "get": operation(one), "put": operation(other) },
                        short: { "get": operation(other), "delete": {} },
                    },
                });
                let catalog = import(&document).unwrap();
                assert!(catalog.contains("[actions."), "{one:?} {other:?}");
            }
        }
    }
}
