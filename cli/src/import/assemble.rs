//! From AWS's files to a draft.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::draft::{Draft, Entry};
use super::model::{Call, Model, Operation};
use super::names;
use super::reference::{Action, Reference, Resource};

/// The short names of the sources that an import refers to.
pub(super) const REFERENCE: &str = "service-reference";
pub(super) const MODEL: &str = "service-model";

/// What an import was told beside the files.
pub(super) struct Given {
    /// The service's name for people.
    pub(super) name: Option<String>,
    /// The day of the copies, `YYYY-MM-DD`.
    pub(super) date: Option<String>,
}

/// Puts a catalog together, and says what could not be taken over.
///
/// Of operations that several models have, the first model's counts.
pub(super) fn draft(
    reference: &Reference,
    models: &[Model],
    given: &Given,
) -> (Draft, Vec<String>) {
    let mut import = Import {
        reference,
        models,
        draft: Draft::default(),
        findings: Vec::new(),
        resources: BTreeMap::new(),
        placeholders: BTreeSet::new(),
    };
    import.service(given);
    import.condition_keys();
    for resource in &reference.resources {
        import.resource(resource);
    }
    for action in &reference.actions {
        import.action(action);
    }
    import.operations_without_action();
    (import.draft, import.findings)
}

struct Import<'a> {
    reference: &'a Reference,
    models: &'a [Model],
    draft: Draft,
    findings: Vec<String>,
    /// The resource types of the catalog for each one of the reference: one for each form of its ARNs.
    resources: BTreeMap<String, Vec<ImportedResource>>,
    placeholders: BTreeSet<String>,
}

#[derive(Clone)]
struct ImportedResource {
    name: String,
    placeholders: Vec<String>,
}

impl<'a> Import<'a> {
    fn service(&mut self, given: &Given) {
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

    fn condition_keys(&mut self) {
        for key in &self.reference.condition_keys {
            let mut entry = Entry::new();
            let value_type = match key.types.as_slice() {
                [only] => only.as_str(),
                _ => {
                    self.findings.push(format!(
                        "the condition key `{}` has {} types; it is written as `String`",
                        key.name,
                        key.types.len()
                    ));
                    "String"
                }
            };
            entry.insert("type".to_owned(), value_type.into());
            entry.insert("summary".to_owned(), key_summary(&key.name).into());
            self.draft
                .section("condition-keys")
                .insert(key.name.clone(), entry);
        }
    }

    fn resource(&mut self, resource: &'a Resource) {
        if resource.arn_formats.is_empty() {
            self.findings.push(format!(
                "the resource type `{}` has no ARN; actions on it are written without it",
                resource.name
            ));
        }
        let name = names::kebab(&resource.name);
        for (index, format) in resource.arn_formats.iter().enumerate() {
            let name = match index {
                0 => name.clone(),
                _ => format!("{name}-{}", index + 1),
            };
            let (arn, placeholders) = template(format);
            for placeholder in &placeholders {
                self.placeholder(placeholder);
            }
            let mut entry = Entry::new();
            entry.insert("arn".to_owned(), arn.into());
            let spoken = names::phrase(&resource.name);
            let spoken = spoken.strip_prefix("the ").unwrap_or(&spoken);
            entry.insert("summary".to_owned(), format!("One {spoken}.").into());
            if !resource.condition_keys.is_empty() {
                let keys = sorted(resource.condition_keys.iter());
                entry.insert("condition-keys".to_owned(), keys);
            }
            if self
                .draft
                .section("resources")
                .insert(name.clone(), entry)
                .is_some()
            {
                self.findings.push(format!(
                    "two resource types would be called `{name}`; the later one is written"
                ));
            }
            let imported = ImportedResource { name, placeholders };
            let forms = self.resources.entry(resource.name.clone()).or_default();
            forms.push(imported);
        }
    }

    fn placeholder(&mut self, name: &str) {
        if !self.placeholders.insert(name.to_owned()) {
            return;
        }
        let mut entry = Entry::new();
        entry.insert("parameter".to_owned(), names::kebab(name).into());
        entry.insert("summary".to_owned(), names::phrase(name).into());
        self.draft
            .section("placeholders")
            .insert(name.to_owned(), entry);
    }

    fn action(&mut self, action: &'a Action) {
        let mut entry = Entry::new();
        entry.insert("summary".to_owned(), names::summary(&action.name).into());
        let properties = action.annotations.as_ref();
        if let Some(properties) = properties.and_then(|found| found.properties.as_ref()) {
            entry.insert("access-level".to_owned(), properties.access_level().into());
        }
        let mut resources: Vec<ImportedResource> = Vec::new();
        let mut keys: BTreeSet<&String> = action.action_condition_keys.iter().collect();
        for resource in &action.resources {
            keys.extend(&resource.condition_keys);
            match self.resources.get(&resource.name) {
                Some(forms) => resources.extend(forms.iter().cloned()),
                None => self.findings.push(format!(
                    "`{}` acts on `{}`, of which the reference says nothing",
                    action.name, resource.name
                )),
            }
        }
        resources.sort_by(|left, right| left.name.cmp(&right.name));
        if !resources.is_empty() {
            let names = resources.iter().map(|resource| &resource.name);
            entry.insert("resources".to_owned(), sorted(names));
        }
        if !keys.is_empty() {
            entry.insert("condition-keys".to_owned(), sorted(keys.iter().copied()));
        }
        let companions = self.companions(&action.name);
        if !companions.is_empty() {
            entry.insert("companions".to_owned(), Value::Array(companions));
        }
        let mut sources = vec![REFERENCE];
        if let Some((model, operation)) = self.operation(&action.name) {
            sources.push(MODEL);
            if keys
                .iter()
                .any(|key| key.starts_with("aws:RequestTag/") || *key == "aws:TagKeys")
            {
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
            .section("actions")
            .insert(action.name.clone(), entry);
    }

    /// Writes down how requests name the operation, and where they say what it acts on.
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
            Call::Route { path, .. } => labels(path).map(names::kebab).collect(),
            Call::Target(_) | Call::Other => BTreeSet::new(),
        };
        for placeholder in placeholders {
            let parameter = names::kebab(placeholder);
            if parameters.contains(&parameter) {
                continue;
            }
            match model.place(operation, |name| names::kebab(name) == parameter) {
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
                    self.findings.push(format!(
                        "`{}` has the route `{method} {path}`, and its model does not say what fills {}; it is written \
                         without a route",
                        action.name,
                        missing.join(" and ")
                    ));
                    return;
                }
                let route = format!("{method} {}", path_of(&path));
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

    /// The other actions that the operation called like `action` is authorized by.
    fn companions(&self, action: &str) -> Vec<Value> {
        let operations = self.reference.operations.iter();
        let mut companions: BTreeSet<String> = BTreeSet::new();
        for operation in operations.filter(|operation| operation.name == action) {
            for other in &operation.authorized_actions {
                if other.service != self.reference.name || other.name != action {
                    companions.insert(format!("{}:{}", other.service, other.name));
                }
            }
        }
        let companion = |action: String| {
            let mut companion = Table::new();
            companion.insert("action".to_owned(), action.into());
            let when = "when the operation makes use of it, which the reference does not explain";
            companion.insert("when".to_owned(), when.into());
            companion.insert("source".to_owned(), REFERENCE.into());
            Value::Table(companion)
        };
        companions.into_iter().map(companion).collect()
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
            self.findings.push(format!(
                "the model has the operation `{operation}`, of which the reference says nothing; it is left out"
            ));
        }
    }
}

/// An ARN format as a template: its placeholders in words with capitals, as far as they are not the scope's.
fn template(format: &str) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut placeholders = Vec::new();
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once("${") {
        text.push_str(before);
        let Some((name, after)) = behind.split_once('}') else {
            text.push_str("${");
            rest = behind;
            break;
        };
        let is_of_scope =
            ["Partition", "Region", "Account"].contains(&name) && text.matches(':').count() < 5;
        let name = if is_of_scope {
            name.to_owned()
        } else {
            let name = names::capitalized(name);
            placeholders.push(name.clone());
            name
        };
        text.push_str(&format!("${{{name}}}"));
        rest = after;
    }
    text.push_str(rest);
    (text, placeholders)
}

/// The parameters of a model's path, `{Name}` or `{Name+}`.
fn labels(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_end_matches('+'))
    })
}

/// A model's path with the parameters' names in the form of catalogs.
fn path_of(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match name {
            Some(name) => format!("{{{}}}", names::kebab(name.trim_end_matches('+'))),
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
            let name = key.split_once(':').map_or(key, |(_, name)| name);
            let name = name.split("/${").next().unwrap_or(name);
            let phrase = names::phrase(name);
            let phrase = phrase.strip_prefix("the ").unwrap_or(&phrase);
            format!("The {phrase} of the request.")
        }
    }
}

/// Texts in alphabetical order, each once.
fn sorted<S: AsRef<str>>(values: impl Iterator<Item = S>) -> Value {
    let values: BTreeSet<String> = values.map(|value| value.as_ref().to_owned()).collect();
    super::overlay::texts(values)
}
