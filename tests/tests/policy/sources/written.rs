//! Policies from an application's own source, and the log messages about policies.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use pinpoint_iam::policy::{Document, Partitions};
use pinpoint_iam::source::{Directory, PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{Policy, Scope};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::sources::authorizer;
use crate::sources::temporary::TemporaryDirectory;

const ANA: &str =
    r#"{ "users": { "arn:aws:iam::111122223333:user/ana": { "policies": ["x.json"] } } }"#;

/// `Policy::parse` and `Directory` report the same errors for a text.
#[test]
fn a_source_of_ones_own_has_the_rules_of_a_directory() {
    let statement = r#""Effect": "Allow", "Action": "mobiletargeting:GetApp""#;
    let document =
        |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
    let texts = [
        (document(&format!(r#"{statement}, "Resource": "*""#)), true),
        (document(statement), false),
        (
            document(&format!(
                r#"{statement}, "Resource": "*", "Principal": "*""#
            )),
            false,
        ),
        (
            document(&format!(r#"{statement}, "Resource": "*", "Efect": "Deny""#)),
            false,
        ),
        (
            document(&format!(
                r#"{statement}, "Resource": "arn:acme:mobiletargeting:::apps/a1""#
            )),
            false,
        ),
        (String::new(), false),
    ];
    for (text, is_valid) in texts {
        let directory = TemporaryDirectory::with(&[("attachments.json", ANA), ("x.json", &text)]);
        let loaded = Directory::open(directory.path()).unwrap().load();
        let parsed = Policy::parse("x.json", &text, &Partitions::AWS);
        assert_eq!(parsed.is_ok(), is_valid, "{text}");
        match (loaded, parsed) {
            (Ok(_), Ok(policy)) => {
                assert_eq!(policy.name(), "x.json");
                assert_eq!(*policy.document(), Document::parse(&text).unwrap());
            }
            (Err(loaded), Err(parsed)) => {
                assert_eq!(directory.strip(&loaded.to_string()), parsed.to_string());
            }
            (loaded, parsed) => panic!("{text}: {loaded:?} and {parsed:?}"),
        }
    }
}

/// A deployment in its own partition may use that partition.
#[test]
fn the_partitions_follow_from_the_scope() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "acme:Get", "Resource": "arn:acme:acme:::x"}}"#;
    let partitions = Partitions::of(&Scope::new("acme", "", "tenant-7"));
    assert!(Policy::parse("x", text, &partitions).is_ok());
    assert!(Policy::parse("x", text, &Partitions::AWS).is_err());
}

/// The log, with a line for the level and fields of each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Fields<'a>(&'a mut String);
        impl Visit for Fields<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut log = self.0.lock().unwrap();
        write!(log, "{}", event.metadata().level()).unwrap();
        event.record(&mut Fields(&mut log));
        log.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn lints_are_logged_once_when_an_authorizer_is_built() {
    struct Source;

    impl PolicySource for Source {
        fn load(&self) -> Result<PolicyStore, SourceError> {
            let policy = |name: &str, resource: &str| {
                let text = format!(
                    r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{resource}"}}}}"#
                );
                Policy::parse(name, &text, &Partitions::AWS)
            };
            let (shared, boundary, plain) = (
                policy("shared", "arn:aws:mobiletargeting:*")?,
                policy("boundary", "arn:aws:mobiletargeting:*")?,
                policy("plain", "*")?,
            );
            let mut store = PolicyStore::new();
            for name in ["ana", "bob"] {
                let arn = format!("arn:aws:iam::111122223333:user/{name}");
                let identity = store.identity(&arn).unwrap();
                identity.attach(shared.clone());
                identity.attach(plain.clone());
                identity.set_permissions_boundary(boundary.clone());
            }
            Ok(store)
        }
    }

    // While a program has one subscriber, an event that a thread without it reaches first is disabled for all threads.
    let _others = [Log::default(), Log::default()].map(Dispatch::new);
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let authorizer = authorizer(Source);
        // They have already been logged. A service that reloads its policies every minute must not log them every
        // minute.
        authorizer.reload().unwrap();
    });
    let log = log.0.lock().unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    for (line, name) in lines.iter().zip(["shared", "boundary"]) {
        assert!(line.starts_with("WARN"), "{line}");
        assert!(line.contains("warning[short-arn]"), "{line}");
        assert!(line.contains(&format!("policy=\"{name}\"")), "{line}");
    }
}
