//! Sample ids for the placeholders of a path.

use std::fmt::Write as _;

use crate::action::ActionMetadata;
use crate::arn::Scope;
use crate::guard::is_parameter;
use crate::resource::{Field, IdFormat, ResourceTypeMetadata};
use crate::web::{BindingSource, MountedRoute, ResourceBinding};

/// The default sample. It is valid for every service, because ids can always contain letters.
const SAMPLE: &str = "sample";

/// Returns an id for the placeholder `name` of `route`, valid for the resources of its handler's actions.
pub(super) fn sample(route: &MountedRoute, name: &str, scope: &Scope) -> String {
    let requirement = route.declaration.requirement();
    let actions = requirement.map(|requirement| requirement.actions());
    let required = actions.into_iter().flatten().flat_map(|required| {
        let dependents = required.dependents.iter();
        let dependents = dependents.map(|dependent| (dependent.action, &dependent.resource));
        std::iter::once((required.action, &required.resource)).chain(dependents)
    });
    let known = { required }.find_map(|(action, resource)| {
        let is_whole_arn = match resource {
            ResourceBinding::WholeArn(parameter) => is_parameter(name, parameter),
            _ => false,
        };
        if is_whole_arn || action.whole_arn == Some(name) {
            return arn(action, scope);
        }
        let field = match resource {
            // A parameter may have a different name from the field that it fills.
            ResourceBinding::Fields(bindings) => bindings
                .iter()
                .find(|binding| {
                    matches!(binding.from, BindingSource::Parameter(parameter) if is_parameter(name, parameter))
                })
                .map_or(name, |binding| binding.field),
            _ => name,
        };
        let types = action.resource_types.iter();
        let mut fields = types.flat_map(|resource_type| resource_type.fields);
        fields
            .find(|other| is_parameter(field, other.name))
            .map(|field| value(action, field).to_owned())
    });
    known.unwrap_or_else(|| SAMPLE.to_owned())
}

/// Returns the ARN of a sample resource of the action.
fn arn(action: &ActionMetadata, scope: &Scope) -> Option<String> {
    if !action.has_catalog() {
        let service = action.service.prefix;
        let (partition, account) = (scope.partition(), scope.account());
        return Some(format!("arn:{partition}:{service}::{account}:{SAMPLE}"));
    }
    let resource_type: &'static ResourceTypeMetadata = action.resource_types.first()?;
    let fields = resource_type.fields.iter();
    let values: Vec<&str> = fields.map(|field| value(action, field)).collect();
    let part = resource_type.fill(&values).ok()?;
    Some(resource_type.requested(&part, scope).to_string())
}

fn value(action: &ActionMetadata, field: &Field) -> &'static str {
    let mut pinned = action.pinned.iter();
    if let Some((_, value)) = pinned.find(|(placeholder, _)| *placeholder == field.placeholder) {
        return value;
    }
    match field.accepts {
        IdFormat::OneOf(names) => names.first().copied().unwrap_or(SAMPLE),
        IdFormat::Identifier | IdFormat::Opaque => SAMPLE,
    }
}

/// Percent-encodes a value for one segment of a path.
pub(super) fn escaped(value: &str) -> String {
    let mut segment = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}
