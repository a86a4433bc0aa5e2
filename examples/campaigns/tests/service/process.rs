//! The program: startup, persistence and shutdown.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use serde_json::json;

use super::harness::{
    ADMINISTRATOR, ANALYST, Scratch, Service, options, program, refused_to_start,
};

/// The name of the program in its messages.
const NAME: &str = "campaigns";

/// Asserts that the program fails and describes the problem in one line.
fn assert_refused(command: Command, status: i32, said: &[&str]) {
    let (code, stderr) = refused_to_start(command);
    assert_eq!(code, status, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with(&format!("{NAME}: ")), "{stderr}");
    for part in said {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
}

#[test]
fn the_start_message_lists_routes_callers_and_calls_that_work() {
    let scratch = Scratch::new("start-message");
    let mut service = Service::start(&scratch);
    let routes = service
        .start_message_until(|line| line.starts_with("callers"))
        .join("\n");
    for (method, path, action) in [
        (
            "GET",
            "/v1/apps/{application-id}/campaigns/{campaign-id}",
            "GetCampaign",
        ),
        ("POST", "/v1/apps", "CreateApp"),
        ("GET", "/v1/reports", "GetReports"),
    ] {
        let found = routes
            .lines()
            .any(|line| line.split_whitespace().eq([method, path, action]));
        assert!(found, "{method} {path} {action} in {routes}");
    }
    let callers = service
        .start_message_until(|line| line == "an allowed call:")
        .join("\n");
    for caller in [
        &[
            "administrator",
            "demo-administrator-4f1d8a6c",
            "administrator.json,",
            "metrics.json",
        ][..],
        &["analyst", "demo-analyst-92b7e035", "read-only-access.json"],
        &[
            "campaign-analyst",
            "demo-campaign-analyst-d63c1f78",
            "one-campaign-analytics.json",
        ],
    ] {
        assert!(
            callers
                .lines()
                .any(|line| line.split_whitespace().eq(caller.iter().copied())),
            "{caller:?} in {callers}"
        );
    }
    for line in routes.lines().chain(callers.lines()) {
        assert!(line.chars().count() <= 120, "too wide: {line}");
    }
    for (method, status) in [("GET", 200), ("DELETE", 403)] {
        let lines = service.start_message_until(|line| line.contains("curl"));
        let words = lines.last().unwrap().split([' ', '\'']);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let [
            "curl",
            "-i",
            "-X",
            sent,
            "-H",
            "Authorization:",
            "Bearer",
            token,
            url,
        ] = words[..]
        else {
            panic!("{lines:?}");
        };
        let path = url
            .strip_prefix(&format!("http://{}", service.address()))
            .unwrap();
        assert_eq!(sent, method);
        assert_eq!(service.call(Some(token), method, path, None).status, status);
    }
}

#[test]
fn records_and_deletions_survive_a_crash() {
    let scratch = Scratch::new("restart");
    let service = Service::start(&scratch);
    let body = json!({ "Name": "Kept", "SegmentId": "everyone" }).to_string();
    let created = service.call(
        Some(ADMINISTRATOR),
        "POST",
        "/v1/apps/demo/campaigns",
        Some(&body),
    );
    assert_eq!(created.status, 201);
    assert_eq!(
        service
            .call(
                Some(ADMINISTRATOR),
                "DELETE",
                "/v1/apps/demo/campaigns/summer-sale",
                None
            )
            .status,
        200
    );
    service.kill();

    let service = Service::start(&scratch);
    let path = format!("/v1/apps/demo/campaigns/{}", created.text("Id"));
    assert_eq!(service.get(ANALYST, &path).json(), created.json());
    assert_eq!(
        service
            .get(ANALYST, "/v1/apps/demo/campaigns/summer-sale")
            .status,
        404
    );
    assert_eq!(
        service
            .get(ANALYST, "/v1/apps/demo/campaigns/welcome")
            .status,
        200
    );
}

#[test]
fn a_port_in_use_is_reported() {
    let scratch = Scratch::new("port");
    let service = Service::start(&scratch);
    let address = service.address().to_string();
    let other = Scratch::new("port-other");
    let mut options = options(&other);
    options[1] = address.clone().into();
    assert_refused(program(options), 1, &[&address, "uses this port"]);
}

#[test]
fn a_database_in_use_is_reported() {
    let scratch = Scratch::new("database");
    let _service = Service::start(&scratch);
    assert_refused(program(options(&scratch)), 1, &["campaigns.redb", "open"]);
}

#[test]
fn an_invalid_database_is_reported() {
    let scratch = Scratch::new("no-database");
    fs::create_dir(scratch.path().join("data")).unwrap();
    scratch.write(
        "data/campaigns.redb",
        &"this is not a database ".repeat(500),
    );
    assert_refused(program(options(&scratch)), 1, &["campaigns.redb"]);
    fs::remove_dir_all(scratch.path().join("data")).unwrap();
    scratch.write("data", "this is not a directory");
    assert_refused(program(options(&scratch)), 1, &["data directory"]);
}

#[test]
fn an_invalid_policy_is_reported_with_its_position() {
    let scratch = Scratch::new("policy");
    let policies = scratch.policies();
    let start = || {
        let mut options = options(&scratch);
        options.extend(["--policies".into(), policies.clone().into()]);
        program(options)
    };
    // The policy is not attached to any identity, but is checked nevertheless.
    for (text, said) in [
        (
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [,]\n}\n",
            "one-journey-analytics.json:3:",
        ),
        (
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Efect\": \"Deny\",\n    \"Action\": \"*\", \
             \"Resource\": \"*\"\n  }\n}\n",
            "one-journey-analytics.json:4:",
        ),
        ("", "one-journey-analytics.json"),
    ] {
        scratch.write("policies/one-journey-analytics.json", text);
        assert_refused(start(), 1, &[said]);
    }
    fs::remove_file(policies.join("one-journey-analytics.json")).unwrap();
    drop(Service::start_with(&scratch, {
        let mut options = options(&scratch);
        options.extend(["--policies".into(), policies.clone().into()]);
        options
    }));
    fs::remove_file(policies.join("read-only-access.json")).unwrap();
    assert_refused(start(), 1, &["attachments.json", "read-only-access.json"]);
    fs::remove_dir_all(&policies).unwrap();
    assert_refused(start(), 1, &["policies"]);
}

#[test]
fn invalid_callers_are_reported_with_their_position() {
    let scratch = Scratch::new("callers");
    let config = scratch.path().join("callers.toml");
    let start = || {
        let mut options = options(&scratch);
        options.extend(["--config".into(), config.clone().into()]);
        program(options)
    };
    assert_refused(start(), 1, &["callers.toml"]);
    scratch.write(
        "callers.toml",
        "[[caller]]\nname = \"ana\"\ntoken = \"short\"\nprincipal = \"ana\"\n",
    );
    assert_refused(start(), 1, &["callers.toml:3:9: ", "at least 16"]);
    scratch.write("callers.toml", "[[caller]]\nname = \"ana\"\n");
    assert_refused(start(), 1, &["callers.toml:1:", "token"]);
}

#[test]
fn the_command_line_is_explained() {
    for arguments in [
        &["--port", "80"][..],
        &["serve"],
        &["--listen", "here"],
        &["--framework", "here"],
        &["--data"],
    ] {
        assert_refused(program(arguments), 2, &["--help"]);
    }
    let output = program(["--help"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let help = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--framework",
        "--listen",
        "--admin",
        "--data",
        "--config",
        "--policies",
        "--help",
        "--version",
    ] {
        assert!(help.contains(option), "{help}");
    }
    let output = program(["--version"]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_closed_standard_output_does_not_end_the_service() {
    let scratch = Scratch::new("stdout");
    let service = Service::start(&scratch).without_stdout();
    assert_eq!(service.get(ANALYST, "/v1/apps/demo").status, 200);
}

#[cfg(unix)]
fn send_signal(service: &Service, signal: &str) {
    let sent = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{signal} {}", service.id()))
        .status()
        .unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn signals_end_the_service_cleanly() {
    for signal in ["INT", "TERM"] {
        let scratch = Scratch::new(&format!("signal-{signal}"));
        let service = Service::start(&scratch);
        send_signal(&service, signal);
        let (status, log) = service.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(
            log.contains(&format!("serving with {}", crate::FRAMEWORK)),
            "{log}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_request_in_progress_is_completed_before_the_end() {
    let scratch = Scratch::new("graceful");
    let service = Service::start(&scratch);
    let body = "{\"Name\": \"Last\"}";
    let mut connection = service.connect();
    connection.write(&format!(
        "POST /v1/apps HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {ADMINISTRATOR}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    ));
    assert_eq!(connection.answer().status, 100);
    send_signal(&service, "TERM");
    // The service takes no new connections once it has seen the signal.
    while TcpStream::connect(service.address()).is_ok() {
        std::thread::yield_now();
    }
    connection.write(body);
    let created = connection.answer();
    assert_eq!(created.status, 201);
    let (status, log) = service.wait();
    assert_eq!(status.code(), Some(0), "{log}");

    let service = Service::start(&scratch);
    assert_eq!(
        service
            .get(ADMINISTRATOR, &format!("/v1/apps/{}", created.text("Id")))
            .json(),
        created.json()
    );
}
