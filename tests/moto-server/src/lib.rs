//! moto's S3 server on the loopback interface for tests, in a Python environment of its own.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The version is fixed, so that a release of moto does not change the tests.
const MOTO: &str = "moto[server]==5.2.5";

/// A server without buckets, which stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server on a free port. moto is installed in `directory`, unless it is there. Returns `None` after printing
    /// that the test is skipped if moto cannot be installed, unless the environment variable `PINPOINT_IAM_MOTO` is
    /// `required`.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be started.
    pub fn start(directory: &Path) -> Result<Option<Self>> {
        let Some(program) = installed(directory)? else {
            if std::env::var("PINPOINT_IAM_MOTO").is_ok_and(|value| value == "required") {
                return Err("moto is required and cannot be installed".into());
            }
            println!("skipped: moto needs python3 with venv");
            return Ok(None);
        };
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Self::run(&program, free).map(Some)
    }

    /// Starts an empty server on the port of one that was stopped.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be started.
    pub fn start_again(directory: &Path, address: SocketAddr) -> Result<Self> {
        let program = installed(directory)?.ok_or("moto cannot be installed")?;
        Self::run(&program, address)
    }

    fn run(program: &Path, address: SocketAddr) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = process.stderr.take().ok_or("the server has no log")?;
        let server = Self { process, address };
        let mut log = BufReader::new(log);
        let mut line = String::new();
        while !line.contains("Running on") {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                return Err("the server has ended".into());
            }
        }
        // Otherwise the server would wait until its log is read.
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(server)
    }

    /// Returns the address of the server.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates a bucket.
    ///
    /// # Errors
    ///
    /// Fails if the server does not create it.
    pub fn create_bucket(&self, name: &str) -> Result {
        self.put(name, b"")
    }

    /// Writes an object, whose path starts with the name of its bucket.
    ///
    /// # Errors
    ///
    /// Fails if the server does not write it.
    pub fn put(&self, path: &str, content: &[u8]) -> Result {
        let mut connection = TcpStream::connect(self.address)?;
        let (host, length) = (self.address, content.len());
        write!(
            connection,
            "PUT /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        connection.write_all(content)?;
        let mut response = String::new();
        connection.read_to_string(&mut response)?;
        match response.starts_with("HTTP/1.1 200") {
            true => Ok(()),
            false => Err(response.into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Installs moto, unless it is installed, and returns the program; `None` if it cannot be installed.
fn installed(directory: &Path) -> Result<Option<PathBuf>> {
    // The tests of a binary run on several threads.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let environment = directory.join("moto");
    let program = environment.join("bin/moto_server");
    let complete = environment.join("complete");
    if fs::read_to_string(&complete).is_ok_and(|version| version == MOTO) {
        return Ok(Some(program));
    }
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let mut create = Command::new("python3");
    let is_created = succeeds(create.args(["-m", "venv"]).arg(&environment));
    let mut install = Command::new(environment.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", MOTO]);
    if !is_created || !succeeds(&mut install) {
        return Ok(None);
    }
    fs::write(&complete, MOTO)?;
    Ok(Some(program))
}
