//! Logs in object storage.

use std::env;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use pinpoint_iam_replay::object_store::path::Path;
use pinpoint_iam_replay::object_store::{self, parse_url_opts};
use pinpoint_iam_replay::{Bucket, LogFile};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::failure::Failure;

/// The schemes of the stores, and what the names of the environment variables with their settings start with.
const STORES: [(&str, &str); 3] = [("s3", "AWS_"), ("gs", "GOOGLE_"), ("az", "AZURE_")];

/// Starts what waits for the stores. It has to run as long as the log files are read.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    // An error means that the process has one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("error: cannot start a thread: {error}")))
}

/// Finds the object with an address such as `s3://bucket/path`, the objects below it, or those that match a pattern.
pub(super) fn find(address: &str, runtime: &Runtime) -> Result<Vec<LogFile>, Failure> {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let Some((_, variables)) = STORES.iter().find(|(known, _)| *known == scheme) else {
        return Err(Failure::usage(format!(
            "error: `{address}`: expected an address that starts with `s3://`, `gs://` or `az://`"
        )));
    };
    let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
    // The part before the first wildcard.
    let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{']);
    let plain: Vec<&str> = path.split('/').take_while(is_plain).collect();
    let base = plain.join("/");
    let pattern = match base.len() < path.len() {
        true => Some(matcher(address, path)?),
        false => None,
    };
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::new(format!("error: cannot read `{address}`: {error}"))
    };
    let bucket = format!("{scheme}://{name}/");
    let url = Url::parse(&bucket).map_err(|error| unusable(&error))?;
    let settings = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let value = value.into_string().ok()?;
        name.starts_with(variables).then_some((name, value))
    });
    let (store, _) = parse_url_opts(&url, settings).map_err(|error| unusable(&error))?;
    let base = Path::parse(&base).map_err(|error| unusable(&error))?;
    let bucket = Bucket::new(Arc::from(store), bucket, runtime.handle().clone());
    let is_wanted = |path: &Path| match &pattern {
        Some(pattern) => pattern.is_match(path.as_ref()),
        None => true,
    };
    let found = bucket
        .log_files_where(&base, is_wanted)
        .map_err(|error| unusable(&of_store(&error)))?;
    match found.is_empty() {
        true => Err(Failure::no_input(format!(
            "error: there are no objects at `{address}`"
        ))),
        false => Ok(found),
    }
}

fn matcher(address: &str, pattern: &str) -> Result<GlobMatcher, Failure> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| {
        let error = error.kind();
        Failure::usage(format!("error: invalid pattern `{address}`: {error}"))
    })
}

/// What the store reports, in one line.
fn of_store(error: &object_store::Error) -> String {
    let text = error.to_string();
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let words = words.filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
