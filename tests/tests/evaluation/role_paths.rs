//! The paths of users and roles, in principals and in the policy source.

use pinpoint_iam::context::{ConditionKey, Context, ContextLookup};
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::reference;
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Arn, Authorizer, Policy, PolicyStack, Principal, Scope};

/// Returns an authorizer for an account with one user or role. It may read campaigns unless its path starts with
/// `contractors`.
fn authorizer(arn: &str) -> Result<Authorizer, Box<dyn std::error::Error>> {
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/contractors/*", "arn:aws:iam::*:user/contractors/*"]}}}
        ]}"#,
    )?;
    let mut store = PolicyStore::new();
    store.identity(arn)?.attach(Policy::new("reader", document));
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    Ok(Authorizer::builder().scope(scope).source(store).build()?)
}

fn may_read(
    authorizer: &Authorizer,
    principal: &Principal,
) -> Result<bool, Box<dyn std::error::Error>> {
    let context = Context::new();
    let campaign = Campaign::new("a1", "c1")?;
    Ok(authorizer
        .guard(principal, &context)
        .check(GetCampaign, &campaign)
        .is_ok())
}

#[test]
fn the_source_knows_the_path_of_a_role() -> Result<(), Box<dyn std::error::Error>> {
    let session = Principal::from_arn("arn:aws:sts::123456789012:assumed-role/worker/night")?;
    let contractors = authorizer("arn:aws:iam::123456789012:role/contractors/worker")?;
    let employees = authorizer("arn:aws:iam::123456789012:role/employees/worker")?;
    assert!(
        !may_read(&contractors, &session)?,
        "the deny names the path of the role"
    );
    assert!(may_read(&employees, &session)?);
    Ok(())
}

/// The decision and the explanation come from two evaluators. Both must look up the principal in the same way.
fn is_explained_as_allowed(
    authorizer: &Authorizer,
    principal: &Principal,
) -> Result<bool, Box<dyn std::error::Error>> {
    let context = Context::new();
    let action = RequestedAction::parse("mobiletargeting:GetCampaign")?;
    let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";
    let resource = RequestedResource::Arn(Arn::parse(arn)?);
    let request = Request::new(principal, action, resource, &context);
    Ok(authorizer.explain(&request).allowed)
}

/// The user in the source, the caller, and whether the request is allowed.
#[test]
fn a_path_must_be_the_path_in_the_source() -> Result<(), Box<dyn std::error::Error>> {
    let cases = [
        ("admin", "admin", true),
        ("employees/admin", "employees/admin", true),
        // A user name from a login form that was inserted into an ARN.
        ("admin", "evil/admin", false),
        ("admin", "evil/deep/admin", false),
        ("admin", "admin/admin", false),
        ("employees/admin", "evil/admin", false),
        ("employees/admin", "employees/evil/admin", false),
        ("employees/admin", "evil/employees/admin", false),
        ("employees/admin", "Employees/admin", false),
        ("employees/admin", "employees/Admin", false),
        // A caller without a path has the path from the source, also for a `Deny`.
        ("employees/admin", "admin", true),
        ("contractors/admin", "admin", false),
        // Another path does not circumvent the `Deny`.
        ("contractors/admin", "contractors/admin", false),
        ("contractors/admin", "employees/admin", false),
        ("contractors/admin", "contractors/evil/admin", false),
        // Characters that are only valid in paths.
        ("a(b)#c:d!/admin", "a(b)#c:d!/admin", true),
    ];
    for (known, asking, allowed) in cases {
        let user = format!("arn:aws:iam::123456789012:user/{asking}");
        let role = format!("arn:aws:iam::123456789012:role/{asking}");
        for (word, principal) in [
            ("user", Principal::from_arn(&user)?),
            ("role", Principal::role_session(&role, "night")?),
        ] {
            let authorizer = authorizer(&format!("arn:aws:iam::123456789012:{word}/{known}"))?;
            let what = format!("{word}/{asking}, where the source has {word}/{known}");
            assert_eq!(may_read(&authorizer, &principal)?, allowed, "{what}");
            assert_eq!(
                is_explained_as_allowed(&authorizer, &principal)?,
                allowed,
                "{what}"
            );
        }
    }
    Ok(())
}

/// The matrix of a page looks up principals like an authorizer.
#[test]
fn a_principal_with_another_path_has_nothing_in_the_store() -> Result<(), Box<dyn std::error::Error>>
{
    let mut store = PolicyStore::new();
    store
        .identity("arn:aws:iam::123456789012:user/admin")?
        .attach(Policy::new("all", Document::deny_everything()));
    let found =
        |arn: &str| Principal::from_arn(arn).map(|who| store.policies(&who).identity().len());
    assert_eq!(found("arn:aws:iam::123456789012:user/admin")?, 1);
    assert_eq!(found("arn:aws:iam::123456789012:user/evil/admin")?, 0);
    Ok(())
}

/// If the entries were merged, a principal with the first path would have the policies of both.
#[test]
fn a_store_has_one_path_for_a_name() -> Result<(), Box<dyn std::error::Error>> {
    let arn = |name: &str| format!("arn:aws:iam::123456789012:{name}");
    for (first, second) in [
        ("user/evil/admin", "user/admin"),
        ("user/admin", "user/evil/admin"),
        ("role/night/worker", "role/evil/worker"),
    ] {
        let (first, second) = (arn(first), arn(second));
        let mut store = PolicyStore::new();
        let policy = Policy::new("mine", Document::deny_everything());
        store.identity(&first)?.attach(policy.clone());
        let error = store.identity(&second).err().map(|error| error.to_string());
        let expected = format!(
            "the path of `{second}` differs from that of `{first}`: names are unique in an account regardless of the path"
        );
        assert_eq!(error, Some(expected));
        // The existing entry remains, and can still be found.
        store.identity(&first)?.attach(policy);
        assert_eq!(
            (store.len(), store.identity(&first)?.identity().len()),
            (1, 1)
        );
        // A user and a role may have the same name, and so may users of two accounts.
        let (user, role) = (":user/", ":role/");
        let other_kind = match second.contains(user) {
            true => second.replace(user, role),
            false => second.replace(role, user),
        };
        assert!(store.identity(&other_kind).is_ok());
        let elsewhere = second.replace("123456789012", "210987654321");
        assert!(store.identity(&elsewhere).is_ok());
    }
    Ok(())
}

#[test]
fn dots_and_nothing_are_not_segments() {
    for path in [
        "./admin",
        "../admin",
        "evil/../admin",
        "evil/./admin",
        "/admin",
        "evil//admin",
        "admin/",
        "evil/admin/.",
        "evil/admin/..",
        ".",
        "..",
        "",
        "evil path/admin",
        "evil\n/admin",
        "évil/admin",
        "admin*",
    ] {
        let user = format!("arn:aws:iam::123456789012:user/{path}");
        assert!(Principal::from_arn(&user).is_err(), "{user}");
        let role = format!("arn:aws:iam::123456789012:role/{path}");
        assert!(Principal::role_session(&role, "night").is_err(), "{role}");
        let session = format!("arn:aws:sts::123456789012:assumed-role/{path}/night");
        assert!(Principal::from_arn(&session).is_err(), "{session}");
        let session = format!("arn:aws:sts::123456789012:assumed-role/worker/{path}");
        assert!(Principal::from_arn(&session).is_err(), "{session}");
        let guest = format!("arn:aws:sts::123456789012:federated-user/{path}");
        assert!(Principal::from_arn(&guest).is_err(), "{guest}");
    }
    // A dot in a source could also be taken for another path. Empty segments are valid in IAM.
    for (path, is_valid) in [
        ("./admin", false),
        ("evil/../admin", false),
        ("..", false),
        ("evil//admin", true),
    ] {
        for word in ["user", "role"] {
            let arn = format!("arn:aws:iam::123456789012:{word}/{path}");
            assert_eq!(PolicyStore::new().identity(&arn).is_ok(), is_valid, "{arn}");
        }
    }
}

#[test]
fn callers_from_an_identity_provider_name_it() -> Result<(), Box<dyn std::error::Error>> {
    let oidc = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1";
    let saml = "arn:aws:iam::123456789012:saml-provider/office";
    for (provider, is_oidc, is_saml) in [
        (oidc, true, false),
        ("accounts.google.com", true, false),
        (saml, false, true),
        ("arn:aws:iam::123456789012:oidc-provider/", false, false),
        ("arn:aws:iam::123456789012:user/ana", false, false),
        ("arn:aws:iam::123456789012:role/worker", false, false),
        ("*", false, false),
        ("localhost", false, false),
        ("accounts.google.com\n", false, false),
        ("", false, false),
    ] {
        assert_eq!(
            Principal::web_identity(provider).is_ok(),
            is_oidc,
            "{provider}"
        );
        assert_eq!(Principal::saml(provider).is_ok(), is_saml, "{provider}");
    }
    for (provider, principal) in [
        (oidc, Principal::web_identity(oidc)?),
        (saml, Principal::saml(saml)?),
    ] {
        assert_eq!(principal.to_string(), provider);
        assert_eq!((principal.arn(), principal.account()), (None, None));
        let lookup = |key: &str| format!("{:?}", principal.lookup(&ConditionKey::new(key)));
        assert!(lookup("aws:FederatedProvider").contains(provider));
        for absent in [
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalType",
            "aws:PrincipalIsAWSService",
            "aws:username",
            "aws:userid",
        ] {
            assert_eq!(lookup(absent), "Absent", "{absent}");
        }
        // Such a caller does not have identity-based policies, regardless of its name.
        let authorizer = authorizer("arn:aws:iam::123456789012:user/office")?;
        assert!(!may_read(&authorizer, &principal)?);
    }
    let error = Principal::web_identity("google").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`google` is not an OpenID Connect provider: expected `arn:aws:iam::ACCOUNT:oidc-provider/ISSUER`, \
         or a domain such as `accounts.google.com`"
    );
    Ok(())
}

/// A name from a login form never becomes a path or another part of an ARN.
#[test]
fn a_name_has_no_path() -> Result<(), Box<dyn std::error::Error>> {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    for name in [
        "evil/admin",
        "/admin",
        "admin/",
        "../admin",
        ".",
        "..",
        "",
        "a:user/admin",
        "admin\n",
        "admin ",
        "ádmin",
        "${aws:username}",
        "*",
    ] {
        let error = Principal::user(&scope, name).unwrap_err().to_string();
        let quoted = name.escape_debug();
        let expected = format!(
            "`{quoted}` is not the name of a user: use ASCII letters, digits and `+=,.@-_`, without a path"
        );
        assert_eq!(error, expected);
    }
    let ana = Principal::user(&scope, "ana+1@example.org")?;
    assert_eq!(
        ana.arn(),
        Some("arn:aws:iam::123456789012:user/ana+1@example.org")
    );
    for (known, allowed) in [
        ("admin", true),
        ("employees/admin", true),
        ("contractors/admin", false),
        ("other", false),
    ] {
        let authorizer = authorizer(&format!("arn:aws:iam::123456789012:user/{known}"))?;
        let admin = Principal::user(authorizer.scope(), "admin")?;
        assert_eq!(may_read(&authorizer, &admin)?, allowed, "{known}");
    }
    // If the account comes from each request, it must be known.
    assert!(Principal::user(&Scope::of_tenants("acme", ""), "ana").is_err());
    let tenant = Scope::of_tenants("acme", "").with_account("tenant-7");
    assert_eq!(Principal::user(&tenant, "ana")?.account(), Some("tenant-7"));
    Ok(())
}

/// Without a source, the path of a user is unknown: a `Deny` that names a path applies, and an `Allow` does not.
#[test]
fn a_name_may_have_any_path() -> Result<(), Box<dyn std::error::Error>> {
    let policy = |statement: &str| {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
        Document::parse(&text).map(|document| Policy::new("p", document))
    };
    let everything = [policy(
        r#""Effect": "Allow", "Action": "*", "Resource": "*""#,
    )?];
    let action = RequestedAction::parse("mobiletargeting:GetApp")?;
    let resource = RequestedResource::Arn(Arn::parse(
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
    )?);
    let context = Context::new();
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let by_name = Principal::user(&scope, "ana")?;
    let by_arn = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
    for (named, is_it, may_be_it) in [
        ("user/ana", true, true),
        ("user/team/ana", false, true),
        ("user/team/red/ana", false, true),
        ("user/team/bob", false, false),
        ("user/ana/bob", false, false),
        ("role/team/ana", false, false),
    ] {
        let principal = format!(
            r#""Principal": {{"AWS": "arn:aws:iam::123456789012:{named}"}}, "Action": "*", "Resource": "*""#
        );
        let allow = policy(&format!(r#""Effect": "Allow", {principal}"#))?;
        let deny = policy(&format!(r#""Effect": "Deny", {principal}"#))?;
        for (caller, is_denied) in [(&by_name, may_be_it), (&by_arn, is_it)] {
            let request = Request::new(caller, action, resource, &context);
            for (identity, of_resource, expected) in
                [(&[][..], &allow, is_it), (&everything, &deny, !is_denied)]
            {
                let stack = PolicyStack {
                    identity,
                    resource: Some(of_resource),
                    ..PolicyStack::default()
                };
                for answer in [
                    reference::decide(&stack, &request),
                    Compiled::of(&stack)?.decide(&request),
                ] {
                    let is_allowed = answer.into_decision().is_allowed();
                    assert_eq!(is_allowed, expected, "{named} {}", of_resource.document());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn what_cannot_make_requests_is_named() {
    let error = |text: &str| Principal::from_arn(text).unwrap_err();
    for (text, expected) in [
        (
            "arn:aws:iam::123456789012:role/night/worker",
            "`arn:aws:iam::123456789012:role/night/worker` is not the ARN of a caller: \
             a role makes requests through its sessions; use `Principal::role_session` with this ARN",
        ),
        (
            "arn:aws:iam::123456789012:group/analysts",
            "`arn:aws:iam::123456789012:group/analysts` is not the ARN of a caller: \
             expected `arn:aws:iam::ACCOUNT:user/NAME`, `…:iam::ACCOUNT:root`, \
             `…:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `…:sts::ACCOUNT:federated-user/NAME`",
        ),
        (
            "arn:aws:iam::123456789012:saml-provider/office",
            "`arn:aws:iam::123456789012:saml-provider/office` is not the ARN of a caller: \
             callers from an identity provider are made with `Principal::web_identity` and `Principal::saml`",
        ),
        (
            "ana",
            "`ana` is not the ARN of a caller: an ARN must start with `arn:`",
        ),
    ] {
        assert_eq!(error(text).to_string(), expected);
        // The output of `unwrap`.
        assert_eq!(format!("{:?}", error(text)), expected);
    }
    assert_eq!(
        Principal::role_session("arn:aws:iam::123456789012:user/ana", "night")
            .unwrap_err()
            .to_string(),
        "`arn:aws:iam::123456789012:user/ana` is not the ARN of a role: expected `arn:aws:iam::ACCOUNT:role/NAME`"
    );
}

#[test]
fn a_path_that_came_with_the_session_stays() -> Result<(), Box<dyn std::error::Error>> {
    let session =
        Principal::role_session("arn:aws:iam::123456789012:role/contractors/worker", "night")?;
    let employees = authorizer("arn:aws:iam::123456789012:role/employees/worker")?;
    assert!(!may_read(&employees, &session)?);
    Ok(())
}

#[test]
fn a_role_has_no_region() {
    assert!(
        Principal::role_session("arn:aws:iam:us-east-1:123456789012:role/worker", "night").is_err()
    );
}
