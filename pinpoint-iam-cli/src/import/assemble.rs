//! Assembles a draft from AWS's files.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_catalog::{Action as CatalogAction, ConditionKey, Placeholder, ResourceType};
use toml::{Table, Value};

use super::arn::{self, Template, TemplatePlaceholder};
use super::draft::{Draft, Entry};
use super::keys;
use super::model::{Call, Model, Operation};
use super::reference::{Action, Reference, Resource};
use crate::names;

/// The short names of the sources to which an import refers.
pub(super) const REFERENCE: &str = "service-reference";
pub(super) const MODEL: &str = "service-model";

const KEYS: &str = "condition-keys";
const RESOURCES: &str = "resources";
const ACTIONS: &str = "actions";

/// The options of an import besides the files.
pub(super) struct ImportOptions {
    /// The display name of the service.
    pub(super) name: Option<String>,
    /// The date of the copies, `YYYY-MM-DD`.
    pub(super) date: Option<String>,
}

/// Assembles a catalog. Everything that could not be imported unchanged gets a note in the draft.
///
/// If several models have the same operation, the first model's is used.
pub(super) fn draft(reference: &Reference, models: &[Model], given: &ImportOptions) -> Draft {
    let mut import = Import {
        reference,
        models,
        draft: Draft::default(),
        keys: BTreeMap::new(),
        resources: BTreeMap::new(),
        type_names: BTreeSet::new(),
        routes: BTreeMap::new(),
    };
    import.service(given);
    for key in &reference.condition_keys {
        import.condition_key(&key.name, Some(&key.types));
    }
    for action in &reference.actions {
        import.type_names.insert(action.name.clone());
    }
    for resource in &reference.resources {
        import.resource(resource);
    }
    for action in &reference.actions {
        import.action(action);
    }
    import.routes_that_differ_in_the_query();
    import.operations_without_action();
    import.rust_names_of_condition_keys();
    import.draft
}

struct Import<'a> {
    reference: &'a Reference,
    models: &'a [Model],
    draft: Draft,
    /// The names of condition keys in the catalog, by `keys::identity`.
    keys: BTreeMap<String, String>,
    /// The resource types in the catalog for each one in the reference, with one for each form of its ARNs. `None` if
    /// none of the forms can be written.
    resources: BTreeMap<String, Option<Vec<ImportedResource>>>,
    /// The names of Rust types that are already used.
    type_names: BTreeSet<String>,
    /// The actions for each method and path shape.
    routes: BTreeMap<String, Vec<RoutedAction>>,
}

#[derive(Clone)]
struct ImportedResource {
    name: String,
    placeholders: Vec<String>,
}

/// An action that has a route in its model.
struct RoutedAction {
    name: String,
    /// The route as written in the model.
    written: String,
    has_query: bool,
}

impl<'a> Import<'a> {
    fn service(&mut self, given: &ImportOptions) {
        let prefix = &self.reference.name;
        let name = given.name.clone().unwrap_or_else(|| prefix.clone());
        let service = &mut self.draft.service;
        service.insert("prefix".to_owned(), prefix.as_str().into());
        service.insert("name".to_owned(), name.into());
        let mut source = |name: &str, title: &str| {
            let mut entry = Entry::new();
            entry.insert("title".to_owned(), title.into());
            if let Some(date) = &given.date {
                entry.insert("date".to_owned(), date.as_str().into());
            }
            self.draft.section("sources").insert(name.to_owned(), entry);
        };
        source(REFERENCE, "AWS's service reference, as JSON");
        if !self.models.is_empty() {
            source(MODEL, "AWS's model of the API, in botocore's form");
        }
    }

    /// Returns the name of a condition key in the catalog, and adds the key when it is first used.
    fn condition_key(&mut self, written: &str, types: Option<&[String]>) -> String {
        let name = keys::canonical(written);
        let identity = keys::identity(&name);
        if let Some(known) = self.keys.get(&identity) {
            let known = known.clone();
            if types.is_some() && known != name {
                let text = format!("the condition key `{written}` is written as `{known}`");
                self.draft.note(KEYS, &known, text);
            }
            return known;
        }
        if name != written {
            let text = format!("the condition key `{written}` is written as `{name}`");
            self.draft.note(KEYS, &name, text);
        }
        let (value_type, is_as_written) = keys::value_type(types.unwrap_or_default());
        if !is_as_written {
            let listed = match types {
                None => "is used and not declared".to_owned(),
                Some([]) => "has no type".to_owned(),
                Some([only]) => format!("has the unknown type `{only}`"),
                Some(several) => format!("has the types `{}`", several.join("`, `")),
            };
            let text =
                format!("the condition key `{name}` {listed}; it is written as `{value_type}`");
            self.draft.note(KEYS, &name, text);
        }
        let mut entry = Entry::new();
        entry.insert("type".to_owned(), value_type.into());
        entry.insert("summary".to_owned(), key_summary(&name).into());
        self.draft.section(KEYS).insert(name.clone(), entry);
        self.keys.insert(identity, name.clone());
        name
    }

    fn condition_keys<'k>(&mut self, keys: impl Iterator<Item = &'k String>) -> BTreeSet<String> {
        keys.map(|key| self.condition_key(key, None)).collect()
    }

    /// Sets another Rust name for each key whose default name is already used.
    fn rust_names_of_condition_keys(&mut self) {
        let mut taken: BTreeSet<(String, bool)> = BTreeSet::new();
        for (key, entry) in self.draft.section(KEYS) {
            let name = ConditionKey::default_rust_name(key);
            // A function and a constant may have the same name, because their case differs.
            let is_function = key.contains("${");
            let unused = unused(&name, "_", |name| {
                taken.contains(&(name.to_owned(), is_function))
            });
            if unused != name {
                entry.insert("rust-name".to_owned(), unused.as_str().into());
            }
            taken.insert((unused, is_function));
        }
    }

    fn resource(&mut self, resource: &'a Resource) {
        let own_name = &resource.name;
        if resource.arn_formats.is_empty() {
            self.draft.note(
                RESOURCES,
                &names::kebab(own_name),
                format!("the resource type `{own_name}` has no ARN; actions on it are written without it"),
            );
            self.resources.insert(own_name.clone(), Some(Vec::new()));
            return;
        }
        let kebab = match names::kebab(own_name) {
            name if name.starts_with(|first: char| first.is_ascii_lowercase()) => name,
            name => format!("type-{name}").trim_end_matches('-').to_owned(),
        };
        let condition_keys = self.condition_keys(resource.condition_keys.iter());
        let mut forms = Vec::new();
        let formats = resource.arn_formats.iter();
        for format in formats.flat_map(|format| arn::formats(format)) {
            let entries = self.draft.section(RESOURCES);
            let name = unused(&kebab, "-", |name| entries.contains_key(name));
            match arn::template(&format) {
                Ok(template) => {
                    let form = self.form(resource, name, template, &condition_keys);
                    forms.push(form);
                }
                Err(why) => {
                    let text = format!(
                        "the ARN `{format}` of the resource type `{own_name}` is left out: {why}"
                    );
                    self.draft.note(RESOURCES, &name, text);
                }
            }
        }
        let forms = (!forms.is_empty()).then_some(forms);
        self.resources.insert(own_name.clone(), forms);
    }

    /// Adds one form of a resource type's ARNs.
    fn form(
        &mut self,
        resource: &Resource,
        name: String,
        template: Template,
        condition_keys: &BTreeSet<String>,
    ) -> ImportedResource {
        let mut entry = Entry::new();
        entry.insert("arn".to_owned(), template.arn.into());
        let spoken = names::phrase(&resource.name);
        let spoken = spoken.strip_prefix("the ").unwrap_or(&spoken);
        entry.insert("summary".to_owned(), format!("One {spoken}.").into());
        if !condition_keys.is_empty() {
            let keys = sorted(condition_keys.iter());
            entry.insert("condition-keys".to_owned(), keys);
        }
        let own_type = ResourceType::default_type_name(&name);
        let type_name = self.type_name(&own_type, "Resource");
        if type_name != own_type {
            entry.insert("type-name".to_owned(), type_name.into());
        }
        for change in template.changes {
            let text = format!("in the ARN of the resource type `{name}`, {change}");
            self.draft.note(RESOURCES, &name, text);
        }
        let placeholders: Vec<String> = template
            .placeholders
            .into_iter()
            .map(|placeholder| {
                self.placeholder(&placeholder);
                placeholder.name
            })
            .collect();
        self.draft.section(RESOURCES).insert(name.clone(), entry);
        ImportedResource { name, placeholders }
    }

    /// Returns an unused name for a Rust type, and reserves it.
    fn type_name(&mut self, own: &str, what: &str) -> String {
        let is_free =
            |name: &str| CatalogAction::can_be_type_name(name) && !self.type_names.contains(name);
        let name = if is_free(own) {
            own.to_owned()
        } else {
            unused(&format!("{own}{what}"), "", |name| !is_free(name))
        };
        self.type_names.insert(name.clone());
        name
    }

    fn placeholder(&mut self, placeholder: &TemplatePlaceholder) {
        let TemplatePlaceholder { name, is_opaque } = placeholder;
        let section = self.draft.section("placeholders");
        let entry = section.entry(name.clone()).or_insert_with(|| {
            let mut entry = Entry::new();
            entry.insert("parameter".to_owned(), parameter(name).into());
            entry.insert("summary".to_owned(), names::phrase(name).into());
            entry
        });
        if *is_opaque {
            entry.insert("accepts".to_owned(), "opaque".into());
        }
    }

    fn action(&mut self, action: &'a Action) {
        let mut entry = Entry::new();
        entry.insert("summary".to_owned(), names::summary(&action.name).into());
        let properties = action.annotations.as_ref();
        if let Some(properties) = properties.and_then(|found| found.properties.as_ref()) {
            entry.insert("access-level".to_owned(), properties.access_level().into());
        }
        if !names::is_capitalized(&action.name) {
            let own_type = names::type_name(&action.name);
            let type_name = self.type_name(&own_type, "Action");
            entry.insert("type-name".to_owned(), type_name.into());
        } else if !CatalogAction::can_be_type_name(&action.name) {
            let type_name = self.type_name(&action.name, "Action");
            entry.insert("type-name".to_owned(), type_name.into());
        }
        let mut resources: Vec<ImportedResource> = Vec::new();
        let mut is_without_types = false;
        for resource in &action.resources {
            let why = match self.resources.get(&resource.name) {
                Some(Some(forms)) => {
                    resources.extend(forms.iter().cloned());
                    continue;
                }
                Some(None) => "is left out",
                None => "is not in the reference",
            };
            is_without_types = true;
            let text = format!(
                "the action `{}` is written without the resource type `{}`, which {why}",
                action.name, resource.name
            );
            self.draft.note(ACTIONS, &action.name, text);
        }
        let listed = action.resources.iter();
        let listed = listed.flat_map(|resource| &resource.condition_keys);
        let keys = self.condition_keys(action.action_condition_keys.iter().chain(listed));
        resources.sort_by(|left, right| left.name.cmp(&right.name));
        if !resources.is_empty() {
            let names = resources.iter().map(|resource| &resource.name);
            entry.insert("resources".to_owned(), sorted(names));
        }
        if !keys.is_empty() {
            entry.insert("condition-keys".to_owned(), sorted(keys.iter()));
        }
        let accepts_tags = keys.iter().any(|key| is_request_tag(key));
        let dependent_actions = self.dependent_actions(&action.name, accepts_tags);
        if !dependent_actions.is_empty() {
            entry.insert(
                "dependent-actions".to_owned(),
                Value::Array(dependent_actions),
            );
        }
        let mut sources = vec![REFERENCE];
        if let Some((model, operation)) = self.operation(&action.name) {
            sources.push(MODEL);
            if accepts_tags {
                let is_tags =
                    |name: &str| ["tags", "tagkeys"].contains(&name.to_ascii_lowercase().as_str());
                if let Some(place) = model.place(operation, is_tags) {
                    entry.insert("request-tags".to_owned(), place.into());
                }
            }
            if let Some(link) = &operation.documentation_url {
                entry.insert("documentation".to_owned(), link.as_str().into());
            }
            self.call(action, model, operation, &resources, &mut entry);
        }
        entry.insert("sources".to_owned(), super::overlay::texts(sources));
        self.draft
            .section(ACTIONS)
            .insert(action.name.clone(), entry);
        // Without resource types, the action would be checked against `*`.
        if is_without_types && resources.is_empty() {
            let why = "no resource type that it acts on can be written";
            self.draft.leave_out(ACTIONS, &action.name, why);
        }
    }

    /// Records how requests name the operation, and which of their members identify the resource.
    fn call(
        &mut self,
        action: &Action,
        model: &Model,
        operation: &Operation,
        resources: &[ImportedResource],
        entry: &mut Entry,
    ) {
        let placeholders: BTreeSet<&String> = resources
            .iter()
            .flat_map(|resource| &resource.placeholders)
            .collect();
        let mut from_request = Table::new();
        let mut missing = Vec::new();
        let call = model.call(&action.name, operation);
        let parameters: BTreeSet<String> = match &call {
            Call::Route { path, .. } => labels(path).map(parameter).collect(),
            Call::Target(_) | Call::Other => BTreeSet::new(),
        };
        for placeholder in placeholders {
            let wanted = parameter(placeholder);
            if parameters.contains(&wanted) {
                continue;
            }
            match model.place(operation, |name| parameter(name) == wanted) {
                Some(place) => {
                    from_request.insert(placeholder.clone(), place.into());
                }
                None => missing.push(format!("`{placeholder}`")),
            }
        }
        match call {
            Call::Route {
                method,
                path,
                status,
            } => {
                if !missing.is_empty() {
                    let text = format!(
                        "`{}` has the route `{method} {path}`, and its model does not say what fills {}; it is written \
                         without a route",
                        action.name,
                        missing.join(" and ")
                    );
                    self.draft.note(ACTIONS, &action.name, text);
                    return;
                }
                let route = format!("{method} {}", path_of(&path));
                self.routes
                    .entry(shape(&route))
                    .or_default()
                    .push(RoutedAction {
                        name: action.name.clone(),
                        written: format!("{method} {}", operation.http.request_uri),
                        has_query: operation.http.request_uri.contains('?'),
                    });
                if path.contains("+}") {
                    let text = format!(
                        "the last parameter of the route `{method} {path}` of `{}` may hold several segments; the route \
                         that is written has one",
                        action.name
                    );
                    self.draft.note(ACTIONS, &action.name, text);
                }
                entry.insert("route".to_owned(), route.into());
                entry.insert("success-status".to_owned(), Value::Integer(status.into()));
            }
            Call::Target(target) => {
                entry.insert("target".to_owned(), target.into());
            }
            Call::Other => return,
        }
        if !from_request.is_empty() {
            entry.insert("from-request".to_owned(), Value::Table(from_request));
        }
    }

    /// Returns the other actions that authorize the operation called `action`.
    ///
    /// The reference does not state when they are needed. One that only changes tags is needed for requests with tags, if
    /// the action accepts them, and on the resource that an action of the form `CreateResource` creates.
    fn dependent_actions(&self, action: &str, accepts_tags: bool) -> Vec<Value> {
        let operations = self.reference.operations.iter();
        let mut dependent_actions: BTreeSet<(&str, &str)> = BTreeSet::new();
        for operation in operations.filter(|operation| operation.name == action) {
            for other in &operation.authorized_actions {
                if other.service != self.reference.name || other.name != action {
                    dependent_actions.insert((&other.service, &other.name));
                }
            }
        }
        let dependent = |(service, name): (&str, &str)| {
            let mut dependent = Table::new();
            dependent.insert("action".to_owned(), format!("{service}:{name}").into());
            let changes_tags = accepts_tags && self.changes_tags(service, name);
            let when = if changes_tags {
                dependent.insert("only-with-tags".to_owned(), true.into());
                if let Some(resource) = self.created_by(action) {
                    dependent.insert("resource".to_owned(), resource.into());
                }
                "when the request carries tags"
            } else {
                "if the operation uses it; the reference does not state when"
            };
            dependent.insert("when".to_owned(), when.into());
            dependent.insert("source".to_owned(), REFERENCE.into());
            Value::Table(dependent)
        };
        dependent_actions.into_iter().map(dependent).collect()
    }

    /// Whether the access level of an action of this service is `Tagging`.
    fn changes_tags(&self, service: &str, name: &str) -> bool {
        let mut actions = self.reference.actions.iter();
        service == self.reference.name
            && actions
                .find(|action| action.name == name)
                .and_then(|action| action.annotations.as_ref()?.properties.as_ref())
                .is_some_and(|properties| properties.access_level() == "Tagging")
    }

    /// Returns the only resource type with the name in `CreateResource`.
    fn created_by(&self, action: &str) -> Option<&str> {
        let created = action
            .strip_prefix("Create")
            .or_else(|| action.strip_prefix("Request"))?;
        let forms = self.resources.values().flatten().flatten();
        let mut named = forms.filter(|form| {
            let name = form.name.replace('-', "");
            name.eq_ignore_ascii_case(created)
        });
        named.next().map(|form| form.name.as_str())
    }

    fn operation(&self, action: &str) -> Option<(&'a Model, &'a Operation)> {
        let mut models = self.models.iter();
        models.find_map(|model| Some((model, model.operations.get(action)?)))
    }

    fn operations_without_action(&mut self) {
        let actions: BTreeSet<&str> = self
            .reference
            .actions
            .iter()
            .map(|action| action.name.as_str())
            .collect();
        let operations = self.models.iter().flat_map(|model| model.operations.keys());
        let unknown: BTreeSet<&String> = operations
            .filter(|operation| !actions.contains(operation.as_str()))
            .collect();
        for operation in unknown {
            let text = format!(
                "the model has the operation `{operation}`, which the reference does not mention; it is left out"
            );
            self.draft.note(ACTIONS, operation, text);
        }
    }

    /// If several routes have the same method and path shape, only the one without a query is kept. Requests for the
    /// others are recognized by their query, which routes in catalogs do not have.
    fn routes_that_differ_in_the_query(&mut self) {
        for actions in std::mem::take(&mut self.routes).into_values() {
            if actions.len() < 2 {
                continue;
            }
            let plain: Vec<&RoutedAction> =
                actions.iter().filter(|action| !action.has_query).collect();
            let owner = match plain.as_slice() {
                [only] => Some(only.name.as_str()),
                _ => None,
            };
            for RoutedAction { name, written, .. } in &actions {
                if owner == Some(name) {
                    continue;
                }
                if let Some(entry) = self.draft.section(ACTIONS).get_mut(name) {
                    for key in ["route", "success-status", "from-request"] {
                        entry.remove(key);
                    }
                }
                let others: Vec<String> = actions
                    .iter()
                    .filter(|other| other.name != *name)
                    .map(|other| format!("`{}`", other.name))
                    .collect();
                let text = format!(
                    "`{name}` is written without its route `{written}`: method and path are those of {} too",
                    others.join(", ")
                );
                self.draft.note(ACTIONS, name, text);
            }
        }
    }
}

/// Whether the key is one of the tags of a request.
fn is_request_tag(key: &str) -> bool {
    key.starts_with("aws:RequestTag/") || key == "aws:TagKeys"
}

/// Returns the name of the path parameter for the placeholder, or the member of a request, called `name`.
fn parameter(name: &str) -> String {
    let parameter = names::kebab(name);
    if Placeholder::can_be_filled_by(&parameter) {
        parameter
    } else {
        format!("{parameter}-value")
    }
}

/// Returns `name`, with the smallest number appended that makes it unused, if necessary.
fn unused(name: &str, separator: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut unused = name.to_owned();
    let mut number = 2;
    while is_taken(&unused) {
        unused = format!("{name}{separator}{number}");
        number += 1;
    }
    unused
}

/// Returns a route without the names of its parameters.
fn shape(route: &str) -> String {
    let segments = route.split('/').map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<&str>>().join("/")
}

/// Returns the parameters of a model's path, `{Name}` or `{Name+}`.
fn labels(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_end_matches('+'))
    })
}

/// Returns a model's path with the parameter names in the notation of catalogs.
fn path_of(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match name {
            Some(name) => format!("{{{}}}", parameter(name.trim_end_matches('+'))),
            None => segment.to_owned(),
        }
    });
    let segments: Vec<String> = segments.collect();
    segments.join("/")
}

fn key_summary(key: &str) -> String {
    match key {
        "aws:RequestTag/${TagKey}" => {
            "The value of one tag that the request wants to set.".to_owned()
        }
        "aws:ResourceTag/${TagKey}" => {
            "The value of one tag that the resource already carries.".to_owned()
        }
        "aws:TagKeys" => "The keys of all tags in the request.".to_owned(),
        _ => {
            // Placeholders do not contribute words.
            let fixed = key
                .split("${")
                .enumerate()
                .map(|(index, part)| match index {
                    0 => part,
                    _ => part.split_once('}').map_or(part, |(_, after)| after),
                });
            let fixed = fixed.collect::<Vec<&str>>().join("/");
            let name = fixed
                .split_once(':')
                .map_or(fixed.as_str(), |(_, name)| name);
            let phrase = names::phrase(name);
            let phrase = phrase.strip_prefix("the ").unwrap_or(&phrase);
            format!("The {phrase} of the request.")
        }
    }
}

/// Returns texts in alphabetical order, without duplicates.
fn sorted<S: AsRef<str>>(values: impl Iterator<Item = S>) -> Value {
    let values: BTreeSet<String> = values.map(|value| value.as_ref().to_owned()).collect();
    super::overlay::texts(values)
}
