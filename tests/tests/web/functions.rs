//! `#[requires(.., guard = ..)]`: functions that perform the check themselves.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{ResourceTagSource, Tags, TagsFuture};
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, Segment};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};

/// The error of an application.
#[derive(Debug)]
struct Error(u16);

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self(denied.status())
    }
}

fn authorizer(statements: &str) -> Authorizer {
    with_tags(statements, |_| Tags::new())
}

fn with_tags(statements: &str, tags: fn(&str) -> Tags) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap()
        .attach(Policy::new("test", Document::parse(&document).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .resource_tags(Source(tags))
        .build()
        .unwrap()
}

struct Source(fn(&str) -> Tags);

impl ResourceTagSource for Source {
    fn tags<'a>(&'a self, arn: &'a str) -> TagsFuture<'a> {
        Box::pin(async move { Ok((self.0)(arn)) })
    }
}

/// Allows everything in the application `a1`.
const A1: &str =
    r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1*"}"#;

fn ana() -> Principal {
    Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap()
}

fn outcome<T>(result: Result<T, Error>) -> u16 {
    result.map_or_else(|Error(status)| status, |_| 200)
}

/// The number of times the body of a function has run.
#[derive(Default)]
struct Runs(Cell<u32>);

impl Runs {
    fn note(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[requires(GetCampaign, guard = guard)]
fn plain(
    guard: &Guard<'_>,
    runs: &Runs,
    application_id: &str,
    campaign_id: String,
) -> Result<String, Error> {
    runs.note();
    // The check has not moved the parameters.
    Ok(campaign_id)
}

#[test]
fn a_denied_caller_does_not_reach_the_body() {
    let authorizer = authorizer(A1);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let runs = Runs::default();
    let call = |app: &str, id: &str| outcome(plain(&guard, &runs, app, id.to_owned()));
    assert_eq!(call("a2", "c1"), 403);
    assert_eq!(call("a1", "c/1"), 400);
    assert_eq!(runs.0.get(), 0);
    assert_eq!(call("a1", "c1"), 200);
    assert_eq!(runs.0.get(), 1);
}

/// A service layer that contains its guard.
struct Campaigns<'a> {
    guard: Guard<'a>,
    application_id: String,
}

trait Store {
    fn owner(&self) -> Guard<'_>;

    #[requires(DeleteSegment, resource = Segment::new("a1", id)?, guard = self.owner())]
    fn delete_segment(&self, id: &str) -> Result<usize, Error> {
        Ok(id.len())
    }
}

impl Store for Campaigns<'_> {
    fn owner(&self) -> Guard<'_> {
        self.guard.clone()
    }
}

impl Campaigns<'_> {
    #[requires(DeleteCampaign, application_id = self.application_id, guard = self.guard, permit = proof)]
    fn delete(&mut self, campaign_id: &str) -> Result<Permit<DeleteCampaign>, Error> {
        self.application_id.push_str(campaign_id);
        Ok(proof)
    }

    #[requires(GetCampaign, application_id = self.application_id, guard = &self.guard)]
    async fn read(&self, campaign_id: &str) -> Result<String, Error> {
        Ok(format!("{} {campaign_id}", self.application_id))
    }

    #[requires(GetApp, guard = guard)]
    fn of_no_instance<'g>(
        guard: Guard<'g>,
        application_id: Cow<'g, str>,
    ) -> Result<Cow<'g, str>, Error> {
        Ok(application_id)
    }
}

#[tokio::test]
async fn methods_have_their_guard_in_self() {
    let authorizer = authorizer(A1);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    for (app, expected) in [("a1", 200), ("a2", 403)] {
        let mut campaigns = Campaigns {
            guard: guard.clone(),
            application_id: app.to_owned(),
        };
        assert_eq!(outcome(campaigns.read("c1").await), expected);
        assert_eq!(outcome(campaigns.delete_segment("s1")), 200);
        assert_eq!(outcome(campaigns.delete_segment("s/1")), 400);
        assert_eq!(outcome(campaigns.delete("c1")), expected);
        assert_eq!(
            campaigns.application_id.len(),
            if expected == 200 { 4 } else { 2 }
        );
        assert_eq!(
            outcome(Campaigns::of_no_instance(guard.clone(), app.into())),
            expected
        );
    }
    let mut campaigns = Campaigns {
        guard: guard.clone(),
        application_id: "a1".to_owned(),
    };
    let proof = campaigns.delete("c1").unwrap();
    assert_eq!(proof.principal(), guard.principal());
    assert!(proof.arn().ends_with(":apps/a1/campaigns/c1"), "{proof:?}");
}

#[requires(GetCampaign, resource = campaign, guard = guard)]
fn generic<'c, G, T>(guard: &G, campaign: &'c Campaign, value: T) -> Result<(&'c str, T), Error>
where
    G: pinpoint_iam::__private::AsGuard + ?Sized,
    T: Clone,
{
    Ok((campaign.campaign_id(), value.clone()))
}

#[requires(GetApp, guard = guard)]
fn of_any_text(guard: &Guard<'_>, application_id: impl AsRef<str>) -> Result<usize, Denied> {
    Ok(application_id.as_ref().len())
}

#[test]
fn generic_functions_are_guarded() {
    let authorizer = authorizer(A1);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let campaign = Campaign::new("a1", "c1").unwrap();
    assert_eq!(generic(&guard, &campaign, 7).unwrap(), ("c1", 7));
    let other = Campaign::new("a2", "c1").unwrap();
    assert_eq!(outcome(generic(&guard, &other, 7)), 403);
    assert_eq!(of_any_text(&guard, "a1").unwrap(), 2);
    assert!(of_any_text(&guard, String::from("a2")).is_err());
}

#[requires(GetCampaign, guard = guard)]
async fn later(
    guard: &Guard<'_>,
    application_id: &str,
    campaign_id: &str,
    runs: &AtomicU32,
) -> Result<(), Error> {
    runs.fetch_add(1, Ordering::SeqCst);
    tokio::task::yield_now().await;
    Ok(())
}

/// Checks at compile time that a future is `Send`.
fn is_send<T: Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn an_async_function_waits_for_tags() {
    let tagged = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
    let authorizer = with_tags(tagged, |arn| {
        let team = if arn.ends_with("c1") { "red" } else { "blue" };
        [("team", team)].into_iter().collect()
    });
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let runs = AtomicU32::new(0);
    assert_eq!(
        outcome(is_send(later(&guard, "a1", "c2", &runs)).await),
        403
    );
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert_eq!(
        outcome(is_send(later(&guard, "a1", "c1", &runs)).await),
        200
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // A function that cannot wait denies the request.
    assert_eq!(
        outcome(plain(&guard, &Runs::default(), "a1", "c1".to_owned())),
        503
    );
}

/// What `#[async_trait]` generates: the check is made when the future is awaited, and can wait for tags.
#[async_trait::async_trait]
trait Asynchronous {
    fn owner(&self) -> Guard<'_>;

    #[requires(GetCampaign, guard = self.owner())]
    async fn read(
        &self,
        runs: &AtomicU32,
        application_id: &str,
        campaign_id: &str,
    ) -> Result<String, Error> {
        runs.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{application_id} {campaign_id}"))
    }

    async fn delete(&mut self, campaign_id: String) -> Result<Permit<DeleteCampaign>, Error>;
}

#[async_trait::async_trait]
impl Asynchronous for Campaigns<'_> {
    fn owner(&self) -> Guard<'_> {
        self.guard.clone()
    }

    #[requires(DeleteCampaign, application_id = self.application_id, guard = self.guard, permit = proof)]
    async fn delete(&mut self, campaign_id: String) -> Result<Permit<DeleteCampaign>, Error> {
        self.application_id.push_str(&campaign_id);
        Ok(proof)
    }
}

#[tokio::test]
async fn methods_of_async_trait_are_guarded() {
    let tagged = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
    let authorizer = with_tags(tagged, |arn| {
        let team = if arn.ends_with("c1") { "red" } else { "blue" };
        [("team", team)].into_iter().collect()
    });
    let (ana, context) = (ana(), Context::new());
    let mut campaigns = Campaigns {
        guard: authorizer.guard(&ana, &context),
        application_id: "a1".to_owned(),
    };
    let runs = AtomicU32::new(0);
    let refused = Asynchronous::read(&campaigns, &runs, "a1", "c2");
    assert_eq!(outcome(is_send(refused).await), 403);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    let allowed = Asynchronous::read(&campaigns, &runs, "a1", "c1").await;
    assert_eq!(allowed.unwrap(), "a1 c1");
    assert_eq!(runs.load(Ordering::SeqCst), 1);

    let refused = Asynchronous::delete(&mut campaigns, "c2".to_owned()).await;
    assert_eq!(outcome(refused), 403);
    assert_eq!(campaigns.application_id, "a1");
    let proof = Asynchronous::delete(&mut campaigns, "c1".to_owned()).await;
    assert!(proof.unwrap().arn().ends_with(":apps/a1/campaigns/c1"));
}

#[requires(CreateCampaign, request_tags = tags, guard = guard, dependents = none)]
fn tagged(guard: &Guard<'_>, application_id: &str, tags: &[&str]) -> Result<(), Error> {
    Ok(())
}

#[requires(CreateCampaign, request_tags = none, guard = guard)]
fn untagged(guard: &Guard<'_>, application_id: &str) -> Result<(), Error> {
    Ok(())
}

#[test]
fn tags_of_the_request_are_asked_about() {
    let authorizer = authorizer(&format!(
        r#"{A1}, {{"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {{"ForAnyValue:StringEquals": {{"aws:TagKeys": "secret"}}}}}}"#
    ));
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    assert_eq!(outcome(tagged(&guard, "a1", &["team"])), 200);
    assert_eq!(outcome(tagged(&guard, "a1", &["team", "secret"])), 403);
    assert_eq!(outcome(untagged(&guard, "a1")), 200);
    // The tags in the attribute are those of the request, regardless of the guard's context.
    let innocent = Context::new();
    let innocent = guard.clone().with_request_tags(&innocent);
    assert_eq!(outcome(tagged(&innocent, "a1", &["secret"])), 403);
}

/// Items that the body declares are visible in the whole body, but not in the check.
#[requires(GetCampaign, campaign_id = name(id), guard = guard)]
fn with_items_of_its_own(
    guard: &Guard<'_>,
    application_id: &str,
    id: &str,
) -> Result<&'static str, Error> {
    #![allow(
        dead_code,
        non_upper_case_globals,
        unused_macros,
        reason = "attributes of the body stay"
    )]

    return Result::Ok(name(application_id));

    const application_id: &str = "a1";
    const __guard: u8 = 0;
    const denied: u8 = 0;
    mod pinpoint_iam {}
    mod core {}
    fn name(_: &str) -> &'static str {
        "body"
    }
    struct Ok;
    struct Err;
    macro_rules! matches {
        () => {};
    }
}

fn name(id: &str) -> String {
    format!("c{id}")
}

#[test]
fn items_of_the_body_are_not_those_of_the_check() {
    let authorizer = authorizer(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a2/campaigns/c1"}"#,
    );
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    assert_eq!(with_items_of_its_own(&guard, "a2", "1").unwrap(), "body");
    assert_eq!(outcome(with_items_of_its_own(&guard, "a1", "1")), 403);
    assert_eq!(outcome(with_items_of_its_own(&guard, "a2", "2")), 403);
}

/// No expression in the attribute can skip the check.
#[requires(
    GetCampaign,
    resource = { if id == "c1" { return Ok(Campaign::new("a2", id)?); } Campaign::new("a1", id)? },
    guard = { if id == "c1" { return Ok(guard); } guard },
)]
fn with_ways_out(guard: &Guard<'_>, id: &str) -> Result<(), Error> {
    Ok(())
}

#[requires(
    CreateCampaign,
    application_id = "a1",
    request_tags = { if id == "x" { Campaign::new("", id)?; } Tags::new() },
    dependents(TagResource),
    guard = guard,
)]
async fn with_ways_out_later(guard: &Guard<'_>, id: &str) -> Result<(), Error> {
    Ok(())
}

#[tokio::test]
async fn no_expression_leads_past_the_check() {
    let authorizer = authorizer(A1);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    assert_eq!(outcome(with_ways_out(&guard, "c1")), 403);
    assert_eq!(outcome(with_ways_out(&guard, "c2")), 200);
    assert_eq!(outcome(with_ways_out_later(&guard, "x").await), 400);
    assert_eq!(outcome(with_ways_out_later(&guard, "y").await), 200);
}
