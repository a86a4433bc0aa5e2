//! The rules for placeholders and resource types.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;

use super::{Scope, one_of, within};
use crate::error::Reporter;
use crate::model::{IdFormat, Placeholder, ResourceType};
use crate::names;
use crate::reader::entries::{ActionEntry, PlaceholderEntry, ResourceEntry, Text};
use crate::template::{ArnTemplate, Component};

/// The maximum length of a name in a closed list, in bytes: the same as for an identifier.
const MAX_VALUE_LENGTH: usize = 128;

pub(super) fn placeholder(entry: PlaceholderEntry, scope: &Scope<'_>) -> Option<Placeholder> {
    let PlaceholderEntry {
        name,
        parameter,
        accepts,
        values,
        summary,
    } = entry;
    let mut good = true;
    if !names::is_capitalized(name.get_ref()) {
        scope.report(
            &name.span(),
            format!("`{}` cannot be the name of a placeholder", name.get_ref()),
            "use ASCII letters and digits, a capital letter first, as in `AppId`",
        );
        good = false;
    }
    let parameter = parameter.filter(|parameter| check_parameter(parameter, scope));
    let accepts = check_accepts(&name, accepts.as_ref(), &values, scope);
    let placeholder = Placeholder {
        name: name.into_inner(),
        parameter: parameter?.into_inner(),
        accepts: accepts?,
        summary: summary?.into_inner(),
    };
    good.then_some(placeholder)
}

/// Reports a parameter that is not valid as a Rust argument.
fn check_parameter(parameter: &Text, scope: &Scope<'_>) -> bool {
    let text = parameter.get_ref();
    let field = names::snake_case(text);
    if !names::is_kebab_case(text) {
        scope.report(
            &parameter.span(),
            format!("`{text}` cannot be the name of a path parameter"),
            "use lower-case letters, digits and single hyphens, a letter first",
        );
        return false;
    }
    if names::is_taken_by_resources(&field) {
        scope.report(
            &parameter.span(),
            format!(
                "the path parameter `{text}` would become the Rust name `{field}`, which is taken"
            ),
            format!("name the id, as in `{text}-id`"),
        );
        return false;
    }
    true
}

fn check_accepts(
    name: &Text,
    accepts: Option<&Text>,
    values: &[Text],
    scope: &Scope<'_>,
) -> Option<IdFormat> {
    let Some(accepts) = accepts else {
        return if values.is_empty() {
            Some(IdFormat::Identifier)
        } else {
            check_values(name, values, scope)
        };
    };
    if !values.is_empty() {
        scope.report(
            &accepts.span(),
            format!(
                "the placeholder `{}` has both `accepts` and `values`",
                name.get_ref()
            ),
            "keep one of them",
        );
        return None;
    }
    if !one_of(accepts, "kind of values", &["identifier", "opaque"], scope) {
        return None;
    }
    Some(match accepts.get_ref().as_str() {
        "opaque" => IdFormat::Opaque,
        _ => IdFormat::Identifier,
    })
}

fn check_values(name: &Text, values: &[Text], scope: &Scope<'_>) -> Option<IdFormat> {
    let mut good = true;
    for (index, value) in values.iter().enumerate() {
        let text = value.get_ref();
        let stands_in_arn = text.len() <= MAX_VALUE_LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && text != "."
            && text != "..";
        if !stands_in_arn {
            scope.report(
                &value.span(),
                format!("`{text}` cannot be a value of `{}`", name.get_ref()),
                format!("use at most {MAX_VALUE_LENGTH} ASCII letters, digits, `-`, `_` and `.`"),
            );
            good = false;
        }
        let before = values.iter().take(index);
        if before
            .into_iter()
            .any(|other| other.get_ref().eq_ignore_ascii_case(text))
        {
            scope.report(
                &value.span(),
                format!("the value `{text}` of `{}` is listed twice", name.get_ref()),
                "values are compared without case: name each once",
            );
            good = false;
        }
    }
    good.then(|| IdFormat::OneOf(values.iter().map(|value| value.get_ref().clone()).collect()))
}

pub(super) fn resource_type(entry: ResourceEntry, scope: &Scope<'_>) -> Option<ResourceType> {
    let type_name = entry.type_name();
    let ResourceEntry {
        name,
        summary,
        arn,
        type_name: written_type_name,
        condition_keys,
    } = entry;
    let mut good = true;
    if !names::is_kebab_case(name.get_ref()) {
        scope.report(
            &name.span(),
            format!("`{}` cannot be the name of a resource type", name.get_ref()),
            "use lower-case letters, digits and single hyphens, as in `campaign-metrics`",
        );
        good = false;
    }
    good &= check_type_name(written_type_name.as_ref(), scope);
    let arn = arn.and_then(|arn| template(&arn, scope));
    let condition_keys = scope
        .condition_keys
        .resolve_all(&condition_keys, scope.reporter);
    let (arn, fields) = arn?;
    let resource = ResourceType {
        name: name.into_inner(),
        type_name,
        summary: summary?.into_inner(),
        arn,
        fields,
        condition_keys: condition_keys?,
    };
    good.then_some(resource)
}

fn template(arn: &Text, scope: &Scope<'_>) -> Option<(ArnTemplate, Vec<Arc<Placeholder>>)> {
    let parsed = match ArnTemplate::parse(arn.get_ref()) {
        Ok(parsed) => parsed,
        Err(faults) => {
            for fault in faults {
                scope.report(&within(arn, &fault.range), fault.message, fault.hint);
            }
            return None;
        }
    };
    let partition_is_known = check_partition(arn, &parsed.template.partition, scope);
    let resolved: Vec<Option<Arc<Placeholder>>> = parsed
        .placeholders
        .iter()
        .map(|(name, range)| {
            let reference = Spanned::new(within(arn, range), name.clone());
            let name = scope.placeholders.resolve(&reference, scope.reporter)?;
            scope.checked_placeholders.get(&name).cloned()
        })
        .collect();
    let fields: Vec<Arc<Placeholder>> = resolved.into_iter().collect::<Option<_>>()?;
    for (index, field) in fields.iter().enumerate() {
        let before = fields.iter().take(index);
        let same = before
            .into_iter()
            .find(|other| other.parameter == field.parameter);
        if let Some(same) = same {
            scope.report(
                &arn.span(),
                format!(
                    "the placeholders `{}` and `{}` are filled by the same path parameter `{}`",
                    same.name, field.name, field.parameter
                ),
                "give each its own `parameter`",
            );
            return None;
        }
    }
    partition_is_known.then_some((parsed.template, fields))
}

/// A fixed partition must be one of the service's partitions.
fn check_partition(arn: &Text, partition: &Component, scope: &Scope<'_>) -> bool {
    let Component::Fixed(name) = partition else {
        return true;
    };
    let is_known = if scope.partitions.is_empty() {
        name == "aws" || name.starts_with("aws-")
    } else {
        scope.partitions.contains(name)
    };
    if !is_known {
        let start = "arn:".len();
        let hint = if scope.partitions.is_empty() {
            format!("name it in `[service]`: `partitions = [\"{name}\"]`")
        } else {
            format!("write {}", names::list(&scope.partitions))
        };
        scope.report(
            &within(arn, &(start..start + name.len())),
            format!("the service has no partition `{name}`"),
            hint,
        );
    }
    is_known
}

/// Reports a `type-name` that is not a valid type name.
pub(super) fn check_type_name(written: Option<&Text>, scope: &Scope<'_>) -> bool {
    let Some(written) = written else { return true };
    let good = names::is_capitalized(written.get_ref());
    if !good {
        scope.report(
            &written.span(),
            format!("`{}` cannot be the name of a type", written.get_ref()),
            "use ASCII letters and digits, a capital letter first, as in `CampaignMetrics`",
        );
    }
    good
}

/// The types generated for a service's actions and resource types share one namespace.
pub(super) fn check_type_names(
    resources: &[ResourceEntry],
    actions: &[ActionEntry],
    reporter: &Reporter<'_>,
) {
    let mut types: BTreeMap<String, (&str, &Text)> = BTreeMap::new();
    // Other names have already been reported.
    let has_type = |action: &&ActionEntry| {
        action.type_name.is_some() || names::is_capitalized(action.name.get_ref())
    };
    let actions = actions
        .iter()
        .filter(has_type)
        .map(|action| ("action", action.type_name(), &action.name));
    let keyed = resources.iter().filter(|resource| {
        let mut keys = resource.condition_keys.iter();
        keys.any(|key| !names::is_request_tag(key.get_ref()))
    });
    let resources = resources
        .iter()
        .map(|resource| ("resource type", resource.type_name(), &resource.name));
    // The names of the generated structs of condition keys.
    let keys = keyed.map(|resource| {
        let type_name = names::keys_type_name(&resource.type_name());
        ("struct of the keys of", type_name, &resource.name)
    });
    for (kind, type_name, name) in actions.chain(resources).chain(keys) {
        let (first_kind, first) = *types.entry(type_name.clone()).or_insert((kind, name));
        let taken_by = if names::is_in_prelude(&type_name) {
            "Rust's prelude".to_owned()
        } else if names::is_taken_type_name(&type_name) {
            "the generated code".to_owned()
        } else if std::ptr::eq(first, name) {
            continue;
        } else {
            format!("the {first_kind} `{}`", first.get_ref())
        };
        reporter.report(
            &name.span(),
            format!(
                "the {kind} `{}` would become the Rust type `{type_name}`, which is taken by {taken_by}",
                name.get_ref()
            ),
            "give it another one: `type-name = \"…\"`",
        );
    }
}
