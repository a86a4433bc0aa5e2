//! A service starts with the last good set only if the file is complete, was written for its source and scope, and
//! contains exactly the files that the service then uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use pinpoint_iam::source::{
    AsyncPolicySource, FetchFuture, FetchRequest, PolicyFiles, PolicyStore, SourceError,
};
use pinpoint_iam::{Authorizer, Scope};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The name of the source, and the scope.
pub const SOURCE: &str = "store";
/// The scope of the service.
pub const SCOPE: &str = "aws:us-east-1:123456789012";

/// The start of the first line.
const HEADER: &str = "pinpoint-iam last good set 1 sha256:";

type Files = BTreeMap<String, String>;

/// A source that is down, and keeps the files that it is asked to parse.
struct Down(Arc<Mutex<Option<Files>>>);

impl AsyncPolicySource for Down {
    fn name(&self) -> String {
        SOURCE.to_owned()
    }

    fn fetch<'a>(&'a self, _: FetchRequest<'a>) -> FetchFuture<'a> {
        let down = SourceError::of_file(SOURCE.as_ref(), "is down");
        Box::pin(std::future::ready(Err(down)))
    }

    fn parse(&self, files: &PolicyFiles, _: &Scope) -> Result<PolicyStore, SourceError> {
        let files = files.iter();
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(files.collect());
        Ok(PolicyStore::new())
    }
}

/// The file, one per process. It is not deleted at the end.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("pinpoint-iam-fuzz-last-good-{}", std::process::id());
    std::env::temp_dir().join(name)
});

/// Starts a service with the file, and returns the files of the set that it uses.
fn start(file: &[u8]) -> Option<Files> {
    fs::write(&*FILE, file).expect("a temporary file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let owner = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&*FILE, owner).expect("a file of its own");
    }
    let files = Arc::new(Mutex::new(None));
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .async_source(Down(Arc::clone(&files)))
        .serve_stale_forever()
        .last_good(&*FILE);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let built = runtime.expect("a runtime").block_on(builder.build_async());
    let _service = built.ok()?;
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    Some(files.take().expect("the set was parsed"))
}

/// Returns the files of a content that is complete, and was written for the service.
fn expected(content: &str) -> Option<Files> {
    let content: Value = serde_json::from_str(content).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let names = ["files", "revision", "scope", "source"];
    let [listed, revision, scope, source] = match &content {
        Value::Object(object) if object.keys().map(String::as_str).eq(names) => {
            names.map(|name| &content[name])
        }
        // The library accepts a structure without names as well.
        Value::Array(values) => {
            let [source, scope, revision, listed] = values.as_slice() else {
                return None;
            };
            [listed, revision, scope, source]
        }
        _ => return None,
    };
    if source != SOURCE || scope != SCOPE {
        return None;
    }
    text(revision)?;
    let mut files = Files::new();
    for pair in listed.as_array()? {
        let [name, content] = pair.as_array()?.as_slice() else {
            return None;
        };
        if files.insert(text(name)?, text(content)?).is_some() {
            return None;
        }
    }
    Some(files)
}

/// Whether the content is as the library writes it, with names that every set may have.
fn must_be_used(content: &str) -> bool {
    let is_plain = |name: &String| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte == b'.')
    };
    let is_canonical = || {
        let value: Value = serde_json::from_str(content).unwrap_or_default();
        let written = serde_json::to_string(&value);
        value.is_object() && written.is_ok_and(|written| written == content)
    };
    expected(content).is_some_and(|files| files.keys().all(is_plain)) && is_canonical()
}

fn checksum(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks one input: as the whole file, and as the content after a first line with its checksum.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(content: &str) {
    if let Some(used) = start(content.as_bytes()) {
        let (first, rest) = content.split_once('\n').expect("a first line");
        assert_eq!(first, format!("{HEADER}{}", checksum(rest.as_bytes())));
        assert_eq!(Some(used), expected(rest));
    }
    let file = format!("{HEADER}{}\n{content}", checksum(content.as_bytes())).into_bytes();
    let Some(used) = start(&file) else {
        assert!(!must_be_used(content));
        return;
    };
    assert_eq!(Some(used), expected(content));
    // Nothing of the file can be changed, nor its end be missing.
    for position in [0, HEADER.len(), file.len() / 2, file.len() - 1] {
        let mut changed = file.clone();
        changed[position] ^= 1;
        assert!(start(&changed).is_none(), "{position}");
        assert!(start(&file[..position]).is_none(), "{position}");
    }
}
