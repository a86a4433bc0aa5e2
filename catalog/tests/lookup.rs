//! Looks up names in the built-in catalog.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use pinpoint_iam_catalog::{Binding, Catalog, IdFormat, SourceFile};

/// The error for a name that is not similar to any service.
const UNKNOWN_SERVICE: &str = if cfg!(feature = "sms-voice") {
    "unknown service `s3`; did you mean `mobiletargeting`, `mobileanalytics` or `sms_voice`?"
} else {
    "unknown service `s3`; did you mean `mobiletargeting` or `mobileanalytics`?"
};

fn catalog() -> &'static Catalog {
    Catalog::builtin().unwrap()
}

#[test]
fn a_bare_name_belongs_to_the_first_service() {
    let (service, action) = catalog().resolve(None, "GetReports").unwrap();
    assert_eq!(service.prefix, "mobiletargeting");
    assert_eq!(action.name, "GetReports");
    let (service, _) = catalog()
        .resolve(Some("mobileanalytics"), "GetReports")
        .unwrap();
    assert_eq!(service.prefix, "mobileanalytics");
}

#[test]
fn a_name_that_is_no_action_comes_with_a_hint() {
    for (service, name, message) in [
        (
            None,
            "GetCampagin",
            "unknown action `GetCampagin`; did you mean `GetCampaign` or `GetCampaigns`?",
        ),
        (
            None,
            "getCampaign",
            "unknown action `getCampaign`; write `GetCampaign`",
        ),
        (
            None,
            "GetUser",
            "unknown action `GetUser`; it was renamed to `GetUserEndpoints`",
        ),
        (
            None,
            "GetFinancialReports",
            "unknown action `GetFinancialReports`; write `mobileanalytics::GetFinancialReports`",
        ),
        (
            Some("mobileanalytics"),
            "PutEvnts",
            "unknown action `PutEvnts`; did you mean `mobileanalytics::PutEvents`?",
        ),
        (
            Some("mobileanalytics"),
            "GetCampaign",
            "unknown action `GetCampaign`; write `GetCampaign`",
        ),
        (
            Some("mobiletargetting"),
            "GetCampaign",
            "unknown service `mobiletargetting`; did you mean `mobiletargeting`?",
        ),
        (Some("s3"), "GetObject", UNKNOWN_SERVICE),
        (
            None,
            "Teleport",
            "unknown action `Teleport`; see the actions in the catalog of `mobiletargeting`",
        ),
        (
            None,
            "",
            "unknown action ``; see the actions in the catalog of `mobiletargeting`",
        ),
    ] {
        let error = catalog().resolve(service, name).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.name(), name);
    }
    let nothing = Catalog::load([]).unwrap();
    assert_eq!(
        nothing
            .resolve(None, "GetCampaign")
            .unwrap_err()
            .to_string(),
        "unknown action `GetCampaign`: the crate has no catalog; add a catalog file"
    );
}

#[test]
fn wildcards_list_actions_in_order() {
    let service = catalog().default_service().unwrap();
    let names = |pattern| {
        service
            .actions_matching(pattern)
            .map(|action| action.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("getcampaign*"),
        [
            "GetCampaign",
            "GetCampaignActivities",
            "GetCampaignDateRangeKpi",
            "GetCampaignVersion",
            "GetCampaignVersions",
            "GetCampaigns"
        ]
    );
    assert_eq!(names("?etApp"), ["GetApp"]);
    assert_eq!(names("*").len(), service.actions().len());
    assert!(names("Nothing*").is_empty());
}

#[test]
fn resource_types_are_found_by_either_name() {
    let service = catalog().default_service().unwrap();
    let metrics = service.resource("campaign-metrics").unwrap();
    assert_eq!(metrics.type_name(), "CampaignMetrics");
    assert_eq!(
        service.resource_by_type_name("CampaignMetrics"),
        Some(metrics)
    );
    assert!(service.resource("CampaignMetrics").is_none());
    assert!(service.condition_key("AWS:tagkeys").is_some());
}

#[test]
fn every_placeholder_knows_where_its_value_comes_from() {
    let service = catalog().default_service().unwrap();
    let bindings = |name: &str| {
        let action = service.action(name).unwrap();
        let fields = action
            .resources
            .iter()
            .flat_map(|resource| &resource.fields);
        fields
            .map(|field| action.binding(field))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        bindings("GetEmailTemplate"),
        [
            Some(Binding::Path("template-name")),
            Some(Binding::Pinned("EMAIL"))
        ]
    );
    assert_eq!(
        bindings("TagResource").first(),
        Some(&Some(Binding::WholeArn("resource-arn")))
    );
    for action in service.actions() {
        if action.route.is_some() {
            assert!(
                bindings(&action.name).iter().all(Option::is_some),
                "{}",
                action.name
            );
        }
    }
}

#[test]
fn ids_that_applications_choose_are_opaque() {
    let service = catalog().default_service().unwrap();
    for (resource, field) in [("user", "user_id"), ("endpoint", "endpoint_id")] {
        let resource = service.resource(resource).unwrap();
        let opaque = resource
            .fields
            .iter()
            .find(|placeholder| placeholder.field() == field)
            .unwrap();
        assert_eq!(opaque.accepts, IdFormat::Opaque);
    }
}

#[test]
fn bare_names_belong_to_every_loaded_service() {
    let file = |prefix: &str, actions: &str| {
        let text = format!("format = 1\n[service]\nprefix = \"{prefix}\"\nname = \"X\"\n{actions}");
        SourceFile::new(format!("{prefix}.toml"), text)
    };
    let own = Catalog::load([
        file(
            "a-b",
            "[actions.Get]\nsummary = \"x\"\n[actions.Both]\nsummary = \"x\"",
        ),
        file(
            "c",
            "[actions.Put]\nsummary = \"x\"\n[actions.Both]\nsummary = \"x\"",
        ),
        file("mobileanalytics", "[actions.Own]\nsummary = \"x\""),
    ])
    .unwrap();
    let all = own.beside(catalog());
    let resolve = |module, name| match all.resolve(module, name) {
        Ok((service, action)) => format!("{}:{}", service.prefix, action.name),
        Err(error) => error.to_string(),
    };
    for (module, name, found) in [
        (None, "Get", "a-b:Get"),
        (None, "Put", "c:Put"),
        (Some("a_b"), "Get", "a-b:Get"),
        (Some("c"), "Both", "c:Both"),
        (
            None,
            "Both",
            "ambiguous action `Both`: several services have it; write `a_b::Both` or `c::Both`",
        ),
        (None, "both", "unknown action `both`; write `a_b::Both`"),
        // Built-in services are also available, and are suggested.
        (Some("mobiletargeting"), "GetApp", "mobiletargeting:GetApp"),
        (
            None,
            "GetApp",
            "unknown action `GetApp`; write `mobiletargeting::GetApp`",
        ),
        (Some("a_b"), "Put", "unknown action `Put`; write `Put`"),
        // The crate's own service replaces the built-in one.
        (Some("mobileanalytics"), "Own", "mobileanalytics:Own"),
        (
            Some("a-b"),
            "Get",
            "unknown service `a-b`; did you mean `a_b`?",
        ),
        (
            None,
            "Teleport",
            "unknown action `Teleport`; see the actions in the catalogs of `a-b`, `c` and `mobileanalytics`",
        ),
    ] {
        assert_eq!(resolve(module, name), found);
    }
    assert_eq!(all.services().len(), catalog().services().len() + 2);
    // Without own services, the built-in services are unchanged.
    let builtin = Catalog::load([]).unwrap().beside(catalog());
    assert!(builtin.resolve(None, "GetReports").is_ok());
}
