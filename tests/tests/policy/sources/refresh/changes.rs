//! Checks of new policies before they replace the current ones.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use pinpoint_iam::change::{
    ApprovalError, ChangeCheck, CheckFailed, PastRequest, PolicyChange, RejectedChange,
    SameDecisions,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Evaluation, Policy};

use super::*;

const APP: &str = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1";

/// Whether ana may delete applications, by an evaluation of a change.
fn deletes(evaluate: impl FnOnce(&Request<'_>) -> Evaluation) -> bool {
    let (ana, context) = (user("ana"), Context::new());
    let action = RequestedAction::parse("mobiletargeting:DeleteApp").unwrap();
    let resource = RequestedResource::Arn(Arn::parse(APP).unwrap());
    evaluate(&Request::new(&ana, action, resource, &context))
        .into_decision()
        .is_allowed()
}

/// Rejects new policies by which ana may delete applications, unless this is approved. Counts its calls.
#[derive(Clone, Default)]
struct NoDeletion(Arc<AtomicUsize>);

impl NoDeletion {
    fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl ChangeCheck for NoDeletion {
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
        self.0.fetch_add(1, Ordering::SeqCst);
        match deletes(|request| change.evaluate_new(request)) {
            true => Err(CheckFailed::unless_approved("ana may delete applications")),
            false => Ok(()),
        }
    }
}

/// A store in which ana has one policy for this action.
fn store(effect: &str, action: &str) -> PolicyStore {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
    );
    let mut store = PolicyStore::new();
    let ana = store.identity("arn:aws:iam::111122223333:user/ana");
    let policy = Policy::new("ana", Document::parse(&text).unwrap());
    ana.unwrap().attach(policy);
    store
}

fn synchronous(store: PolicyStore, check: impl ChangeCheck) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(store)
        .check_changes(check)
}

fn rejected(error: &BuildError) -> &RejectedChange {
    let BuildError::ChangeRejected(rejected) = error else {
        panic!("{error}");
    };
    rejected
}

fn rejected_refresh(outcome: Result<Refreshed, RefreshError>) -> RejectedChange {
    let Err(RefreshError::Rejected(error)) = outcome else {
        panic!("{outcome:?}");
    };
    rejected(&error).clone()
}

/// An authorizer with the check that has loaded `set("GetApp", "GetApp")` with the revision `r1` from the source.
async fn checked(
    clock: &SimulatedClock,
    check: impl ChangeCheck,
) -> (Scripted, Authorizer, Refresher) {
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "GetApp"))]);
    let built = builder(source.clone(), clock).check_changes(check);
    let (authorizer, refresher) = built.build_async().await.unwrap();
    (source, authorizer, refresher)
}

#[test]
fn the_policies_of_build_and_replace_and_reload_are_checked() {
    let check = NoDeletion::default();
    let error = synchronous(store("Allow", "*"), check.clone()).build();
    let message = error.unwrap_err().to_string();
    let expected = "the new policies are rejected: ana may delete applications; if this is intended, approve the change \
                    `local:";
    assert!(message.starts_with(expected), "{message}");

    let authorizer = synchronous(store("Allow", "GetApp"), check.clone()).build();
    let authorizer = authorizer.unwrap();
    assert_eq!(authorizer.rejected_change(), None);
    let error = authorizer.replace(store("Allow", "*")).unwrap_err();
    assert_eq!(
        authorizer.rejected_change().as_ref(),
        Some(rejected(&error))
    );
    assert_eq!(rights(&authorizer), "r-");
    assert_eq!(authorizer.freshness().revision.as_str(), "1");
    // The source is still the previous one.
    authorizer.reload().unwrap();
    assert_eq!(rights(&authorizer), "r-");
    assert_eq!(authorizer.rejected_change(), None);
    assert_eq!(authorizer.rejected_changes(), 1);
    assert_eq!(check.calls(), 4);
}

#[test]
fn policies_that_are_loaded_again_are_checked() {
    let directory = TemporaryDirectory::new();
    let write = |action: &str| {
        for (name, text) in set(action, "GetApp").iter() {
            fs::write(directory.path().join(name), text).unwrap();
        }
    };
    write("GetApp");
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(Directory::open(directory.path()).unwrap())
        .check_changes(NoDeletion::default())
        .build()
        .unwrap();
    write("*");
    let error = authorizer.reload().unwrap_err();
    // Nobody is denied because of valid policies that are not used.
    assert_eq!(rights(&authorizer), "rr");
    authorizer
        .approve_change(rejected(&error).id().as_str())
        .unwrap();
    authorizer.reload().unwrap();
    assert_eq!(rights(&authorizer), "br");
}

#[tokio::test]
async fn sets_of_a_source_are_checked_and_the_age_of_the_current_one_grows() {
    let clock = SimulatedClock::new();
    let check = NoDeletion::default();
    let (source, authorizer, mut refresher) = checked(&clock, check.clone()).await;
    let mut polls = 0;
    while state(&authorizer).1 < 600 {
        assert_eq!(rights(&authorizer), "rr");
        source.then(Reply::Set("r2", set("*", "-")));
        clock.advance(POLL);
        let change = rejected_refresh(refresher.next().await.unwrap());
        assert_eq!(change.revision(), Some(&Revision::new("r2")));
        polls += 1;
        assert_eq!(authorizer.rejected_change(), Some(change));
        assert_eq!(state(&authorizer).0, "r1");
    }
    assert_eq!(counts(&authorizer), [0, 1, 0, 0, polls, 0]);
    assert_eq!(state(&authorizer).2, FreshnessState::Expired);
    assert_eq!(rights(&authorizer), "xx");
    // The policies of one revision are checked once: one call was for the first set.
    assert_eq!(check.calls(), 2);
    assert_eq!(authorizer.rejected_changes(), 1);
    // The current set is still known, so the source can confirm it.
    source.then(Reply::Unchanged);
    clock.advance(POLL);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(rights(&authorizer), "rr");
}

#[tokio::test]
async fn rejected_policies_are_checked_again_if_anything_changes() {
    let clock = SimulatedClock::new();
    let check = NoDeletion::default();
    let (source, authorizer, mut refresher) = checked(&clock, check.clone()).await;
    let mut calls = 1;
    for (revision, ana, bob, is_checked) in [
        ("r2", "*", "GetApp", true),
        ("r2", "*", "GetApp", false),
        // Another revision of the same files is the same change.
        ("r3", "*", "GetApp", false),
        // The same revision with other files is not.
        ("r3", "*", "-", true),
        ("r2", "*", "GetApp", true),
    ] {
        source.then(Reply::Set(revision, set(ana, bob)));
        clock.advance(POLL);
        rejected_refresh(refresher.next().await.unwrap());
        calls += usize::from(is_checked);
        assert_eq!(check.calls(), calls, "{revision} {bob}");
    }
    // A program that asks for a refresh gets a check.
    source.then(Reply::Set("r2", set("*", "GetApp")));
    rejected_refresh(authorizer.refresh().await);
    assert_eq!(check.calls(), calls + 1);
    // With other current policies, it is another change.
    source.then(Reply::Set("r4", set("GetApp", "-")));
    authorizer.refresh().await.unwrap();
    source.then(Reply::Set("r2", set("*", "GetApp")));
    clock.advance(POLL);
    rejected_refresh(refresher.next().await.unwrap());
    assert_eq!(check.calls(), calls + 3);
}

#[tokio::test]
async fn an_approved_set_is_used_at_once() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = checked(&clock, NoDeletion::default()).await;
    source.then(Reply::Set("r2", set("*", "GetApp")));
    clock.advance(POLL);
    let change = rejected_refresh(refresher.next().await.unwrap());
    assert!(change.id().as_str().starts_with("sha256:"), "{change}");
    authorizer.approve_change(change.id().as_str()).unwrap();
    assert_eq!(rights(&authorizer), "rr");
    source.then(Reply::Set("r2", set("*", "GetApp")));
    {
        let mut next = pin!(refresher.next());
        assert!(!is_ready(&mut next).await);
        clock.advance(Duration::from_millis(100));
        assert_eq!(next.await.unwrap(), Ok(Refreshed::Changed));
    }
    assert_eq!(rights(&authorizer), "br");
    assert_eq!(authorizer.rejected_change(), None);
    let error = authorizer.approve_change(change.id().as_str());
    let expected = ApprovalError::NotRejected(change.id().to_string());
    assert_eq!(error.unwrap_err(), expected);
}

#[tokio::test]
async fn an_approval_is_only_for_the_change_that_was_rejected() {
    let clock = SimulatedClock::new();
    // A revision with other content, the same content in place of other policies, and content that differs only in a
    // second policy with the same name and text.
    for (revision, files, current) in [
        ("r2", set("*", "*"), None),
        ("r2", set("*", "GetApp"), Some(set("GetApp", "-"))),
    ] {
        let (source, authorizer, _refresher) = checked(&clock, NoDeletion::default()).await;
        source.then(Reply::Set("r2", set("*", "GetApp")));
        let change = rejected_refresh(authorizer.refresh().await);
        authorizer.approve_change(change.id().as_str()).unwrap();
        if let Some(current) = current {
            source.then(Reply::Set("r3", current));
            authorizer.refresh().await.unwrap();
        }
        source.then(Reply::Set(revision, files));
        let other = rejected_refresh(authorizer.refresh().await);
        assert_ne!(other.id(), change.id());
        assert!(authorizer.approve_change(change.id().as_str()).is_err());
        // The other one is not approved by the first approval.
        assert_ne!(rights(&authorizer), "bb");
        assert!(authorizer.approve_change(other.id().as_str()).is_ok());
    }
    // Only what was rejected can be approved.
    let (source, authorizer, _refresher) = checked(&clock, NoDeletion::default()).await;
    for id in ["", "r2", "sha256:", "local:0-1"] {
        let error = authorizer.approve_change(id).unwrap_err();
        assert_eq!(error, ApprovalError::NotRejected(id.to_owned()));
        source.then(Reply::Set("r2", set("*", "GetApp")));
        rejected_refresh(authorizer.refresh().await);
    }
}

#[test]
fn an_approval_of_policies_in_memory_is_for_their_content() {
    let policy = |action: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
        );
        Policy::new("policy", Document::parse(&text).unwrap())
    };
    let with = |first: &str, second: &str| {
        let mut store = PolicyStore::new();
        let ana = store
            .identity("arn:aws:iam::111122223333:user/ana")
            .unwrap();
        ana.attach(policy(first));
        ana.attach(policy(second));
        store
    };
    let start = || synchronous(with("GetApp", "GetApps"), NoDeletion::default()).build();
    let authorizer = start().unwrap();
    let error = authorizer
        .replace(with("DeleteApp", "DeleteApp"))
        .unwrap_err();
    let id = rejected(&error).id().clone();
    authorizer.approve_change(id.as_str()).unwrap();
    // The second policy differs, of which the approved store has an equal pair.
    let error = authorizer.replace(with("DeleteApp", "*")).unwrap_err();
    assert_ne!(rejected(&error).id(), &id);
    assert_eq!(rights(&authorizer), "r-");
    // The same in the other direction.
    authorizer
        .approve_change(rejected(&error).id().as_str())
        .unwrap();
    authorizer
        .replace(with("DeleteApp", "DeleteApp"))
        .unwrap_err();
    // The first approval is void.
    authorizer
        .replace(with("DeleteApp", "DeleteApp"))
        .unwrap_err();
    let id = authorizer.rejected_change().unwrap().id().clone();
    authorizer.approve_change(id.as_str()).unwrap();
    authorizer.replace(with("DeleteApp", "DeleteApp")).unwrap();
    assert_eq!(rights(&authorizer), "d-");

    // Identities of changes in memory are not valid for another authorizer.
    let (one, other) = (start().unwrap(), start().unwrap());
    let mut ids = [&one, &other].map(|authorizer| {
        authorizer.replace(with("*", "*")).unwrap_err();
        authorizer.rejected_change().unwrap().id().clone()
    });
    ids.reverse();
    for (authorizer, id) in [one, other].iter().zip(ids) {
        authorizer.approve_change(id.as_str()).unwrap_err();
    }
}

#[tokio::test]
async fn instances_with_the_same_sets_have_the_same_identities_of_changes() {
    let clock = SimulatedClock::new();
    let mut ids = Vec::new();
    for files in [set("*", "GetApp"), set("*", "GetApp"), set("*", "-")] {
        let (source, authorizer, _refresher) = checked(&clock, NoDeletion::default()).await;
        source.then(Reply::Set("r2", files));
        ids.push(rejected_refresh(authorizer.refresh().await).id().clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[test]
fn all_reasons_are_reported_and_some_cannot_be_approved() {
    let is_strict = Arc::new(AtomicBool::new(true));
    let strict = Arc::clone(&is_strict);
    let authorizer = synchronous(store("Allow", "GetApp"), NoDeletion::default())
        .check_changes(move |change: &PolicyChange<'_>| {
            match change.current().is_some() && strict.load(Ordering::SeqCst) {
                true => Err(CheckFailed::new("it is Friday\nevening")),
                false => Ok(()),
            }
        })
        .build()
        .unwrap();
    let error = authorizer.replace(store("Allow", "*")).unwrap_err();
    let change = rejected(&error).clone();
    assert_eq!(
        change.to_string(),
        "the new policies are rejected: ana may delete applications; it is Friday\\u{a}evening"
    );
    let reasons: Vec<_> = change.reasons().iter().map(CheckFailed::reason).collect();
    assert_eq!(
        reasons,
        ["ana may delete applications", "it is Friday\nevening"]
    );
    let error = authorizer.approve_change(change.id().as_str()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the change cannot be approved: it is Friday\\u{a}evening"
    );
    // An approval is no way around a reason that appears later.
    is_strict.store(false, Ordering::SeqCst);
    authorizer.replace(store("Allow", "*")).unwrap_err();
    authorizer.approve_change(change.id().as_str()).unwrap();
    is_strict.store(true, Ordering::SeqCst);
    let error = authorizer.replace(store("Allow", "*")).unwrap_err();
    assert_eq!(rejected(&error).reasons().len(), 1);
    assert_eq!(rights(&authorizer), "r-");
    is_strict.store(false, Ordering::SeqCst);
    authorizer.replace(store("Allow", "*")).unwrap();
    assert_eq!(rights(&authorizer), "b-");
}

#[tokio::test]
async fn a_check_that_panics_rejects() {
    let clock = SimulatedClock::new();
    let panics = |change: &PolicyChange<'_>| match change.current() {
        None => Ok(()),
        Some(_) => panic!("a bug in the check"),
    };
    let (source, authorizer, mut refresher) = checked(&clock, panics).await;
    source.then(Reply::Set("r2", set("*", "*")));
    clock.advance(POLL);
    let change = rejected_refresh(refresher.next().await.unwrap());
    assert_eq!(
        change.to_string(),
        "the new policies (revision r2) are rejected: a check of the change has panicked"
    );
    authorizer.approve_change(change.id().as_str()).unwrap_err();
    assert_eq!(rights(&authorizer), "rr");
    assert_eq!(counts(&authorizer), [0, 1, 0, 0, 1, 0]);

    let authorizer = synchronous(store("Allow", "GetApp"), panics).build();
    let authorizer = authorizer.unwrap();
    authorizer.replace(store("Allow", "*")).unwrap_err();
    authorizer.reload().unwrap_err();
    assert_eq!(rights(&authorizer), "r-");
}

#[tokio::test]
async fn a_restart_does_not_bypass_the_checks() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let seen: Arc<Mutex<Vec<Option<usize>>>> = Arc::default();
    let compare = |change: &PolicyChange<'_>| {
        let Some(before) = change.evaluate_current_deletes() else {
            return Ok(());
        };
        match !before && deletes(|request| change.evaluate_new(request)) {
            true => Err(CheckFailed::unless_approved("newly allowed")),
            false => Ok(()),
        }
    };
    let build = |source: &Scripted| {
        let seen = Arc::clone(&seen);
        builder(source.clone(), &clock)
            .last_good(&path)
            .check_changes(move |change: &PolicyChange<'_>| {
                let current = change.current().map(PolicyStore::len);
                seen.lock().unwrap().push(current);
                compare(change)
            })
            .build_async()
    };
    // The first start has nothing to compare with.
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "-"))]);
    assert!(build(&source).await.is_ok());
    assert_eq!(*seen.lock().unwrap(), [None]);
    // The set was changed in the meantime, and is rejected. The service starts with the last good one.
    let source = Scripted::new([Reply::Set("r2", set("*", "-"))]);
    let (authorizer, mut refresher) = build(&source).await.unwrap();
    assert_eq!(rights(&authorizer), "r-");
    assert_eq!(
        state(&authorizer),
        ("r1".into(), 300, FreshnessState::Stale)
    );
    assert_eq!(counts(&authorizer), [0, 0, 0, 0, 1, 0]);
    // The last good set was checked as well.
    assert_eq!(*seen.lock().unwrap(), [None, Some(1), Some(1)]);
    // It can be approved as in a service that was running.
    source.then(Reply::Set("r2", set("*", "-")));
    clock.advance(SECOND);
    let change = rejected_refresh(refresher.next().await.unwrap());
    authorizer.approve_change(change.id().as_str()).unwrap();
    source.then(Reply::Set("r2", set("*", "-")));
    authorizer.refresh().await.unwrap();
    assert_eq!(rights(&authorizer), "b-");

    // A file that cannot be used would bypass the checks.
    fs::write(&path, "something else").unwrap();
    let source = Scripted::new([Reply::Set("r2", set("*", "-"))]);
    let error = build(&source).await.unwrap_err();
    assert!(matches!(error, BuildError::NoComparison(_)), "{error}");
    let message = error.to_string();
    assert!(message.ends_with("to start without the comparison, remove the file"));
    assert!(source.asked().is_empty());
    fs::remove_file(&path).unwrap();
    assert!(build(&source).await.is_ok());
}

trait EvaluateDeletes {
    fn evaluate_current_deletes(&self) -> Option<bool>;
}

impl EvaluateDeletes for PolicyChange<'_> {
    /// Whether ana may delete applications by the current policies.
    fn evaluate_current_deletes(&self) -> Option<bool> {
        self.current()?;
        Some(deletes(|request| self.evaluate_current(request).unwrap()))
    }
}

#[tokio::test]
async fn the_current_policies_are_compared_as_they_were_loaded() {
    let clock = SimulatedClock::new();
    let seen: Arc<Mutex<Vec<Option<bool>>>> = Arc::default();
    let see = Arc::clone(&seen);
    let check = move |change: &PolicyChange<'_>| {
        see.lock().unwrap().push(change.evaluate_current_deletes());
        Ok(())
    };
    let source = Scripted::new([Reply::Set("r1", set("DeleteApp", "GetApp"))]);
    let built = builder(source.clone(), &clock).check_changes(check);
    let (authorizer, _refresher) = built.build_async().await.unwrap();
    // Requests of ana are denied because the set is invalid, and later because it has expired.
    source.then(Reply::Set("r2", set("!", "GetApp")));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "?r");
    clock.advance(20 * MINUTE);
    assert_eq!(rights(&authorizer), "xx");
    source.then(Reply::Set("r3", set("DeleteApp", "-")));
    authorizer.refresh().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [None, Some(true)]);
    assert_eq!(rights(&authorizer), "d-");
}

#[tokio::test]
async fn a_set_is_compared_again_if_another_one_was_faster() {
    let clock = SimulatedClock::new();
    let (started, has_started) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let waiting = Mutex::new(may_go_on);
    let check = move |change: &PolicyChange<'_>| {
        let before = change.current().map_or(0, PolicyStore::len);
        if change.revision() == Some(&Revision::new("r3")) {
            started.send(before).unwrap();
            waiting.lock().unwrap().recv().unwrap();
        }
        Ok(())
    };
    let (source, authorizer, _refresher) = checked(&clock, check).await;
    let (send, later) = oneshot::channel();
    source.then(Reply::Waits(later));
    let mut slow = pin!(authorizer.refresh());
    assert!(!is_ready(&mut slow).await);
    source.then(Reply::Set("r3", set("GetApp", "GetApp")));
    let mut fast = pin!(authorizer.refresh());
    assert!(!is_ready(&mut fast).await);
    assert_eq!(has_started.recv().unwrap(), 2);
    // While it is checked, an earlier fetch replaces the policies with which it is compared.
    assert!(send.send(Reply::Set("r2", set("GetApp", "-"))).is_ok());
    assert_eq!(slow.await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "r-");
    go_on.send(()).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(fast.await, Ok(Refreshed::Changed));
    assert_eq!(has_started.try_recv(), Ok(1));
    assert_eq!(rights(&authorizer), "rr");
}

#[test]
fn recorded_requests_are_decided_again() {
    let record = |name: &str, action: &str, context: Context| {
        let action = format!("mobiletargeting:{action}");
        PastRequest::new(user(name), &action, APP, context).unwrap()
    };
    let records = || {
        ["GetApp", "DeleteApp", "UpdateApplicationSettings"]
            .map(|action| record("ana", action, Context::new()))
    };
    let start = || {
        let check = SameDecisions::new(records());
        synchronous(store("Allow", "GetApp"), check)
            .build()
            .unwrap()
    };
    let reason = |new: PolicyStore| {
        let error = start().replace(new).err()?;
        let [reason] = rejected(&error).reasons() else {
            panic!("{error}");
        };
        assert!(reason.can_be_approved());
        Some(reason.to_string())
    };
    let start_of = "recorded requests would be decided differently: mobiletargeting:";
    assert_eq!(reason(store("Allow", "Get*")), None);
    let ana = "arn:aws:iam::111122223333:user/ana";
    assert_eq!(
        reason(store("Allow", "*App")),
        Some(format!(
            "{start_of}DeleteApp on {APP} by {ana} would be allowed"
        ))
    );
    let message = reason(store("Deny", "GetApp")).unwrap();
    let expected = format!("{start_of}GetApp on {APP} by {ana} would be denied: ");
    assert!(message.starts_with(&expected), "{message}");
    let many = (0..5).map(|_| record("ana", "DeleteApp", Context::new()));
    let authorizer = synchronous(store("Allow", "GetApp"), SameDecisions::new(many)).build();
    let error = authorizer
        .unwrap()
        .replace(store("Allow", "*"))
        .unwrap_err();
    assert!(
        error.to_string().contains(", and 2 more; if this"),
        "{error}"
    );

    for (action, resource) in [("GetApp", APP), ("mobiletargeting:GetApp", "a1")] {
        let invalid = PastRequest::new(user("ana"), action, resource, Context::new());
        assert!(invalid.is_err());
    }
}

#[test]
fn a_recorded_request_that_lacks_a_key_is_reported() {
    let conditional = || {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:GetApp",
            "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}}"#;
        let mut store = PolicyStore::new();
        let ana = store
            .identity("arn:aws:iam::111122223333:user/ana")
            .unwrap();
        ana.attach(Policy::new("red", Document::parse(text).unwrap()));
        store
    };
    for (tag, is_accepted) in [(None, false), (Some("red"), true), (Some("blue"), false)] {
        let mut context = Context::new();
        if let Some(tag) = tag {
            context.insert("aws:ResourceTag/team", tag);
        }
        let record = PastRequest::new(user("ana"), "mobiletargeting:GetApp", APP, context);
        let check = SameDecisions::new([record.unwrap()]);
        let authorizer = synchronous(store("Allow", "GetApp"), check)
            .warn_about_keys_without_source()
            .build()
            .unwrap();
        let outcome = authorizer.replace(conditional());
        assert_eq!(outcome.is_ok(), is_accepted, "{outcome:?}");
        if tag.is_none() {
            let message = outcome.unwrap_err().to_string();
            let expected = "cannot be decided: the record has no value of aws:ResourceTag/team";
            assert!(message.contains(expected), "{message}");
        }
    }
}
