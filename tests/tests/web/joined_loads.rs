//! Concurrent checks of one request share the loads of the keys of resources.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use pinpoint_iam::guard::{DeniedReason, KeysUnavailable, Tags, TagsUnavailable};
use pinpoint_iam::mobiletargeting::{Campaign, CampaignKeys, GetApp, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::{Authorizer, Denied, Policy, Principal, Scope, requires};
use tokio::sync::watch;
use tower::ServiceExt as _;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// What the source does with the calls that wait for it, and with later ones.
#[derive(Clone, Copy, PartialEq)]
enum Reply {
    Wait,
    Answer,
    Fail,
    Panic,
}

/// The other end of the source.
struct Source {
    reply: watch::Sender<Reply>,
    /// The ids of each call.
    calls: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Source {
    fn calls(&self) -> Vec<Vec<String>> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(mut reply: watch::Receiver<Reply>) -> Result<(), KeysUnavailable> {
    let reply = *reply.wait_for(|reply| *reply != Reply::Wait).await?;
    assert!(reply != Reply::Panic, "the source panics in this test");
    match reply {
        Reply::Fail => Err(KeysUnavailable::new("the database is down")),
        _ => Ok(()),
    }
}

/// Ana may do everything, except with secret resources: those whose id starts with `s`.
fn started() -> (Authorizer, Source) {
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/stage": "secret"}}}]}"#;
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(Policy::new("test", Document::parse(document).unwrap()));
    let (sender, receiver) = watch::channel(Reply::Wait);
    let calls: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let (counted, replies) = (Arc::clone(&calls), receiver.clone());
    let tags_counted = Arc::clone(&calls);
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .resource_keys_batch(move |campaigns: Vec<Campaign>| {
            let ids = campaigns
                .iter()
                .map(|campaign| campaign.campaign_id().to_owned());
            counted.lock().unwrap().push(ids.collect());
            let answered = answer(replies.clone());
            async move {
                answered.await?;
                let keys = |campaign: Campaign| {
                    let is_secret = campaign.campaign_id().starts_with('s');
                    let tags = is_secret.then_some(("stage", "secret"));
                    let tags = tags.into_iter().collect::<Tags>();
                    (campaign, CampaignKeys { tags })
                };
                Ok(campaigns.into_iter().map(keys).collect::<Vec<_>>())
            }
        })
        .resource_tags(move |arn: String| {
            tags_counted.lock().unwrap().push(vec![arn]);
            let answered = answer(receiver.clone());
            async move {
                let answered = answered.await.map_err(TagsUnavailable::new);
                answered.map(|()| Tags::default())
            }
        })
        .build()
        .unwrap();
    let source = Source {
        reply: sender,
        calls,
    };
    (authorizer, source)
}

/// The guard of a new request.
async fn request(authorizer: &Authorizer) -> RequestGuard {
    let kept: Arc<Mutex<Option<RequestGuard>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let handler = move |guard: RequestGuard| {
        *keep.lock().unwrap() = Some(guard);
        ready(())
    };
    let router: Router = Router::new()
        .route("/", get(handler))
        .with_state(authorizer.clone());
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    router.oneshot(request).await.unwrap();
    let guard = kept.lock().unwrap().take();
    guard.unwrap()
}

fn campaign(id: &str) -> Campaign {
    Campaign::new("a1", id).unwrap()
}

type Check<'a> = Pin<Box<dyn Future<Output = Result<bool, Denied>> + Send + 'a>>;

fn check<'a>(guard: &'a RequestGuard, campaign: &'a Campaign) -> Check<'a> {
    Box::pin(guard.is_allowed(GetCampaign, campaign))
}

/// Polls a check once, by the current task.
async fn poll<F: Future + Unpin>(check: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *check).poll(context))).await
}

#[track_caller]
fn assert_unavailable<T>(result: Result<T, Denied>) {
    let denied = result.err().unwrap();
    assert_eq!(denied.status(), 503);
    assert!(matches!(
        denied.reason(),
        DeniedReason::ResourceKeysUnavailable(_)
    ));
}

#[tokio::test]
async fn concurrent_checks_of_a_resource_share_one_load() {
    for (id, expected) in [("c1", true), ("s1", false)] {
        let (authorizer, source) = started();
        let guard = request(&authorizer).await;
        let (other, resource) = (guard.clone(), campaign(id));
        let (mut one, mut two) = (check(&guard, &resource), check(&other, &resource));
        assert!(poll(&mut one).await.is_pending());
        assert!(poll(&mut two).await.is_pending());
        source.reply.send_replace(Reply::Answer);
        assert_eq!(two.await.unwrap(), expected);
        assert_eq!(one.await.unwrap(), expected);
        // A later check of the request has the keys already.
        assert_eq!(check(&guard, &resource).await.unwrap(), expected);
        assert_eq!(source.calls(), [[id]]);
        assert_eq!(authorizer.resource_key_fetches(), 1);
    }
}

/// On several tasks, which other threads wake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_on_several_tasks_share_one_load() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    // The load has begun before the tasks.
    let resource = campaign("s1");
    let mut first = check(&guard, &resource);
    assert!(poll(&mut first).await.is_pending());
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let guard = guard.clone();
            tokio::spawn(async move { guard.is_allowed(GetCampaign, &campaign("s1")).await })
        })
        .collect();
    source.reply.send_replace(Reply::Answer);
    for task in tasks {
        assert!(!task.await.unwrap().unwrap());
    }
    assert!(!first.await.unwrap());
    assert_eq!(source.calls(), [["s1"]]);
}

/// Only the resources that no load is about are loaded.
#[tokio::test]
async fn lists_share_the_loads_of_their_common_resources() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let list = |ids: [&str; 2]| Box::pin(guard.filter(GetCampaign, ids.map(campaign)));
    let mut one = list(["c1", "s1"]);
    assert!(poll(&mut one).await.is_pending());
    let mut two = list(["s1", "c2"]);
    assert!(poll(&mut two).await.is_pending());
    let mut three = list(["c2", "c1"]);
    assert!(poll(&mut three).await.is_pending());
    source.reply.send_replace(Reply::Answer);
    assert_eq!(three.await.unwrap(), ["c2", "c1"].map(campaign));
    assert_eq!(two.await.unwrap(), ["c2"].map(campaign));
    assert_eq!(one.await.unwrap(), ["c1"].map(campaign));
    assert_eq!(source.calls(), [["c1", "s1"].as_slice(), &["c2"]]);
}

/// The check that began a load is dropped, or is not polled any more. The others continue the load.
#[tokio::test]
async fn a_load_does_not_depend_on_the_check_that_began_it() {
    for is_dropped in [true, false] {
        for (id, expected) in [("c1", true), ("s1", false)] {
            let (authorizer, source) = started();
            let guard = request(&authorizer).await;
            let resource = campaign(id);
            let (mut one, mut two) = (check(&guard, &resource), check(&guard, &resource));
            assert!(poll(&mut one).await.is_pending());
            assert!(poll(&mut two).await.is_pending());
            let stalled = (!is_dropped).then_some(one);
            source.reply.send_replace(Reply::Answer);
            assert_eq!(two.await.unwrap(), expected);
            drop(stalled);
            assert_eq!(source.calls(), [[id]]);
        }
    }
}

/// Each check is woken when the source answers, whichever of them has polled the load last.
#[tokio::test]
async fn a_source_that_answers_wakes_every_check() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let tasks = [(); 3].map(|()| {
        let guard = guard.clone();
        tokio::spawn(async move { guard.is_allowed(GetCampaign, &campaign("s1")).await })
    });
    // All of them wait.
    tokio::task::yield_now().await;
    assert_eq!(source.calls(), [["s1"]]);
    let resource = campaign("s1");
    let mut nobody = Context::from_waker(Waker::noop());
    let mut last = check(&guard, &resource);
    assert!(last.as_mut().poll(&mut nobody).is_pending());
    source.reply.send_replace(Reply::Answer);
    for task in tasks {
        assert!(!task.await.unwrap().unwrap());
    }
    assert_eq!(source.calls(), [["s1"]]);
}

/// The load ends when a check polls it, and its source wakes nobody.
#[tokio::test]
async fn the_end_of_a_load_wakes_every_check() {
    let is_ready = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&is_ready);
    let mut store = PolicyStore::new();
    let condition = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:ResourceTag/stage": "secret"}}}}"#;
    let policy = Policy::new("test", Document::parse(condition).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .warn_about_keys_without_source()
        .resource_keys(move |_: Campaign| {
            let ready = Arc::clone(&ready);
            poll_fn(move |_| match ready.load(Ordering::SeqCst) {
                true => Poll::Ready(Ok(CampaignKeys {
                    tags: Tags::default(),
                })),
                false => Poll::Pending,
            })
        })
        .build()
        .unwrap();
    let guard = request(&authorizer).await;
    let waiting = tokio::spawn({
        let guard = guard.clone();
        async move { guard.is_allowed(GetCampaign, &campaign("c1")).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(authorizer.resource_key_fetches(), 1);
    is_ready.store(true, Ordering::SeqCst);
    let resource = campaign("c1");
    let mut last = check(&guard, &resource);
    assert!(matches!(poll(&mut last).await, Poll::Ready(Ok(true))));
    assert!(waiting.await.unwrap().unwrap());
    assert_eq!(authorizer.resource_key_fetches(), 1);
}

/// The checks that polled the load last are gone before the source answers.
#[tokio::test]
async fn a_load_wakes_the_checks_that_are_left() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let resource = campaign("s1");
    let (mut one, mut two) = (check(&guard, &resource), check(&guard, &resource));
    assert!(poll(&mut two).await.is_pending());
    // The load is continued by a task that nobody wakes.
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(one.as_mut().poll(&mut nobody).is_pending());
    let waiting = tokio::spawn({
        let guard = guard.clone();
        async move { guard.is_allowed(GetCampaign, &campaign("s1")).await }
    });
    tokio::task::yield_now().await;
    drop((one, two));
    source.reply.send_replace(Reply::Answer);
    assert!(!waiting.await.unwrap().unwrap());
    assert_eq!(source.calls(), [["s1"]]);
}

/// A later check begins another load, instead of the one that nobody has continued.
#[tokio::test]
async fn a_load_for_which_nobody_waits_ends() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let resource = campaign("c1");
    let (mut one, mut two) = (check(&guard, &resource), check(&guard, &resource));
    assert!(poll(&mut one).await.is_pending());
    assert!(poll(&mut two).await.is_pending());
    drop((one, two));
    source.reply.send_replace(Reply::Answer);
    assert!(check(&guard, &resource).await.unwrap());
    assert_eq!(source.calls(), [["c1"], ["c1"]]);
}

#[tokio::test]
async fn an_error_of_a_load_is_a_counted_503_of_each_check() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let resource = campaign("c1");
    let (mut one, mut two) = (check(&guard, &resource), check(&guard, &resource));
    assert!(poll(&mut one).await.is_pending());
    assert!(poll(&mut two).await.is_pending());
    source.reply.send_replace(Reply::Fail);
    assert_unavailable(one.await);
    assert_unavailable(two.await);
    assert_eq!(authorizer.resource_key_failures(), 2);
    assert_eq!(authorizer.resource_key_fetches(), 1);
    // An error is not kept.
    source.reply.send_replace(Reply::Answer);
    assert!(check(&guard, &resource).await.unwrap());
}

/// The panic ends the check that continues the load. The keys are not absent for the others.
#[tokio::test]
async fn a_panic_of_a_load_is_a_counted_503_of_the_others() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let resource = campaign("c1");
    let mut one = check(&guard, &resource);
    let (mut two, mut three) = (check(&guard, &resource), check(&guard, &resource));
    for waiting in [&mut one, &mut two, &mut three] {
        assert!(poll(waiting).await.is_pending());
    }
    source.reply.send_replace(Reply::Panic);
    let mut nobody = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| one.as_mut().poll(&mut nobody)));
    assert!(polled.is_err());
    assert_unavailable(two.await);
    drop(one);
    assert_unavailable(three.await);
    assert_eq!(authorizer.resource_key_failures(), 2);
    source.reply.send_replace(Reply::Answer);
    assert!(check(&guard, &resource).await.unwrap());
    assert_eq!(source.calls().len(), 2);
}

/// A request that starts after a change of the resource must not get keys that were loaded before the change.
#[tokio::test]
async fn loads_of_another_request_and_from_before_a_renewal_are_not_joined() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let resource = campaign("c1");
    let mut one = check(&guard, &resource);
    assert!(poll(&mut one).await.is_pending());
    let another = request(&authorizer).await;
    let mut two = check(&another, &resource);
    assert!(poll(&mut two).await.is_pending());
    let mut renewed = guard.clone();
    renewed.renew();
    let mut three = check(&renewed, &resource);
    assert!(poll(&mut three).await.is_pending());
    // The source may read something else for another scope.
    let scoped = guard.guard().in_scope(authorizer.scope());
    let mut four = Box::pin(scoped.is_allowed(GetCampaign, &resource));
    assert!(poll(&mut four).await.is_pending());
    source.reply.send_replace(Reply::Answer);
    for allowed in [one.await, two.await, three.await, four.await] {
        assert!(allowed.unwrap());
    }
    assert_eq!(source.calls(), [["c1"]; 4]);
}

#[requires(GetCampaign, guard = guard)]
async fn name_of(
    guard: &RequestGuard,
    application_id: &str,
    campaign_id: &str,
) -> Result<String, Denied> {
    Ok(format!("{campaign_id} of {application_id}"))
}

/// Such as the fields of a GraphQL query.
#[tokio::test]
async fn functions_share_the_loads_of_their_request() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let name = |id| Box::pin(name_of(&guard, "a1", id));
    let (mut one, mut two) = (name("c1"), name("c1"));
    assert!(poll(&mut one).await.is_pending());
    assert!(poll(&mut two).await.is_pending());
    source.reply.send_replace(Reply::Answer);
    assert_eq!(two.await.unwrap(), "c1 of a1");
    assert_eq!(one.await.unwrap(), "c1 of a1");
    assert_eq!(name("c1").await.unwrap(), "c1 of a1");
    assert_eq!(name("s1").await.unwrap_err().status(), 403);
    assert_eq!(source.calls(), [["c1"], ["s1"]]);
}

#[tokio::test]
async fn a_batch_has_a_maximum_size() {
    let (authorizer, source) = started();
    source.reply.send_replace(Reply::Answer);
    let guard = request(&authorizer).await;
    let all: Vec<_> = (0..2_500)
        .map(|number| campaign(&format!("c{number}")))
        .collect();
    let kept = guard.filter(GetCampaign, all.clone()).await.unwrap();
    assert_eq!(kept, all);
    let sizes: Vec<usize> = source.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
}

/// Tags have a source of their own, which is called for one resource at a time.
#[tokio::test]
async fn loads_of_tags_are_joined_too() {
    let (authorizer, source) = started();
    let guard = request(&authorizer).await;
    let app = pinpoint_iam::mobiletargeting::App::new("a1").unwrap();
    let of_app = || Box::pin(guard.is_allowed(GetApp, &app));
    let (mut one, mut two) = (of_app(), of_app());
    assert!(poll(&mut one).await.is_pending());
    assert!(poll(&mut two).await.is_pending());
    source.reply.send_replace(Reply::Answer);
    assert!(two.await.unwrap());
    assert!(one.await.unwrap());
    assert_eq!(source.calls().len(), 1);
    assert_eq!(authorizer.tag_fetches(), 1);
}
