//! Pages of a list, and the tokens with which clients request them.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pinpoint_iam::context::Context;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::guard::{DeniedReason, ListRow, PageQuery, PageTokens, Tags};
use pinpoint_iam::list::{Constraint, KeyedColumns, OwnedCell, StringColumn, WithResourcePolicies};
use pinpoint_iam::mobiletargeting::{
    Campaign, CampaignKeys, DeleteCampaign, GetCampaign, GetEmailTemplate, Template, columns,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::source::{
    Fetched, IdentityRecord, PolicyRecord, PolicySet, PolicySource, PolicyStore, PrincipalFuture,
    PrincipalRecords, PrincipalRequest, PrincipalSource, SourceError, from_fn,
};
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, Denied, Guard, Policy, Principal, PrincipalCache, Scope,
};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const BEN: &str = "arn:aws:iam::123456789012:user/ben";

/// The campaigns of `a1`, except secret ones.
const STATEMENTS: &str = r#"
    {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/*"},
    {"Effect": "Deny", "Action": "*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/stage": "secret"}}}"#;

/// A source whose policies a test replaces.
#[derive(Clone)]
struct Changing(Arc<Mutex<String>>);

impl PolicySource for Changing {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let statements = self.0.lock().unwrap();
        let policy = policy("test", &statements);
        let mut store = PolicyStore::new();
        for user in [ANA, BEN] {
            store.identity(user).unwrap().attach(policy.clone());
        }
        Ok(store)
    }
}

fn authorizer(statements: &str) -> (Authorizer, Changing) {
    let source = Changing(Arc::new(Mutex::new(statements.to_owned())));
    let authorizer = builder().source(source.clone()).build().unwrap();
    (authorizer, source)
}

fn builder() -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        // Only campaigns have a source.
        .warn_about_keys_without_source()
        .resource_keys(|campaign: Campaign| {
            let stage = campaign.campaign_id().starts_with('s');
            let tags = stage.then_some(("stage", "secret")).into_iter();
            ready(Ok(CampaignKeys {
                tags: tags.collect::<Tags>(),
            }))
        })
}

/// A row of the table of campaigns, sorted by its id.
#[derive(Clone, Debug, PartialEq)]
struct Row(String);

impl ListRow for Row {
    type Resource = Campaign;
    type Key = String;

    fn resource(&self) -> Result<Campaign, InvalidId> {
        Campaign::new("a1", &self.0)
    }

    fn key(&self) -> String {
        self.0.clone()
    }
}

/// The same row, sorted by a number.
struct Numbered(Row);

impl ListRow for Numbered {
    type Resource = Campaign;
    type Key = u64;

    fn resource(&self) -> Result<Campaign, InvalidId> {
        self.0.resource()
    }

    fn key(&self) -> u64 {
        self.0.0.bytes().map(u64::from).sum()
    }
}

fn cells(row: &Row) -> HashMap<String, OwnedCell> {
    let text = |text: &str| OwnedCell::Text(text.to_owned());
    let stage = match row.0.starts_with('s') {
        true => text("secret"),
        false => OwnedCell::Null,
    };
    [("app", text("a1")), ("id", text(&row.0)), ("stage", stage)]
        .map(|(name, cell)| (name.to_owned(), cell))
        .into()
}

fn rows(ids: &[&str]) -> Vec<Row> {
    ids.iter().map(|id| Row((*id).to_owned())).collect()
}

/// The query of a database: filters, sorts and limits.
fn select(table: &[Row], query: &PageQuery<String>) -> Vec<Row> {
    let is_selected = |row: &&Row| {
        let is_after = query.after.as_ref().is_none_or(|after| row.0 > *after);
        let filter = query.filter.as_ref();
        is_after && filter.is_none_or(|filter| filter.admits(&cells(row)).unwrap())
    };
    let mut selected: Vec<Row> = table.iter().filter(is_selected).cloned().collect();
    selected.sort_by(|one, other| one.0.cmp(&other.0));
    selected.truncate(query.limit);
    selected
}

fn mapping(tags: KeyedColumns) -> columns::Campaign {
    columns::Campaign {
        application_id: "app",
        campaign_id: "id",
        tags,
    }
}

/// With the column of tags, the constraint is exact.
fn exact() -> columns::Campaign {
    mapping(KeyedColumns::nowhere().with("stage", StringColumn::text("stage")))
}

fn inexact() -> columns::Campaign {
    mapping(KeyedColumns::nowhere())
}

fn principal(arn: &str) -> Principal {
    Principal::from_arn(arn).unwrap()
}

/// Rows in another order than that of their keys are lost between two pages.
#[tokio::test]
async fn rows_that_are_not_sorted_by_their_keys_are_an_error() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (principal(ANA), Context::new());
    let guard = authorizer.guard(&ana, &context);
    for (ids, after, is_sorted) in [
        (&["B", "a", "b"][..], None, true),
        (&["B", "a", "b"], Some("A"), true),
        // The order of a collation that ignores case.
        (&["a", "B", "c"], None, false),
        (&["a", "b"], Some("b"), false),
        (&["b", "c"], Some("b"), false),
        (&["a", "a"], None, false),
        (&["c", "b"], None, false),
    ] {
        for mapping in [exact(), inexact()] {
            let page = guard.filter_page(
                GetCampaign,
                &mapping,
                10,
                after.map(str::to_owned),
                |_: PageQuery<String>| ready(Ok::<_, Denied>(rows(ids))),
            );
            match page.await {
                Ok(page) => {
                    assert!(is_sorted, "{ids:?} {after:?}");
                    assert_eq!(page.rows, rows(ids));
                }
                Err(denied) => {
                    assert!(!is_sorted, "{ids:?} {after:?}");
                    assert_eq!(denied.status(), 500);
                    let reason = denied.reason().to_string();
                    assert!(reason.contains("are not sorted by their keys"), "{reason}");
                }
            }
        }
    }
}

/// The rows of a page are those of its action, whatever other constraints the handler has computed.
#[tokio::test]
async fn a_page_has_the_rows_of_its_action_and_errors_of_its_constraint() {
    let office = r#"
        {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "*"},
        {"Effect": "Allow", "Action": "mobiletargeting:DeleteCampaign", "Resource": "*",
         "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#;
    let (authorizer, _) = authorizer(office);
    let ana = principal(ANA);
    let table = rows(&["c1", "c2"]);
    let fetch = |query: PageQuery<String>| ready(Ok::<_, Denied>(select(&table, &query)));
    for (address, deleted) in [
        (None, Err(503)),
        (Some("203.0.113.9"), Ok(2)),
        (Some("192.0.2.1"), Ok(0)),
    ] {
        let mut context = Context::new();
        match address {
            Some(address) => context.insert("aws:SourceIp", address),
            None => context.insert_unknown("aws:SourceIp"),
        }
        let guard = authorizer.guard(&ana, &context);
        let page = guard
            .filter_page(GetCampaign, &exact(), 10, None, fetch)
            .await;
        assert_eq!(page.unwrap().rows, table);
        let page = guard
            .filter_page(DeleteCampaign, &exact(), 10, None, fetch)
            .await;
        let found = page
            .map(|page| page.rows.len())
            .map_err(|denied| denied.status());
        assert_eq!(found, deleted, "{address:?}");
    }
}

struct TemplateRow([&'static str; 2]);

impl ListRow for TemplateRow {
    type Resource = Template;
    type Key = &'static str;

    fn resource(&self) -> Result<Template, InvalidId> {
        let [name, kind] = self.0;
        Template::new(name, kind)
    }

    fn key(&self) -> &'static str {
        let [name, _] = self.0;
        name
    }
}

/// Also if the rows are candidates for another reason, rows on which the action does not act are none of them.
#[tokio::test]
async fn candidates_are_rows_on_which_the_action_acts() {
    let everything = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let too_many = (0..5_000).map(|number| {
        format!(
            r#"{{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:templates/*{number}*x/EMAIL"}}"#
        )
    });
    let too_many = too_many.collect::<Vec<_>>().join(",");
    let mapping = columns::Template {
        template_name: "name",
        template_type: "type",
        tags: KeyedColumns::nowhere(),
    };
    let table = [["t1x", "EMAIL"], ["t2x", "SMS"], ["t3x", "email"]];
    for (statements, has_policies) in [(everything, true), (&too_many, false)] {
        let (authorizer, _) = authorizer(statements);
        let (ana, context) = (principal(ANA), Context::new());
        let guard = authorizer.guard(&ana, &context);
        let fetch = |query: PageQuery<&'static str>| {
            let filter = query.filter.unwrap();
            let is_selected = |[name, kind]: &[&str; 2]| {
                let cells: HashMap<String, OwnedCell> = [("name", name), ("type", kind)]
                    .map(|(column, text)| (column.to_owned(), OwnedCell::Text((*text).to_owned())))
                    .into();
                filter.admits(&cells).unwrap()
            };
            let selected = table.into_iter().filter(is_selected).map(TemplateRow);
            ready(Ok::<_, Denied>(selected.collect::<Vec<_>>()))
        };
        let names: Vec<_> = if has_policies {
            let mapping = WithResourcePolicies(mapping.clone());
            let constraint = guard.constraint(GetEmailTemplate, &mapping).await.unwrap();
            assert!(matches!(constraint, Constraint::Candidates(_)));
            let page = guard.filter_page(GetEmailTemplate, &mapping, 10, None, fetch);
            page.await.unwrap().rows
        } else {
            let constraint = guard.constraint(GetEmailTemplate, &mapping).await.unwrap();
            assert!(matches!(constraint, Constraint::Candidates(_)));
            let page = guard.filter_page(GetEmailTemplate, &mapping, 10, None, fetch);
            page.await.unwrap().rows
        };
        let names: Vec<&str> = names.iter().map(ListRow::key).collect();
        assert_eq!(names, ["t1x", "t3x"]);
    }
}

/// The seconds of a clock.
fn tokens(secret: u8, seconds: &Arc<AtomicU64>) -> PageTokens {
    let seconds = Arc::clone(seconds);
    PageTokens::new(&[secret; 32])
        .with_lifetime(Duration::from_secs(60))
        .with_clock(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed)))
}

/// The ids of a page, and the token of the next one.
async fn page(
    guard: &Guard<'_>,
    mapping: &columns::Campaign,
    tokens: &PageTokens,
    token: Option<&str>,
    query: &str,
) -> Result<(Vec<String>, Option<String>), Denied> {
    let table = rows(&["c1", "c2", "c3", "s1", "s2"]);
    let fetch = |query: PageQuery<String>| ready(Ok::<_, Denied>(select(&table, &query)));
    let request = tokens.request(1, token, query);
    let page = guard.filter_page_by_token(GetCampaign, mapping, request, fetch);
    let page = page.await?;
    Ok((page.rows.into_iter().map(|row| row.0).collect(), page.next))
}

#[tokio::test]
async fn tokens_continue_a_list() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (principal(ANA), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let tokens = tokens(7, &Arc::default());
    for mapping in [exact(), inexact()] {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let (ids, next) = page(&guard, &mapping, &tokens, token.as_deref(), "c")
                .await
                .unwrap();
            found.extend(ids);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, ["c1", "c2", "c3"]);
    }
}

/// A page that ends after many denied rows continues after a row that the caller may not see.
#[tokio::test]
async fn a_token_reveals_nothing_about_its_row() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (principal(ANA), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let tokens = tokens(7, &Arc::default());
    let mut lengths = Vec::new();
    for suffix in ["", "-acquisition-of-a-company"] {
        let fetch = |query: PageQuery<String>| {
            let after = query
                .after
                .map_or(0, |after| after.get(1..6).unwrap().parse().unwrap());
            let denied = (after + 1..=after + query.limit)
                .map(|number| Row(format!("s{number:05}{suffix}")));
            ready(Ok::<_, Denied>(denied.collect()))
        };
        let request = tokens.request(5, None, "");
        let mapping = inexact();
        let page = guard.filter_page_by_token(GetCampaign, &mapping, request, fetch);
        let page: pinpoint_iam::guard::TokenPage<Row> = page.await.unwrap();
        assert!(page.rows.is_empty());
        let token = page.next.unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        let hidden = "s00400";
        assert!(!token.contains(hidden));
        assert!(
            !bytes
                .windows(hidden.len())
                .any(|bytes| bytes == hidden.as_bytes())
        );
        lengths.push(token.len());
        // The same position has another token each time.
        let again = guard.filter_page_by_token(GetCampaign, &mapping, request, fetch);
        let again: pinpoint_iam::guard::TokenPage<Row> = again.await.unwrap();
        assert_ne!(again.next.unwrap(), token);
    }
    let [short, long] = lengths[..] else {
        panic!("{lengths:?}");
    };
    assert_eq!(short, long, "the length of the key is hidden");
    assert!(!format!("{tokens:?}").contains('7'), "{tokens:?}");
}

/// Every token that was not made for this very list is rejected, and no query is made.
#[tokio::test]
async fn a_token_is_valid_for_its_own_list_only() {
    let (authorizer, source) = authorizer(STATEMENTS);
    let (ana, ben, context) = (principal(ANA), principal(BEN), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let seconds = Arc::new(AtomicU64::new(1_000));
    let tokens_of_7 = tokens(7, &seconds);
    let (_, token) = page(&guard, &exact(), &tokens_of_7, None, "c")
        .await
        .unwrap();
    let token = token.unwrap();
    let status = async |guard: &Guard<'_>,
                        mapping: &columns::Campaign,
                        tokens: &PageTokens,
                        token: &str,
                        query| {
        match page(guard, mapping, tokens, Some(token), query).await {
            Ok((ids, _)) => {
                assert_eq!(ids, ["c2"]);
                200
            }
            Err(denied) => {
                assert!(matches!(denied.reason(), DeniedReason::InvalidPageToken));
                assert_eq!(
                    denied.to_string(),
                    "The page token is invalid or has expired."
                );
                denied.status()
            }
        }
    };
    assert_eq!(
        status(&guard, &exact(), &tokens_of_7, &token, "c").await,
        200
    );

    // Changed, truncated and extended tokens.
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let changed = URL_SAFE_NO_PAD.encode(changed);
        assert_eq!(
            status(&guard, &exact(), &tokens_of_7, &changed, "c").await,
            400
        );
        let truncated = URL_SAFE_NO_PAD.encode(&bytes[..place]);
        assert_eq!(
            status(&guard, &exact(), &tokens_of_7, &truncated, "c").await,
            400
        );
    }
    let extended = URL_SAFE_NO_PAD.encode([&bytes[..], &[0]].concat());
    for other in [
        &extended,
        "",
        "c1",
        "é",
        &format!("{token}="),
        &format!(" {token}"),
    ] {
        assert_eq!(
            status(&guard, &exact(), &tokens_of_7, other, "c").await,
            400,
            "{other}"
        );
    }

    // Another list.
    let of_ben = authorizer.guard(&ben, &context);
    let other_region = Scope::new("aws", "eu-west-1", "123456789012");
    let elsewhere = guard.clone().in_scope(&other_region);
    let other_column = mapping(KeyedColumns::nowhere().with("stage", StringColumn::text("level")));
    let other_secret = tokens(8, &seconds);
    for (why, guard, mapping, tokens, query) in [
        ("another query", &guard, &exact(), &tokens_of_7, "C"),
        ("another principal", &of_ben, &exact(), &tokens_of_7, "c"),
        ("another scope", &elsewhere, &exact(), &tokens_of_7, "c"),
        ("other columns", &guard, &other_column, &tokens_of_7, "c"),
        (
            "columns that are not exact",
            &guard,
            &inexact(),
            &tokens_of_7,
            "c",
        ),
        ("another secret", &guard, &exact(), &other_secret, "c"),
    ] {
        assert_eq!(
            status(guard, mapping, tokens, &token, query).await,
            400,
            "{why}"
        );
    }
    let request = tokens_of_7.request(1, Some(&token), "c");
    let none = |_: PageQuery<String>| ready(Ok::<Vec<Row>, Denied>(Vec::new()));
    let denied = guard
        .filter_page_by_token(DeleteCampaign, &exact(), request, none)
        .await;
    assert_eq!(denied.unwrap_err().status(), 400, "another action");
    let none = |_: PageQuery<u64>| ready(Ok::<Vec<Numbered>, Denied>(Vec::new()));
    let denied = guard
        .filter_page_by_token(GetCampaign, &exact(), request, none)
        .await;
    assert_eq!(denied.unwrap_err().status(), 400, "rows with other keys");

    // Policies that select the same rows, and others.
    for (added, expected) in [
        ("", 200),
        (
            r#", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
            400,
        ),
        (
            r#", {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/c9"}"#,
            400,
        ),
    ] {
        *source.0.lock().unwrap() = format!("{STATEMENTS}{added}");
        authorizer.reload().unwrap();
        // A guard keeps its policies.
        assert_eq!(
            status(&guard, &exact(), &tokens_of_7, &token, "c").await,
            200
        );
        let renewed = authorizer.guard(&ana, &context);
        assert_eq!(
            status(&renewed, &exact(), &tokens_of_7, &token, "c").await,
            expected,
            "{added}"
        );
    }

    // Expiry.
    for (now, expected) in [(1_059, 200), (1_060, 400), (2_000, 400)] {
        seconds.store(now, Ordering::Relaxed);
        assert_eq!(
            status(&guard, &exact(), &tokens_of_7, &token, "c").await,
            expected,
            "{now}"
        );
    }
}

fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn policy(name: &str, statements: &str) -> Policy {
    Policy::new(name, Document::parse(&document(statements)).unwrap())
}

const OTHER: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;

/// A store in which the caller has two policies, after `change`.
fn store(change: impl FnOnce(&mut PolicyStore)) -> PolicyStore {
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(policy("one", STATEMENTS));
    ana.attach(policy("two", OTHER));
    store.group("editors").attach(policy("three", OTHER));
    change(&mut store);
    store
}

/// The status of the second page on an authorizer, with the token of the first page on another one.
async fn continued(first: &Authorizer, second: &Authorizer, tokens: &PageTokens) -> u16 {
    let (ana, context) = (principal(ANA), Context::new());
    let guard = first.guard_async(&ana, &context).await;
    let (ids, token) = page(&guard, &exact(), tokens, None, "").await.unwrap();
    assert_eq!(ids, ["c1"]);
    let guard = second.guard_async(&ana, &context).await;
    match page(&guard, &exact(), tokens, token.as_deref(), "").await {
        Ok((ids, _)) => {
            assert_eq!(ids, ["c2"]);
            200
        }
        Err(denied) => denied.status(),
    }
}

/// Instances of a service accept the tokens of each other as long as they have the same policies. No change of the
/// policies below changes the rows of the caller.
#[tokio::test]
async fn a_token_does_not_outlive_the_policies_of_a_store() {
    type Change = fn(&mut PolicyStore);
    let tokens = tokens(7, &Arc::default());
    let built = |change: Change| builder().source(store(change)).build().unwrap();
    let first = built(|_| {});
    let cases: [(&str, Change, u16); 11] = [
        ("the same policies", |_| {}, 200),
        (
            "in another order",
            |store| {
                let mut other = PolicyStore::new();
                other.group("editors").attach(policy("three", OTHER));
                let ana = other.identity(ANA).unwrap();
                ana.attach(policy("two", OTHER));
                ana.attach(policy("one", STATEMENTS));
                *store = other;
            },
            200,
        ),
        (
            "another policy",
            |store| store.identity(ANA).unwrap().attach(policy("4", OTHER)),
            400,
        ),
        (
            "a policy of another user",
            |store| store.identity(BEN).unwrap().attach(policy("4", OTHER)),
            400,
        ),
        (
            "another user without policies",
            |store| {
                store.identity(BEN).unwrap();
            },
            400,
        ),
        (
            "a permissions boundary",
            |store| {
                let everything = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
                let ana = store.identity(ANA).unwrap();
                ana.set_permissions_boundary(policy("4", everything));
            },
            400,
        ),
        (
            "a tag",
            |store| store.identity(ANA).unwrap().set_tag("team", "x"),
            400,
        ),
        (
            "a unique id",
            |store| store.identity(ANA).unwrap().set_unique_id("AIDA1"),
            400,
        ),
        (
            "a policy of a group",
            |store| store.group("editors").attach(policy("4", OTHER)),
            400,
        ),
        (
            "another group",
            |store| {
                store.group("readers");
            },
            400,
        ),
        (
            "a policy whose name is another text",
            |store| {
                let mut other = PolicyStore::new();
                let ana = other.identity(ANA).unwrap();
                ana.attach(policy("one", STATEMENTS));
                ana.attach(policy("2", OTHER));
                other.group("editors").attach(policy("three", OTHER));
                *store = other;
            },
            400,
        ),
    ];
    for (why, change, expected) in cases {
        let second = built(change);
        assert_eq!(continued(&first, &second, &tokens).await, expected, "{why}");
    }
}

#[tokio::test]
async fn a_token_does_not_outlive_the_revision_of_an_asynchronous_source() {
    let tokens = tokens(7, &Arc::default());
    let built = async |revision: &'static str| {
        let source = from_fn("store", move |_| {
            let set = PolicySet::from_store(Revision::new(revision), store(|_| {}));
            ready(Ok(Fetched::Changed(set)))
        });
        let builder = builder().async_source(source);
        let built = builder.max_age(Duration::from_secs(3_600)).build_async();
        built.await.unwrap().0
    };
    let first = built("r1").await;
    for (revision, expected) in [("r1", 200), ("r2", 400)] {
        let second = built(revision).await;
        assert_eq!(
            continued(&first, &second, &tokens).await,
            expected,
            "{revision}"
        );
    }
    // A set without a revision is another one, whatever it contains.
    let second = builder().source(store(|_| {})).build().unwrap();
    assert_eq!(continued(&first, &second, &tokens).await, 400);
}

/// A source of single principals, with a revision and the text of a policy.
struct Loads(&'static str, String);

impl PrincipalSource for Loads {
    fn name(&self) -> String {
        "users".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        let Self(revision, document) = self;
        let mut records = PrincipalRecords::new(Revision::new(revision));
        for arn in request.identities {
            let mut record = IdentityRecord::new(arn);
            let policy = PolicyRecord::inline("own", document);
            record.policies.push(policy);
            records.identities.push(record);
        }
        Box::pin(ready(Ok(records)))
    }
}

/// The revision of such records can be another one each time that they are loaded.
#[tokio::test]
async fn a_token_does_not_outlive_the_records_of_a_principal() {
    let tokens = tokens(7, &Arc::default());
    let built = |revision, statements: &str| {
        let source = Loads(revision, document(statements));
        let builder = builder().principal_source(source, PrincipalCache::new());
        builder.build().unwrap()
    };
    let first = built("1", STATEMENTS);
    let changed = format!("{STATEMENTS}, {OTHER}");
    for (revision, statements, expected) in [
        ("1", STATEMENTS, 200),
        ("2", STATEMENTS, 200),
        ("1", &changed, 400),
    ] {
        let second = built(revision, statements);
        assert_eq!(
            continued(&first, &second, &tokens).await,
            expected,
            "{revision} {statements}"
        );
    }
}
