//! One handler for each action with a route or a target.

use std::collections::BTreeMap;

use pinpoint_iam_catalog::{
    Action, Binding, DependentAction, KeyShape, Placeholder, ResourceType, Service,
};

use super::Framework;
use super::body::{Body, Value, elements};
use super::identifiers::{Identifiers, snake_case};

/// What handlers have in common.
pub(super) struct Context<'s> {
    pub(super) framework: Framework,
    pub(super) service: &'s Service,
    /// Partition, region and account of the skeleton.
    pub(super) scope: [String; 3],
    /// The path of the module with the helpers for the query.
    pub(super) query_module: String,
    /// The path of the module that reads tags in more than one form.
    pub(super) tags_module: String,
}

/// Where requests reach a handler.
pub(super) struct Endpoint<'a> {
    pub(super) method: &'a str,
    /// The path of the action's route, or of its target.
    pub(super) path: &'a str,
    /// The spelling of the path in this service.
    pub(super) spelling: &'a str,
    /// Whether the catalog has this method and path as the action's route.
    pub(super) is_in_catalog: bool,
}

/// A handler.
pub(super) struct Handler {
    /// The entry of the list of routes.
    pub(super) entry: String,
    /// The text of the function and of the types of its body.
    pub(super) text: String,
    /// Its method and path, as the list of routes has them.
    pub(super) route: String,
    /// The ids and ARNs that it reads from the query, each with a value that it accepts.
    pub(super) query_ids: BTreeMap<String, String>,
    pub(super) reads_query: bool,
    pub(super) reads_body: bool,
    pub(super) has_tag_map: bool,
    pub(super) has_tag_list: bool,
    pub(super) remarks: Vec<String>,
}

/// The most placeholders of a path that a tuple can hold.
const MOST_PLACEHOLDERS: usize = 16;
/// The most requirements of a composition.
const MOST_REQUIREMENTS: usize = 8;

/// A handler while it is planned.
struct Draft<'a> {
    context: &'a Context<'a>,
    action: &'a Action,
    /// Each placeholder of the path with the variable that has its value.
    path: Vec<(String, String)>,
    body: Body,
    body_variable: String,
    query_variable: String,
    reads_query: bool,
    query_ids: BTreeMap<String, String>,
    has_tag_map: bool,
    remarks: Vec<String>,
}

impl Handler {
    /// Plans the handler of an action. The error is the reason why it has none.
    pub(super) fn of(
        context: &Context<'_>,
        action: &Action,
        endpoint: &Endpoint<'_>,
        functions: &mut Identifiers,
        types: &mut Identifiers,
    ) -> Result<Self, String> {
        let mut variables = Identifiers::default();
        let spelled = placeholders(endpoint.spelling);
        let names: Vec<String> = spelled
            .iter()
            .map(|name| variables.take(&name.replace('-', "_")))
            .collect();
        if names.len() > MOST_PLACEHOLDERS {
            return Err(format!(
                "its path has more than {MOST_PLACEHOLDERS} placeholders"
            ));
        }
        let mut draft = Draft {
            context,
            action,
            path: placeholders(endpoint.path)
                .into_iter()
                .map(str::to_owned)
                .zip(names.iter().cloned())
                .collect(),
            body: Body::default(),
            body_variable: variables.take("body"),
            query_variable: variables.take("query"),
            reads_query: false,
            query_ids: BTreeMap::new(),
            has_tag_map: false,
            remarks: Vec::new(),
        };
        draft.collect()?;
        let attribute = draft.attribute()?;
        let is_composed = attribute.starts_with("all(");
        let name = functions.take(&snake_case(action.type_name()));
        let Endpoint {
            method,
            spelling,
            is_in_catalog,
            ..
        } = endpoint;
        let entry = if is_composed || !is_in_catalog {
            format!("\"{method} {spelling}\" => {name}")
        } else {
            name.clone()
        };
        let mut text = String::new();
        let body_type = types.take(&format!("{}Body", action.type_name()));
        let reads_body = !draft.body.is_empty();
        if reads_body {
            text.push_str(&format!(
                "/// What the check of `{}` reads of the body.\n",
                action.name
            ));
            // APIs that name operations by a header usually have tags as a list.
            let reader = format!("crate::{}::tags", context.tags_module);
            let reader = action.target.is_some().then_some(reader.as_str());
            draft.body.write(&body_type, reader, types, &mut text);
        }
        draft.write(&name, &attribute, &names, &body_type, &mut text);
        Ok(Self {
            entry,
            route: format!("{method} {spelling}"),
            text,
            query_ids: draft.query_ids,
            reads_query: draft.reads_query,
            reads_body,
            has_tag_list: draft.has_tag_map && action.target.is_some(),
            has_tag_map: draft.has_tag_map,
            remarks: draft.remarks,
        })
    }
}

impl Draft<'_> {
    /// Collects what the check reads of the body and of the query.
    fn collect(&mut self) -> Result<(), String> {
        let action = self.action;
        if let Some(place) = &action.whole_arn_from {
            let mut identified = action.resources.iter();
            let by_arn = identified.find(|resource| !has_all_ids(action, resource));
            let by_arn = by_arn.or(action.resources.first());
            let arn = by_arn.map(|resource| self.sample_arn(resource));
            self.add_id(place, arn.unwrap_or_default())?;
        }
        for resource in &action.resources {
            for field in &resource.fields {
                match action.binding(field) {
                    // The ARN identifies resources without all ids.
                    Some(Binding::Request(_))
                        if action.whole_arn.is_some() && !has_all_ids(action, resource) => {}
                    Some(Binding::Request(place)) => self.add_id(place, sample(field))?,
                    None => return Err(format!("nothing fills `{}`", field.name)),
                    Some(_) => {}
                }
            }
        }
        if let (true, Some(place)) = (action.takes_request_tags(), &action.request_tags) {
            let value = tags_at(place);
            self.has_tag_map |= value == Value::Tags && place.starts_with("$.");
            self.add(place, value)?;
        }
        for dependent in &action.dependent_actions {
            for member in self.arn_members(dependent) {
                // If the member is something else, the dependent action is left to the reader.
                if !self.body.add(&member, Value::Id) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Adds an id or an ARN at `place`, where `sample` would be accepted.
    fn add_id(&mut self, place: &str, sample: String) -> Result<(), String> {
        if let Some(name) = place.strip_prefix("query:") {
            self.query_ids.entry(name.to_owned()).or_insert(sample);
        }
        self.add(place, Value::Id)
    }

    /// An ARN of `resource` in the scope of the skeleton.
    fn sample_arn(&self, resource: &ResourceType) -> String {
        let deployment = ["Partition", "Region", "Account"].into_iter();
        let deployment = deployment.zip(self.context.scope.iter().cloned());
        let ids = resource.fields.iter();
        let ids = ids.map(|field| (field.name.as_str(), sample(field)));
        let arn = self.action.arn(resource);
        deployment.chain(ids).fold(arn, |arn, (name, value)| {
            arn.replace(&format!("${{{name}}}"), &value)
        })
    }

    fn add(&mut self, place: &str, value: Value) -> Result<(), String> {
        match place.strip_prefix("$.") {
            Some(member) if !self.body.add(member, value) => Err(format!(
                "`{place}` is a value and an object of values at the same time"
            )),
            Some(_) => Ok(()),
            None => {
                self.reads_query = true;
                Ok(())
            }
        }
    }

    /// The expression that reads a place of the request.
    fn read(&self, place: &str, helper: &str) -> Result<String, String> {
        let unknown = || format!("`{place}` cannot be read");
        if let Some(member) = place.strip_prefix("$.") {
            let expression = self.body.expression(&self.body_variable, member);
            return expression.ok_or_else(unknown);
        }
        let name = place.strip_prefix("query:").ok_or_else(unknown)?;
        let query = &self.query_variable;
        let text = match self.context.framework {
            Framework::Axum => format!("{query}.as_deref().unwrap_or_default()"),
            Framework::Actix => format!("{query}.query_string()"),
        };
        let module = &self.context.query_module;
        Ok(format!("crate::{module}::{helper}({text}, {name:?})"))
    }

    /// The variable with a placeholder of the path.
    fn variable(&self, parameter: &str) -> Result<&str, String> {
        let mut path = self.path.iter();
        path.find(|(name, _)| name == parameter)
            .map(|(_, variable)| variable.as_str())
            .ok_or_else(|| format!("the path has no `{{{parameter}}}`"))
    }

    /// The arguments of `#[requires]`.
    fn attribute(&mut self) -> Result<String, String> {
        let action = self.action;
        let name = action.type_name();
        let options = self.options()?;
        let requirement = match (&action.whole_arn, action.resources.as_slice()) {
            (_, []) => name.to_owned(),
            (Some(parameter), resources) => {
                let argument = self.whole_arn(action, parameter)?;
                let mut entries = Vec::new();
                for resource in resources
                    .iter()
                    .filter(|resource| has_all_ids(action, resource))
                {
                    entries.push(format!(
                        "{name}(resource = {})",
                        self.constructed(resource)?
                    ));
                }
                match (entries.as_slice(), argument) {
                    ([], None) => name.to_owned(),
                    ([], Some(argument)) => format!("{name}, {argument}"),
                    (_, argument) => {
                        entries.push(format!("{name}({})", argument.unwrap_or_default()));
                        format!("all({})", entries.join(", "))
                    }
                }
            }
            (None, [only]) if self.has_list(only) => {
                return Ok(format!(
                    "each({name}({}{options}))",
                    self.list_argument(only)?
                ));
            }
            (None, [only]) => {
                let mut arguments = String::new();
                for field in &only.fields {
                    if let Some(argument) = self.argument(field)? {
                        arguments.push_str(&format!(", {} = {argument}", field.field()));
                    }
                }
                format!("{name}{arguments}")
            }
            (None, several) if several.len() > MOST_REQUIREMENTS => {
                return Err(format!(
                    "it acts on more than {MOST_REQUIREMENTS} resource types"
                ));
            }
            (None, several) => {
                self.remarks.push(format!(
                    "`{name}` acts on several resource types; its handler requires the action on each of them, which is \
                     stricter than necessary"
                ));
                let mut entries = Vec::new();
                for resource in several {
                    entries.push(format!(
                        "{name}(resource = {})",
                        self.constructed(resource)?
                    ));
                }
                format!("all({})", entries.join(", "))
            }
        };
        Ok(format!("{requirement}{options}"))
    }

    /// The argument for the whole ARN of a request for `action`, unless the parameter of its name fills it.
    fn whole_arn(&self, action: &Action, parameter: &str) -> Result<Option<String>, String> {
        let value = match &action.whole_arn_from {
            Some(place) => self.read(place, "value")?,
            None => self.variable(parameter)?.to_owned(),
        };
        let field = action.whole_arn_field().unwrap_or_default();
        Ok((field != value).then(|| format!("{field} = {value}")))
    }

    /// Whether a list in the body contains the ids of several resources of this type.
    fn has_list(&self, resource: &ResourceType) -> bool {
        let mut fields = resource.fields.iter();
        fields.any(|field| self.element_of(field).is_some())
    }

    /// The list in the body, and the member of its elements, with the ids for a placeholder.
    fn element_of(&self, field: &Placeholder) -> Option<(&str, Option<&str>)> {
        match self.action.binding(field) {
            Some(Binding::Request(place)) => elements(place.strip_prefix("$.")?),
            _ => None,
        }
    }

    /// The argument of `each` for the resources that a list in the body identifies.
    fn list_argument(&self, resource: &ResourceType) -> Result<String, String> {
        let body = &self.body_variable;
        let fields: Option<Vec<_>> = resource
            .fields
            .iter()
            .map(|field| self.element_of(field))
            .collect();
        let in_one_list = || "its ids are not all in one list".to_owned();
        let fields = fields.ok_or_else(in_one_list)?;
        if let ([field], [(list, None)]) = (resource.fields.as_slice(), fields.as_slice()) {
            let ids = self.read(&format!("$.{list}"), "value")?;
            return Ok(format!("{} = {ids}", field.field()));
        }
        let (list, _) = *fields.first().ok_or_else(in_one_list)?;
        let members: Option<Vec<&str>> = fields
            .iter()
            .map(|(other, member)| member.filter(|_| *other == list))
            .collect();
        let names = members.and_then(|members| self.body.element_fields(list, &members));
        let values: Vec<String> = names
            .ok_or_else(in_one_list)?
            .iter()
            .map(|name| format!("&one.{name}"))
            .collect();
        let list = self.body.expression(body, list).ok_or_else(in_one_list)?;
        Ok(format!(
            "resource = {list}.iter().map(|one| crate::{}::{}::new({})).collect::<Result<Vec<_>, _>>()?",
            self.context.service.module_name(),
            resource.type_name(),
            values.join(", ")
        ))
    }

    /// The argument for a placeholder, unless the parameter of its name fills it.
    fn argument(&self, field: &Placeholder) -> Result<Option<String>, String> {
        Ok(match self.action.binding(field) {
            Some(Binding::Path(parameter)) => {
                let variable = self.variable(parameter)?;
                (variable != field.field()).then(|| variable.to_owned())
            }
            Some(Binding::Request(place)) => Some(self.read(place, "value")?),
            _ => None,
        })
    }

    /// The call of a resource type's constructor.
    fn constructed(&self, resource: &ResourceType) -> Result<String, String> {
        let mut values = Vec::new();
        for field in &resource.fields {
            values.push(match self.action.binding(field) {
                Some(Binding::Path(parameter)) => self.variable(parameter)?.to_owned(),
                Some(Binding::Pinned(value)) => format!("{value:?}"),
                Some(Binding::Request(place)) => match self.read(place, "value")? {
                    body if place.starts_with('$') => format!("&{body}"),
                    query => query,
                },
                _ => return Err(format!("nothing fills `{}`", field.name)),
            });
        }
        Ok(format!(
            "crate::{}::{}::new({})?",
            self.context.service.module_name(),
            resource.type_name(),
            values.join(", ")
        ))
    }

    /// The arguments after the action and its resource.
    fn options(&mut self) -> Result<String, String> {
        let action = self.action;
        let mut options = String::new();
        if action.takes_request_tags() {
            let tags = match &action.request_tags {
                Some(place) => self.read(place, "values")?,
                None => {
                    self.remarks.push(format!(
                        "the catalog does not state where requests for `{}` have their tags; its handler takes none",
                        action.name
                    ));
                    "none".to_owned()
                }
            };
            options.push_str(&format!(", request_tags = {tags}"));
        }
        let mut keys = Vec::new();
        for field in action.key_fields(self.context.service) {
            if !action.required_keys.contains(&field.key.name) {
                continue;
            }
            let one = match field.key.value_type.trim_start_matches("ArrayOf") {
                "Bool" => "bool",
                "Numeric" => "i64",
                "Date" => "std::time::SystemTime",
                "IPAddress" => "std::net::IpAddr",
                _ => "String",
            };
            let value = if field.key.is_list() {
                format!("Vec<{one}>")
            } else {
                one.to_owned()
            };
            keys.push(match field.shape {
                KeyShape::Filled => format!("{} = Vec::<(String, {value})>::new()", field.name),
                _ => format!("{} = None::<{value}>", field.name),
            });
            self.remarks.push(format!(
                "the handler of `{}` must supply the condition key `{}`, which it declares as absent",
                action.name, field.key.name
            ));
        }
        if !keys.is_empty() {
            options.push_str(&format!(", keys({})", keys.join(", ")));
        }
        let dependents = self.dependents();
        if !dependents.is_empty() {
            options.push_str(&format!(", dependents({})", dependents.join(", ")));
        }
        Ok(options)
    }

    /// The entries of `dependents(..)`: those on the resource of the action, on the one that it creates, or on an ARN in the
    /// body. The others need a resource that the catalog does not describe.
    fn dependents(&mut self) -> Vec<String> {
        let action = self.action;
        let service = self.context.service;
        let mut entries = Vec::new();
        for dependent in &action.dependent_actions {
            if dependent.only_with_tags && action.request_tags.is_none() {
                continue;
            }
            let (prefix, name) = dependent.action.split_once(':').unwrap_or_default();
            let known = (prefix == service.prefix)
                .then(|| service.find(name))
                .flatten();
            let is_own = |known: &Action| {
                let own = action.resources.as_slice();
                dependent.resource_from.is_empty()
                    && action.whole_arn.is_none()
                    && matches!(own, [only] if known.resources.contains(only))
            };
            // Another action on the resource with the same ARN, of whatever type it is.
            let acts_on_all = |known: &Action| {
                let mut own = action.resources.iter();
                own.all(|resource| known.resources.contains(resource))
            };
            if let Some(known) = known
                && acts_on_all(known)
                && known.whole_arn_from.is_some()
                && known.whole_arn_from == action.whole_arn_from
                && known.from_request.is_empty()
                && known.required_keys.is_empty()
                && let Some(parameter) = &known.whole_arn
                && let Ok(Some(argument)) = self.whole_arn(known, parameter)
            {
                entries.push(format!("{}({argument})", known.type_name()));
                continue;
            }
            match known {
                Some(known)
                    if known.required_keys.is_empty()
                        && (dependent.resource.is_some() || is_own(known)) =>
                {
                    entries.push(known.type_name().to_owned());
                }
                _ => {
                    let path = match known {
                        Some(known) => known.type_name().to_owned(),
                        None => dependent.action.replace(':', "::").replace('-', "_"),
                    };
                    let arns = self.arns_in_body(dependent);
                    if !arns.is_empty() {
                        entries.extend(arns.iter().map(|argument| format!("{path}({argument})")));
                        self.remarks.push(format!(
                            "the handler of `{}` takes the resources of the dependent action `{}` from the body; adapt the members to it",
                            action.name, dependent.action
                        ));
                        continue;
                    }
                    self.remarks.push(format!(
                        "the handler of `{}` must check the dependent action `{}`, which it declares as not needed",
                        action.name, dependent.action
                    ));
                    entries.push(format!("{path} = none"));
                }
            }
        }
        entries
    }

    /// The members of the body with the ARNs on which an action of a service without a catalog is needed.
    fn arn_members(&self, dependent: &DependentAction) -> Vec<String> {
        let own = format!("{}:", self.context.service.prefix);
        if dependent.action.starts_with(&own) {
            return Vec::new();
        }
        let members = dependent.resource_from.iter();
        // The first part of `ExportJobRequest.RoleArn` is the body.
        let members = members.map(|member| match member.split_once('.') {
            Some((_, inner)) => inner.to_owned(),
            None => member.clone(),
        });
        members.collect()
    }

    /// The arguments with the ARNs in the body on which a dependent action is needed.
    fn arns_in_body(&self, dependent: &DependentAction) -> Vec<String> {
        let mut arguments = Vec::new();
        for member in self.arn_members(dependent) {
            let Some(expression) = self.body.expression(&self.body_variable, &member) else {
                return Vec::new();
            };
            let name = snake_case(member.rsplit('.').next().unwrap_or_default());
            let is_arn = name == "arn" || name.ends_with("_arn");
            let name = if is_arn { &name } else { "resource_arn" };
            arguments.push(format!("{name} = {expression}"));
        }
        arguments
    }

    /// Writes the function.
    fn write(
        &self,
        name: &str,
        attribute: &str,
        names: &[String],
        body_type: &str,
        out: &mut String,
    ) {
        let action = self.action;
        out.push_str(&format!("/// {}\n", one_line(&action.summary)));
        for dependent in &action.dependent_actions {
            out.push_str(&format!(
                "///\n/// Callers also need `{}` {}.\n",
                one_line(&dependent.action),
                one_line(&dependent.when)
            ));
        }
        for remark in &self.remarks {
            out.push_str(&format!("// TODO: {}.\n", one_line(remark)));
        }
        let (response, not_implemented) = match self.context.framework {
            Framework::Axum => ("StatusCode", "StatusCode::NOT_IMPLEMENTED"),
            Framework::Actix => ("HttpResponse", "HttpResponse::NotImplemented().finish()"),
        };
        let mut parameters = Vec::new();
        let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
        match names {
            [] => {}
            [only] => parameters.push(format!("Path({only}): Path<String>")),
            several => {
                let types = vec!["String"; several.len()].join(", ");
                parameters.push(format!("Path(({})): Path<({types})>", several.join(", ")));
            }
        }
        if self.reads_query {
            let query = &self.query_variable;
            used.push(query);
            parameters.push(match self.context.framework {
                Framework::Axum => format!("RawQuery({query}): RawQuery"),
                Framework::Actix => format!("{query}: HttpRequest"),
            });
        }
        if !self.body.is_empty() {
            let body = &self.body_variable;
            used.push(body);
            parameters.push(match self.context.framework {
                Framework::Axum => format!("Json({body}): Json<{body_type}>"),
                Framework::Actix => format!("{body}: web::Json<{body_type}>"),
            });
        }
        out.push_str(&format!("#[requires({attribute})]\n"));
        let one_line = format!(
            "async fn {name}({}) -> {response} {{\n",
            parameters.join(", ")
        );
        if one_line.len() <= 101 {
            out.push_str(&one_line);
        } else {
            out.push_str(&format!("async fn {name}(\n"));
            for parameter in &parameters {
                out.push_str(&format!("    {parameter},\n"));
            }
            out.push_str(&format!(") -> {response} {{\n"));
        }
        match used.as_slice() {
            [] => {}
            [only] => out.push_str(&format!("    let _ = {only};\n")),
            several => out.push_str(&format!("    let _ = ({});\n", several.join(", "))),
        }
        out.push_str(&format!("    {not_implemented}\n}}\n\n"));
    }
}

/// Whether requests for the action identify the resource type by ids outside their path.
fn has_all_ids(action: &Action, resource: &ResourceType) -> bool {
    let mut fields = resource.fields.iter();
    fields.len() > 0
        && fields.all(|field| matches!(action.binding(field), Some(Binding::Request(_))))
}

/// The names of a path's placeholders.
pub(super) fn placeholders(path: &str) -> Vec<&str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

/// How tags are sent at a place, by its name: `tagKeys` is a list of keys.
fn tags_at(place: &str) -> Value {
    let member = place.rsplit(['.', ':']).next().unwrap_or_default();
    if member.to_ascii_lowercase().ends_with("keys") || place.starts_with("query:") {
        Value::TagKeys
    } else {
        Value::Tags
    }
}

/// A value that a placeholder accepts.
fn sample(field: &Placeholder) -> String {
    match &field.accepts {
        pinpoint_iam_catalog::IdFormat::OneOf(names) => names.first().cloned().unwrap_or_default(),
        _ => "sample".to_owned(),
    }
}

/// A text on one line, without characters that compilers reject in comments.
pub(super) fn one_line(text: &str) -> String {
    let is_hidden = |character: char| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|character| !is_hidden(*character))
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}
