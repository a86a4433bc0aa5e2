//! The handlers of a fictional application, and its routes.

use pinpoint_iam::mobiletargeting::Action;
use pinpoint_iam::web::{
    Access, ActionRequirement, BindingSource, Declaration, FieldBinding, MountedRoute, Requirement,
    ResourceBinding, RouteTable,
};

pub(crate) const fn handler(name: &'static str, access: Access) -> Declaration {
    Declaration {
        handler: name,
        module_path: "api::campaigns",
        file: "src\\api\\campaigns.rs",
        line: 7,
        access,
        path_parameters: &[],
    }
}

const fn requires(name: &'static str, requirement: Requirement) -> Declaration {
    handler(
        name,
        Access::Requires {
            requirement,
            after_body: false,
        },
    )
}

const fn on(action: Action, resource: ResourceBinding) -> Requirement {
    Requirement::Action(ActionRequirement {
        action: action.metadata(),
        keys: &[],
        dependents: &[],
        resource,
    })
}

const fn from(field: &'static str, from: BindingSource) -> FieldBinding {
    FieldBinding { field, from }
}

const IN_PROJECT: ResourceBinding = ResourceBinding::Fields(&[from(
    "application_id",
    BindingSource::Parameter("application_id"),
)]);

const ON_CAMPAIGN: ResourceBinding = ResourceBinding::Fields(&[
    from("application_id", BindingSource::Parameter("application_id")),
    from("campaign_id", BindingSource::Expression("path.id")),
]);

const ON_SEGMENT: ResourceBinding = ResourceBinding::Fields(&[
    from("application_id", BindingSource::Parameter("application_id")),
    from("segment_id", BindingSource::Parameter("segment_id")),
]);

const ON_TEMPLATE: ResourceBinding = ResourceBinding::Fields(&[
    from("template_name", BindingSource::Parameter("template_name")),
    from("template_type", BindingSource::Pinned("EMAIL")),
]);

pub(crate) static GET_APP: Declaration = requires("get_app", on(Action::GetApp, IN_PROJECT));
pub(crate) static GET_CAMPAIGN: Declaration =
    requires("get_campaign", on(Action::GetCampaign, ON_CAMPAIGN));
pub(crate) static GET_APPS: Declaration =
    requires("get_apps", on(Action::GetApps, ResourceBinding::All));
pub(crate) static VERIFY: Declaration = requires(
    "verify",
    on(Action::PhoneNumberValidate, ResourceBinding::All),
);
pub(crate) static GET_TEMPLATE: Declaration =
    requires("get_template", on(Action::GetEmailTemplate, ON_TEMPLATE));
pub(crate) static LIST_TAGS: Declaration = requires(
    "list_tags",
    on(
        Action::ListTagsForResource,
        ResourceBinding::WholeArn("resource_arn"),
    ),
);
pub(crate) static BOTH: Declaration = requires(
    "both",
    Requirement::All(&[
        on(Action::GetCampaign, ON_CAMPAIGN),
        on(Action::GetSegment, ON_SEGMENT),
    ]),
);
pub(crate) static EITHER: Declaration = requires(
    "either",
    Requirement::Any(&[
        on(Action::GetCampaign, ON_CAMPAIGN),
        on(Action::GetApp, IN_PROJECT),
    ]),
);
pub(crate) static NESTED: Declaration = handler(
    "nested",
    Access::Requires {
        requirement: Requirement::All(&[
            on(Action::DeleteCampaign, ON_CAMPAIGN),
            Requirement::Any(&[
                on(Action::GetSegment, ON_SEGMENT),
                on(Action::GetApps, ResourceBinding::All),
            ]),
        ]),
        after_body: true,
    },
);
pub(crate) static OTHER: Declaration = requires("other", on(Action::UpdateSegment, ON_SEGMENT));
pub(crate) static HEALTH: Declaration = handler(
    "health",
    Access::Public {
        reason: "asked by the load balancer",
    },
);

pub(crate) fn route(
    method: &'static str,
    path: &'static str,
    declaration: &'static Declaration,
) -> MountedRoute {
    MountedRoute {
        method,
        path: path.into(),
        declaration,
    }
}

pub(crate) fn routes() -> RouteTable {
    const CAMPAIGN: &str = "/v1/apps/{application-id}/campaigns/{campaign-id}";
    RouteTable::new([
        route("GET", "/v1/apps/{application-id}", &GET_APP),
        route("GET", CAMPAIGN, &GET_CAMPAIGN),
        route("GET", "/v1/apps", &GET_APPS),
        route("POST", "/v1/phone/number/validate", &VERIFY),
        route("GET", "/v1/templates/{template-name}/email", &GET_TEMPLATE),
        route("GET", "/v1/tags/{resource-arn}", &LIST_TAGS),
        route("GET", "/both", &BOTH),
        route("GET", "/either", &EITHER),
        route("DELETE", CAMPAIGN, &NESTED),
        route("GET", "/health", &HEALTH),
    ])
}
