//! Principals remember the policies that were found for them, and other requests may keep these policies in memory. Neither
//! changes what a look-up finds.

use super::*;

/// The decision of code that cannot wait, for a principal that may remember its policies.
fn decided(authorizer: &Authorizer, principal: &Principal) -> Outcome {
    let context = Context::new();
    let guard = authorizer.guard(principal, &context);
    match guard.check(GetApp, &App::new("a1").unwrap()) {
        Ok(()) => Allowed,
        Err(denied) if matches!(denied.reason(), DeniedReason::PoliciesNotLoaded) => NotLoaded,
        Err(_) => Denied,
    }
}

/// Loads the policies of a principal that is allowed, and lets it remember them: the second look-up that finds them does.
fn load(authorizer: &Authorizer, principal: &Principal) {
    assert_eq!(ask_as(authorizer, principal.clone()).finish(), Allowed);
    for _ in 0..2 {
        assert_eq!(decided(authorizer, principal), Allowed);
    }
}

#[test]
fn an_invalidation_concerns_policies_that_a_request_keeps() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.publish("read", "v1", "GetApp");
    let mut record = IdentityRecord::new(arn("ana"));
    record.policies.push(PolicyRecord::managed("read", "v1"));
    record.groups.push("staff".to_owned());
    database.set(record);
    let staff = GroupRecord::new("staff");
    database.tables().groups.insert("staff".to_owned(), staff);
    let (ana, context) = (user("ana"), Context::new());
    for invalidation in [
        Invalidation::Principal(arn("ana")),
        Invalidation::Group("staff".to_owned()),
        Invalidation::Policy("read".to_owned()),
        Invalidation::Everything,
    ] {
        load(&authorizer, &ana);
        let kept = authorizer.guard(&ana, &context);
        authorizer.invalidate(&Invalidation::Principal(arn("bob")));
        assert_eq!(decided(&authorizer, &ana), Allowed, "{invalidation:?}");
        authorizer.invalidate(&invalidation);
        assert_eq!(decided(&authorizer, &ana), NotLoaded, "{invalidation:?}");
        // The request that keeps the policies finishes with them.
        let app = App::new("a1").unwrap();
        assert!(kept.check(GetApp, &app).is_ok(), "{invalidation:?}");
    }
}

#[test]
fn policies_that_a_request_keeps_expire() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    let (ana, context) = (user("ana"), Context::new());
    load(&authorizer, &ana);
    let _kept = authorizer.guard(&ana, &context);
    clock.advance(59 * SECOND);
    assert_eq!(decided(&authorizer, &ana), Allowed);
    clock.advance(SECOND);
    assert_eq!(decided(&authorizer, &ana), NotLoaded);
}

#[test]
fn a_renewal_replaces_policies_that_a_request_keeps() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    let (ana, context) = (user("ana"), Context::new());
    load(&authorizer, &ana);
    let _kept = authorizer.guard(&ana, &context);
    database.revoke("ana");
    clock.advance(60 * SECOND);
    assert_eq!(ask_as(&authorizer, ana.clone()).finish(), Denied);
    assert_eq!(decided(&authorizer, &ana), Denied);
    assert_eq!(decided(&authorizer, &user("ana")), Denied);
}

#[test]
fn new_boundaries_concern_policies_that_a_request_keeps() {
    let (database, boundaries) = (Database::default(), Boundaries::default());
    database.grant("ana", "*");
    boundaries.set("ana", "GetApp");
    let authorizer = builder(&database, PrincipalCache::new())
        .source(boundaries.clone())
        .build()
        .unwrap();
    let (ana, context) = (user("ana"), Context::new());
    load(&authorizer, &ana);
    let _kept = authorizer.guard(&ana, &context);
    boundaries.set("ana", "DeleteApp");
    authorizer.reload().unwrap();
    assert_eq!(decided(&authorizer, &ana), NotLoaded);
    assert_eq!(ask_as(&authorizer, ana.clone()).finish(), Denied);
}

#[test]
fn policies_that_the_cache_has_evicted_are_not_used() {
    let cache = PrincipalCache::new().max_bytes(64 << 10);
    let (database, _, authorizer) = started(cache);
    let (ana, context) = (user("ana"), Context::new());
    database.grant("ana", "GetApp");
    load(&authorizer, &ana);
    let _kept = authorizer.guard(&ana, &context);
    for number in 0..300 {
        let name = format!("u{number}");
        database.grant(&name, "GetApp");
        let other = user(&name);
        load(&authorizer, &other);
    }
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
    assert_eq!(decided(&authorizer, &ana), NotLoaded);
}

/// A look-up that does not read the cache must not make a principal look unused.
#[test]
fn a_principal_in_use_stays_in_the_cache() {
    let cache = PrincipalCache::new().max_bytes(256 << 10);
    let (database, _, authorizer) = started(cache);
    let ana = user("ana");
    database.grant("ana", "GetApp");
    load(&authorizer, &ana);
    for number in 0..1000 {
        let name = format!("u{number}");
        database.grant(&name, "GetApp");
        let other = user(&name);
        assert_eq!(ask_as(&authorizer, other.clone()).finish(), Allowed);
        assert_eq!(decided(&authorizer, &other), Allowed);
        assert_eq!(decided(&authorizer, &ana), Allowed, "after {number} others");
    }
    // The others have used the whole cache several times.
    assert!(authorizer.principal_cache_counts().entries < 200);
}

#[test]
fn every_look_up_is_counted_once() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    let ana = user("ana");
    assert_eq!(decided(&authorizer, &ana), NotLoaded);
    assert_eq!(ask_as(&authorizer, ana.clone()).finish(), Allowed);
    for hits in 1..10 {
        assert_eq!(decided(&authorizer, &ana), Allowed);
        let counts = authorizer.principal_cache_counts();
        assert_eq!((counts.hits, counts.misses, counts.loads), (hits, 2, 1));
    }
}

#[test]
fn a_principal_remembers_the_policies_of_one_authorizer_only() {
    let (first, _, of_first) = started(PrincipalCache::new());
    let (second, _, of_second) = started(PrincipalCache::new());
    first.grant("ana", "GetApp");
    second.revoke("ana");
    let ana = user("ana");
    load(&of_first, &ana);
    assert_eq!(decided(&of_second, &ana), NotLoaded);
    assert_eq!(ask_as(&of_second, ana.clone()).finish(), Denied);
    assert_eq!(decided(&of_second, &ana), Denied);
    assert_eq!(decided(&of_first, &ana), Allowed);
}

type Modify = fn(Principal) -> Principal;

#[test]
fn a_principal_forgets_its_policies_when_it_changes() {
    let changes: [(&str, Modify, Outcome); 5] = [
        ("nothing", |ana| ana, Allowed),
        ("a tag", |ana| ana.with_tag("team", "red"), Allowed),
        ("a group", |ana| ana.with_groups(["staff"]), NotLoaded),
        ("a role", |ana| ana.with_roles(["editor"]), NotLoaded),
        ("another user", |_| user("bob"), NotLoaded),
    ];
    for (what, change, expected) in changes {
        let (database, _, authorizer) = started(PrincipalCache::new());
        database.grant("ana", "GetApp");
        let ana = user("ana");
        load(&authorizer, &ana);
        // Also a clone, whose parts are copied before the change.
        for changed in [change(ana.clone()), change(ana)] {
            assert_eq!(decided(&authorizer, &changed), expected, "{what}");
        }
    }
}
