//! The rules of the tables, and of the sessions that read them.

use pinpoint_iam_sources::postgres::tokio_postgres::error::SqlState;

use crate::setup::Outcome::{Allowed, Denied};
use crate::setup::{Database, Service, TestResult, arn, reader, user};

/// A statement, and the rule that it breaks; `None` if it breaks none.
type Case = (String, Option<SqlState>);

/// Statements in a database with the user ana, the group `staff` and the policies `read` and `other`, which has no
/// version. The user and the group have `read`.
fn statements() -> Vec<Case> {
    let ana = arn("ana");
    let check = || Some(SqlState::CHECK_VIOLATION);
    let attached = || Some(SqlState::FOREIGN_KEY_VIOLATION);
    let text = |length: usize| format!("repeat('x', {length})");
    let mut cases = Vec::new();
    let mut case = |statement: String, rule: Option<SqlState>| cases.push((statement, rule));
    let principal = |arn: &str| format!("INSERT INTO pinpoint_iam.principals (arn) VALUES ({arn})");
    // A principal that no request identifies would have policies in vain.
    for valid in ["user/bob", "role/worker", "user/a+b=c,d.e@f-g_h"] {
        case(
            principal(&format!("'arn:aws:iam::111122223333:{valid}'")),
            None,
        );
    }
    for invalid in [
        "arn:aws:iam::111122223333:group/staff",
        "arn:aws:iam::111122223333:user/staff/ana",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:users/ana",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam:::user/ana",
        "arn::iam::111122223333:user/ana",
        "arn:aws:iam:us-east-1:111122223333:user/ana",
        "arn:aws:sts::111122223333:user/ana",
        " arn:aws:iam::111122223333:user/ana",
        "ana",
        "",
    ] {
        case(principal(&format!("'{invalid}'")), check());
    }
    let long = |length: usize| format!("'arn:aws:iam::1:user/' || {}", text(length));
    case(principal(&long(1024 - 20)), None);
    case(principal(&long(1024 - 19)), check());
    let update = |set: &str| format!("UPDATE pinpoint_iam.principals SET {set}");
    for (path, rule) in [
        ("'/'".to_owned(), None),
        ("'/staff/'".to_owned(), None),
        ("'/staff/berlin/'".to_owned(), None),
        (format!("'/' || {} || '/'", text(1022)), None),
        (format!("'/' || {} || '/'", text(1023)), check()),
        ("''".to_owned(), check()),
        ("'staff/'".to_owned(), check()),
        ("'/staff'".to_owned(), check()),
        ("'//'".to_owned(), check()),
    ] {
        case(update(&format!("path = {path}")), rule);
    }
    case(update(&format!("unique_id = {}", text(1024))), None);
    case(update(&format!("unique_id = {}", text(1025))), check());

    // Names and values have a length, and documents are bounded.
    let inline = |table: &str, owner: &str, name: &str, document: &str| {
        format!("INSERT INTO pinpoint_iam.{table} VALUES ('{owner}', {name}, {document})")
    };
    for (table, owner) in [
        ("inline_policies", ana.as_str()),
        ("group_inline_policies", "staff"),
    ] {
        let name = |length| inline(table, owner, &text(length), "'{}'");
        case(name(1024), None);
        case(name(0), check());
        case(name(1025), check());
        case(inline(table, owner, "'own'", &text(131_072)), None);
        case(inline(table, owner, "'own'", &text(131_073)), check());
    }
    let tag = |key: &str, value: &str| {
        format!("INSERT INTO pinpoint_iam.tags VALUES ('{ana}', {key}, {value})")
    };
    case(tag(&text(1024), &text(4096)), None);
    case(tag("''", "'a'"), check());
    case(tag(&text(1025), "'a'"), check());
    case(tag("'team'", &text(4097)), check());
    // Two values for one key of a request.
    case(
        format!("{}; {}", tag("'Team'", "'a'"), tag("'team'", "'b'")),
        Some(SqlState::UNIQUE_VIOLATION),
    );
    let named = |table: &str, length| {
        let name = text(length);
        format!("INSERT INTO pinpoint_iam.{table} (name) VALUES ({name})")
    };
    for table in ["groups", "managed_policies"] {
        case(named(table, 1024), None);
        case(named(table, 0), check());
        case(named(table, 1025), check());
    }
    let put = |length| format!("SELECT pinpoint_iam.put_policy('read', {})", text(length));
    case(put(131_072), None);
    case(put(131_073), check());

    // A policy that someone has cannot be deleted: if it denies something, access would be wider.
    let delete = "DELETE FROM pinpoint_iam.managed_policies WHERE name = 'read'";
    for (kept, removed) in [
        ("attachments", "group_attachments"),
        ("group_attachments", "attachments"),
    ] {
        let remove = format!("DELETE FROM pinpoint_iam.{removed}");
        let keep = format!("DELETE FROM pinpoint_iam.{kept}");
        case(format!("{remove}; {delete}"), attached());
        case(format!("{remove}; {keep}; {delete}"), None);
        let boundary = update("boundary = 'read'");
        case(
            format!("{boundary}; {remove}; {keep}; {delete}"),
            attached(),
        );
    }
    // The version in effect is one of the policy, and stays.
    let version = |name: &str, version: &str| {
        format!(
            "UPDATE pinpoint_iam.managed_policies SET default_version = {version} WHERE name = '{name}'"
        )
    };
    let of_read = "(SELECT max(version) FROM pinpoint_iam.managed_policy_versions)";
    case(version("read", of_read), None);
    case(version("other", of_read), attached());
    case(version("read", "0"), attached());
    case(
        "DELETE FROM pinpoint_iam.managed_policy_versions".to_owned(),
        attached(),
    );
    // A version never changes.
    let versions = |set: &str| format!("UPDATE pinpoint_iam.managed_policy_versions SET {set}");
    let raised = || Some(SqlState::RAISE_EXCEPTION);
    case(versions("created = now()"), None);
    case(versions("document = document"), None);
    case(versions("document = '{}'"), raised());
    // A new number is the only value that PostgreSQL accepts for the column.
    let unused = "WITH new AS (INSERT INTO pinpoint_iam.managed_policy_versions (policy, document)
        VALUES ('other', '{}')) SELECT 1";
    let renumber =
        "UPDATE pinpoint_iam.managed_policy_versions SET version = DEFAULT WHERE policy = 'other'";
    case(format!("{unused}; {renumber}"), raised());
    cases
}

#[tokio::test]
async fn the_tables_reject_what_no_request_may_use() -> TestResult {
    let Some(database) = Database::new("rules").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    client
        .batch_execute(
            "INSERT INTO pinpoint_iam.managed_policies VALUES ('other', NULL);
             INSERT INTO pinpoint_iam.groups VALUES ('staff');
             INSERT INTO pinpoint_iam.group_attachments VALUES ('staff', 'read');",
        )
        .await?;
    for (statement, expected) in statements() {
        client.batch_execute("BEGIN").await?;
        let outcome = client.batch_execute(&statement).await;
        client.batch_execute("ROLLBACK").await?;
        let code = outcome.err().and_then(|error| error.code().cloned());
        assert_eq!(code, expected, "{statement}");
    }
    Ok(())
}

/// A change of a name concerns those who had it and those who have it.
#[tokio::test]
async fn both_names_of_a_change_are_reported() -> TestResult {
    let Some(database) = Database::new("names").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    service.change(client, &reader("ana"), 2).await?;
    let [ana, bob] = ["ana", "bob"].map(arn);
    let bob_exists = format!("INSERT INTO pinpoint_iam.principals (arn) VALUES ('{bob}')");
    let rename = |from: &str, to: &str| {
        format!("UPDATE pinpoint_iam.principals SET arn = '{to}' WHERE arn = '{from}'")
    };
    let mut holder = ("ana", "bob");
    let cases = [
        // The attachment follows.
        (rename(&ana, &bob), 2),
        (rename(&bob, &ana), 2),
        (
            format!("{bob_exists}; UPDATE pinpoint_iam.attachments SET principal = '{bob}'"),
            2,
        ),
    ];
    for (statements, notifications) in cases {
        let (before, after) = holder;
        assert_eq!(service.ask(before).await, Allowed, "{statements}");
        assert_eq!(service.ask(after).await, Denied, "{statements}");
        service.change(client, &statements, notifications).await?;
        assert_eq!(service.ask(before).await, Denied, "{statements}");
        assert_eq!(service.ask(after).await, Allowed, "{statements}");
        holder = (after, before);
    }
    // The groups of a token: `staff` is renamed.
    let group = "INSERT INTO pinpoint_iam.groups VALUES ('staff');
        INSERT INTO pinpoint_iam.group_attachments VALUES ('staff', 'read')";
    service.change(client, group, 1).await?;
    let [of_staff, of_team] = ["staff", "team"].map(|group| user("eve").with_groups([group]));
    assert_eq!(service.ask_as(&of_staff).await, Allowed);
    assert_eq!(service.ask_as(&of_team).await, Denied);
    let renamed = "UPDATE pinpoint_iam.groups SET name = 'team'";
    service.change(client, renamed, 2).await?;
    assert_eq!(service.ask_as(&of_staff).await, Denied);
    assert_eq!(service.ask_as(&of_team).await, Allowed);
    Ok(())
}

/// More changes at a time than are applied one by one.
#[tokio::test]
async fn many_changes_at_once_take_effect() -> TestResult {
    let Some(database) = Database::new("many").await? else {
        return Ok(());
    };
    let client = &database.client;
    let mut service = Service::start(&database).await?;
    service.change(client, &reader("ana"), 2).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let users = "INSERT INTO pinpoint_iam.principals (arn)
        SELECT 'arn:aws:iam::111122223333:user/u' || nextval('numbers') FROM generate_series(1, 100)";
    client.batch_execute("CREATE SEQUENCE numbers").await?;
    let revoked = "DELETE FROM pinpoint_iam.attachments";
    let change = format!("BEGIN; {users}; {users}; {revoked}; {users}; COMMIT");
    service.change(client, &change, 301).await?;
    assert_eq!(service.ask("ana").await, Denied);
    Ok(())
}

/// Functions that another user has created under the names of those that the schema and the statements call.
const SHADOWS: &str = "CREATE SCHEMA evil;
    CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE FUNCTION evil.octet_length(text) RETURNS int LANGUAGE sql AS 'SELECT 0';
    CREATE FUNCTION evil.cardinality(anyarray) RETURNS int LANGUAGE sql AS 'SELECT 0';
    CREATE FUNCTION evil.format(text, text) RETURNS text LANGUAGE sql AS
        $$SELECT 'SELECT array[]::text[]'$$;
    CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.equal);
    CREATE FUNCTION evil.split_part(text, text, int) RETURNS text LANGUAGE sql AS
        $$SELECT pg_catalog.split_part('arn:aws:iam::111122223333:user/bob', $2, $3)$$;";

#[tokio::test]
async fn functions_of_other_users_are_not_called() -> TestResult {
    let Some(database) = Database::new("shadows").await? else {
        return Ok(());
    };
    let client = &database.client;
    client.batch_execute(&reader("ana")).await?;
    client.batch_execute(SHADOWS).await?;
    // For the sessions of the source, and for the one that changes the tables.
    client
        .batch_execute("ALTER DATABASE shadows SET search_path = evil, pg_catalog")
        .await?;
    let mut service = Service::start(&database).await?;
    assert_eq!(service.ask("ana").await, Allowed);
    let other = database.session().await?;
    let row = other.query_one("SELECT octet_length('ana')", &[]).await?;
    assert_eq!(row.get::<_, i32>(0), 0, "the functions are found by others");
    service
        .change(&other, "DELETE FROM pinpoint_iam.attachments", 1)
        .await?;
    assert_eq!(service.ask("ana").await, Denied);
    // No other policy gets the version.
    let put = "SELECT pinpoint_iam.put_policy('another', '{}')";
    service.change(&other, put, 1).await?;
    // The limits of a statement and of a payload.
    let users = "INSERT INTO pinpoint_iam.principals (arn)
        SELECT 'arn:aws:iam::111122223333:user/u' || number FROM generate_series(1, 101) AS number";
    service.change(&other, users, 1).await?;
    let long = "SELECT pinpoint_iam.report('group', repeat('x', 9000))";
    service.change(&other, long, 1).await?;
    Ok(())
}
