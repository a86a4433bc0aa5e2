//! A constraint is used again only for requests that have the same one.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::list::{
    Column, Columns, Constraint, ConstraintCache, KeyedColumns, OwnedCell, constrain_compiled,
};
use pinpoint_iam::mobiletargeting::{GetCampaign, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{Authorizer, Policy, PolicyStack, Principal, Scope};
use pinpoint_iam_tests::select::Table;
use serde_json::{Value, json};

use crate::lists::{Random, TestResult, identity, random_policies, random_rows};

const ANA: &str = "arn:aws:iam::111122223333:user/ana";

/// A request, and what it is compared with.
struct Asked {
    principal: Principal,
    context: Context,
    action: &'static str,
    columns: Columns,
}

impl Asked {
    fn new() -> TestResult<Self> {
        let components = ["partition", "service", "region", "account", "resource"];
        Ok(Self {
            principal: Principal::from_arn(ANA)?,
            context: Context::new(),
            action: "archive:GetDocument",
            columns: Columns::of_components(components).key("archive:Owner", Column::text("owner")),
        })
    }

    /// Returns the constraint with the cache, after a comparison with the one without it.
    fn constrained(&self, cache: &ConstraintCache, policies: &Compiled) -> TestResult<Constraint> {
        let action = RequestedAction::parse(self.action)?;
        let all = RequestedResource::All;
        let request = Request::new(&self.principal, action, all, &self.context);
        let expected = constrain_compiled(policies, &request, &self.columns);
        let found = cache.constrain(policies, &request, &self.columns);
        assert_eq!(found, expected, "{:?} {:?}", self.principal, self.context);
        Ok(found?)
    }
}

fn compiled(statements: &Value) -> TestResult<Compiled> {
    Ok(Compiled::of(&identity(statements)?.stack())?)
}

fn allow(condition: Value) -> Value {
    json!([{"Effect": "Allow", "Action": "archive:*", "Resource": "*", "Condition": condition}])
}

/// A request that differs from another one, and whether its constraint is the same.
type Variant = (&'static str, Value, fn(&mut Asked) -> TestResult, bool);

/// The keys of the request in the variants.
fn keys(seconds: u64, others: &[(&str, &str)]) -> Context {
    let mut context = Context::new();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    context.insert("aws:CurrentTime", time);
    for (key, value) in others {
        context.insert(key, *value);
    }
    context
}

const TIME: u64 = 1_700_000_000;
const OWNER: (&str, &str) = ("aws:PrincipalTag/owner", "ana");
const TEAM: (&str, &str) = ("aws:PrincipalTag/team", "red");

#[test]
fn a_constraint_is_used_again_only_if_what_it_depends_on_is_the_same() -> TestResult {
    let owner = |value: &str| json!({"StringEquals": {"archive:Owner": value}});
    let of_owner_and_time = json!({
        "StringEquals": {"archive:Owner": "ana"},
        "DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
    });
    let variants: [Variant; 11] = [
        (
            "another value of a variable",
            owner("${aws:PrincipalTag/team}"),
            |asked| {
                asked.context = keys(TIME, &[OWNER, TEAM]);
                Ok(())
            },
            false,
        ),
        (
            "a key that the constraint does not depend on",
            owner("ana"),
            |asked| {
                asked.context = keys(TIME, &[OWNER, TEAM]);
                Ok(())
            },
            true,
        ),
        (
            "a time with another result",
            of_owner_and_time.clone(),
            |asked| {
                asked.context = keys(1_800_000_000, &[OWNER]);
                Ok(())
            },
            false,
        ),
        (
            "a time with the same result",
            of_owner_and_time,
            |asked| {
                asked.context = keys(TIME + 1, &[OWNER]);
                Ok(())
            },
            true,
        ),
        (
            "a key of the request that is compared with the row",
            json!({"StringEquals": {"aws:PrincipalTag/owner": "${archive:Owner}"}}),
            |asked| {
                asked.context = keys(TIME, &[("aws:PrincipalTag/owner", "bob")]);
                Ok(())
            },
            false,
        ),
        (
            "a principal that has the key of the row itself",
            owner("ana"),
            |asked| {
                asked.principal = asked.principal.clone().with_key("archive:Owner", "ana");
                Ok(())
            },
            false,
        ),
        (
            "another user with the same keys",
            owner("ana"),
            |asked| {
                asked.principal = Principal::from_arn("arn:aws:iam::111122223333:user/bob")?;
                Ok(())
            },
            true,
        ),
        (
            "a user of another account",
            owner("ana"),
            |asked| {
                asked.principal = Principal::from_arn("arn:aws:iam::444455556666:user/ana")?;
                Ok(())
            },
            false,
        ),
        (
            "another column",
            owner("ana"),
            |asked| {
                asked.columns = asked
                    .columns
                    .clone()
                    .key("archive:Owner", Column::text("other"));
                Ok(())
            },
            false,
        ),
        (
            "another action",
            owner("ana"),
            |asked| {
                asked.action = "other:GetDocument";
                Ok(())
            },
            false,
        ),
        (
            "another action of the service",
            json!({"StringEquals": {"archive:Owner": "ana"}}),
            |asked| {
                asked.action = "archive:PutDocument";
                Ok(())
            },
            false,
        ),
    ];
    for (name, condition, change, is_same) in variants {
        let mut statements = allow(condition);
        if let Some(all) = statements.as_array_mut() {
            all.push(json!({"Effect": "Deny", "Action": "archive:Put*", "Resource": "*"}));
        }
        let policies = compiled(&statements)?;
        let cache = ConstraintCache::default();
        let mut asked = Asked::new()?;
        asked.context = keys(TIME, &[OWNER]);
        let first = asked.constrained(&cache, &policies)?;
        assert_eq!(asked.constrained(&cache, &policies)?, first);
        assert_eq!(cache.len(), 1, "{name}");
        change(&mut asked)?;
        let changed = asked.constrained(&cache, &policies)?;
        assert_eq!(changed == first, is_same, "{name}: {changed:?}");
        assert_eq!(cache.len(), if is_same { 1 } else { 2 }, "{name}");
    }
    Ok(())
}

#[test]
fn other_policies_have_constraints_of_their_own() -> TestResult {
    let cache = ConstraintCache::default();
    let asked = Asked::new()?;
    let owner = |name: &str| compiled(&allow(json!({"StringEquals": {"archive:Owner": name}})));
    let mut constraints = Vec::new();
    for round in 0..20 {
        // Addresses of policies that are dropped are used again.
        let policies = owner(&format!("owner{round}"))?;
        let found = asked.constrained(&cache, &policies)?;
        assert!(!constraints.contains(&found));
        constraints.push(found);
    }
    // Those of the policies that do not exist any more are left out.
    assert_eq!(cache.len(), 1);
    Ok(())
}

#[test]
fn errors_and_policies_with_principals_are_not_kept() -> TestResult {
    let cache = ConstraintCache::default();
    let mut asked = Asked::new()?;
    asked.context = Context::unknown();
    let policies = compiled(&allow(
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ))?;
    assert!(asked.constrained(&cache, &policies).is_err());
    let text = json!({"Version": "2012-10-17", "Statement": allow(json!({}))}).to_string();
    let all = [Policy::new("all", Document::parse(&text)?)];
    for stack in [
        PolicyStack {
            session: Some(&all),
            ..PolicyStack::default()
        },
        PolicyStack {
            service_control: &[all.to_vec()],
            ..PolicyStack::default()
        },
        PolicyStack {
            resource_control: &[all.to_vec()],
            ..PolicyStack::default()
        },
        PolicyStack {
            resource: all.first(),
            ..PolicyStack::default()
        },
        PolicyStack {
            vpc_endpoint: all.first(),
            ..PolicyStack::default()
        },
    ] {
        drop(asked.constrained(&cache, &Compiled::of(&stack)?)?);
    }
    assert!(cache.is_empty());
    Ok(())
}

#[test]
fn the_number_and_the_size_of_constraints_are_limited() -> TestResult {
    let cache = ConstraintCache::default();
    let mut asked = Asked::new()?;
    let policies = compiled(&allow(
        json!({"StringEquals": {"archive:Owner": "${aws:PrincipalTag/team}"}}),
    ))?;
    for number in 0..300 {
        asked.context = keys(
            TIME,
            &[("aws:PrincipalTag/team", &format!("team {number}"))],
        );
        drop(asked.constrained(&cache, &policies)?);
    }
    assert_eq!(cache.len(), 256);
    // Each of these is larger than a twentieth of all, and the last one larger than a quarter.
    let long = "x".repeat(1_000);
    let mut policies = Vec::new();
    for number in 0..20 {
        let texts: Vec<String> = (0..900)
            .map(|text| format!("{number} {text} {long}"))
            .collect();
        let text = json!({"Version": "2012-10-17", "Statement": allow(json!({"StringEquals": {"archive:Owner": texts}}))});
        policies.push(Policy::new("large", Document::parse(&text.to_string())?));
    }
    let compiled = |policies: &[Policy]| {
        let stack = PolicyStack {
            identity: policies,
            ..PolicyStack::default()
        };
        Compiled::of(&stack)
    };
    let large = policies
        .iter()
        .map(|policy| compiled(std::slice::from_ref(policy)));
    let large: Vec<Compiled> = large.collect::<Result<_, _>>()?;
    for policies in &large {
        drop(asked.constrained(&cache, policies)?);
    }
    assert!((10..20).contains(&cache.len()), "{cache:?}");
    let before = cache.len();
    let all = compiled(&policies)?;
    drop(asked.constrained(&cache, &all)?);
    assert_eq!(cache.len(), before);
    Ok(())
}

#[test]
fn random_requests_have_the_constraint_that_they_have_without_a_cache() -> TestResult {
    let mut random = Random(0x5eed_0000_0e13);
    let cache = ConstraintCache::default();
    let mut tables = Vec::new();
    for _ in 0..2 {
        tables.push(Table::of(random_rows(&mut random, 20)?)?);
    }
    let mut policies = Vec::new();
    for _ in 0..10 {
        policies.push(Compiled::of(&random_policies(&mut random)?.stack())?);
    }
    let (mut again, requests) = (0, 6_000);
    for _ in 0..requests {
        let mut principal = Principal::from_arn(random.pick(&[
            ANA,
            ANA,
            "arn:aws:iam::111122223333:user/bob",
            "arn:aws:iam::444455556666:user/ana",
            "arn:aws:iam::111122223333:root",
        ])?)?;
        if random.one_in(4) {
            let key = *random.pick(&["archive:Owner", "archive:Approver", "archive:Size"])?;
            principal = principal.with_key(key, *random.pick(&["ana", "7"])?);
        }
        let mut context = match random.one_in(6) {
            true => Context::unknown(),
            false => Context::new(),
        };
        for key in ["aws:missing", "archive:Unused", "archive:Pages"] {
            if random.one_in(3) {
                context.insert(key, *random.pick(&["ana", "7", ""])?);
            }
        }
        if random.one_in(8) {
            context.insert_all("archive:Unused", ["a", "b"]);
        }
        let asked = Asked {
            principal,
            context,
            action: random.pick(&["archive:GetDocument", "archive:PutDocument"])?,
            columns: random.pick(&tables)?.columns.clone(),
        };
        let before = cache.len();
        // An unknown key is the same error.
        let found = asked.constrained(&cache, random.pick(&policies)?);
        if found.is_ok() && cache.len() == before && before < 200 {
            again += 1;
        }
    }
    assert!(again > 300, "{again} {cache:?}");
    Ok(())
}

/// A source whose policies change with each load.
struct Changing(AtomicUsize);

impl Changing {
    fn store(&self) -> TestResult<PolicyStore> {
        let load = self.0.fetch_add(1, Ordering::Relaxed);
        let policy = |application: &str| -> TestResult<Policy> {
            let resource = format!("arn:aws:mobiletargeting:*:*:apps/{application}{load}/*");
            let statement = json!({"Effect": "Allow", "Action": "*", "Resource": resource});
            let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
            Ok(Policy::new(application, Document::parse(&text)?))
        };
        let (one, two) = (policy("one")?, policy("two")?);
        let mut store = PolicyStore::new();
        for (name, policies, boundary) in [
            ("both", &[&one, &two][..], None),
            ("bounded", &[&one], Some(&two)),
            ("one", &[&one], None),
            ("two", &[&two], None),
        ] {
            let identity = store.identity(&format!("arn:aws:iam::111122223333:user/{name}"))?;
            for policy in policies {
                identity.attach((*policy).clone());
            }
            if let Some(boundary) = boundary {
                identity.set_permissions_boundary(boundary.clone());
            }
        }
        Ok(store)
    }
}

impl PolicySource for Changing {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let invalid =
            |error: Box<dyn Error>| SourceError::of_file(Path::new("policies"), error.to_string());
        self.store().map_err(invalid)
    }
}

#[tokio::test]
async fn an_authorizer_separates_identities_boundaries_and_loads() -> TestResult {
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(Changing(AtomicUsize::new(0)))
        .build()?;
    let context = Context::new();
    let columns = columns::Campaign {
        application_id: "application",
        campaign_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    for load in 0..2 {
        for _ in 0..2 {
            for (name, allowed) in [
                ("both", &["one", "two"][..]),
                ("bounded", &[]),
                ("one", &["one"]),
                ("two", &["two"]),
                ("nobody", &[]),
            ] {
                let principal =
                    Principal::from_arn(&format!("arn:aws:iam::111122223333:user/{name}"))?;
                let guard = authorizer.guard(&principal, &context);
                let constraint = guard.constraint(GetCampaign, &columns).await?;
                for application in ["one", "two"] {
                    let text = |text: String| OwnedCell::Text(text);
                    let row = HashMap::from([
                        (
                            "application".to_owned(),
                            text(format!("{application}{load}")),
                        ),
                        ("id".to_owned(), text("c1".to_owned())),
                    ]);
                    let is_selected = match &constraint {
                        Constraint::Nothing => false,
                        Constraint::Where(predicate) => predicate.admits(&row)?,
                        other => return Err(format!("{name}: {other:?}").into()),
                    };
                    let is_allowed = allowed.contains(&application);
                    assert_eq!(is_selected, is_allowed, "{name} after load {load}");
                }
            }
        }
        authorizer.reload()?;
    }
    Ok(())
}
