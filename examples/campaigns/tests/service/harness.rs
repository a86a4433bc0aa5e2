//! Starts the program and sends requests to it.
//!
//! Requests are written byte by byte, because an HTTP client would normalize the paths that the tests are about.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The tokens of `callers.toml`.
pub(crate) const ADMINISTRATOR: &str = "demo-administrator-4f1d8a6c";
pub(crate) const ANALYST: &str = "demo-analyst-92b7e035";
pub(crate) const CAMPAIGN_ANALYST: &str = "demo-campaign-analyst-d63c1f78";

/// The maximum time for a response. A test that waits longer fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A directory that is deleted after the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Creates an empty directory. Every test needs its own `name`.
    pub(crate) fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Copies the demo's policies, so that a test can change them.
    pub(crate) fn policies(&self) -> PathBuf {
        let copy = self.0.join("policies");
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/policies")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        copy
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the program with the given arguments, for the framework under test.
pub(crate) fn program<I: Into<OsString>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campaigns"));
    command
        .args(["--framework", crate::FRAMEWORK])
        .args(arguments.into_iter().map(Into::into))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// Returns the options for the service of one test.
pub(crate) fn options(scratch: &Scratch) -> Vec<OsString> {
    let data = scratch.path().join("data");
    vec![
        "--listen".into(),
        "127.0.0.1:0".into(),
        "--data".into(),
        data.into(),
    ]
}

/// Runs the program with a configuration with which it must not start, and returns its exit status and its output on
/// standard error.
pub(crate) fn refused_to_start(mut command: Command) -> (i32, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    if !first.is_empty() {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("it started: {first}");
    }
    let output = child.wait_with_output().unwrap();
    (
        output.status.code().expect("an exit status"),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A running service, killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: PathBuf,
    address: SocketAddr,
}

impl Service {
    /// Starts a service with the demo's callers and policies, and with its own database.
    pub(crate) fn start(scratch: &Scratch) -> Self {
        Self::start_with(scratch, options(scratch))
    }

    /// Starts a service with other options, and returns when it is ready.
    pub(crate) fn start_with(scratch: &Scratch, options: Vec<OsString>) -> Self {
        let stderr = scratch.path().join("stderr.txt");
        let mut child = program(options)
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let address = first
            .trim_end()
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| {
                panic!(
                    "first line {first:?}, log {}",
                    fs::read_to_string(&stderr).unwrap()
                )
            });
        Self {
            child,
            stdout: Some(stdout),
            stderr,
            address,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes the pipe to which the service prints.
    pub(crate) fn without_stdout(mut self) -> Self {
        self.stdout = None;
        self
    }

    /// Returns the rest of the start message, up to and including the line `last`.
    pub(crate) fn start_message_until(&mut self, last: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let length = self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
            assert_ne!(length, 0, "the start message ended: {lines:?}");
            let line = line.trim_end().to_owned();
            let is_last = last(&line);
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }

    /// Returns the routes in the start message.
    pub(crate) fn routes(&mut self) -> Vec<ListedRoute> {
        let lines = self.start_message_until(|line| line.starts_with("callers"));
        let routes = lines.iter().filter_map(|line| line.strip_prefix("  "));
        // After a long path, the action is on the next line.
        let words: Vec<&str> = routes.flat_map(str::split_whitespace).collect();
        words
            .chunks(3)
            .map(|route| {
                let &[method, path, action] = route else {
                    panic!("{route:?}");
                };
                ListedRoute {
                    method: method.to_owned(),
                    path: path.to_owned(),
                    action: action.to_owned(),
                }
            })
            .collect()
    }

    /// Waits for the end of the program, and returns its exit status and its log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, fs::read_to_string(&self.stderr).unwrap())
    }

    /// Kills the program.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a request without a body.
    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.call(Some(token), "GET", path, None)
    }

    /// Sends a request.
    pub(crate) fn call(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&str>,
    ) -> Answer {
        let authorization = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        self.send(method, path, &authorization, body)
    }

    /// Sends a request with these header lines, each with its line ending.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<&str>,
    ) -> Answer {
        let length = body
            .map(|body| format!("Content-Length: {}\r\n", body.len()))
            .unwrap_or_default();
        let mut connection = self.connect();
        connection.write(&format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}{length}\r\n"
        ));
        connection.write(body.unwrap_or_default());
        connection.answer()
    }

    /// Reads the rest of the start message, and returns the address for administrators.
    pub(crate) fn admin_address(&mut self) -> SocketAddr {
        self.start_message_until(|line| line.starts_with("for administrators"));
        let lines = self.start_message_until(|line| line.contains("curl"));
        let address = lines[0]
            .split_once("http://")
            .and_then(|(_, rest)| rest.strip_suffix("/freshness"));
        address.unwrap().parse().unwrap()
    }

    /// Opens a connection for requests that are sent in several parts.
    pub(crate) fn connect(&self) -> Connection {
        Connection::to(self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A route in the start message.
pub(crate) struct ListedRoute {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) action: String,
}

/// A connection to the service.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Opens a connection.
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads one response, which may be an interim one such as `100 Continue`.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut status = None;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(
                self.0.read_line(&mut line).unwrap(),
                0,
                "the connection ended within a response"
            );
            let line = line.trim_end();
            match (status, line.split_once(": ")) {
                (None, _) => {
                    status = line
                        .split(' ')
                        .nth(1)
                        .and_then(|status| status.parse().ok())
                }
                (Some(_), Some((name, value))) => headers.push((name.to_owned(), value.to_owned())),
                (Some(_), None) => break,
            }
        }
        let mut answer = Answer {
            status: status.unwrap(),
            headers,
            body: Vec::new(),
        };
        let length = answer
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        answer.body.resize(length, 0);
        self.0.read_exact(&mut answer.body).unwrap();
        answer
    }
}

/// A response of the service.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header. `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the body of a response that is text.
    pub(crate) fn body(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Parses the body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns a string member of the body.
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member}: {}", self.json()))
            .to_owned()
    }

    /// Asserts that this is an error in the format that AWS clients read.
    pub(crate) fn assert_error(&self, status: u16, exception: &str) {
        assert_eq!(
            (self.status, self.header("x-amzn-errortype")),
            (status, Some(exception)),
            "{self:?}"
        );
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(!self.text("Message").is_empty());
    }
}
