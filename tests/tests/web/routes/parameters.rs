//! Errors about handler parameters that do not match the placeholders of the route.

use pinpoint_iam::action::TypedAction;
use pinpoint_iam::mobiletargeting::actions::GetCampaign;
use pinpoint_iam::web::{
    Access, ActionRequirement, Annotated, BindingSource, Declaration, FieldBinding, MountedRoute,
    PathParameter, Requirement, ResourceBinding, RouteTable,
};

/// A handler with its own declaration, which has the form of a composition of actions.
#[expect(non_camel_case_types, reason = "named like the function beside it")]
pub(crate) struct several {}

pub(crate) async fn several(_: pinpoint_iam::web::Authorized<several, ()>) {}

const GET_CAMPAIGN: ActionRequirement = ActionRequirement {
    action: GetCampaign::METADATA,
    keys: &[],
    dependents: &[],
    resource: ResourceBinding::Fields(&[
        FieldBinding {
            field: "application_id",
            from: BindingSource::Parameter("application_id"),
        },
        FieldBinding {
            field: "campaign_id",
            from: BindingSource::Parameter("campaign_id"),
        },
    ]),
};

impl Annotated for several {
    type Access = pinpoint_iam::__private::GuardedAccess;

    fn declaration() -> &'static Declaration {
        static DECLARATION: Declaration = Declaration {
            handler: "several",
            module_path: module_path!(),
            file: file!(),
            line: line!(),
            access: Access::Requires {
                requirement: Requirement::All(&[
                    Requirement::Action(GET_CAMPAIGN),
                    Requirement::Action(GET_CAMPAIGN),
                ]),
                after_body: false,
            },
            path_parameters: &[],
        };
        &DECLARATION
    }
}

impl pinpoint_iam::web::Requires<()> for several {
    type Sealed = pinpoint_iam::__private::Generated;

    fn check(guard: &pinpoint_iam::Guard<'_>, (): &()) -> Result<(), pinpoint_iam::Denied> {
        guard.check(
            pinpoint_iam::mobileanalytics::actions::PutEvents,
            &pinpoint_iam::AllResources,
        )
    }
}

/// A handler that extracts these parameters from its path, and binds the ids of a campaign by name.
macro_rules! taking {
    ($parameter:expr) => {{
        static DECLARATION: Declaration = Declaration {
            handler: "get_campaign",
            module_path: module_path!(),
            file: file!(),
            line: line!(),
            access: Access::Requires {
                requirement: Requirement::Action(GET_CAMPAIGN),
                after_body: false,
            },
            path_parameters: &[$parameter],
        };
        &DECLARATION
    }};
}

/// Returns the errors of a handler at a path.
fn at(path: &'static str, declaration: &'static Declaration) -> Vec<String> {
    let table = RouteTable::new([MountedRoute {
        method: "GET",
        path: path.into(),
        declaration,
    }]);
    match table.check() {
        Ok(()) => Vec::new(),
        Err(faults) => faults
            .iter()
            .map(|fault| format!("{}; {}", fault.message(), fault.hint()))
            .collect(),
    }
}

#[test]
fn a_tuple_names_the_placeholders_in_their_order() {
    let in_order = taking!(PathParameter::Tuple(&["application_id", "campaign_id"]));
    let swapped = taking!(PathParameter::Tuple(&["campaign_id", "application_id"]));
    let one_of_others = taking!(PathParameter::Tuple(&["application_id", ""]));
    let short = taking!(PathParameter::Tuple(&["application_id"]));
    let path = "/v1/apps/{application-id}/campaigns/{campaign-id}";
    assert_eq!(at(path, in_order), [""; 0]);
    assert_eq!(at("/{application_id}/{campaign_id}", in_order), [""; 0]);
    assert_eq!(at("/{application-id}/{other}", one_of_others), [""; 0]);
    assert_eq!(
        at(path, swapped),
        [format!(
            "`Path((campaign_id, application_id))` has another order than the placeholders of `{path}`, and `Path` fills a tuple by position; write `Path((application_id, campaign_id))`"
        )]
    );
    assert_eq!(
        at("/{campaign-id}/{application-id}", in_order).len(),
        1,
        "the order of an override counts"
    );
    assert_eq!(
        at(path, short),
        [format!(
            "`Path` expects 1 placeholders, but the path `{path}` has 2; write `Path((application_id, campaign_id))`"
        )]
    );
    assert_eq!(
        at("/{application-id}/{campaign}", in_order),
        [
            "the handler needs the placeholder `{campaign-id}`, which the path `/{application-id}/{campaign}` does not have; write `{campaign-id}` in the path"
        ]
    );
}

#[test]
fn a_single_name_is_the_only_placeholder() {
    let bound = taking!(PathParameter::Single("application_id"));
    let free = taking!(PathParameter::Single("ids"));
    assert_eq!(at("/{application-id}", bound), [""; 0]);
    assert_eq!(at("/{application-id}/{campaign-id}", free), [""; 0]);
    assert_eq!(
        at("/{application-id}/{campaign-id}", bound),
        [
            "`Path(application_id)` expects a path with one placeholder, but `/{application-id}/{campaign-id}` has 2; bind all of them, as in `Path((application_id, campaign_id))`"
        ]
    );
    for path in ["/", "/{campaign-id}", "/{x}/{y}"] {
        let found = at(path, bound);
        assert_eq!(found.len(), 1, "{path}");
        assert!(
            found[0].contains("needs the placeholder `{application-id}`"),
            "{found:?}"
        );
    }
}

#[test]
fn fields_are_placeholders_in_any_order() {
    let named = taking!(PathParameter::Named(&["campaign_id", "application_id"]));
    assert_eq!(at("/{application-id}/{campaign_id}/{x}", named), [""; 0]);
    let found = at("/{application-id}", named);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(
            "the path `/{application-id}` has no placeholder for the field `campaign_id`; "
        ),
        "{found:?}"
    );
}
