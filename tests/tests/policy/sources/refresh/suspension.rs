//! A computer that was suspended, where the clock counts this time: the policies have aged at once, before any poll.

use std::pin::pin;

use pinpoint_iam::guard::DeniedReason;
use tokio::sync::oneshot;

use super::*;

const NIGHT: Duration = Duration::from_secs(8 * 3600);

#[tokio::test]
async fn policies_have_expired_when_the_computer_continues() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    let (ana, context) = (user("ana"), Context::new());
    let app = App::new("a1").unwrap();
    // A request that was in progress.
    let guard = authorizer.guard(&ana, &context);
    assert!(guard.check(GetApp, &app).is_ok());

    clock.advance(NIGHT);
    assert_eq!(rights(&authorizer), "xx");
    let denied = guard.check(GetApp, &app).unwrap_err();
    assert_eq!(denied.status(), 503);
    assert!(matches!(denied.reason(), DeniedReason::PoliciesExpired));
    let age = NIGHT.as_secs();
    assert_eq!(
        state(&authorizer),
        ("r1".into(), age, FreshnessState::Expired)
    );

    // The store is not reachable yet.
    source.then(Reply::Fails);
    assert!(refresher.next().await.unwrap().is_err());
    assert_eq!(rights(&authorizer), "xx");
    clock.advance(SECOND);
    source.then(Reply::Unchanged);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
    assert_eq!(rights(&authorizer), "rr");
    // The polls that were missed are not made up for.
    assert!(!is_ready(&mut pin!(refresher.next())).await);
    assert_eq!(source.asked().len(), 3);
}

/// The response is there when the computer continues, and so is the end of the timeout.
#[tokio::test]
async fn a_response_from_before_the_suspension_confirms_nothing_now() {
    for (reply, revision) in [
        (Reply::Set("r2", set("*", "*")), "r2"),
        (Reply::Unchanged, "r1"),
    ] {
        let clock = SimulatedClock::new();
        let (source, authorizer, mut refresher) = started(&clock).await;
        let (send, later) = oneshot::channel();
        source.then(Reply::Waits(later));
        clock.advance(POLL);
        {
            let mut next = pin!(refresher.next());
            assert!(!is_ready(&mut next).await);
            assert!(send.send(reply).is_ok());
            clock.advance(NIGHT);
            next.await.unwrap().unwrap();
        }
        let age = NIGHT.as_secs();
        let expected = (revision.to_owned(), age, FreshnessState::Expired);
        assert_eq!(state(&authorizer), expected);
        assert_eq!(rights(&authorizer), "xx", "{revision}");
        source.then(Reply::Unchanged);
        clock.advance(POLL);
        refresher.next().await.unwrap().unwrap();
        let expected = (revision.to_owned(), 0, FreshnessState::Fresh);
        assert_eq!(state(&authorizer), expected);
    }
}
