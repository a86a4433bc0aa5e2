//! What is read, and how changes take effect.

use std::pin::pin;

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Policy, PrincipalCache};
use pinpoint_iam_sources::postgres::tokio_postgres::NoTls;
use pinpoint_iam_sources::postgres::{PostgresPrincipals, Queries};

use crate::setup::Outcome::{Allowed, Denied, NotLoaded};
use crate::setup::{Database, Service, TestResult, allow, arn, cache, reader, user};

/// A way to get a permission, a change that revokes it, and the number of notifications of the change.
struct Revocation {
    name: &'static str,
    granted: String,
    revoked: String,
    notifications: u64,
}

fn revocations() -> Vec<Revocation> {
    let (ana, get, delete) = (arn("ana"), allow("GetApp"), allow("DeleteApp"));
    let with_a_user = format!("INSERT INTO pinpoint_iam.principals (arn) VALUES ('{ana}');");
    let with_a_group = format!(
        "{with_a_user} INSERT INTO pinpoint_iam.groups VALUES ('staff');
         INSERT INTO pinpoint_iam.memberships VALUES ('{ana}', 'staff');
         SELECT pinpoint_iam.put_policy('shared', {get});
         INSERT INTO pinpoint_iam.group_attachments VALUES ('staff', 'shared');"
    );
    let revocation = |name, granted: &str, revoked: &str, notifications| Revocation {
        name,
        granted: granted.to_owned(),
        revoked: revoked.to_owned(),
        notifications,
    };
    let by_a_policy = reader("ana");
    let inline = format!(
        "{with_a_user} INSERT INTO pinpoint_iam.inline_policies VALUES ('{ana}', 'own', {get});"
    );
    let of_group = format!(
        "{with_a_user} INSERT INTO pinpoint_iam.groups VALUES ('staff');
         INSERT INTO pinpoint_iam.memberships VALUES ('{ana}', 'staff');
         INSERT INTO pinpoint_iam.group_inline_policies VALUES ('staff', 'own', {get});"
    );
    let by_a_tag = format!(
        r#"{with_a_user} INSERT INTO pinpoint_iam.tags VALUES ('{ana}', 'team', 'a');
         INSERT INTO pinpoint_iam.inline_policies VALUES ('{ana}', 'own', '{{"Version": "2012-10-17", "Statement":
            {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{"StringEquals": {{"aws:PrincipalTag/team": "a"}}}}}}}}');"#
    );
    vec![
        revocation(
            "detach",
            &by_a_policy,
            "DELETE FROM pinpoint_iam.attachments",
            1,
        ),
        revocation(
            "delete the user",
            &by_a_policy,
            "DELETE FROM pinpoint_iam.principals",
            1,
        ),
        revocation(
            "publish a version",
            &by_a_policy,
            &format!("SELECT pinpoint_iam.put_policy('read', {delete})"),
            1,
        ),
        revocation(
            "set a boundary",
            &by_a_policy,
            &format!(
                "SELECT pinpoint_iam.put_policy('limit', {delete});
                UPDATE pinpoint_iam.principals SET boundary = 'limit'"
            ),
            2,
        ),
        revocation(
            "publish a version of a boundary",
            &format!(
                "{by_a_policy} UPDATE pinpoint_iam.principals SET boundary = 'read';
                INSERT INTO pinpoint_iam.inline_policies VALUES ('{ana}', 'own', {get});
                DELETE FROM pinpoint_iam.attachments;"
            ),
            &format!("SELECT pinpoint_iam.put_policy('read', {delete})"),
            1,
        ),
        revocation(
            "change an inline policy",
            &inline,
            &format!("UPDATE pinpoint_iam.inline_policies SET document = {delete}"),
            1,
        ),
        revocation(
            "remove all inline policies",
            &inline,
            "TRUNCATE pinpoint_iam.inline_policies",
            1,
        ),
        revocation(
            "leave a group",
            &with_a_group,
            "DELETE FROM pinpoint_iam.memberships",
            1,
        ),
        revocation(
            "detach from a group",
            &with_a_group,
            "DELETE FROM pinpoint_iam.group_attachments",
            1,
        ),
        revocation(
            "delete a group",
            &with_a_group,
            "DELETE FROM pinpoint_iam.groups",
            2,
        ),
        revocation(
            "change an inline policy of a group",
            &of_group,
            &format!("UPDATE pinpoint_iam.group_inline_policies SET document = {delete}"),
            1,
        ),
        revocation(
            "change a tag",
            &by_a_tag,
            "UPDATE pinpoint_iam.tags SET value = 'b'",
            1,
        ),
    ]
}

#[tokio::test]
async fn a_revoked_permission_is_gone_after_its_notification() -> TestResult {
    let Some(database) = Database::new("revocations").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    for Revocation {
        name,
        granted,
        revoked,
        notifications,
    } in revocations()
    {
        client.batch_execute(&granted).await?;
        service.settle(client).await?;
        assert_eq!(service.ask("ana").await, Allowed, "{name}");
        assert_eq!(service.ask("bob").await, Denied, "{name}");
        let loads = service.loads();
        service.change(client, &revoked, notifications).await?;
        assert_eq!(service.ask("ana").await, Denied, "{name}");
        assert_eq!(service.loads(), loads + 1, "{name}");
        if !revoked.starts_with("TRUNCATE") {
            // Others stay in the cache.
            assert_eq!(service.ask("bob").await, Denied, "{name}");
            assert_eq!(service.loads(), loads + 1, "{name}");
        }
        client
            .batch_execute("TRUNCATE pinpoint_iam.principals, pinpoint_iam.groups, pinpoint_iam.managed_policies CASCADE")
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_principal_or_group_that_is_created_is_found() -> TestResult {
    let Some(database) = Database::new("creation").await? else {
        return Ok(());
    };
    let mut service = Service::start(&database).await?;
    let staff = user("bob").with_groups(["staff"]);
    for _ in 0..2 {
        assert_eq!(service.ask("ana").await, Denied);
        assert_eq!(service.ask_as(&staff).await, Denied);
    }
    assert_eq!(service.loads(), 2);
    service.change(&database.client, &reader("ana"), 2).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let group = "INSERT INTO pinpoint_iam.groups VALUES ('staff');
        INSERT INTO pinpoint_iam.group_attachments VALUES ('staff', 'read');";
    service.change(&database.client, group, 1).await?;
    assert_eq!(service.ask_as(&staff).await, Allowed);
    Ok(())
}

/// The statements of this crate, which wait for an advisory lock after they have begun to read.
fn gated() -> Queries {
    let own = Queries::of_schema("pinpoint_iam");
    Queries {
        principals: format!(
            "SELECT records.* FROM (SELECT pg_advisory_xact_lock(42)::text AS gate) AS gates
             CROSS JOIN LATERAL (SELECT * FROM ({}) AS r WHERE gate IS NOT NULL) AS records",
            own.principals
        ),
        documents: own.documents,
    }
}

#[tokio::test]
async fn a_load_that_started_before_a_change_is_never_used() -> TestResult {
    let Some(database) = Database::new("race").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let mut service = Service::with(database.config(), cache(), |builder| {
        builder.queries(gated())
    })
    .await?;
    let gate = database.session().await?;
    gate.batch_execute("SELECT pg_advisory_lock(42)").await?;
    let authorizer = service.authorizer.clone();
    let asked = {
        let ana = user("ana");
        tokio::spawn(async move { authorizer.load(&ana).await })
    };
    database.wait_for_blocked(1).await?;
    // The load has read the old state; the change commits, and its notification arrives.
    service
        .change(client, "DELETE FROM pinpoint_iam.attachments", 1)
        .await?;
    gate.batch_execute("SELECT pg_advisory_unlock(42)").await?;
    assert!(asked.await?);
    let counts = service.authorizer.principal_cache_counts();
    assert_eq!((counts.superseded, counts.loads), (1, 2));
    assert_eq!(service.ask("ana").await, Denied);
    assert_eq!(service.loads(), 2);
    Ok(())
}

#[tokio::test]
async fn managed_policies_are_read_once_for_each_version() -> TestResult {
    let Some(database) = Database::new("managed").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    service.change(client, &reader("ana"), 2).await?;
    service.change(client, &reader("bob"), 1).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    // The documents cannot be read any more, but the policy is compiled already.
    client
        .batch_execute(
            "ALTER TABLE pinpoint_iam.managed_policy_versions RENAME COLUMN document TO hidden",
        )
        .await?;
    assert_eq!(service.ask("bob").await, Allowed);
    assert_eq!(
        service.authorizer.principal_cache_counts().managed_policies,
        1
    );
    client
        .batch_execute(
            "ALTER TABLE pinpoint_iam.managed_policy_versions RENAME COLUMN hidden TO document",
        )
        .await?;
    // The document of a version never changes.
    let changed = "UPDATE pinpoint_iam.managed_policy_versions SET document = '{}'";
    assert!(client.batch_execute(changed).await.is_err());
    let publish = format!(
        "SELECT pinpoint_iam.put_policy('read', {})",
        allow("DeleteApp")
    );
    service.change(client, &publish, 1).await?;
    for name in ["ana", "bob"] {
        assert_eq!(service.ask(name).await, Denied);
    }
    assert_eq!(
        service.authorizer.principal_cache_counts().managed_policies,
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_statement_that_changes_much_reports_everything() -> TestResult {
    let Some(database) = Database::new("bounded").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    assert_eq!(service.ask("ana").await, Denied);
    let users = |count| {
        format!(
            "INSERT INTO pinpoint_iam.principals (arn)
                SELECT 'arn:aws:iam::111122223333:user/u' || nextval('numbers') FROM generate_series(1, {count})"
        )
    };
    client.batch_execute("CREATE SEQUENCE numbers").await?;
    // One by one, until there are too many.
    service.change(client, &users(100), 100).await?;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 1);
    service.change(client, &users(101), 1).await?;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    // A payload has a limited length.
    assert_eq!(service.ask("ana").await, Denied);
    let report = |length| format!("SELECT pinpoint_iam.report('group', repeat('x', {length}))");
    service.change(client, &report(7_993), 1).await?;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 1);
    service.change(client, &report(7_994), 1).await?;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    // A notification in another form may concern any principal.
    assert_eq!(service.ask("ana").await, Denied);
    let unknown = "SELECT pg_notify('pinpoint_iam', 'user ana')";
    service.change(client, unknown, 1).await?;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    assert_eq!(service.monitor.status().unknown_notifications, 1);
    Ok(())
}

#[tokio::test]
async fn a_full_cache_is_bounded_and_decides_as_usual() -> TestResult {
    let Some(database) = Database::new("filled").await? else {
        return Ok(());
    };
    database.client.batch_execute(&reader("u0")).await?;
    database
        .client
        .batch_execute(
            "INSERT INTO pinpoint_iam.principals (arn)
                SELECT 'arn:aws:iam::111122223333:user/u' || number FROM generate_series(1, 199) AS number;
             INSERT INTO pinpoint_iam.attachments
                SELECT arn, 'read' FROM pinpoint_iam.principals WHERE arn NOT LIKE '%/u0';",
        )
        .await?;
    let service = Service::with(database.config(), cache().max_bytes(64 << 10), |builder| {
        builder
    })
    .await?;
    for _ in 0..2 {
        for number in 0..200 {
            assert_eq!(service.ask(&format!("u{number}")).await, Allowed);
            let counts = service.authorizer.principal_cache_counts();
            assert!(counts.entry_bytes <= 48 << 10, "{counts:?}");
        }
    }
    assert!(service.loads() > 200);
    Ok(())
}

/// Boundaries from one source, principals from another.
#[tokio::test]
async fn boundaries_of_another_source_limit_principals_of_the_database() -> TestResult {
    let Some(database) = Database::new("layers").await? else {
        return Ok(());
    };
    for name in ["ana", "bob", "eve"] {
        database.client.batch_execute(&reader(name)).await?;
    }
    let mut boundaries = PolicyStore::new();
    for (name, action) in [("ana", "GetApp"), ("bob", "DeleteApp")] {
        let text = allow(action);
        let boundary = Policy::new("boundary", Document::parse(text.trim_matches('\''))?);
        let identity = boundaries.identity(&arn(name))?;
        identity.set_permissions_boundary(boundary);
    }
    let service = Service::with_authorizer(
        database.config(),
        cache(),
        |builder| builder,
        |builder| builder.source(boundaries),
    )
    .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    assert_eq!(service.ask("bob").await, Denied);
    // Without a boundary.
    assert_eq!(service.ask("eve").await, Denied);
    Ok(())
}

#[tokio::test]
async fn views_and_statements_of_ones_own_are_read() -> TestResult {
    let Some(database) = Database::empty("own").await? else {
        return Ok(());
    };
    let client = &database.client;
    let document = allow("GetApp");
    let tables = format!(
        "CREATE TABLE staff (login varchar(20), may_read boolean);
         INSERT INTO staff VALUES ('ana', true), ('bob', false);
         CREATE SCHEMA \"my \"\"views\";
         SET search_path = \"my \"\"views\", public;
         CREATE VIEW principals AS SELECT 'arn:aws:iam::111122223333:user/' || login AS arn,
            '/staff/'::text AS path, NULL::text AS unique_id, NULL::text AS boundary FROM staff;
         CREATE VIEW attachments AS SELECT 'arn:aws:iam::111122223333:user/' || login AS principal,
            'read'::text AS policy FROM staff WHERE may_read;
         CREATE VIEW managed_policies AS SELECT 'read'::text AS name, 1::bigint AS default_version;
         CREATE VIEW managed_policy_versions AS SELECT 'read'::text AS policy, 1::bigint AS version,
            {document}::text AS document;
         CREATE VIEW tags AS SELECT ''::text AS principal, ''::text AS key, ''::text AS value WHERE false;
         CREATE VIEW groups AS SELECT ''::text AS name WHERE false;
         CREATE VIEW memberships AS SELECT ''::text AS principal, ''::text AS group_name WHERE false;
         CREATE VIEW inline_policies AS
            SELECT ''::text AS principal, ''::text AS name, ''::text AS document WHERE false;
         CREATE VIEW group_attachments AS SELECT ''::text AS group_name, ''::text AS policy WHERE false;
         CREATE VIEW group_inline_policies AS
            SELECT ''::text AS group_name, ''::text AS name, ''::text AS document WHERE false;"
    );
    client.batch_execute(&tables).await?;
    let statements = Queries {
        principals: format!(
            "SELECT 'identity', arn, arn, NULL, NULL FROM (SELECT 'arn:aws:iam::111122223333:user/' || login AS arn
                FROM public.staff) AS users WHERE arn = ANY ($1)
             UNION ALL SELECT 'inline', arn, 'own', NULL, {document}
                FROM (SELECT 'arn:aws:iam::111122223333:user/' || login AS arn FROM public.staff WHERE may_read) AS users
                WHERE arn = ANY ($1)
             UNION ALL SELECT 'revision', NULL, NULL, NULL, 'r1'"
        ),
        documents: Queries::of_schema("my \"views").documents,
    };
    for queries in [Queries::of_schema("my \"views"), statements] {
        let service = Service::with(database.config(), cache(), |builder| {
            builder.queries(queries).channel("my \"channel")
        })
        .await?;
        assert_eq!(service.ask("ana").await, Allowed);
        assert_eq!(service.ask("bob").await, Denied);
        assert_eq!(service.ask("eve").await, Denied);
        client
            .batch_execute(
                "UPDATE staff SET may_read = NOT may_read; NOTIFY \"my \"\"channel\", 'everything'",
            )
            .await?;
        let mut monitor = service.monitor.clone();
        monitor.wait_until(|status| status.notifications == 1).await;
        assert_eq!(service.ask("ana").await, Denied);
        assert_eq!(service.ask("bob").await, Allowed);
        client
            .batch_execute("UPDATE staff SET may_read = NOT may_read")
            .await?;
    }
    Ok(())
}

/// Policies are read by one statement, which may not change anything, and not from a standby.
#[tokio::test]
async fn databases_and_statements_that_cannot_be_used_are_rejected() -> TestResult {
    let Some(database) = Database::new("rejected").await? else {
        return Ok(());
    };
    let check = async |queries: Option<Queries>| {
        let mut builder = PostgresPrincipals::builder(database.config());
        if let Some(queries) = queries {
            builder = builder.queries(queries);
        }
        let (principals, _) = builder.build(NoTls);
        principals.check().await.map_err(|error| error.to_string())
    };
    assert_eq!(check(None).await, Ok(()));
    let own = Queries::of_schema("pinpoint_iam");
    let with = |principals: &str| {
        let mut queries = own.clone();
        queries.principals = principals.to_owned();
        Some(queries)
    };
    let error = check(Some(Queries::of_schema("missing")))
        .await
        .unwrap_err();
    assert!(error.contains("does not exist"), "{error}");
    assert!(error.starts_with("PostgreSQL at 127.0.0.1:"), "{error}");
    for statements in [
        "SELECT 'revision', NULL, NULL, NULL, '1'; SELECT 1",
        "SELECT 'revision'",
        "DELETE FROM pinpoint_iam.attachments RETURNING 1, 2, 3, 4, 5",
    ] {
        assert!(check(with(statements)).await.is_err(), "{statements}");
    }
    // A statement with an effect is accepted, and fails when it is executed.
    let writes = "SELECT 'revision', NULL, NULL, NULL, pinpoint_iam.put_policy('read', '{}')::text";
    let service = Service::with(database.config(), cache(), |builder| {
        builder.queries(with(writes).unwrap())
    })
    .await?;
    assert_eq!(service.ask("ana").await, NotLoaded);
    let standby = "ALTER DATABASE rejected SET default_transaction_read_only = on";
    database.client.batch_execute(standby).await?;
    assert!(check(None).await.is_err());
    Ok(())
}

/// Until the listener has connected, changes are not reported.
#[tokio::test]
async fn policies_are_used_for_a_shorter_time_without_a_listener() -> TestResult {
    let Some(database) = Database::new("unheard").await? else {
        return Ok(());
    };
    database.client.batch_execute(&reader("ana")).await?;
    let seconds = std::time::Duration::from_secs;
    let (principals, listener) = PostgresPrincipals::builder(database.config())
        .time_without_notifications(seconds(5))
        .build(NoTls);
    let clock = pinpoint_iam::testing::SimulatedClock::new();
    let authorizer = pinpoint_iam::Authorizer::builder()
        .scope(pinpoint_iam::Scope::new("aws", "us-east-1", "111122223333"))
        .principal_source(principals, PrincipalCache::new())
        .clock(clock.clone())
        .build()?;
    let monitor = listener.monitor();
    let service = Service {
        authorizer,
        monitor,
        clock,
    };
    assert_eq!(service.ask("ana").await, Allowed);
    database
        .client
        .batch_execute("DELETE FROM pinpoint_iam.attachments")
        .await?;
    service.clock.advance(seconds(5));
    assert_eq!(service.ask("ana").await, Denied);
    // When it connects, everything is removed.
    let mut monitor = service.monitor.clone();
    let mut running = pin!(listener.run(service.authorizer.invalidator()));
    tokio::select! {
        () = &mut running => {}
        _ = monitor.wait_until(|status| status.is_listening) => {}
    }
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    Ok(())
}
