//! Explanations: every statement, which part of it matched or not, and why.

#![expect(clippy::expect_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::TypedAction;
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::{AccessDenied, Decision, reference};
use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Policy, PolicyStack, Principal};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const CAMPAIGN: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";

fn policy(name: &str, statements: &str) -> Policy {
    let document =
        format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{statements}\n  ]\n}}");
    Policy::new(
        name,
        document.parse::<Document>().expect("a valid document"),
    )
}

fn reader() -> Policy {
    policy(
        "reader.json",
        r#"    {"Sid": "Read", "Effect": "Allow", "Action": ["mobiletargeting:List*", "mobiletargeting:Get*"],
     "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/app}/*"},
    {"Effect": "Allow", "NotAction": "mobiletargeting:GetCampaign", "Resource": "*"},
    {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:mobiletargeting:*:*:apps/a1*",
     "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}}"#,
    )
}

fn ask<'a>(principal: &'a Principal, action: &'a str, context: &'a Context) -> Request<'a> {
    let arn = Arn::parse(CAMPAIGN).expect("an ARN");
    let action = RequestedAction::parse(action).expect("an action");
    Request::new(principal, action, RequestedResource::Arn(arn), context)
}

#[test]
fn a_tree_shows_which_part_matched_and_why() {
    let ana = Principal::from_arn(ANA)
        .expect("a user")
        .with_tag("app", "a1");
    let mut context = Context::new();
    context.insert("aws:SourceIp", "203.0.113.9");
    let identity = [reader()];
    let boundary = [policy(
        "boundary.json",
        r#"    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
    )];
    let stack = PolicyStack {
        identity: &identity,
        permissions_boundary: Some(&boundary),
        ..PolicyStack::default()
    };
    let request = ask(&ana, "mobiletargeting:GetCampaign", &context);
    let explanation = reference::explain(&stack, &request);
    let expected = "\
denied: no permissions boundary allows it
  principal arn:aws:iam::123456789012:user/ana
  action    mobiletargeting:GetCampaign
  resource  arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1
resource-based policy: none
identity-based policy
  reader.json
    statement 1 `Read`, line 4: Allow matches
      ✔ Action `mobiletargeting:Get*` covers `mobiletargeting:GetCampaign`
      ✔ Resource `arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/app}/*` covers \
`arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1`
    statement 2, line 6: Allow does not match
      ✘ NotAction `mobiletargeting:GetCampaign` covers `mobiletargeting:GetCampaign`
      ✔ Resource `*` covers `arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1`
    statement 3, line 7: Deny does not match
      ✔ Action `*` covers `mobiletargeting:GetCampaign`
      ✘ NotResource `arn:aws:mobiletargeting:*:*:apps/a1*` covers \
`arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1`
      ✔ Condition `IpAddress`: `aws:SourceIp` is `203.0.113.9`, which is in `203.0.113.0/24`
permissions boundary
  boundary.json
    statement 1, line 4: Allow does not match
      ✘ Action no pattern matches `mobiletargeting:GetCampaign`
          `s3:*` is for the service `s3`, not `mobiletargeting`
      ✔ Resource `*` covers `arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1`
";
    assert_eq!(explanation.to_string(), expected);
    assert_eq!(
        reference::decide(&stack, &request)
            .into_decision()
            .is_allowed(),
        explanation.allowed
    );

    let data = serde_json::to_value(&explanation).expect("data");
    assert_eq!(data["allowed"], false);
    assert_eq!(
        data["layers"][1]["policies"][0]["statements"][0]["parts"][1]["element"],
        "Resource"
    );
    assert_eq!(
        data["layers"][1]["policies"][0]["statements"][2]["effect"],
        "Deny"
    );
    assert_eq!(
        data["layers"][1]["policies"][0]["statements"][2]["matches"],
        "false"
    );
}

#[test]
fn what_is_not_known_yet_is_named() {
    let ana = Principal::from_arn(ANA).expect("a user");
    let mut context = Context::new();
    context.insert_unknown("aws:ResourceTag/");
    let identity = [policy(
        "tagged.json",
        r#"    {"Effect": "Allow", "Action": "*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/team": "growth", "aws:ResourceTag/stage": "live"}}}"#,
    )];
    let stack = PolicyStack {
        identity: &identity,
        ..PolicyStack::default()
    };
    let explanation =
        reference::explain(&stack, &ask(&ana, "mobiletargeting:GetCampaign", &context));
    assert!(!explanation.allowed);
    assert_eq!(
        explanation.needs,
        ["aws:ResourceTag/stage", "aws:ResourceTag/team"]
    );
    let text = explanation.to_string();
    assert!(
        text.starts_with(
            "denied: undecided without `aws:ResourceTag/stage`, `aws:ResourceTag/team`\n"
        ),
        "{text}"
    );
    assert!(text.contains("Allow may match"), "{text}");
    assert!(text.contains("? Condition `StringEquals`: "), "{text}");
}

#[test]
fn text_of_a_request_stays_on_its_line() {
    let ana = Principal::from_arn(ANA)
        .expect("a user")
        .with_tag("team", "a`b\ndenied: forged");
    let context = Context::new();
    let identity = [policy(
        "team.json",
        r#"    {"Effect": "Allow", "Action": "*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:PrincipalTag/team": "growth"}}}"#,
    )];
    let stack = PolicyStack {
        identity: &identity,
        ..PolicyStack::default()
    };
    let text =
        reference::explain(&stack, &ask(&ana, "mobiletargeting:GetCampaign", &context)).to_string();
    assert!(
        !text.lines().any(|line| line.starts_with("denied: forged")),
        "{text}"
    );
}

/// A policy can contain any character, if it is escaped.
#[test]
fn text_of_a_policy_stays_on_its_line() {
    let ana = Principal::from_arn(ANA).expect("a user");
    let context = Context::new();
    let identity = [policy(
        "forged.json",
        r#"    {"Sid": "a\nallowed: b", "Effect": "Deny", "Action": "mobiletargeting:*\u0000", "Resource": "*"},
    {"Sid": "a\nallowed: b", "Effect": "Deny", "Action": "*", "Resource": ["arn:*:\u2028", "arn:*"],
     "Condition": {"Null": {"aws:Key\n": "true"}}}"#,
    )];
    let stack = PolicyStack {
        identity: &identity,
        ..PolicyStack::default()
    };
    let request = ask(&ana, "mobiletargeting:GetCampaign", &context);
    let explanation = reference::explain(&stack, &request).to_string();
    assert!(explanation.contains(r"`a\u{a}allowed: b`"), "{explanation}");
    assert!(
        !explanation.lines().any(|line| line.starts_with("allowed")),
        "{explanation}"
    );
    let decision = reference::decide(&stack, &request).into_decision();
    let Decision::Deny(by) = &decision else {
        panic!("{decision}");
    };
    for text in [decision.to_string(), by.to_string(), explanation] {
        let forged = |character: char| character.is_control() && character != '\n';
        assert!(
            !text.contains(forged) && !text.contains('\u{2028}'),
            "{text}"
        );
        assert!(!text.contains("a\nallowed"), "{text}");
    }
}

/// "Nothing covers" lists the patterns that were tried, and why each of them failed.
#[test]
fn patterns_that_do_not_match_are_listed_with_the_reason() {
    let ana = Principal::from_arn(ANA).expect("a user");
    let mut context = Context::new();
    context.insert_unknown("aws:RequestTag/");
    let many = (0..10)
        .map(|number| format!(r#""s{number}:*""#))
        .collect::<Vec<_>>()
        .join(", ");
    let statements = format!(
        r#"    {{"Effect": "Allow", "Action": ["mobiletargeting:List*", "mobile*:*"], "Resource": [
        "arn:aws-cn:mobiletargeting:*:*:*", "arn:aws:s3:*:*:*", "arn:aws:mobiletargeting:eu-*:*:*",
        "arn:aws:mobiletargeting:*:999999999999:*", "arn:aws:mobiletargeting:*:*:/apps/*",
        "arn:aws:mobiletargeting:*:${{aws:PrincipalAccount}}:*", "arn:aws:s3:*", "execute-api:/*"]}},
    {{"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:mobiletargeting:*:*:apps/a2/*"}},
    {{"Effect": "Allow", "Action": [{many}], "Resource": "*"}}"#
    );
    let identity = [policy("many.json", &statements)];
    let stack = PolicyStack {
        identity: &identity,
        ..PolicyStack::default()
    };
    let request = ask(&ana, "mobiletargeting:GetCampaign", &context);
    let explanation = reference::explain(&stack, &request);
    let text = explanation.to_string();
    for expected in [
        "`mobiletargeting:List*` has another action name\n",
        "`mobile*:*` has a wildcard in its service prefix; prefix-wildcard: ",
        "`arn:aws-cn:mobiletargeting:*:*:*` has another partition: `aws-cn`, not `aws`\n",
        "`arn:aws:s3:*:*:*` has another service: `s3`, not `mobiletargeting`\n",
        "`arn:aws:mobiletargeting:eu-*:*:*` has another region: `eu-*`, not `us-east-1`\n",
        "`arn:aws:mobiletargeting:*:999999999999:*` has another account: `999999999999`, not `123456789012`\n",
        "`arn:aws:mobiletargeting:*:*:/apps/*` has another resource: `/apps/*`, not `apps/a1/campaigns/c1`; leading-slash: ",
        "has another account: `${aws`, not `123456789012`; early-variable: ",
        "`arn:aws:s3:*` does not match\n",
        "`execute-api:/*` does not match; service-short-form: ",
        "`s7:*` is for the service `s7`, not `mobiletargeting`\n          and 2 more\n",
    ] {
        assert!(text.contains(expected), "{expected} {text}");
    }
    // A part that matches lists nothing.
    let parts = &explanation.layers[1].policies[0].statements[1].parts;
    assert!(parts.iter().all(|part| part.tried.is_empty()), "{parts:?}");

    let action = RequestedAction::parse("mobiletargeting:GetCampaign").expect("an action");
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    let text = reference::explain(&stack, &request).to_string();
    assert!(
        text.contains("only `*` covers an action without resource types"),
        "{text}"
    );
}

/// Service and actions refer to each other.
#[test]
fn metadata_and_denials_have_a_debug_form() {
    let action = <GetCampaign as TypedAction>::METADATA;
    assert!(format!("{action:?}").contains("ServiceMetadata(mobiletargeting)"));
    assert_eq!(
        format!("{:?}", action.service),
        "ServiceMetadata(mobiletargeting)"
    );
}

/// AWS's message for each policy type.
#[test]
fn the_access_denied_sentence_names_the_type_of_policy() {
    let ana = Principal::from_arn(ANA).expect("a user");
    let context = Context::new();
    let allow = policy(
        "allow",
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
    );
    let other = policy(
        "other",
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
    );
    let deny = policy(
        "deny",
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
    );
    let deny_everyone = policy(
        "deny",
        r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#,
    );
    let (allowing, others, denying) = ([allow.clone()], [other.clone()], [deny.clone()]);
    let (allowing_levels, other_levels, denying_levels) = (
        [vec![allow.clone()]],
        [vec![other.clone()]],
        [vec![deny.clone()]],
    );
    let base = PolicyStack {
        identity: &allowing,
        ..PolicyStack::default()
    };
    let sentence = |stack: &PolicyStack<'_>| {
        let request = ask(&ana, "mobiletargeting:GetCampaign", &context);
        match reference::decide(stack, &request).into_decision() {
            Decision::Deny(by) => AccessDenied::new(&request, &by).to_string(),
            Decision::Allow(by) => format!("allowed {by}"),
        }
    };
    let start = format!(
        "User: {ANA} is not authorized to perform: mobiletargeting:GetCampaign on resource: {CAMPAIGN} "
    );
    let cases: [(PolicyStack<'_>, &str); 13] = [
        (
            PolicyStack {
                identity: &[],
                ..base
            },
            "because no identity-based policy allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                identity: &denying,
                ..base
            },
            "with an explicit deny in an identity-based policy",
        ),
        (
            PolicyStack {
                permissions_boundary: Some(&others),
                ..base
            },
            "because no permissions boundary allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                permissions_boundary: Some(&denying),
                ..base
            },
            "with an explicit deny in a permissions boundary",
        ),
        (
            PolicyStack {
                session: Some(&others),
                ..base
            },
            "because no session policy allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                session: Some(&denying),
                ..base
            },
            "with an explicit deny in a session policy",
        ),
        (
            PolicyStack {
                service_control: &other_levels,
                ..base
            },
            "because no service control policy allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                service_control: &denying_levels,
                ..base
            },
            "with an explicit deny in a service control policy",
        ),
        (
            PolicyStack {
                resource_control: &other_levels,
                ..base
            },
            "because no resource control policy allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                resource_control: &denying_levels,
                ..base
            },
            "with an explicit deny in a resource control policy",
        ),
        (
            PolicyStack {
                vpc_endpoint: Some(&other),
                ..base
            },
            "because no VPC endpoint policy allows the mobiletargeting:GetCampaign action",
        ),
        (
            PolicyStack {
                vpc_endpoint: Some(&deny),
                ..base
            },
            "with an explicit deny in a VPC endpoint policy",
        ),
        (
            PolicyStack {
                resource: Some(&deny_everyone),
                ..base
            },
            "with an explicit deny in a resource-based policy",
        ),
    ];
    for (stack, end) in &cases {
        assert_eq!(sentence(stack), format!("{start}{end}"));
    }
    let allowed = PolicyStack {
        service_control: &allowing_levels,
        ..base
    };
    assert_eq!(
        sentence(&allowed),
        "allowed by statement 1 of the identity-based policy `allow`"
    );

    // The message for a caller of another account does not contain a reason.
    let bob = Principal::from_arn("arn:aws:iam::999988887777:user/bob").expect("a user");
    let request = ask(&bob, "mobiletargeting:GetCampaign", &context);
    let Decision::Deny(by) = reference::decide(&base, &request).into_decision() else {
        panic!("Bob is allowed");
    };
    assert_eq!(
        AccessDenied::new(&request, &by).to_string(),
        format!(
            "User: arn:aws:iam::999988887777:user/bob is not authorized to perform: mobiletargeting:GetCampaign on resource: {CAMPAIGN}"
        )
    );
}
