//! Many principals with shared managed policies. The test has few, and `PRINCIPALS` sets another number, to measure:
//! `PRINCIPALS=1000000 cargo test --release -p pinpoint-iam-sources --features postgres --test postgres many_principals -- --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::mobiletargeting::{App, GetApp};

use crate::setup::{Database, Service, TestResult, arn, cache, user};

/// The managed policies, and how many of them each principal has.
const POLICIES: u32 = 200;
const ATTACHED: u32 = 5;

/// The memory of the cache: enough for the policies, and for 10,000 principals.
const CACHE: u64 = 16 << 20;

/// The greatest number of principals whose policies are loaded, and of loads at a time.
const ASKED: u32 = 20_000;
const CONCURRENT: u32 = 8;

fn principals() -> u32 {
    let number = std::env::var("PRINCIPALS").ok();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(2_000)
}

/// Principal `n` has the policies `n`, `n + 1` and so on.
fn policy(principal: u32, index: u32) -> u32 {
    (principal + index) % POLICIES
}

/// Policy `p` allows to get the application `p`, and has further statements.
fn document(policy: u32) -> String {
    let statements: Vec<String> = (0..5)
        .map(|index| {
            let app = match index {
                0 => format!("a{policy}"),
                _ => format!("other{policy}x{index}"),
            };
            format!(
                r#"{{"Effect": "Allow", "Action": ["mobiletargeting:GetApp", "mobiletargeting:GetSegment*"],
                    "Resource": "arn:aws:mobiletargeting:*:111122223333:apps/{app}*"}}"#
            )
        })
        .collect();
    let statements = statements.join(", ");
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

async fn fill(database: &Database, principals: u32) -> TestResult {
    let client = &database.client;
    for policy in 0..POLICIES {
        let document = document(policy);
        let put = format!("SELECT pinpoint_iam.put_policy('p{policy}', '{document}')");
        client.batch_execute(&put).await?;
    }
    // The triggers would check each row.
    let rows = format!(
        "SET session_replication_role = replica;
         INSERT INTO pinpoint_iam.principals (arn)
            SELECT 'arn:aws:iam::111122223333:user/u' || number FROM generate_series(0, {principals} - 1) AS number;
         INSERT INTO pinpoint_iam.attachments
            SELECT 'arn:aws:iam::111122223333:user/u' || number, 'p' || (number + index) % {POLICIES}
            FROM generate_series(0, {principals} - 1) AS number, generate_series(0, {ATTACHED} - 1) AS index;
         SET session_replication_role = origin;
         ANALYZE;"
    );
    Ok(client.batch_execute(&rows).await?)
}

/// Whether a principal may get the application `app`. Waits for its policies.
async fn may_get(service: &Service, principal: u32, app: u32) -> bool {
    let (principal, context) = (user(&format!("u{principal}")), Context::new());
    let guard = service.authorizer.guard_async(&principal, &context).await;
    let app = App::new(format!("a{app}x")).unwrap();
    match guard.check(GetApp, &app) {
        Ok(()) => true,
        Err(denied) => {
            let is_loaded = !matches!(denied.reason(), DeniedReason::PoliciesNotLoaded);
            assert!(is_loaded, "{denied}");
            false
        }
    }
}

/// The resident memory of this process in MiB, where the operating system states it.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096 / (1 << 20))
}

#[tokio::test]
async fn many_principals_with_shared_policies() -> TestResult {
    let Some(database) = Database::new("million").await? else {
        return Ok(());
    };
    let principals = principals();
    fill(&database, principals).await?;
    let before = resident();
    let service = Service::with(database.config(), cache().max_bytes(CACHE), |builder| {
        builder
    })
    .await?;
    // Each is another one, and together they have all policies.
    let step = (principals / ASKED).max(4);
    let asked: Vec<u32> = (0..principals / step)
        .map(|index| index * step + index / 20 % step)
        .collect();
    // Connects, prepares the statements and compiles the policies.
    for principal in 0..POLICIES.min(principals) {
        may_get(&service, principal, 0).await;
    }
    let mut misses = Vec::new();
    for &principal in &asked {
        let loads = service.loads();
        let start = Instant::now();
        assert!(may_get(&service, principal, policy(principal, 0)).await);
        if service.loads() > loads {
            misses.push(start.elapsed());
        }
        assert!(!may_get(&service, principal, policy(principal, ATTACHED)).await);
        let counts = service.authorizer.principal_cache_counts();
        assert!(
            counts.entry_bytes + counts.managed_bytes <= CACHE,
            "{counts:?}"
        );
    }
    let counts = service.authorizer.principal_cache_counts();
    assert_eq!(
        counts.managed_policies,
        u64::from(POLICIES),
        "each is shared"
    );
    assert_eq!(counts.failures, 0);

    // Loads at the same time.
    let start = Instant::now();
    let service = Arc::new(service);
    let tasks: Vec<_> = (0..CONCURRENT)
        .map(|task| {
            let (service, asked) = (Arc::clone(&service), asked.clone());
            tokio::spawn(async move {
                let own = asked.iter().skip(task as usize);
                for &principal in own.step_by(CONCURRENT as usize) {
                    assert!(may_get(&service, principal, policy(principal, 1)).await);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    let together = start.elapsed();
    let mut service = Arc::into_inner(service).unwrap();

    // A revoked permission is gone with its notification, and others stay.
    let start = Instant::now();
    assert!(may_get(&service, 1, policy(1, 0)).await);
    let revoked = format!(
        "DELETE FROM pinpoint_iam.attachments WHERE principal = '{}' AND policy = 'p{}'",
        arn("u1"),
        policy(1, 0)
    );
    service.change(&database.client, &revoked, 1).await?;
    assert!(!may_get(&service, 1, policy(1, 0)).await);
    assert!(may_get(&service, 1, policy(1, 1)).await);
    let revocation = start.elapsed();
    // A new version of a policy that many principals have.
    let publish = format!(
        "SELECT pinpoint_iam.put_policy('p2', '{}')",
        document(POLICIES)
    );
    service.change(&database.client, &publish, 1).await?;
    assert!(!may_get(&service, 2, 2).await);
    assert!(may_get(&service, 2, POLICIES).await);

    misses.sort();
    let at = |part: usize| misses.get(misses.len() * part / 1000).copied();
    // On a busy machine, only the fastest ones do not wait for a processor.
    let early = at(100).unwrap_or_default();
    let (median, late) = (at(500).unwrap_or_default(), at(990).unwrap_or_default());
    let longest = misses.last().copied().unwrap_or(Duration::ZERO);
    println!(
        "{principals} principals: {} misses, 10 % {early:?}, median {median:?}, 99 % {late:?}, longest {longest:?}; {} loads by \
         {CONCURRENT} tasks in {together:?}; a revocation with its statement and a miss {revocation:?}; resident memory \
         {before:?} MiB before and {:?} MiB after; {counts:?}",
        misses.len(),
        asked.len(),
        resident(),
    );
    Ok(())
}
