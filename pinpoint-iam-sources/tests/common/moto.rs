//! moto's S3 server on the loopback interface, in a Python environment of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The version is fixed, so that a release of moto does not change the tests.
const MOTO: &str = "moto[server]==5.2.5";

/// A server without buckets, which stops when it is dropped.
pub(crate) struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts a server on a free port. Returns `None` after printing that the test is skipped if Python is missing, unless
    /// the environment variable `PINPOINT_IAM_MOTO` is `required`.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = program() else {
            let is_required =
                std::env::var("PINPOINT_IAM_MOTO").is_ok_and(|value| value == "required");
            assert!(!is_required, "moto is required and cannot be installed");
            println!("skipped: moto needs python3 with venv");
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        Some(Self::run(&program, free.unwrap()))
    }

    /// Starts an empty server on the port of one that was stopped.
    pub(crate) fn start_again(address: SocketAddr) -> Self {
        Self::run(&program().unwrap(), address)
    }

    fn run(program: &Path, address: SocketAddr) -> Self {
        let mut process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Running on") {
            line.clear();
            let length = log.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "the server has ended");
        }
        // Otherwise the server would wait until its log is read.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, address }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn create_bucket(&self, name: &str) {
        let mut connection = TcpStream::connect(self.address).unwrap();
        let host = self.address;
        let request = format!(
            "PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Installs moto, unless it is installed, and returns the program.
fn program() -> Option<PathBuf> {
    // The tests of a binary run on several threads.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
    let program = environment.join("bin/moto_server");
    let complete = environment.join("complete");
    if fs::read_to_string(&complete).is_ok_and(|version| version == MOTO) {
        return Some(program);
    }
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let mut create = Command::new("python3");
    let is_created = succeeds(create.args(["-m", "venv"]).arg(&environment));
    let mut install = Command::new(environment.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", MOTO]);
    if !is_created || !succeeds(&mut install) {
        return None;
    }
    fs::write(&complete, MOTO).unwrap();
    Some(program)
}
