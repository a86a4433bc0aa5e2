//! The values for the placeholders of an action's resource types.

use std::sync::Arc;

use super::Scope;
use super::place::{is_place, is_place_of_ids};
use crate::model::{IdFormat, Placeholder, ResourceType, Route};
use crate::names;
use crate::reader::entries::Text;

/// The sources of the values for the placeholders of an action's resource types.
pub(super) struct Bindings<'a> {
    pub(super) action: &'a Text,
    pub(super) resources: &'a [Arc<ResourceType>],
    pub(super) route: Option<&'a Route>,
    pub(super) pinned: &'a [(Text, Text)],
    pub(super) from_request: &'a [(Text, Text)],
    pub(super) whole_arn: Option<&'a Text>,
    pub(super) whole_arn_from: Option<&'a Text>,
    /// The position at which a placeholder without a value is reported.
    pub(super) place: &'a Text,
}

impl Bindings<'_> {
    pub(super) fn check(&self, scope: &Scope<'_>) -> bool {
        let mut good = true;
        for (placeholder, value) in self.pinned {
            good &= self.check_pinned(placeholder, value, scope);
        }
        for (placeholder, place) in self.from_request {
            good &= self.is_known(placeholder, scope) & is_place_of_ids(place, scope);
        }
        match (self.whole_arn, self.whole_arn_from) {
            (Some(parameter), None) => return good & self.check_whole_arn(parameter, scope),
            (name, Some(place)) => return good & self.check_whole_arn_from(name, place, scope),
            (None, None) => {}
        }
        let Some(route) = self.route else { return good };
        for resource in self.resources {
            for field in &resource.fields {
                good &= self.check_field(resource, field, route, scope);
            }
        }
        good
    }

    fn check_field(
        &self,
        resource: &ResourceType,
        field: &Placeholder,
        route: &Route,
        scope: &Scope<'_>,
    ) -> bool {
        let in_path = route
            .parameters()
            .any(|parameter| parameter == field.parameter);
        let names = |entries: &[(Text, Text)]| {
            let mut entries = entries.iter();
            entries.any(|(name, _)| *name.get_ref() == field.name)
        };
        let (pinned, from_request) = (names(self.pinned), names(self.from_request));
        match (in_path, pinned, from_request) {
            (false, false, false) => scope.report(
                &self.place.span(),
                format!(
                    "nothing fills the placeholder `{}` of the resource type `{}` when `{}` is called",
                    field.name,
                    resource.name,
                    self.action.get_ref()
                ),
                format!(
                    "put `{{{parameter}}}` into the path, pin it: `pinned = {{ {name} = \"…\" }}`, or say where else it \
                     stands: `from-request = {{ {name} = \"$.…\" }}`",
                    parameter = field.parameter,
                    name = field.name
                ),
            ),
            (true, false, true) => scope.report(
                &self.place.span(),
                format!(
                    "the placeholder `{}` of `{}` is in the path and elsewhere",
                    field.name,
                    self.action.get_ref()
                ),
                "keep one of them",
            ),
            (_, true, true) => scope.report(
                &self.place.span(),
                format!(
                    "the placeholder `{}` of `{}` is pinned and is also in the request",
                    field.name,
                    self.action.get_ref()
                ),
                "keep one of them",
            ),
            (true, true, false) => scope.report(
                &self.place.span(),
                format!(
                    "the placeholder `{}` of `{}` is pinned and is also in the path",
                    field.name,
                    self.action.get_ref()
                ),
                "keep one of them",
            ),
            _ => return true,
        }
        false
    }

    /// Whether one of the resource types has the placeholder; reports it otherwise.
    fn is_known(&self, placeholder: &Text, scope: &Scope<'_>) -> bool {
        self.field(placeholder, scope).is_some()
    }

    /// The placeholder that a key names; reports placeholders that no resource type has.
    fn field(&self, placeholder: &Text, scope: &Scope<'_>) -> Option<&Placeholder> {
        let fields = || self.resources.iter().flat_map(|resource| &resource.fields);
        let found = fields().find(|field| field.name == *placeholder.get_ref());
        if found.is_none() {
            let near = scope.reporter.nearest(
                placeholder.get_ref(),
                fields().map(|field| field.name.as_str()),
            );
            scope.report(
                &placeholder.span(),
                format!(
                    "no resource type of `{}` has a placeholder `{}`",
                    self.action.get_ref(),
                    placeholder.get_ref()
                ),
                names::did_you_mean(&near).unwrap_or_else(|| "leave it out".to_owned()),
            );
        }
        found.map(AsRef::as_ref)
    }

    fn check_pinned(&self, placeholder: &Text, value: &Text, scope: &Scope<'_>) -> bool {
        let Some(field) = self.field(placeholder, scope) else {
            return false;
        };
        let (good, hint) = match &field.accepts {
            IdFormat::OneOf(values) => (
                values.contains(value.get_ref()),
                format!("write {}", names::list(values)),
            ),
            IdFormat::Identifier | IdFormat::Opaque => (
                value
                    .get_ref()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
                "use ASCII letters, digits, `-`, `_` and `.`".to_owned(),
            ),
        };
        if !good {
            scope.report(
                &value.span(),
                format!(
                    "the placeholder `{}` does not take the value `{}`",
                    field.name,
                    value.get_ref()
                ),
                hint,
            );
        }
        good
    }

    fn check_whole_arn(&self, parameter: &Text, scope: &Scope<'_>) -> bool {
        let name = parameter.get_ref();
        let Some(route) = self.route else {
            scope.report(
                &parameter.span(),
                format!(
                    "`whole-arn` of `{}` names a path parameter, and the action has no route",
                    self.action.get_ref()
                ),
                "add the `route`, state where else the ARN is: `whole-arn-from = \"$.…\"`, or leave `whole-arn` out",
            );
            return false;
        };
        let parameters: Vec<&str> = route.parameters().collect();
        if !parameters.contains(&name.as_str()) {
            let near = scope.reporter.nearest(name, parameters.iter().copied());
            scope.report(
                &parameter.span(),
                format!(
                    "the path of `{}` has no parameter `{name}`",
                    self.action.get_ref()
                ),
                names::did_you_mean(&near)
                    .unwrap_or_else(|| format!("put `{{{name}}}` into the path")),
            );
            return false;
        }
        let has_values = !self.pinned.is_empty() || !self.from_request.is_empty();
        if self.resources.is_empty() || has_values {
            scope.report(
                &parameter.span(),
                format!(
                    "`whole-arn` of `{}` needs resource types, and no values for placeholders",
                    self.action.get_ref()
                ),
                "the ARN identifies the resource: list its possible resource types",
            );
            return false;
        }
        true
    }

    /// An ARN in the body. Further resource types of the action can be identified by their ids.
    fn check_whole_arn_from(&self, name: Option<&Text>, place: &Text, scope: &Scope<'_>) -> bool {
        let mut good = is_place(place, "a whole ARN", scope);
        let mut report = |message: &str, hint: &str| {
            scope.report(
                &place.span(),
                format!("`whole-arn-from` of `{}` {message}", self.action.get_ref()),
                hint,
            );
            good = false;
        };
        if self.route.is_some() {
            report(
                "is for actions without a route",
                "leave it out, and write the parameter of the path as `whole-arn`",
            );
        }
        if self.resources.is_empty() || !self.pinned.is_empty() {
            report(
                "needs resource types, and no pinned placeholders",
                "the ARN identifies the resource: list its possible resource types",
            );
        }
        match name {
            None => report(
                "needs a name for the ARN",
                "write `whole-arn = \"resource-arn\"`",
            ),
            Some(name) if !Placeholder::can_be_filled_by(name.get_ref()) => report(
                &format!(
                    "has the name `{}`, which is not valid or reserved",
                    name.get_ref()
                ),
                "write `whole-arn` in lower-case words with hyphens, as in `resource-arn`",
            ),
            Some(_) => {}
        }
        good
    }
}
