//! Lists on PostgreSQL: the same rows as on SQLite, with the collations C and ICU.
//!
//! The test starts a server of its own on the loopback interface, with the programs of the package `postgresql` and as a user
//! without privileges. Without them it prints that it is skipped, unless `PINPOINT_IAM_POSTGRES` is `required`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pinpoint_iam::list::{BindValue, Dialect, OwnedCell, Predicate};
use pinpoint_iam_tests::select::Table;

use crate::lists::{
    Random, TestResult, identity, predicate, random_policies, random_rows, statements, tables,
};

const COLLATIONS: [&str; 2] = ["C", "und-x-icu"];

/// A server with an empty database, which stops when it is dropped.
pub(crate) struct Server {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    user: u32,
}

/// The user `nobody`, where the tests run as root: PostgreSQL refuses to.
const NOBODY: u32 = 65_534;

impl Server {
    /// Starts a server; `None` where PostgreSQL is not installed and not required.
    pub(crate) fn start(name: &str) -> TestResult<Option<Self>> {
        let Some(programs) = programs() else {
            if std::env::var("PINPOINT_IAM_POSTGRES").is_ok_and(|value| value == "required") {
                return Err("PostgreSQL is required and not installed".into());
            }
            println!("skipped: PostgreSQL is not installed");
            return Ok(None);
        };
        let directory =
            std::env::temp_dir().join(format!("pinpoint-iam-{name}-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let is_root = fs::metadata(&directory)?.uid() == 0;
        let user = if is_root {
            NOBODY
        } else {
            fs::metadata(&directory)?.uid()
        };
        if is_root {
            chown(&directory, Some(user), Some(user))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self {
            programs,
            directory,
            port,
            user,
        };
        let data = server.directory.join("data");
        let data = data.to_str().ok_or("a path that is not UTF-8")?;
        server.run(
            "initdb",
            &[
                "-D",
                data,
                "-E",
                "UTF8",
                "--locale=C",
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
            ],
        )?;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        );
        let log = format!("{data}/log");
        server.run(
            "pg_ctl",
            &["-D", data, "-o", &options, "-l", &log, "-w", "start"],
        )?;
        Ok(Some(server))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if self.user == NOBODY {
            command.uid(self.user).gid(self.user);
        }
        command
            .current_dir(&self.directory)
            .env("HOME", &self.directory);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> TestResult {
        // The server keeps the outputs of `pg_ctl` open, so nothing waits for their end.
        let status = self
            .command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{program} ended with {status}").into()),
        }
    }

    /// What the statements print, line by line.
    pub(crate) fn answer(&self, statements: &str) -> TestResult<Vec<String>> {
        let port = self.port.to_string();
        let script = self.directory.join("script.sql");
        fs::File::create(&script)?.write_all(statements.as_bytes())?;
        let output = self
            .command("psql")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-XqAt",
                "-v",
                "ON_ERROR_STOP=1",
                "-f",
            ])
            .arg(&script)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8(output.stdout)?
            .lines()
            .map(str::to_owned)
            .collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.directory.join("data");
        let data = data.to_string_lossy();
        if let Err(error) = self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]) {
            eprintln!("the server of a test was not stopped: {error}");
        }
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            eprintln!("the directory of a test was not removed: {error}");
        }
    }
}

/// The directory with PostgreSQL's programs: the newest version of Debian's packages.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut directories: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|directory| has_all_programs(directory))
        .collect();
    directories.sort();
    directories.pop()
}

fn has_all_programs(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "psql"]
        .iter()
        .all(|program| directory.join(program).exists())
}

/// A text as a literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(crate) fn literals<'t>(texts: impl Iterator<Item = &'t String>) -> String {
    let texts: Vec<String> = texts.map(|text| literal(text)).collect();
    format!("CAST(ARRAY[{}] AS text[])", texts.join(", "))
}

/// The statements that make a table of rows, whose texts have the collation.
pub(crate) fn made(name: &str, collation: &str, table: &Table) -> String {
    let mut declared = vec!["\"place\" integer".to_owned()];
    for column in table.names() {
        let cells = table.cells(column);
        let type_name = match cells.iter().find(|cell| ***cell != OwnedCell::Null) {
            Some(OwnedCell::Integer(_)) => "bigint".to_owned(),
            Some(OwnedCell::Bool(_)) => "boolean".to_owned(),
            Some(OwnedCell::List(_)) => format!("text[] COLLATE \"{collation}\""),
            _ => format!("text COLLATE \"{collation}\""),
        };
        declared.push(format!("\"{column}\" {type_name}"));
    }
    let mut statements = format!("CREATE TABLE \"{name}\" ({});\n", declared.join(", "));
    for place in 0..table.rows.len() {
        let values = table
            .names()
            .map(|column| match table.cells(column).get(place) {
                None | Some(OwnedCell::Null) => "NULL".to_owned(),
                Some(OwnedCell::Text(text)) => literal(text),
                Some(OwnedCell::Integer(number)) => number.to_string(),
                Some(OwnedCell::Bool(value)) => value.to_string(),
                Some(OwnedCell::List(elements)) => literals(elements.iter()),
            });
        let values: Vec<String> = values.collect();
        // INVARIANT: writing to a text does not fail.
        let _ = writeln!(
            statements,
            "INSERT INTO \"{name}\" VALUES ({place}, {});",
            values.join(", ")
        );
    }
    statements
}

/// The statements that print the places of the rows that a predicate selects, after a label.
pub(crate) fn selected(table: &str, label: &str, predicate: &Predicate) -> TestResult<String> {
    let (sql, binds) = predicate.to_sql(Dialect::Postgres, 1)?;
    let binds: Vec<String> = binds
        .iter()
        .map(|bind| match bind {
            BindValue::Text(text) => literal(text),
            BindValue::Integer(number) => number.to_string(),
            BindValue::TextList(texts) => literals(texts.iter()),
        })
        .collect();
    let arguments = if binds.is_empty() {
        String::new()
    } else {
        format!("({})", binds.join(", "))
    };
    Ok(format!(
        "PREPARE selected AS SELECT '{label}', string_agg(\"place\"::text, ',' ORDER BY \"place\") FROM \"{table}\" WHERE {sql};\n\
         EXECUTE selected{arguments};\nDEALLOCATE selected;\n"
    ))
}

/// Asks the server about predicates of tables, and compares its rows with those of SQLite.
fn compare(server: &Server, tables: &[Table], predicates: &[(usize, Predicate)]) -> TestResult {
    let mut script = String::new();
    for (number, table) in tables.iter().enumerate() {
        for collation in COLLATIONS {
            script.push_str(&made(
                &format!("table {number} {collation}"),
                collation,
                table,
            ));
        }
    }
    let mut expected = Vec::new();
    for (number, predicate) in predicates {
        let table = tables.get(*number).ok_or("no table")?;
        let places: Vec<String> = table
            .select(predicate)?
            .iter()
            .map(ToString::to_string)
            .collect();
        for collation in COLLATIONS {
            let label = format!("{}", expected.len());
            script.push_str(&selected(
                &format!("table {number} {collation}"),
                &label,
                predicate,
            )?);
            expected.push((format!("{label}|{}", places.join(",")), predicate));
        }
    }
    let answers = server.answer(&script)?;
    assert_eq!(answers.len(), expected.len());
    for (answer, (expected, predicate)) in answers.iter().zip(&expected) {
        assert_eq!(
            answer, expected,
            "PostgreSQL and SQLite differ: {predicate}"
        );
    }
    Ok(())
}

#[test]
fn postgresql_selects_the_rows_that_sqlite_selects() -> TestResult {
    let Some(server) = Server::start("lists")? else {
        return Ok(());
    };
    // PostgreSQL has no U+0000.
    let of_operators: Vec<Table> = tables()?
        .into_iter()
        .filter(|(name, _)| !name.contains("U+0000"))
        .map(|(_, table)| table)
        .collect();
    let mut predicates = Vec::new();
    for (_, statements) in statements() {
        let policies = identity(&statements)?;
        for (number, table) in of_operators.iter().enumerate() {
            if let Some(predicate) = predicate(&policies, table)?
                && !predicates.contains(&(number, predicate.clone()))
            {
                predicates.push((number, predicate));
            }
        }
    }
    assert!(predicates.len() > 300, "{}", predicates.len());
    compare(&server, &of_operators, &predicates)?;
    server.answer("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")?;

    let mut random = Random(0x5eed_0000_0013);
    let table = Table::of(random_rows(&mut random, 50)?)?;
    let mut predicates = Vec::new();
    while predicates.len() < 500 {
        let policies = random_policies(&mut random)?;
        predicates.extend(predicate(&policies, &table)?.map(|predicate| (0, predicate)));
    }
    compare(&server, &[table], &predicates)
}
