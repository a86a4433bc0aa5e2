//! The policies and the logs of a replay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pinpoint_iam_replay::{LogFile, Policies};

use crate::failure::Failure;
use crate::{accounts, files, policies};

/// Reads the policies of one side.
pub(super) fn policies(path: &Path) -> Result<Policies, Failure> {
    let shown = path.display();
    let too_large = |_| Failure::new(format!("error: the policies of `{shown}` are too large"));
    if let Some(store) = accounts::of_directory(path) {
        return Policies::of_store(store?).map_err(too_large);
    }
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

/// Finds the log files.
pub(super) fn logs(paths: &[PathBuf]) -> Result<Vec<LogFile>, Failure> {
    let found: BTreeSet<PathBuf> = files::find(paths)?.into_iter().collect();
    if found.is_empty() {
        return Err(Failure::no_input("error: there are no log files"));
    }
    let found = found.into_iter();
    found
        .map(|path| {
            let shown = path.display().to_string();
            LogFile::at(path)
                .map_err(|error| Failure::new(format!("error: cannot read `{shown}`: {error}")))
        })
        .collect()
}
