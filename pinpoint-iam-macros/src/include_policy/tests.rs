//! Tests of the macro without a compiler: findings in documents, messages and generated code.

use std::path::{Path, PathBuf};

use pinpoint_iam_catalog::{Catalog, SourceFile};
use proc_macro2::TokenStream;
use quote::quote;

use super::*;

const ACCOUNT: &str = "arn:aws:mobiletargeting:us-east-1:123456789012";

fn ui(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/ui/include_policy")
        .join(name)
}

fn expand(arguments: TokenStream) -> String {
    expression(arguments, &|_| Some(ui("pass/some_file.rs"))).to_string()
}

/// The errors in a statement with these members.
fn faults(members: &str) -> Vec<String> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{{{members}}}}}"#);
    let catalog = Catalog::builtin().unwrap();
    findings(catalog, &text, PolicyKind::IdentityManaged)
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

fn statement(actions: &str, resource: &str) -> Vec<String> {
    let resource = resource.replace('~', ACCOUNT);
    faults(&format!(
        r#""Effect":"Allow","Action":{actions},"Resource":"{resource}""#
    ))
}

#[test]
fn the_expansion_holds_the_text_and_names_the_file() {
    let expansion = expand(quote!("reader.json"));
    let path = std::path::absolute(ui("pass/reader.json")).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let literal = |text: &str| proc_macro2::Literal::string(text).to_string();
    let tracked = format!("include_bytes ! ({})", literal(path.to_str().unwrap()));
    assert!(expansion.contains(&tracked), "{expansion}");
    let document = format!("document ({})", literal(&text));
    assert!(expansion.contains(&document), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn without_a_file_the_path_is_relative_to_the_manifest() {
    let expansion = expression(
        quote!("../tests/ui/include_policy/pass/reader.json"),
        &|_| None,
    );
    assert!(
        !expansion.to_string().contains("compile_error"),
        "{expansion}"
    );
}

/// Nothing fails open: an expansion with an error does not contain a document.
#[test]
fn every_failing_case_is_an_error() {
    let mut cases = 0;
    for entry in std::fs::read_dir(ui("fail")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_name().unwrap().to_str().unwrap();
            let file = ui("fail/some_file.rs");
            let expansion = expression(quote!(#name), &|_| Some(file.clone())).to_string();
            assert!(expansion.contains("compile_error"), "{name}");
            assert!(!expansion.contains("pinpoint_iam"), "{name}: {expansion}");
            cases += 1;
        }
    }
    assert!(cases >= 10, "{cases}");
    for arguments in [
        quote!(),
        quote!("reader.json" "boundary"),
        quote!("reader.json", "boundary"),
        quote!("reader.json", kind),
        quote!("reader.json", kind = boundary),
        quote!("reader.json", kind = "boundry"),
        quote!("absent.json", kind = "boundry"),
        quote!(concat!("reader", ".json")),
        quote!(1),
    ] {
        let expansion = expand(arguments);
        assert!(expansion.contains("compile_error"), "{expansion}");
        assert!(!expansion.contains("pinpoint_iam"), "{expansion}");
    }
}

#[test]
fn a_policy_may_be_longer_than_those_of_aws() {
    let sid = "a".repeat(7000);
    let members = format!(
        r#""Sid":"{sid}","Effect":"Allow","Action":"mobiletargeting:GetApp","Resource":"*""#
    );
    assert_eq!(faults(&members), Vec::<String>::new());
}

/// If every name is wrong, all of them are reported, and only the first ones are compared with the catalog.
#[test]
fn the_cost_of_hints_is_limited() {
    let catalog = Catalog::builtin().unwrap();
    let actions: Vec<String> = (0..2_000)
        .map(|number| format!(r#""mobiletargeting:GetAp{number}""#))
        .collect();
    let resources: Vec<String> = (0..2_000)
        .map(|number| format!(r#""{ACCOUNT}:app/a{number}""#))
        .collect();
    for (members, expected) in [
        (
            format!(r#""Action":[{}],"Resource":"*""#, actions.join(",")),
            "see the actions in the catalog of `mobiletargeting`",
        ),
        (
            format!(
                r#""Action":"mobiletargeting:GetApp","Resource":[{}]"#,
                resources.join(",")
            ),
            "see the resource types of the actions in their catalog",
        ),
    ] {
        let text =
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{members}}}}}"#);
        let findings = findings(catalog, &text, PolicyKind::Resource);
        let cheap = |finding: &&Finding| finding.hint == expected;
        let number = findings.iter().filter(cheap).count();
        assert!(
            findings.len() >= 2_000 && number < findings.len(),
            "{number}"
        );
        assert!(
            number > 1_000,
            "{number} of {}: {:?}",
            findings.len(),
            findings.first()
        );
    }
}

/// The errors in the condition keys of a statement, with the catalog of a shelf.
fn condition_faults(members: &str) -> Vec<(String, String, usize)> {
    let file = include_str!("../../../catalog/tests/golden/shelf.toml");
    let catalog = Catalog::load([SourceFile::new("shelf.toml", file)]).unwrap();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*",{members}}}}}"#
    );
    let findings = findings(&catalog, &text, PolicyKind::IdentityManaged).into_iter();
    findings
        .map(|finding| (finding.message, finding.hint, finding.position.column()))
        .collect()
}

#[test]
fn condition_keys_that_no_catalog_defines_are_errors() {
    let condition = |key: &str| {
        condition_faults(&format!(
            r#""Resource":"*","Condition":{{"Null":{{"{key}":"true"}}}}"#
        ))
    };
    for known in [
        "shelf:Genre",
        "Shelf:GENRE",
        "aws:ResourceTag/team",
        "shelf:Notes/print/by.ana.name",
        // The keys of other services, and the global keys of AWS, are not known.
        "aws:ResourceTga/team",
        "aws:NotYetKnown",
        "shelve:Genre",
        "shelf-2:Genre",
        "Genre",
        "token.shelf.example:sub",
    ] {
        assert_eq!(condition(known), [], "{known}");
    }
    for (unknown, hint) in [
        ("shelf:Gernes", "did you mean `shelf:Genre`"),
        ("SHELF:Gnre", "did you mean `shelf:Genre`"),
        (
            "shelf:Note/print/by.ana.name",
            "did you mean `shelf:Notes/${type}/by.${Reader}.name`?",
        ),
        (
            "shelf:Weather",
            "see the condition keys in the catalog of `shelf`",
        ),
        ("shelf:", "did you mean `shelf:"),
        ("shelf:Notes//by.ana.name", "did you mean `shelf:Notes/"),
    ] {
        let faults = condition(unknown);
        let [(message, help, 103)] = faults.as_slice() else {
            panic!("{unknown}: {faults:?}");
        };
        assert_eq!(*message, format!("unknown condition key `{unknown}`"));
        assert!(help.starts_with(hint), "{unknown}: {help}");
    }
}

/// In an `Allow`, only the linter and the authorizer warn.
#[test]
fn a_key_that_no_action_has_is_an_error_in_what_limits_access() {
    let expected = "requests for the statement's actions never have `aws:RequestTag/team`";
    for (effect, kind, is_error) in [
        ("Deny", PolicyKind::IdentityManaged, true),
        ("Allow", PolicyKind::IdentityManaged, false),
        ("Allow", PolicyKind::Boundary, true),
        ("Deny", PolicyKind::ServiceControl, true),
        ("Allow", PolicyKind::ServiceControl, true),
    ] {
        for (action, lacks_key) in [("GetApp", true), ("CreateApp", false)] {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"mobiletargeting:{action}",
                    "Resource":"*","Condition":{{"StringEquals":{{"aws:RequestTag/team":"a"}}}}}}}}"#
            );
            let findings = findings(Catalog::builtin().unwrap(), &text, kind);
            let reports = |finding: &Finding| finding.message.starts_with(expected);
            assert!(findings.iter().all(reports), "{findings:?}");
            let number = usize::from(is_error && lacks_key);
            assert_eq!(findings.len(), number, "{effect} {kind:?} {action}");
        }
    }
}

#[test]
fn policy_variables_are_condition_keys() {
    for members in [
        r#""Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a":["x","${shelf:Gerne}"]}}"#,
        r#""Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalTag/a":"${shelf:Gerne, 'x'}"}}"#,
        r#""Resource":["*","arn:aws:shelf::*:books/${shelf:Gerne}/*"]"#,
        r#""NotResource":"arn:aws:shelf::*:books/${shelf:Gerne}/*""#,
    ] {
        let faults = condition_faults(members);
        let is_it =
            |(message, ..): &&(String, _, _)| message == "unknown condition key `shelf:Gerne`";
        assert_eq!(
            faults.iter().filter(is_it).count(),
            1,
            "{members}: {faults:?}"
        );
        let known = members.replace("Gerne", "Genre");
        assert_eq!(
            condition_faults(&known)
                .iter()
                .filter(|(message, ..)| message.contains("condition key"))
                .count(),
            0
        );
    }
}

#[test]
fn actions() {
    for (actions, expected) in [
        (r#""*""#, None),
        (r#""*:*""#, None),
        (r#""mobiletargeting:GetApp""#, None),
        (r#""MobileTargeting:getapp""#, None),
        (r#""mobiletargeting:*""#, None),
        (r#""mobiletargeting:Get*App""#, None),
        (r#""mobiletargeting:GetAp?""#, None),
        (r#""mobileanalytics:PutEvents""#, None),
        (r#""s3:GetObject""#, None),
        (r#""sms-voice:SendTextMessage""#, None),
        (
            r#""mobiletargeting:GetCampagin""#,
            Some("unknown action `mobiletargeting:GetCampagin`"),
        ),
        (
            r#"["mobiletargeting:GetApp", "mobiletargeting:GetFinancialReports"]"#,
            Some("unknown action `mobiletargeting:GetFinancialReports`"),
        ),
        (
            r#""mobiletargeting:""#,
            Some("unknown action `mobiletargeting:`"),
        ),
        (
            r#""mobiletargeting:Fetch*""#,
            Some("`mobiletargeting:Fetch*` does not match any action"),
        ),
        (r#""mobiletargeting:GetApp?""#, None),
        (
            r#""mobiletargeting:GetApp??""#,
            Some("`mobiletargeting:GetApp??` does not match any action"),
        ),
        // Services whose names resemble those of the catalog are different services, such as AWS's `iotanalytics`.
        (r#""mobiletarget:GetApp""#, None),
        (r#""iotanalytics:*""#, None),
    ] {
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(statement(actions, "*"), expected, "{actions}");
        let negated = faults(&format!(
            r#""Effect":"Deny","NotAction":{actions},"Resource":"*""#
        ));
        assert_eq!(negated, expected, "NotAction {actions}");
    }
}

#[test]
fn resources() {
    const GET_APP: &str = r#""mobiletargeting:GetApp""#;
    const GET_APPS: &str = r#""mobiletargeting:GetApps""#;
    const GET_CAMPAIGN: &str = r#""mobiletargeting:GetCampaign""#;
    const BOTH: &str = r#"["mobiletargeting:GetApp", "mobiletargeting:GetCampaign"]"#;
    const EMAIL: &str = r#""mobiletargeting:GetEmailTemplate""#;
    const OTHER: &str = r#""s3:GetObject""#;
    const MIXED: &str = r#"["s3:GetObject", "mobiletargeting:GetApp"]"#;
    const MISSPELLED: &str = r#"["mobiletargeting:GetCampagin"]"#;
    for (actions, resource, is_met) in [
        (GET_APP, "*", true),
        (GET_APP, "~:apps/a1", true),
        (r#""MobileTargeting:getapp""#, "~:apps/a1", true),
        (r#""mobile*:GetApp""#, "~:apps/a1", true),
        (GET_APP, "~:apps/*", true),
        (GET_APP, "~:*", true),
        (GET_APP, "arn:aws:mobiletargeting:*:*:*", true),
        (GET_APP, "arn:aws:mobiletargeting", true),
        (GET_APP, "arn:aws:mobiletargeting:*:apps/a1", true),
        (GET_APP, "arn:aws:mobiletargeting:*:app/a1", false),
        (GET_APP, "arn:aws-cn:mobiletargeting:::apps/a1", true),
        (GET_APP, "~:apps/${aws:PrincipalTag/app}", true),
        (GET_APP, "~:${aws:PrincipalTag/path}", true),
        (GET_APP, "~:/apps/a1", false),
        (GET_APP, "~:apps/a1/*", false),
        (GET_APP, "~:apps/a1/campaigns/c1", false),
        (GET_APP, "~:app/a1", false),
        (GET_APP, "~:Apps/a1", false),
        (GET_APP, "~:apps/a:1", false),
        (
            GET_APP,
            "arn:aws:mobiletarget:us-east-1:123456789012:apps/a1",
            false,
        ),
        (
            GET_APP,
            "arn:aws:MobileTargeting:us-east-1:123456789012:apps/a1",
            false,
        ),
        (GET_APP, "arn:aws:s3:::apps/a1", false),
        (GET_APPS, "~:apps/*", true),
        (GET_APPS, "~:apps/a1", false),
        (GET_CAMPAIGN, "~:apps/a1", false),
        (GET_CAMPAIGN, "~:apps/a1*", true),
        (GET_CAMPAIGN, "~:apps/a1/segments/*", false),
        (BOTH, "~:apps/a1", true),
        (BOTH, "~:apps/a1/campaigns/c1", true),
        (EMAIL, "~:templates/t1/EMAIL", true),
        (EMAIL, "~:templates/t1/SMS", false),
        (EMAIL, "~:templates/t1/email", false),
        (OTHER, "arn:aws:s3:::reports/*", true),
        (OTHER, "~:apps/a1", true),
        (OTHER, "~:/apps/a1", false),
        (
            OTHER,
            "arn:aws:mobiletarget:us-east-1:123456789012:apps/a1",
            true,
        ),
        (MIXED, "arn:aws:s3:::reports/*", true),
        (MIXED, "~:apps/a1/campaigns/c1", true),
        (MIXED, "~:/apps/a1", false),
        (r#""*""#, "arn:aws:s3:::reports/*", true),
        (r#""*""#, "~:verify-otp", false),
        (r#""*""#, "~:apps/a1/verify-otp", true),
        (r#""mobileanalytics:PutEvents""#, "*", true),
        (
            r#""mobileanalytics:PutEvents""#,
            "arn:aws:mobileanalytics:*:*:*",
            false,
        ),
        (MISSPELLED, "~:apps/a1/campaigns/c1", true),
        (MISSPELLED, "~:/apps/a1/campaigns/c1", false),
    ] {
        let mut faults = statement(actions, resource);
        faults.retain(|fault| fault.contains("does not match any resource"));
        assert_eq!(
            faults.is_empty(),
            is_met,
            "{actions} on {resource}: {faults:?}"
        );
    }
}

#[test]
fn what_is_exempt_is_held_to_the_same() {
    let not_resource = |action: &str, resource: &str| {
        let resource = resource.replace('~', ACCOUNT);
        faults(&format!(
            r#""Effect":"Deny",{action},"NotResource":"{resource}""#
        ))
    };
    let get_app = r#""Action":"mobiletargeting:GetApp""#;
    assert!(not_resource(get_app, "~:apps/a1").is_empty());
    let exempts_nothing = not_resource(get_app, "~:/apps/a1");
    assert_eq!(exempts_nothing.len(), 1);
    assert!(exempts_nothing[0].ends_with(", so it exempts nothing"));
    // The actions of all other services are covered as well.
    let not_get_app = r#""NotAction":"mobiletargeting:GetApp""#;
    assert!(not_resource(not_get_app, "arn:aws:s3:::reports").is_empty());
    assert!(not_resource(not_get_app, "~:apps/a1/campaigns/c1").is_empty());
    assert_eq!(not_resource(not_get_app, "~:/apps/a1").len(), 1);
}

#[test]
fn hints() {
    let hint = |actions: &str, resource: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{actions}","Resource":"{}"}}}}"#,
            resource.replace('~', ACCOUNT)
        );
        let catalog = Catalog::builtin().unwrap();
        let findings = findings(catalog, &text, PolicyKind::IdentityManaged);
        assert_eq!(findings.len(), 1, "{actions} {resource}");
        findings[0].hint.clone()
    };
    let forms = if cfg!(feature = "sms-voice") { 53 } else { 43 };
    let app = "`arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}`";
    for (actions, resource, expected) in [
        (
            "mobiletargeting:GetApp",
            "~:app/a1",
            format!("they act on {app}"),
        ),
        (
            "mobiletargeting:GetApp",
            "~:/apps/a1",
            format!("remove the `/` after the account; they act on {app}"),
        ),
        (
            "mobiletargeting:GetApp",
            "arn:aws:mobiletarget:*:*:apps/a1",
            format!("did you mean the service `mobiletargeting`? they act on {app}"),
        ),
        (
            "s3:GetObject",
            "~:campaign/c1/execution-metrics",
            format!(
                "the actions of the catalogs act on {forms} forms of ARNs, such as {}",
                app.replace("${AppId}", "${AppId}/journeys/${JourneyId}/activities/${JourneyActivityId}/execution-metrics")
            ),
        ),
        (
            "mobiletargeting:GetCampagin*",
            "*",
            "did you mean `mobiletargeting:GetCampaign` or `mobiletargeting:GetCampaigns`?"
                .to_owned(),
        ),
    ] {
        assert_eq!(hint(actions, resource), expected);
    }
}

/// Every resource type of every action matches its own template, with an id for each placeholder.
#[test]
fn every_template_meets_itself() {
    let catalog = Catalog::builtin().unwrap();
    for service in catalog.services() {
        for action in service.actions() {
            for resource in &action.resources {
                let fields = resource.fields.iter();
                let arn = fields.fold(action.arn(resource), |arn, field| {
                    let value = match &field.accepts {
                        pinpoint_iam_catalog::IdFormat::OneOf(values) => values[0].as_str(),
                        _ => "a1",
                    };
                    arn.replace(&format!("${{{}}}", field.name), value)
                });
                let arn = arn
                    .replace("${Partition}", "aws")
                    .replace("${Region}", "us-east-1")
                    .replace("${Account}", "123456789012");
                let name = format!(r#""{}:{}""#, service.prefix, action.name);
                assert!(statement(&name, &arn).is_empty(), "{name} {arn}");
                let star = arn.replace("a1", "*");
                assert!(statement(&name, &star).is_empty(), "{name} {star}");
                let slash = arn.replace("123456789012:", "123456789012:/");
                assert_eq!(statement(&name, &slash).len(), 1, "{name} {slash}");
            }
        }
    }
}

#[test]
fn faults_come_in_the_order_of_the_text() {
    let text = r#"{"Statement": [
        {"Effect": "Allow", "Action": "mobiletargeting:Nothing", "Resource": "arn:x:mobiletargeting:::apps/a1"},
        {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:::/a1"}]}"#;
    let catalog = Catalog::builtin().unwrap();
    let places: Vec<(usize, usize)> = findings(catalog, text, PolicyKind::IdentityManaged)
        .iter()
        .map(|finding| (finding.position.line(), finding.position.column()))
        .collect();
    assert_eq!(places, [(1, 1), (2, 39), (2, 78), (3, 77)]);
}

#[test]
fn a_catalog_of_ones_own_is_held_against_its_own_services() {
    let source = r#"
        format = 1
        [service]
        prefix = "orders"
        name = "Orders"
        [sources.design]
        title = "The design of the service"
        [placeholders.OrderId]
        parameter = "order-id"
        summary = "the id of the order"
        [resources.order]
        arn = "arn:${Partition}:shop:${Region}:${Account}:orders/${OrderId}"
        summary = "One order."
        [actions.GetOrder]
        summary = "Reads one order."
        access-level = "Read"
        resources = ["order"]
        route = "GET /orders/{order-id}"
        success-status = 200
        sources = ["design"]
        lifecycle = { state = "continues" }
    "#;
    let catalog = Catalog::load([SourceFile::new("orders.toml", source)]).unwrap();
    let messages = |action: &str, resource: &str| -> Vec<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{action},"Resource":"{resource}"}}}}"#
        );
        findings(&catalog, &text, PolicyKind::IdentityManaged)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(
        messages(r#""orders:GetOrder""#, "arn:aws:shop:::orders/1"),
        none
    );
    assert_eq!(messages(r#""mobiletargeting:Any""#, "*"), none);
    assert_eq!(messages(r#""*""#, "arn:aws:shop:::orders/1"), none);
    assert_eq!(messages(r#""*""#, "arn:aws:shop:::order/1").len(), 1);
    assert_eq!(messages(r#""orders:GetOrders""#, "*").len(), 1);
}

#[test]
fn a_service_stands_in_its_own_partitions() {
    let source = r#"
        format = 1

        [service]
        prefix = "widgets"
        name = "Widgets"
        partitions = ["acme", "acme-test"]

        [placeholders.ShopId]
        parameter = "shop-id"
        summary = "the shop's number"

        [resources.shop]
        arn = "arn:${Partition}:widgets::${Account}:shops/${ShopId}"
        summary = "One shop."

        [actions.GetShop]
        summary = "Reads one shop."
        resources = ["shop"]
    "#;
    let catalog = Catalog::load([SourceFile::new("widgets.toml", source)])
        .unwrap()
        .beside(Catalog::builtin().unwrap());
    let message = |action: &str, resource: &str| -> Option<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}}}"#
        );
        let findings = findings(&catalog, &text, PolicyKind::IdentityManaged);
        findings.into_iter().next().map(|finding| finding.message)
    };
    let shop = "widgets:GetShop";
    assert_eq!(message(shop, "arn:acme:widgets::tenant-7:shops/*"), None);
    assert_eq!(message(shop, "arn:acme-test:widgets::*:shops/1"), None);
    assert_eq!(message(shop, "arn:*:widgets::*:shops/1"), None);
    // A `Deny` that matches nothing would deny nothing.
    let aws = message(shop, "arn:aws:widgets::tenant-7:shops/*").unwrap();
    assert!(
        aws.contains("does not match any resource of the statement's actions"),
        "{aws}"
    );
    let region = message(shop, "arn:acme:widgets:us-east-1:tenant-7:shops/*").unwrap();
    assert!(region.contains("does not match any resource"), "{region}");
    let unknown = message(shop, "arn:acmee:widgets::tenant-7:shops/*").unwrap();
    assert!(unknown.contains("unknown partition `acmee`"), "{unknown}");
    // The built-in services belong to AWS, and are available in addition.
    assert_eq!(
        message(
            "mobiletargeting:GetApp",
            "arn:aws:mobiletargeting:*:*:apps/a1"
        ),
        None
    );
    assert_eq!(message("widget:GetShop", "arn:aws:widget:::shops/1"), None);
}

/// Whether there is an error must not depend on which catalogs a crate happens to have.
#[test]
fn a_name_that_resembles_that_of_a_service_is_another_name() {
    let source = r#"
        format = 1

        [service]
        prefix = "sns"
        name = "Notifications"

        [placeholders.Topic]
        parameter = "topic"
        summary = "the name of the topic"

        [resources.topic]
        arn = "arn:${Partition}:sns:${Region}:${Account}:${Topic}"
        summary = "One topic."

        [actions.Publish]
        summary = "Publishes a message."
        resources = ["topic"]
    "#;
    let catalog = Catalog::load([SourceFile::new("sns.toml", source)])
        .unwrap()
        .beside(Catalog::builtin().unwrap());
    let messages = |action: &str, resource: &str| -> Vec<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}}}"#
        );
        let findings = findings(&catalog, &text, PolicyKind::IdentityManaged);
        findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    let none: [String; 0] = [];
    for (action, resource) in [
        ("sqs:SendMessage", "*"),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:us-east-1:123456789012:queue",
        ),
        ("ses:*", "arn:aws:ses:us-east-1:123456789012:identity/a"),
        ("sns:Publish", "arn:aws:sns:us-east-1:123456789012:topic"),
        ("*", "arn:aws:sqs:us-east-1:123456789012:queue"),
    ] {
        assert_eq!(messages(action, resource), none, "{action} {resource}");
    }
    // It is still an error if the action does not act on an ARN of another service.
    assert_eq!(
        messages("sns:Publish", "arn:aws:sqs:us-east-1:123456789012:queue").len(),
        1
    );
}

/// A catalog cannot reject a form that its service completes.
#[test]
fn a_form_that_a_service_completes_is_not_compared() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
        "Action":["mobiletargeting:GetApp","execute-api:Invoke"],"Resource":["*","execute-api:/*"]}}"#;
    let catalog = Catalog::builtin().unwrap();
    assert_eq!(findings(catalog, text, PolicyKind::Resource).len(), 0);
    assert_eq!(findings(catalog, text, PolicyKind::Session).len(), 2);
}
