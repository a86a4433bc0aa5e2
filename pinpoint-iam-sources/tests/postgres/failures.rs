//! What happens if the database fails. A failure never widens access.

use std::sync::Arc;
use std::time::Duration;

use pinpoint_iam::{Authorizer, Scope};
use pinpoint_iam_sources::postgres::tokio_postgres::NoTls;
use pinpoint_iam_sources::postgres::{PostgresPrincipals, Queries};
use postgres_server::Server;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::setup::Outcome::{Allowed, Denied, NotLoaded};
use crate::setup::{Database, LONG, Service, TestResult, allow, arn, cache, reader, user};

#[tokio::test]
async fn a_statement_that_waits_for_a_lock_is_ended_and_denies() -> TestResult {
    let Some(database) = Database::new("locked").await? else {
        return Ok(());
    };
    database.client.batch_execute(&reader("ana")).await?;
    let service = Service::with(database.config(), cache(), |builder| {
        builder.statement_timeout(Duration::from_millis(500))
    })
    .await?;
    let lock = "BEGIN; LOCK TABLE pinpoint_iam.principals IN ACCESS EXCLUSIVE MODE";
    // The first connection is prepared before the lock.
    assert_eq!(service.ask("bob").await, Denied);
    database.client.batch_execute(lock).await?;
    assert_eq!(service.ask("ana").await, NotLoaded);
    let status = service.monitor.status();
    assert_eq!((status.failures, status.timeouts), (1, 1));
    database.client.batch_execute("ROLLBACK").await?;
    assert_eq!(service.ask("ana").await, Allowed);
    // The connection was not the reason.
    assert_eq!(service.monitor.status().connections, 1);
    Ok(())
}

#[tokio::test]
async fn a_load_that_is_given_up_keeps_its_place_until_the_statement_ends() -> TestResult {
    let Some(database) = Database::new("abandoned").await? else {
        return Ok(());
    };
    database.client.batch_execute(&reader("ana")).await?;
    let service =
        Service::with(database.config(), cache(), |builder| builder.connections(1)).await?;
    assert_eq!(service.ask("bob").await, Denied);
    let lock = "BEGIN; LOCK TABLE pinpoint_iam.principals IN ACCESS EXCLUSIVE MODE";
    database.client.batch_execute(lock).await?;
    let service = Arc::new(service);
    let give_up = |name: &'static str| {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.ask(name).await })
    };
    let first = give_up("ana");
    database.wait_for_blocked(1).await?;
    // The load timeout.
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(first.await?, NotLoaded);
    // The server still works for the first load, so the second one has no place.
    let second = give_up("ana");
    while service.loads() < 3 {
        tokio::task::yield_now().await;
    }
    // It would have connected by the time that other sessions have.
    for _ in 0..5 {
        database.session().await?;
    }
    database.wait_for_blocked(1).await?;
    assert_eq!(service.monitor.status().connections, 1);
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(second.await?, NotLoaded);
    database.client.batch_execute("ROLLBACK").await?;
    assert_eq!(service.ask("ana").await, Allowed);
    assert_eq!(service.monitor.status().connections, 2);
    Ok(())
}

#[tokio::test]
async fn everything_is_removed_after_the_notification_connection_was_lost() -> TestResult {
    let Some(database) = Database::new("lost").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let mut service = Service::start(&database).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    database.cut_listener().await?;
    let status = service
        .monitor
        .wait_until(|status| !status.is_listening && status.failed_listens > 0)
        .await;
    assert_eq!(status.losses, 1);
    // The notification of this change is lost.
    client
        .batch_execute("DELETE FROM pinpoint_iam.attachments")
        .await?;
    // The time to live is the bound.
    assert_eq!(service.ask("ana").await, Allowed);
    database.allow_connections().await?;
    let status = service
        .monitor
        .wait_until(|status| status.is_listening)
        .await;
    assert_eq!(status.listens, 2);
    assert_eq!(service.ask("ana").await, Denied);
    Ok(())
}

#[tokio::test]
async fn nothing_is_used_without_notifications_if_the_time_is_zero() -> TestResult {
    let Some(database) = Database::new("careful").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let mut service = Service::with(database.config(), cache(), |builder| {
        builder.time_without_notifications(Duration::ZERO)
    })
    .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    assert_eq!(service.ask("ana").await, Allowed);
    assert_eq!(service.loads(), 1);
    database.cut_listener().await?;
    service
        .monitor
        .wait_until(|status| status.failed_listens > 0)
        .await;
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    // Each request reads, on the connection that is open.
    assert_eq!(service.ask("ana").await, Allowed);
    client
        .batch_execute("DELETE FROM pinpoint_iam.attachments")
        .await?;
    assert_eq!(service.ask("ana").await, Denied);
    assert_eq!(service.loads(), 3);
    Ok(())
}

#[tokio::test]
async fn cached_policies_are_removed_after_the_time_without_notifications() -> TestResult {
    let Some(database) = Database::new("later").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let mut service = Service::with(database.config(), cache(), |builder| {
        builder
            .retry_interval(LONG)
            .time_without_notifications(Duration::from_millis(1))
    })
    .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let before = service.authorizer.principal_cache_counts().invalidations;
    database.cut_listener().await?;
    service
        .monitor
        .wait_until(|status| status.losses == 1)
        .await;
    while service.authorizer.principal_cache_counts().invalidations == before {
        tokio::task::yield_now().await;
    }
    // Not by a connection: the listener has not tried to connect again.
    let status = service.monitor.status();
    assert_eq!((status.listens, status.failed_listens), (1, 0));
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    Ok(())
}

/// Also if it is not connected, or has never been.
#[tokio::test]
async fn the_listener_ends_with_the_authorizer() -> TestResult {
    let Some(database) = Database::new("ended").await? else {
        return Ok(());
    };
    let unused = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    for (port, is_connected) in [(database.server.port(), true), (unused, false)] {
        let (principals, listener) = PostgresPrincipals::builder(database.config_with_port(port))
            .probe_interval(Duration::from_millis(200))
            .retry_interval(Duration::from_millis(2))
            .build(NoTls);
        let mut monitor = listener.monitor();
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "111122223333"))
            .principal_source(principals, cache())
            .build()?;
        let running = tokio::spawn(listener.run(authorizer.invalidator()));
        monitor
            .wait_until(|status| match is_connected {
                true => status.is_listening,
                false => status.failed_listens > 0,
            })
            .await;
        drop(authorizer);
        running.await?;
        assert!(!monitor.status().is_listening);
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_restarts_is_used_again() -> TestResult {
    let Some(server) = Server::start("restart")? else {
        return Ok(());
    };
    let server = Arc::new(server);
    let database = Database::on(Arc::clone(&server), "restarted").await?;
    database
        .client
        .batch_execute(pinpoint_iam_sources::postgres::SCHEMA)
        .await?;
    for name in ["ana", "bob"] {
        database.client.batch_execute(&reader(name)).await?;
    }
    let mut service = Service::start(&database).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    server.stop()?;
    service
        .monitor
        .wait_until(|status| !status.is_listening && status.failed_listens > 0)
        .await;
    assert_eq!(service.ask("ana").await, Allowed);
    assert_eq!(service.ask("bob").await, NotLoaded);
    server.resume()?;
    service
        .monitor
        .wait_until(|status| status.is_listening)
        .await;
    assert_eq!(service.ask("bob").await, Allowed);
    let admin = database.session().await?;
    service
        .change(&admin, "DELETE FROM pinpoint_iam.attachments", 2)
        .await?;
    assert_eq!(service.ask("ana").await, Denied);
    assert_eq!(service.ask("bob").await, Denied);
    Ok(())
}

/// An idle connection that the server has closed is replaced, and the request is not denied.
#[tokio::test]
async fn a_read_on_a_connection_that_is_closed_is_repeated() -> TestResult {
    let Some(database) = Database::new("closed").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let service = Service::start(&database).await?;
    assert_eq!(service.ask("bob").await, Denied);
    client
        .batch_execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
                WHERE datname = 'closed' AND query LIKE 'SELECT CASE%'",
        )
        .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let status = service.monitor.status();
    assert_eq!((status.connections, status.failures), (2, 0));
    Ok(())
}

/// What a proxy does, as a network can.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    Works,
    /// New connections are opened, and nothing is forwarded on them.
    OpensOnly,
    /// Nothing is forwarded.
    Swallows,
}

async fn proxy(to: u16) -> TestResult<(u16, watch::Sender<Network>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (sender, network) = watch::channel(Network::Works);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut network = network.clone();
            tokio::spawn(async move {
                let forwarded = async {
                    let mut server = TcpStream::connect(("127.0.0.1", to)).await?;
                    copy_bidirectional(&mut client, &mut server).await
                };
                if *network.borrow() == Network::Works {
                    tokio::select! {
                        biased;
                        _ = network.wait_for(|network| *network == Network::Swallows) => {}
                        _ = forwarded => return,
                    }
                }
                // The connection stays open, and nothing is forwarded until the test ends.
                std::future::pending::<()>().await;
            });
        }
    });
    Ok((port, sender))
}

#[tokio::test]
async fn cached_policies_are_removed_while_a_connection_is_being_opened() -> TestResult {
    let Some(database) = Database::new("opening").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let (port, network) = proxy(database.server.port()).await?;
    let mut service = Service::with(database.config_with_port(port), cache(), |builder| {
        builder
            .probe_interval(Duration::from_secs(600))
            .time_without_notifications(Duration::from_millis(300))
    })
    .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let before = service.authorizer.principal_cache_counts().invalidations;
    network.send(Network::OpensOnly)?;
    database.cut_listener().await?;
    service
        .monitor
        .wait_until(|status| status.losses == 1)
        .await;
    while service.authorizer.principal_cache_counts().invalidations == before {
        tokio::task::yield_now().await;
    }
    // The listener has neither connected nor given up.
    let status = service.monitor.status();
    assert_eq!((status.listens, status.failed_listens), (1, 0));
    assert_eq!(service.authorizer.principal_cache_counts().entries, 0);
    Ok(())
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_noticed() -> TestResult {
    let Some(database) = Database::new("swallowed").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let (port, cut) = proxy(database.server.port()).await?;
    let service = Service::with(database.config_with_port(port), cache(), |builder| {
        builder.probe_interval(Duration::from_secs(1))
    })
    .await?;
    assert_eq!(service.ask("ana").await, Allowed);
    cut.send(Network::Swallows)?;
    let mut monitor = service.monitor.clone();
    let status = monitor
        .wait_until(|status| !status.is_listening && status.failed_listens > 0)
        .await;
    assert!(status.losses > 0);
    // A load waits for the load timeout.
    let service = Arc::new(service);
    let loads = service.loads();
    let asked = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.ask("bob").await })
    };
    while service.loads() == loads {
        tokio::task::yield_now().await;
    }
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(asked.await?, NotLoaded);
    Ok(())
}

#[tokio::test]
async fn policies_that_cannot_be_used_deny() -> TestResult {
    let Some(database) = Database::new("unusable").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    service.change(client, &reader("ana"), 2).await?;
    let put = |document: &str| format!("SELECT pinpoint_iam.put_policy('read', {document})");
    for unusable in [
        put("'{'"),
        put("''"),
        put(r#"'{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}'"#),
        "UPDATE pinpoint_iam.managed_policies SET default_version = NULL".to_owned(),
    ] {
        assert_eq!(service.ask("ana").await, Allowed);
        service.change(client, &unusable, 1).await?;
        assert_eq!(service.ask("ana").await, NotLoaded, "{unusable}");
        service.change(client, &put(&allow("GetApp")), 1).await?;
    }
    // Among good ones.
    let ana = arn("ana");
    let bad = format!("INSERT INTO pinpoint_iam.inline_policies VALUES ('{ana}', 'bad', '{{')");
    service.change(client, &bad, 1).await?;
    assert_eq!(service.ask("ana").await, NotLoaded);
    // A boundary without a version is not left out.
    let boundary = format!(
        "DELETE FROM pinpoint_iam.inline_policies;
         INSERT INTO pinpoint_iam.managed_policies VALUES ('limit', NULL);
         UPDATE pinpoint_iam.principals SET boundary = 'limit' WHERE arn = '{ana}';"
    );
    service.change(client, &boundary, 2).await?;
    assert_eq!(service.ask("ana").await, NotLoaded);
    // U+0000 is not a text of PostgreSQL.
    let nul = user("bob").with_groups(["a\0b"]);
    assert_eq!(service.ask_as(&nul).await, NotLoaded);
    Ok(())
}

#[tokio::test]
async fn huge_values_deny() -> TestResult {
    let Some(database) = Database::new("huge").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    let ana = arn("ana");
    let insert = format!(
        "INSERT INTO pinpoint_iam.inline_policies VALUES ('{ana}', 'huge', repeat(' ', 200000))"
    );
    assert!(client.batch_execute(&insert).await.is_err());

    let own = Queries::of_schema("pinpoint_iam");
    let row = |row: &str| format!("UNION ALL SELECT 'tag', '{ana}', {row}");
    let allowed =
        row("number::text, NULL, repeat('x', 1000) FROM generate_series(1, 1000) AS number");
    let huge = [
        row("'key', NULL, repeat('x', 200000)"),
        row("repeat('x', 200000), NULL, ''"),
        row("number::text, NULL, '' FROM generate_series(1, 10000) AS number"),
        row("number::text, NULL, repeat('x', 190000) FROM generate_series(1, 30) AS number"),
    ];
    for (rows, expected) in
        std::iter::once((&allowed, Allowed)).chain(huge.iter().map(|rows| (rows, NotLoaded)))
    {
        let queries = Queries {
            principals: format!("{} {rows}", own.principals),
            documents: own.documents.clone(),
        };
        let service = Service::with(database.config(), cache().max_bytes(1 << 30), |builder| {
            builder.queries(queries)
        })
        .await?;
        assert_eq!(service.ask("ana").await, expected, "{rows}");
    }
    let queries = Queries {
        principals: own.principals.clone(),
        documents: "SELECT 'read', version, repeat(' ', 200001)
            FROM unnest($1::text[], $2::text[]) AS wanted (name, version)"
            .to_owned(),
    };
    let service = Service::with(database.config(), cache(), |builder| {
        builder.queries(queries)
    })
    .await?;
    assert_eq!(service.ask("ana").await, NotLoaded);
    Ok(())
}
