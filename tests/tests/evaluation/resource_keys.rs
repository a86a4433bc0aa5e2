//! Keys of resources: fetched only if a decision depends on them, once per request and resource, and never assumed.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use pinpoint_iam::__private::{check_with_keys, own_row};
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{
    Checks, DeniedReason, KeyedRow, KeysFuture, KeysUnavailable, ResourceKeySource, Tags,
    TagsUnavailable,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{
    AllResources, Authorizer, AuthorizerBuilder, Denied, Guard, Policy, Principal, Resource, Scope,
};

use crate::own_actions::shelf::condition_keys::{shelf_rating, shelf_words};
use crate::own_actions::shelf::{LendBook, Loan, LoanKeys, ReadLoan, ReadRules};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Allows everything, and denies it under `condition`.
fn builder(condition: &str) -> AuthorizerBuilder {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
            {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}
        ]}}"#
    );
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("policy", Document::parse(&text).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .warn_about_keys_without_source()
}

const SECRET: &str = r#"{"StringEquals": {"shelf:type": "secret"}}"#;

fn loan(reader: &str) -> Loan {
    Loan::new("b1", "print", reader).unwrap()
}

/// A loan without keys.
fn none() -> LoanKeys {
    LoanKeys {
        tags: Tags::new(),
        copies: None,
        due: None,
        languages: None,
        owner: None,
        restricted: None,
        terminal: None,
        shelf_tags: None,
        r#type: None,
        rating: Vec::new(),
        words: Vec::new(),
    }
}

fn of_type(kind: &str) -> LoanKeys {
    LoanKeys {
        r#type: Some(kind.to_owned()),
        ..none()
    }
}

async fn check<T>(
    authorizer: &Authorizer,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    check_with_keys(&authorizer.guard(&ana, &context), check).await
}

#[tokio::test]
async fn keys_come_from_the_source() {
    let authorizer = builder(SECRET)
        .resource_keys(|loan: Loan| async move { Ok(of_type(&loan.reader_id())) })
        .build()
        .unwrap();
    let lend = |reader| {
        let loan = loan(reader);
        move |guard: &Guard<'_>| guard.check(LendBook, &loan)
    };
    assert!(check(&authorizer, lend("novel")).await.is_ok());
    let denied = check(&authorizer, lend("secret")).await.unwrap_err();
    assert_eq!(denied.status(), 403);
    assert_eq!(authorizer.resource_key_fetches(), 2);
    assert_eq!(authorizer.resource_key_failures(), 0);
}

/// An application that inserts a key of one resource into the context of the request would apply it to every resource.
#[tokio::test]
async fn a_value_in_the_context_does_not_replace_that_of_the_source() {
    let tagged = r#"{"StringEquals": {"aws:ResourceTag/team": "red"}}"#;
    let mut context = Context::new();
    context.insert("shelf:type", "novel");
    context.insert("aws:ResourceTag/team", "blue");
    let ana = Principal::from_arn(ANA).unwrap();
    for condition in [SECRET, tagged] {
        let authorizer = builder(condition)
            .resource_keys(|loan: Loan| async move {
                let mut keys = of_type(&loan.reader_id());
                keys.tags.insert("team", loan.reader_id());
                Ok(keys)
            })
            .build()
            .unwrap();
        let guard = authorizer.guard(&ana, &context);
        let loans = || ["novel", "secret", "red"].map(loan);
        let [novel, secret, red] = loans();
        let denied = if condition == SECRET { &secret } else { &red };
        // Without waiting, the keys are not known.
        let waiting = guard.check(LendBook, &novel).unwrap_err();
        assert_eq!(waiting.status(), 503, "{condition}");
        assert!(guard.is_allowed(LendBook, &novel).await.unwrap());
        assert!(!guard.is_allowed(LendBook, denied).await.unwrap());
        let kept = guard.filter(LendBook, loans()).await.unwrap();
        assert_eq!(kept.len(), 2, "{condition}");
        assert!(!kept.contains(denied), "{condition}");

        // A decision before the resource is known does not use them, either.
        let guard = authorizer.guard(&ana, &context);
        let before = pinpoint_iam::__private::precheck(&guard, LendBook);
        assert!(before.is_err(), "{condition}");
        assert!(pinpoint_iam::__private::before_body(before).is_ok());
    }
    // Without a source, the context is the only one.
    let authorizer = builder(SECRET).build().unwrap();
    let guard = authorizer.guard(&ana, &context);
    assert!(guard.check(LendBook, &loan("secret")).is_ok());
}

/// Every type of the catalog, and every way to be absent.
#[tokio::test]
async fn each_type_of_value_reaches_its_conditions() {
    let due = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_410_000);
    let with = |change: fn(&mut LoanKeys)| {
        let mut keys = none();
        change(&mut keys);
        keys
    };
    let dated = LoanKeys {
        due: Some(due),
        ..none()
    };
    for (condition, keys) in [
        (
            r#"{"NumericGreaterThan": {"shelf:Copies": "3"}}"#,
            with(|keys| keys.copies = Some(4)),
        ),
        (
            r#"{"DateGreaterThan": {"shelf:Due": "2026-11-01T00:00:00Z"}}"#,
            dated,
        ),
        (
            r#"{"ForAnyValue:StringEquals": {"shelf:Languages": "nl"}}"#,
            with(|keys| keys.languages = Some(vec!["de".into(), "nl".into()])),
        ),
        (
            r#"{"ArnLike": {"shelf:Owner": "arn:aws:iam::*:user/ben"}}"#,
            with(|keys| keys.owner = Some("arn:aws:iam::123456789012:user/ben".into())),
        ),
        (
            r#"{"Bool": {"shelf:Restricted": "true"}}"#,
            with(|keys| keys.restricted = Some(true)),
        ),
        (
            r#"{"IpAddress": {"shelf:Terminal": "10.0.0.0/8"}}"#,
            with(|keys| keys.terminal = Some(Ipv4Addr::new(10, 1, 2, 3).into())),
        ),
        (
            r#"{"StringEquals": {"shelf:Tags": "old"}}"#,
            with(|keys| keys.shelf_tags = Some("old".into())),
        ),
        (
            r#"{"StringEquals": {"aws:ResourceTag/team": "red"}}"#,
            with(|keys| keys.tags.insert("team", "red")),
        ),
        (
            r#"{"NumericLessThan": {"shelf:Rating/ben": "2"}}"#,
            with(|keys| keys.rating = vec![(shelf_rating("ben"), 1)]),
        ),
        (
            r#"{"ForAnyValue:StringEquals": {"shelf:Words/ben": "bad"}}"#,
            with(|keys| keys.words = vec![(shelf_words("ben"), vec!["bad".into()])]),
        ),
        // More than conditions may read is unknown.
        (SECRET, with(|keys| keys.r#type = Some("x".repeat(2049)))),
        (
            r#"{"ForAnyValue:StringEquals": {"shelf:Languages": "nl"}}"#,
            with(|keys| keys.languages = Some(vec!["de".into(); 51])),
        ),
        // A name of another key makes all of them unknown.
        (
            r#"{"NumericLessThan": {"shelf:Rating/ben": "2"}}"#,
            with(|keys| keys.rating = vec![("shelf:Ratings/ben".into(), 9)]),
        ),
    ] {
        let absent = builder(condition)
            .resource_keys(|_: Loan| async { Ok(none()) })
            .build()
            .unwrap();
        let loan = loan("ana");
        let lend = |guard: &Guard<'_>| guard.check(LendBook, &loan);
        assert!(check(&absent, lend).await.is_ok(), "absent: {condition}");

        let present = builder(condition)
            .resource_keys(move |_: Loan| {
                let keys = keys.clone();
                async move { Ok(keys) }
            })
            .build()
            .unwrap();
        assert!(check(&present, lend).await.is_err(), "present: {condition}");
        assert_eq!(present.resource_key_fetches(), 1, "{condition}");
    }
}

#[tokio::test]
async fn a_source_is_called_only_if_the_decision_depends_on_it_and_once() {
    let authorizer = builder(
        r#"{"StringEquals": {"shelf:type": "secret", "aws:ResourceTag/team": "red"}, "Bool": {"shelf:Restricted": "true"}}"#,
    )
    .resource_tags(|_: String| async {
        Err::<Tags, _>(TagsUnavailable::new("tags are keys of the resource type"))
    })
    .resource_keys(|_: Loan| async { Ok(of_type("novel")) })
    .build()
    .unwrap();
    // The action has no resource.
    let rules = check(&authorizer, |guard| guard.check(ReadRules, &AllResources));
    assert!(rules.await.is_ok());
    assert_eq!(authorizer.resource_key_fetches(), 0);

    let (ana, ben) = (loan("ana"), loan("ben"));
    let several = |guard: &Guard<'_>| {
        (
            || guard.check(LendBook, &ana),
            || guard.check(ReadLoan, &ana),
            || guard.check(LendBook, &ben),
        )
            .all()
    };
    assert!(check(&authorizer, several).await.is_ok());
    assert_eq!(authorizer.resource_key_fetches(), 2);
    assert_eq!(authorizer.tag_fetches(), 0);

    // A denial that does not depend on them.
    let cleo = Principal::from_arn("arn:aws:iam::123456789012:user/cleo").unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&cleo, &context);
    let denied = check_with_keys(&guard, |guard| guard.check(LendBook, &ana)).await;
    assert_eq!(denied.unwrap_err().status(), 403);
    assert_eq!(authorizer.resource_key_fetches(), 2);
}

/// A retry may help, so the response is 503.
#[tokio::test]
async fn an_error_of_the_source_is_a_503_and_counted() {
    let authorizer = builder(SECRET)
        .resource_keys(|_: Loan| async {
            // `?` converts any error.
            let number: i64 = "x".parse()?;
            Ok(LoanKeys {
                copies: Some(number),
                ..none()
            })
        })
        .build()
        .unwrap();
    let loan = loan("ana");
    let denied = check(&authorizer, |guard| guard.check(LendBook, &loan)).await;
    let denied = denied.unwrap_err();
    assert_eq!(denied.status(), 503);
    assert!(matches!(
        denied.reason(),
        DeniedReason::ResourceKeysUnavailable(_)
    ));
    assert_eq!(
        denied.reason().to_string(),
        "the condition keys of the resource are unavailable: invalid digit found in string"
    );
    assert_eq!(authorizer.resource_key_failures(), 1);
    assert_eq!(
        KeysUnavailable::new("a\nb").to_string(),
        r"the condition keys of the resource are unavailable: a\u{a}b"
    );
}

/// A synchronous guard cannot wait.
#[test]
fn a_synchronous_guard_reports_the_missing_keys() {
    let authorizer = builder(SECRET)
        .resource_keys(|_: Loan| async { Ok(none()) })
        .build()
        .unwrap();
    let (ana, mut context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let loan = loan("ana");
    let denied = authorizer.guard(&ana, &context).check(LendBook, &loan);
    let denied = denied.unwrap_err();
    assert_eq!(denied.status(), 503);
    assert_eq!(
        denied.reason().to_string(),
        "the decision needs `shelf:type`"
    );
    assert_eq!(authorizer.resource_key_fetches(), 0);
    // A value in the context is not that of the source.
    context.insert("shelf:type", "novel");
    let denied = authorizer.guard(&ana, &context).check(LendBook, &loan);
    assert_eq!(denied.unwrap_err().status(), 503);
}

/// The rows of a query can have any order. A row that is left out is an error, not a resource without keys.
#[tokio::test]
async fn rows_of_a_batch_belong_to_the_resources_that_they_name() {
    let queries = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&queries);
    let authorizer = builder(SECRET)
        .resource_keys_batch(move |loans: Vec<Loan>| {
            let readers: Vec<_> = loans
                .iter()
                .map(|loan| loan.reader_id().into_owned())
                .collect();
            seen.lock().unwrap().push(readers);
            async move {
                let rows = loans.into_iter().rev();
                let known = rows.filter(|loan| loan.reader_id() != "gone");
                Ok(known
                    .map(|loan| {
                        let keys = of_type(&loan.reader_id());
                        (loan, keys)
                    })
                    .collect::<Vec<_>>())
            }
        })
        .build()
        .unwrap();
    for (reader, status) in [("novel", None), ("secret", Some(403)), ("gone", Some(503))] {
        let loan = loan(reader);
        let outcome = check(&authorizer, |guard| guard.check(LendBook, &loan)).await;
        assert_eq!(
            outcome.err().map(|denied| denied.status()),
            status,
            "{reader}"
        );
    }
    assert_eq!(*queries.lock().unwrap(), [["novel"], ["secret"], ["gone"]]);

    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let all = ["novel", "secret", "poem"].map(loan).to_vec();
    let kept = guard.filter(LendBook, all).await.unwrap();
    assert_eq!(kept, ["novel", "poem"].map(loan));
    assert_eq!(queries.lock().unwrap().len(), 4, "one query for all");

    // A list that leaves out a resource looks complete.
    let failures = authorizer.resource_key_failures();
    let all = ["novel", "gone", "poem"].map(loan).to_vec();
    let denied = guard.filter(LendBook, all).await.unwrap_err();
    assert_eq!(denied.status(), 503);
    assert_eq!(
        denied.reason().to_string(),
        format!(
            "the condition keys of the resource are unavailable: the source returned no row for `{}`",
            loan("gone").arn(authorizer.scope())
        )
    );
    assert_eq!(authorizer.resource_key_failures(), failures + 1);
    let denied = guard.allowed_actions(&loan("gone")).await.unwrap_err();
    assert_eq!(denied.status(), 503);
}

/// A join can return a row for each of several matches.
#[tokio::test]
async fn two_rows_of_a_resource_are_an_error() {
    for (kinds, status) in [
        (&["novel"][..], None),
        (&["novel", "secret"], Some(503)),
        (&["secret", "novel"], Some(503)),
        (&["novel", "novel", "novel"], Some(503)),
    ] {
        let authorizer = builder(SECRET)
            .resource_keys_batch(move |loans: Vec<Loan>| async move {
                let rows = |loan: Loan| kinds.iter().map(move |kind| (loan.clone(), of_type(kind)));
                Ok(loans.into_iter().flat_map(rows).collect::<Vec<_>>())
            })
            .build()
            .unwrap();
        let loan = loan("ana");
        let outcome = check(&authorizer, |guard| guard.check(LendBook, &loan)).await;
        let found = outcome.err().map(|denied| denied.status());
        assert_eq!(found, status, "{kinds:?}");
    }
}

struct Row(&'static str);

impl KeyedRow for Row {
    type Resource = Loan;

    fn resource(&self) -> Result<Loan, InvalidId> {
        Loan::new("b1", "print", self.0)
    }

    fn keys(&self) -> LoanKeys {
        of_type("novel")
    }
}

/// The row of the handler's resource has nothing to do with the others of a list.
#[tokio::test]
async fn the_keys_of_a_row_are_those_of_its_resource_only() {
    let authorizer = builder(SECRET).build().unwrap();
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let row = own_row(&Row("ana"), LendBook).unwrap();
    let guard = authorizer.guard(&ana, &context).with_row(Some(&row));
    assert!(guard.is_allowed(LendBook, &loan("ana")).await.unwrap());
    assert!(!guard.is_allowed(LendBook, &loan("ben")).await.unwrap());
    let denied = guard.check(LendBook, &loan("ben")).unwrap_err();
    assert_eq!(denied.status(), 500);
}

/// Ids of tenants may be equal.
#[tokio::test]
async fn a_source_knows_the_scope_of_the_request() {
    struct Tenants(AtomicUsize);

    impl ResourceKeySource<Loan> for Tenants {
        fn keys<'a>(&'a self, loans: Vec<Loan>, scope: &'a Scope) -> KeysFuture<'a, Loan> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let kind = match scope.account() {
                "111122223333" => "secret",
                _ => "novel",
            };
            let rows = loans.into_iter().map(|loan| (loan, of_type(kind)));
            let rows = rows.collect();
            Box::pin(async { Ok(rows) })
        }
    }

    let authorizer = builder(SECRET)
        .resource_key_source::<Loan>(Tenants(AtomicUsize::new(0)))
        .build()
        .unwrap();
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let loan = loan("ana");
    for (account, is_allowed) in [("123456789012", true), ("111122223333", false)] {
        let scope = authorizer.scope().with_account(account);
        let guard = authorizer.guard(&ana, &context).in_scope(&scope);
        assert!(loan.arn(&scope).contains(account));
        let outcome = check_with_keys(&guard, |guard| guard.check(LendBook, &loan)).await;
        let denied = outcome.err().map(|denied| denied.reason().to_string());
        let is_by_key = denied.is_some_and(|reason| !reason.contains("no identity-based"));
        assert_eq!(!is_by_key, is_allowed, "{account}");
    }
}
