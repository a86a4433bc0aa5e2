//! Doc comments of the generated items.
//!
//! Editors show them on hover, and documentation sites cannot link to generated source code. The comments therefore
//! contain the facts of the catalog.

use crate::model::{
    Action, ConditionKey, IdFormat, KeyField, KeyShape, LifecycleState, Placeholder, ResourceType,
    Service,
};

pub(super) fn action_enum(service: &Service) -> String {
    let mut text = format!("An action of {}.", plain(&service.name));
    text.push_str(&format!(
        "\n\nDisplayed and serialized as policies write it, `{}:` and the name. Read without regard to upper and lower \
         case, with or without the prefix.",
        service.prefix
    ));
    link(&mut text, service.documentation.as_deref());
    text
}

/// The facts about the action in one line.
pub(super) fn action_variant(action: &Action) -> String {
    let mut row: Vec<String> = Vec::new();
    if let Some(level) = action.access_level {
        row.push(format!("access level **{}**", level.name()));
    }
    if let Some(route) = &action.route {
        row.push(format!("`{} {}`", route.method, route.path));
    }
    row.push(format!("acts on {}", resource_links(action, None)));
    format!(
        "{}\n\n{}.",
        plain(&action.summary),
        capitalized(&row.join("; "))
    )
}

/// All facts about the action.
pub(super) fn action_type(action: &Action) -> String {
    let mut text = plain(&action.summary);
    text.push('\n');
    let mut item = |name: &str, value: String| text.push_str(&format!("\n- {name}: {value}"));
    if action.name != action.type_name() {
        item("Name in policies", format!("`{}`", action.name));
    }
    item(
        "Access level",
        match action.access_level {
            Some(level) => format!("**{}**", level.name()),
            None => "no source mentions it".to_owned(),
        },
    );
    match &action.route {
        Some(route) => item(
            "Route",
            format!(
                "`{} {}`, answered with {} on success",
                route.method, route.path, route.success_status
            ),
        ),
        None => match &action.target {
            Some(target) => item("Operation", format!("`X-Amz-Target: {target}`")),
            None => item("Route", "none, the action has no API operation".to_owned()),
        },
    }
    item("Acts on", resource_links(action, Some("super::resources")));
    for resource in &action.resources {
        item("ARN", format!("`{}`", resource.arn));
    }
    for (placeholder, value) in &action.pinned {
        item("Fixed", format!("`{placeholder}` is `{value}`"));
    }
    for (placeholder, place) in &action.from_request {
        item("In the request", format!("`{placeholder}` is `{place}`"));
    }
    match (&action.whole_arn, &action.whole_arn_from) {
        (_, Some(place)) => item("Names the resource", format!("`{place}`, a whole ARN")),
        (Some(parameter), None) => item(
            "Names the resource",
            format!("the path parameter `{parameter}`, a whole ARN"),
        ),
        (None, None) => {}
    }
    if !action.condition_keys.is_empty() {
        item("Condition keys", code_list(&action.condition_keys));
    }
    if let Some(place) = &action.request_tags {
        item("Request tags", format!("`{place}`"));
    }
    for dependent in &action.dependent_actions {
        item(
            "Also needs",
            format!("`{}` {}", dependent.action, plain(&dependent.when)),
        );
    }
    item(
        "Lifecycle",
        match (&action.lifecycle.state, &action.lifecycle.ended) {
            (LifecycleState::Continues, _) => "continues".to_owned(),
            (LifecycleState::Unclear, _) => "unclear, no source mentions it".to_owned(),
            (LifecycleState::Ended, Some(date)) => format!("ended on {date}"),
            (LifecycleState::Ended, None) => "ended".to_owned(),
        },
    );
    if !action.former_names.is_empty() {
        item("Former names", code_list(&action.former_names));
    }
    if action.undocumented {
        item("Undocumented", "no reference lists the action".to_owned());
    }
    if let Some(note) = &action.note {
        text.push_str(&format!("\n\n{}", plain(note)));
    }
    link(&mut text, action.documentation.as_deref());
    text
}

pub(super) fn resource_type(resource: &ResourceType) -> String {
    let mut text = format!("{}\n\n- ARN: `{}`", plain(&resource.summary), resource.arn);
    if !resource.condition_keys.is_empty() {
        text.push_str(&format!(
            "\n- Condition keys: {}",
            code_list(&resource.condition_keys)
        ));
    }
    text
}

/// The struct of a resource type's condition keys.
pub(super) fn resource_keys(resource: &ResourceType) -> String {
    format!(
        "The condition keys of a [`{0}`](super::resources::{0}), for `AuthorizerBuilder::resource_keys`.\n\n\
         Every key has to be supplied. `None` means that the key is absent.",
        resource.type_name()
    )
}

/// A field of the struct of a resource type's condition keys.
pub(super) fn key_field(field: &KeyField<'_>) -> String {
    let key = field.key;
    let mut text = format!("`{}`: {}", key.name, plain(&key.summary));
    match field.shape {
        KeyShape::Tags => {}
        KeyShape::Named => text.push_str(&format!("\n\nType: {}.", key.value_type)),
        KeyShape::Filled => text.push_str(&format!(
            "\n\nType: {}. Each element is the complete name of a key, as the function \
             `condition_keys::{}` returns it, with its value.",
            key.value_type,
            key.rust_name()
        )),
    }
    text
}

pub(super) fn constructor(resource: &ResourceType) -> String {
    let arn = format!("`{}`", resource.arn);
    if resource.fields.is_empty() {
        return format!(
            "The resource {arn}.\n\n# Errors\n\nNone: the ARN has no ids. The signature is that of every resource type."
        );
    }
    let mut text = format!("The resource {arn} with these ids.\n\n# Errors\n\n");
    text.push_str(
        "Returns an error that names the first id that is not valid in the ARN. Valid are:\n",
    );
    for field in &resource.fields {
        text.push_str(&format!(
            "\n- `{}`, {}: {}",
            field.field(),
            plain(&field.summary),
            accepted(&field.accepts)
        ));
    }
    text
}

pub(super) fn from_ids(resource: &ResourceType) -> String {
    format!(
        "The resource `{}` with these ids, as [`new`](Self::new) makes it, but each id is given by its name.\n\n\
         # Errors\n\nAs [`new`](Self::new).",
        resource.arn
    )
}

pub(super) fn ids(resource: &ResourceType) -> String {
    format!("The ids in `{}`.", resource.arn)
}

pub(super) fn id(placeholder: &Placeholder) -> String {
    format!("{}.", capitalized(&plain(&placeholder.summary)))
}

/// The values that a field accepts, and the reason.
fn accepted(accepts: &IdFormat) -> String {
    match accepts {
        IdFormat::Identifier => {
            "an [identifier](::pinpoint_iam::resource::IdFormat::Identifier), made of characters that mean nothing else \
             in ARNs and policies, so that it fills its own place and no other"
                .to_owned()
        }
        IdFormat::Opaque => {
            "[any text](::pinpoint_iam::resource::IdFormat::Opaque), because applications choose these ids; in the ARN it \
             is percent-encoded, so that it fills its own place and no other"
                .to_owned()
        }
        IdFormat::OneOf(values) => {
            format!(
                "one of {}, in this spelling or in lower case",
                code_list(values)
            )
        }
    }
}

pub(super) fn any(resource: &ResourceType) -> String {
    format!(
        "Every resource of this type, for a policy: `{}`.",
        pattern(resource, 0)
    )
}

pub(super) fn any_in(resource: &ResourceType, last: &str) -> String {
    format!(
        "The resources of this type with any `{last}`, for a policy: `{}`.\n\n# Errors\n\nNames the first id that cannot \
         stand in the ARN, as [`new`](Self::new) does.",
        pattern(resource, resource.fields.len().saturating_sub(1))
    )
}

/// The template with `*` for the placeholders from index `first`.
fn pattern(resource: &ResourceType, first: usize) -> String {
    resource
        .fields
        .iter()
        .skip(first)
        .fold(resource.arn.text.clone(), |text, field| {
            text.replace(&format!("${{{}}}", field.name), "*")
        })
}

pub(super) fn accessor(placeholder: &Placeholder) -> String {
    let text = id(placeholder);
    match placeholder.accepts {
        IdFormat::Opaque => format!("{text}\n\nAs the application knows it, decoded."),
        IdFormat::Identifier | IdFormat::OneOf(_) => text,
    }
}

pub(super) fn condition_key(key: &ConditionKey) -> String {
    format!(
        "{}\n\n`{}`, of the type `{}`.",
        plain(&key.summary),
        key.name,
        key.value_type
    )
}

/// Links to the resource types, which are in `module` or, without a module, in scope.
fn resource_links(action: &Action, module: Option<&str>) -> String {
    if action.resources.is_empty() {
        return "no single resource: the policy's resource has to be `*`".to_owned();
    }
    let links: Vec<String> = action
        .resources
        .iter()
        .map(|resource| resource.type_name())
        .map(|name| match module {
            Some(module) => format!("[`{name}`]({module}::{name})"),
            None => format!("[`{name}`]"),
        })
        .collect();
    links.join(", ")
}

fn code_list<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    names.join(", ")
}

fn link(text: &mut String, documentation: Option<&str>) {
    if let Some(documentation) = documentation {
        text.push_str(&format!("\n\nDocumentation: <{documentation}>"));
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(characters)
        .collect()
}

/// A string of the catalog, in which only backticks have a meaning in Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '`' => in_code = !in_code,
            '[' | ']' | '<' | '>' | '*' | '\\' if !in_code => out.push('\\'),
            _ => {}
        }
        out.push(character);
    }
    out
}

pub(super) fn columns(resource: &ResourceType) -> String {
    format!(
        "The columns that contain the ids and condition keys of `{}`. It has no default, so that a key that is added to \
         the catalog does not compile until it has a column.",
        resource.arn
    )
}

pub(super) fn id_column(placeholder: &Placeholder) -> String {
    format!(
        "The column of {}. It is never NULL.",
        plain(&placeholder.summary)
    )
}

pub(super) fn key_column(field: &KeyField<'_>) -> String {
    format!("`{}`: {}", field.key.name, plain(&field.key.summary))
}
