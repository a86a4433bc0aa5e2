//! Properties that all routes share.

use serde_json::json;

use super::access::{BODY, target};
use super::harness::{ListedRoute, Scratch, Service, options};

const TOKENS: [(&str, &str, &[&str]); 3] = [
    (
        "allowed",
        "token-of-the-allowed",
        &["administrator.json", "metrics.json"],
    ),
    (
        "denied",
        "token-of-the-denied-one",
        &["administrator.json", "metrics.json", "denied.json"],
    ),
    ("powerless", "token-of-the-powerless", &[]),
];

/// Starts a service with three callers: one is allowed everything, one is allowed everything and denied it explicitly,
/// and one has no permissions.
fn service(scratch: &Scratch) -> Service {
    let policies = scratch.policies();
    scratch.write(
        "policies/denied.json",
        &json!({
            "Version": "2012-10-17",
            "Statement": { "Sid": "Unwanted", "Effect": "Deny", "Action": "*", "Resource": "*" },
        })
        .to_string(),
    );
    let arn = |name: &str| format!("arn:aws:iam::123456789012:user/{name}");
    let users: serde_json::Map<_, _> = TOKENS
        .iter()
        .map(|(name, _, policies)| (arn(name), json!({ "policies": policies })))
        .collect();
    scratch.write(
        "policies/attachments.json",
        &json!({ "users": users }).to_string(),
    );
    let callers: Vec<String> = TOKENS
        .iter()
        .map(|(name, token, _)| {
            format!(
                "[[caller]]\nname = '{name}'\ntoken = '{token}'\nprincipal = '{}'\n",
                arn(name)
            )
        })
        .collect();
    let config = scratch.write("callers.toml", &callers.concat());
    let mut options = options(scratch);
    options.extend([
        "--config".into(),
        config.into(),
        "--policies".into(),
        policies.into(),
    ]);
    Service::start_with(scratch, options)
}

fn token(caller: &str) -> Option<&'static str> {
    TOKENS
        .iter()
        .find(|(name, ..)| *name == caller)
        .map(|(_, token, _)| *token)
}

/// Returns whether an operation has a body.
fn takes_body(method: &str) -> bool {
    ["POST", "PUT"].contains(&method)
}

#[test]
fn every_route_treats_its_callers_alike() {
    let scratch = Scratch::new("every-route");
    let mut service = service(&scratch);
    let routes = service.routes();
    assert_eq!(routes.len(), 23);
    for ListedRoute { method, path, .. } in &routes {
        let body = takes_body(method).then_some(BODY);
        let send = |caller, path: &str, body| service.call(token(caller), method, path, body);
        let fine = target(&service, token("allowed").unwrap(), method, path);

        send("nobody", &fine, body).assert_error(401, "MissingAuthenticationTokenException");
        let powerless = send("powerless", &fine, body);
        powerless.assert_error(403, "AccessDeniedException");
        assert!(
            powerless
                .text("Message")
                .contains("no identity-based policy allows"),
            "{path}"
        );
        let denied = send("denied", &fine, body);
        denied.assert_error(403, "AccessDeniedException");
        assert!(
            denied
                .text("Message")
                .ends_with("with an explicit deny in an identity-based policy"),
            "{path}"
        );

        // Only allowed callers learn that a body is invalid.
        if takes_body(method) {
            for (caller, status) in [
                ("nobody", 401),
                ("powerless", 403),
                ("denied", 403),
                ("allowed", 400),
            ] {
                for broken in ["{", "", "[]", "\u{0}"] {
                    let answer = send(caller, &fine, Some(broken));
                    assert_eq!(answer.status, status, "{caller} {method} {path} {broken:?}");
                }
            }
        }
        let allowed = send("allowed", &fine, body);
        assert!((200..300).contains(&allowed.status), "{method} {path}");

        // An invalid id, in any position, is reported to all authenticated callers.
        for placeholder in path.split('/').filter(|segment| segment.starts_with('{')) {
            for bad in ["%2F", "a%2Fb", "%2A", "%2e%2e", "a%00", "a%20b"] {
                let path = path.replace(placeholder, bad);
                let target = target(&service, token("allowed").unwrap(), "GET", &path);
                for (caller, status) in [
                    ("nobody", 401),
                    ("powerless", 400),
                    ("denied", 400),
                    ("allowed", 400),
                ] {
                    let answer = send(caller, &target, body);
                    assert_eq!(answer.status, status, "{caller} {method} {target}");
                }
            }
        }
    }
}
