//! Sources whose sets have an order.

use std::fs;
use std::sync::{Arc, Mutex};

use pinpoint_iam::source::{
    AsyncPolicySource, FetchFuture, FetchRequest, Layers, PolicyFiles, PolicyStore, SourceError,
};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{BuildError, RefreshError, Refreshed, Scope};

use super::super::temporary::TemporaryDirectory;
use super::{Reply, Scripted, boundaries, builder, rights, set};

/// A source whose sets have a number in the file `number`, which must not decrease.
#[derive(Clone)]
struct Ordered {
    source: Scripted,
    newest: Arc<Mutex<u32>>,
    /// The calls, in their order.
    calls: Arc<Mutex<Vec<String>>>,
}

impl Ordered {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::of(Scripted::new(replies))
    }

    /// The source after a restart.
    fn of(source: Scripted) -> Self {
        Self {
            source,
            newest: Arc::default(),
            calls: Arc::default(),
        }
    }

    fn advance(&self, call: &str, files: &PolicyFiles) -> Result<(), SourceError> {
        let text = files.get("number").unwrap_or("none");
        self.calls.lock().unwrap().push(format!("{call} {text}"));
        let fault = |message: &str| SourceError::of_file("number".as_ref(), message);
        let number = text.parse().map_err(|_| fault("is not a number"))?;
        let mut newest = self.newest.lock().unwrap();
        if number < *newest {
            return Err(fault("is older"));
        }
        *newest = number;
        Ok(())
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

impl AsyncPolicySource for Ordered {
    fn name(&self) -> String {
        self.source.name()
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        self.source.fetch(request)
    }

    fn parse(&self, files: &PolicyFiles, scope: &Scope) -> Result<PolicyStore, SourceError> {
        self.source.parse(files, scope)
    }

    fn accept(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        self.advance("accept", files)
    }

    fn has_order(&self) -> bool {
        true
    }

    fn resume(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        self.advance("resume", files)
    }
}

/// The set with a number.
fn numbered(number: &str, ana: &str) -> PolicyFiles {
    let mut files = set(ana, "GetApp");
    files.insert("number", number).unwrap();
    files
}

#[tokio::test]
async fn a_set_that_the_source_does_not_accept_is_not_used() {
    let clock = SimulatedClock::new();
    let source = Ordered::new([
        Reply::Set("r2", numbered("2", "GetApp")),
        Reply::Set("r1", numbered("1", "DeleteApp")),
        // A set that cannot be parsed is not accepted first.
        Reply::Set("r9", numbered("9", "!")),
        Reply::Set("r3", numbered("3", "DeleteApp")),
    ]);
    let build = builder(source.clone(), &clock).build_async();
    let (authorizer, _) = build.await.unwrap();
    let before = rights(&authorizer);
    let error = authorizer.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::Rejected(_)), "{error:?}");
    assert_eq!(error.to_string(), "number: is older");
    assert_eq!(rights(&authorizer), before);
    assert_eq!(authorizer.freshness().revision.as_str(), "r2");
    assert_eq!(authorizer.refresh_counts().rejected, 1);
    assert!(authorizer.refresh().await.is_err());
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(authorizer.freshness().revision.as_str(), "r3");
    assert_eq!(source.calls(), ["accept 2", "accept 1", "accept 3"]);
}

#[tokio::test]
async fn the_order_continues_after_a_restart() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let scripted = Scripted::new([Reply::Set("r2", numbered("2", "GetApp"))]);
    let start = || {
        let source = Ordered::of(scripted.clone());
        let build = builder(source.clone(), &clock).last_good(&path);
        async move { (source, build.build_async().await) }
    };
    let (source, built) = start().await;
    drop(built.unwrap());
    assert_eq!(source.calls(), ["accept 2"]);

    // The first set is older than the last good one, which is used in its place.
    scripted.then(Reply::Set("r1", numbered("1", "DeleteApp")));
    let (source, built) = start().await;
    let (authorizer, _) = built.unwrap();
    assert_eq!(source.calls(), ["resume 2", "accept 1", "accept 2"]);
    assert_eq!(authorizer.freshness().revision.as_str(), "r2");

    // If it is not known how old a set may be, none is used.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.get(..text.len() - 1).unwrap()).unwrap();
    scripted.then(Reply::Set("r3", numbered("3", "DeleteApp")));
    let (source, built) = start().await;
    let error = built.unwrap_err();
    assert!(matches!(error, BuildError::NoComparison(_)), "{error:?}");
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert!(source.calls().is_empty());
    fs::remove_file(&path).unwrap();
    let (_, built) = start().await;
    assert_eq!(built.unwrap().0.freshness().revision.as_str(), "r3");
}

#[tokio::test]
async fn a_last_good_set_without_a_place_in_the_order_is_an_error() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let scripted = Scripted::new([Reply::Set("r1", set("GetApp", "GetApp"))]);
    let without_order = builder(scripted.clone(), &clock).last_good(&path);
    drop(without_order.build_async().await.unwrap());
    scripted.then(Reply::Set("r2", numbered("2", "GetApp")));
    let build = builder(Ordered::of(scripted), &clock).last_good(&path);
    let error = build.build_async().await.unwrap_err();
    assert!(matches!(error, BuildError::NoComparison(_)), "{error:?}");
    assert!(error.to_string().contains("is not a number"), "{error}");
}

#[tokio::test]
async fn layers_accept_and_resume_both_parts() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let organization = |number: &str| {
        let mut files = boundaries("*", "*");
        files.insert("number", number).unwrap();
        files
    };
    let first = Scripted::new([Reply::Set("b1", organization("1"))]);
    let second = Scripted::new([Reply::Set("p5", numbered("5", "GetApp"))]);
    let start = || {
        let parts = (Ordered::of(first.clone()), Ordered::of(second.clone()));
        let layers = Layers::new(parts.0.clone(), parts.1.clone());
        let build = builder(layers, &clock).last_good(&path);
        async move { (parts, build.build_async().await) }
    };
    let (_, built) = start().await;
    drop(built.unwrap());
    first.then(Reply::Set("b0", organization("0")));
    second.then(Reply::Set("p6", numbered("6", "DeleteApp")));
    let ((organization, principals), built) = start().await;
    let (authorizer, _) = built.unwrap();
    assert_eq!(organization.calls(), ["resume 1", "accept 0", "accept 1"]);
    assert_eq!(principals.calls(), ["resume 5", "accept 5"]);
    assert_eq!(authorizer.refresh_counts().rejected, 1);
}
