//! The policies and the logs of a replay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pinpoint_iam_replay::{LogFile, Policies};

use crate::failure::Failure;
#[cfg(feature = "object-store")]
use crate::replay::objects;
use crate::{files, policies};

/// Reads the policies of one side.
pub(super) fn policies(path: &Path) -> Result<Policies, Failure> {
    let shown = path.display();
    let too_large = |_| Failure::new(format!("error: the policies of `{shown}` are too large"));
    let loaded = policies::load_with_accounts(&[path.to_owned()])?;
    let policies = match (loaded.accounts.as_slice(), loaded.policies.is_empty()) {
        ([], _) => Policies::for_everyone(loaded.policies),
        ([account], true) => Policies::of_store(account.clone()),
        _ => {
            return Err(Failure::usage(format!(
                "error: `{shown}` contains the details of several accounts, or policies as well; name one file"
            )));
        }
    };
    policies.map_err(too_large)
}

/// The log files, and what is needed to read them.
pub(super) struct Logs {
    pub(super) files: Vec<LogFile>,
    /// What waits for object storage.
    #[cfg(feature = "object-store")]
    _runtime: Option<tokio::runtime::Runtime>,
}

/// Finds the log files.
pub(super) fn logs(paths: &[PathBuf]) -> Result<Logs, Failure> {
    let (addresses, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.iter().cloned().partition(|path| is_address(path));
    let found: BTreeSet<PathBuf> = files::find(&paths)?.into_iter().collect();
    let found = found.into_iter().map(|path| {
        let shown = path.display().to_string();
        LogFile::at(path)
            .map_err(|error| Failure::new(format!("error: cannot read `{shown}`: {error}")))
    });
    let found: Vec<LogFile> = found.collect::<Result<_, Failure>>()?;
    let logs = with_objects(found, &addresses)?;
    match logs.files.is_empty() {
        true => Err(Failure::no_input("error: there are no log files")),
        false => Ok(logs),
    }
}

/// Whether an argument is the address of object storage, such as `s3://bucket/path`.
fn is_address(path: &Path) -> bool {
    let text = path.to_str();
    text.is_some_and(|text| text.contains("://")) && !path.exists()
}

#[cfg(feature = "object-store")]
fn with_objects(mut files: Vec<LogFile>, addresses: &[PathBuf]) -> Result<Logs, Failure> {
    if addresses.is_empty() {
        return Ok(Logs {
            files,
            _runtime: None,
        });
    }
    let runtime = objects::runtime()?;
    for address in addresses {
        files.extend(objects::find(&address.to_string_lossy(), &runtime)?);
    }
    // Several addresses can have the same objects.
    let mut names = BTreeSet::new();
    files.retain(|file| names.insert(file.name().to_owned()));
    Ok(Logs {
        files,
        _runtime: Some(runtime),
    })
}

#[cfg(not(feature = "object-store"))]
fn with_objects(files: Vec<LogFile>, addresses: &[PathBuf]) -> Result<Logs, Failure> {
    match addresses.first() {
        None => Ok(Logs { files }),
        Some(address) => Err(Failure::usage(format!(
            "error: `{}`: this program cannot read object storage; install it with `--features object-store`",
            address.display()
        ))),
    }
}
