//! The program in use, over real sockets: the printed calls have the printed results.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The start of the last line that the program prints.
const LAST: &str = "  curl -i -H 'Authorization: Bearer demo-eve'";

/// A running service, killed when it is dropped.
struct Service {
    child: Child,
    lines: Vec<String>,
}

impl Service {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_widgets"))
            .arg("0")
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = announcement(stdout);
        Self { child, lines }
    }

    fn address(&self) -> &str {
        let first = self.lines.first().unwrap();
        first.strip_prefix("listening on http://").unwrap()
    }

    /// Sends one request, and returns the status and the body.
    fn call(&self, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Sends the request of a printed `curl` line.
    fn curl(&self, line: &str) -> u16 {
        let quoted: Vec<&str> = line.split('\'').collect();
        let headers: Vec<&str> = quoted.iter().skip(1).step_by(2).copied().collect();
        let words: Vec<&str> = line.split_whitespace().collect();
        let method = words.iter().position(|word| *word == "-X");
        let method = method.map_or("GET", |at| words.get(at + 1).unwrap());
        let url = words.last().unwrap();
        let start = format!("http://{}", self.address());
        let path = url.strip_prefix(&start).unwrap();
        self.call(method, path, &headers, "").0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn announcement(stdout: Lines<BufReader<ChildStdout>>) -> Vec<String> {
    let mut lines = Vec::new();
    for line in stdout {
        let line = line.unwrap();
        let is_last = line.starts_with(LAST);
        lines.push(line);
        if is_last {
            return lines;
        }
    }
    panic!("the announcement ended: {lines:?}");
}

#[test]
fn the_printed_calls_have_the_printed_results() {
    let service = Service::start();
    let (mut expected, mut calls) = (None, Vec::new());
    for line in &service.lines {
        match line.split_once(':') {
            Some(("allowed", _)) => expected = Some(200),
            Some(("denied", _)) => expected = Some(403),
            _ if line.starts_with("  curl ") => {
                assert_eq!(Some(service.curl(line)), expected, "{line}");
                calls.push(expected);
            }
            _ => {}
        }
    }
    let of = |status| {
        calls
            .iter()
            .filter(|expected| **expected == Some(status))
            .count()
    };
    assert_eq!((of(200), of(403)), (3, 2));
}

#[test]
fn routes_are_printed_with_their_actions() {
    let service = Service::start();
    for route in [
        "  GET /shops/{shop-id}/widgets/{widget-name}  widgets:GetWidget",
        "  POST /shops/{shop-id}/widgets/{widget-name}/announcement  widgets:GetWidget, mobiletargeting:SendMessages",
        "  GET /healthz  public",
    ] {
        assert!(service.lines.iter().any(|line| line == route), "{route}");
    }
}

const ANA: &str = "Authorization: Bearer demo-ana";
const BEN: &str = "Authorization: Bearer demo-ben";
const EVE: &str = "Authorization: Bearer demo-eve";
const JSON: &str = "Content-Type: application/json";

#[test]
fn denials_use_the_names_of_the_catalog() {
    let service = Service::start();
    let (status, body) = service.call("DELETE", "/shops/s1/widgets/anvil", &[BEN], "");
    assert_eq!(status, 403);
    let said = "User: arn:acme:iam::tenant-7:user/ben is not authorized to perform: widgets:DeleteWidget on resource: \
                arn:acme:widgets::tenant-7:shops/s1/widgets/anvil because no identity-based policy allows the \
                widgets:DeleteWidget action";
    assert!(body.contains(said), "{body}");
    // A denied caller does not learn whether its body is valid.
    let (status, _) = service.call("PUT", "/shops/s1/widgets/anvil", &[BEN, JSON], "{");
    assert_eq!(status, 403);
    let (status, _) = service.call("PUT", "/shops/s1/widgets/anvil", &[ANA, JSON], "{");
    assert_eq!(status, 400);
    assert_eq!(service.call("GET", "/healthz", &[], "").0, 200);
    assert_eq!(service.call("GET", "/shops/s1/widgets", &[], "").0, 401);
}

#[test]
fn ids_do_not_reach_other_resources() {
    let service = Service::start();
    let ask = |path: &str| service.call("GET", path, &[ANA], "").0;
    // Ana manages the shop `s1`. A name with the same start is another shop.
    assert_eq!(ask("/shops/s1/widgets"), 200);
    assert_eq!(ask("/shops/s10/widgets"), 403);
    assert_eq!(ask("/shops/s2/widgets"), 403);
    // Ids that are not valid in an ARN.
    for shop in ["s1%2F..%2Fs2", "*", "s%3F", "%00", "..."] {
        let status = ask(&format!("/shops/{shop}/widgets"));
        assert!([400, 403].contains(&status), "{shop}: {status}");
    }
    // The name of a widget may be any text, but is always only a name.
    let path = "/shops/s1/widgets/..%2F..%2Fs2%2Fwidgets%2F%2A";
    assert_eq!(
        service.call("PUT", path, &[ANA, JSON], "{\"size\": 3}").0,
        204
    );
    let (status, body) = service.call("GET", path, &[ANA], "");
    assert_eq!((status, body.as_str()), (200, "{\"size\":3}"));
    assert_eq!(service.call("GET", path, &[BEN], "").0, 200);
}

#[test]
fn no_caller_reaches_another_tenant() {
    let service = Service::start();
    let routes = [
        ("GET", "/shops/s1/widgets"),
        ("GET", "/shops/s1/widgets/anvil"),
        ("PUT", "/shops/s1/widgets/anvil"),
        ("DELETE", "/shops/s1/widgets/anvil"),
        ("POST", "/shops/s1/widgets/anvil/announcement"),
    ];
    for (method, path) in routes {
        for (caller, tenant) in [(ANA, "tenant-8"), (BEN, "tenant-8"), (EVE, "tenant-7")] {
            let tenant = format!("x-tenant: {tenant}");
            let (status, body) = service.call(method, path, &[caller, JSON, &tenant], "1");
            assert_eq!(status, 403, "{caller} {tenant}: {method} {path}: {body}");
        }
        // Values that cannot be an account do not match a tenant. If there are several headers, the first one counts.
        for tenant in ["", "*", "tenant-7:shops", "tenant 7", "\u{fc}"] {
            let tenant = format!("x-tenant: {tenant}");
            let (status, _) = service.call(method, path, &[ANA, JSON, &tenant], "1");
            assert_eq!(status, 500, "{tenant:?}: {method} {path}");
        }
    }
    // Nothing has changed, and each tenant lists its own widgets.
    let list = |caller| service.call("GET", "/shops/s1/widgets", &[caller], "").1;
    assert_eq!(list(ANA), "[\"anvil\"]");
    assert_eq!(list(EVE), "[\"rocket\"]");
}
