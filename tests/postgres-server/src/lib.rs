//! A PostgreSQL server on the loopback interface for tests and examples.
//!
//! It is started with the programs of the package `postgresql` and as a user without privileges.

#![cfg(unix)]

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// A server with an empty database, which stops when it is dropped. Its user is `postgres`, without a password.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    user: u32,
}

/// The user `nobody`, if the caller is root: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// The number of servers that this process has started.
static STARTED: AtomicU32 = AtomicU32::new(0);

impl Server {
    /// Starts a server for a test. Returns `None` after printing that the test is skipped if PostgreSQL is not installed,
    /// unless the environment variable `PINPOINT_IAM_POSTGRES` is `required`.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be started.
    pub fn start(name: &str) -> Result<Option<Self>> {
        if programs().is_none()
            && std::env::var("PINPOINT_IAM_POSTGRES").is_ok_and(|value| value == "required")
        {
            return Err("PostgreSQL is required and not installed".into());
        }
        let server = Self::start_if_installed(name)?;
        if server.is_none() {
            println!("skipped: PostgreSQL is not installed");
        }
        Ok(server)
    }

    /// Starts a server. Returns `None` if PostgreSQL is not installed.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be started.
    pub fn start_if_installed(name: &str) -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            return Ok(None);
        };
        // The directory of a server that is about to stop still exists.
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let directory =
            std::env::temp_dir().join(format!("pinpoint-iam-{name}-{process}-{number}"));
        fs::create_dir(&directory)?;
        let owner = fs::metadata(&directory)?.uid();
        let user = if owner == 0 { NOBODY } else { owner };
        if owner == 0 {
            chown(&directory, Some(user), Some(user))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self {
            programs,
            directory,
            port,
            user,
        };
        let data = server.data();
        server.run(
            "initdb",
            &[
                "-D",
                &data,
                "-E",
                "UTF8",
                "--locale=C",
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
            ],
        )?;
        server.resume()?;
        Ok(Some(server))
    }

    fn data(&self) -> String {
        self.directory.join("data").to_string_lossy().into_owned()
    }

    /// Returns the port on `127.0.0.1`.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server, and ends the connections to it.
    ///
    /// # Errors
    ///
    /// Fails if the server does not stop.
    pub fn stop(&self) -> Result {
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
        )
    }

    /// Starts the server again after [`stop`](Self::stop), on the same port and with the same data.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be started.
    pub fn resume(&self) -> Result {
        let Self { port, .. } = self;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        );
        let data = self.data();
        let log = format!("{data}/log");
        self.run(
            "pg_ctl",
            &["-D", &data, "-o", &options, "-l", &log, "-w", "start"],
        )
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

    fn run(&self, program: &str, arguments: &[&str]) -> Result {
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

    /// Returns what the statements print, line by line.
    ///
    /// # Errors
    ///
    /// Fails if a statement fails.
    pub fn answer(&self, statements: &str) -> Result<Vec<String>> {
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
        let is_running = self.directory.join("data/postmaster.pid").exists();
        if is_running && let Err(error) = self.stop() {
            eprintln!("the server of a test was not stopped: {error}");
        }
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            eprintln!("the directory of a test was not removed: {error}");
        }
    }
}

/// Returns the directory with PostgreSQL's programs: the newest version of Debian's packages.
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
