//! Finds and reads the file.

use std::path::{Path, PathBuf};
use std::{env, fs, io, path};

use pinpoint_iam_catalog::nearest;

use crate::messages;

/// A file that has been read.
pub(crate) struct Source {
    /// The path, as shown in messages.
    pub(crate) shown: String,
    /// The path at which rustc finds the file, independent of the current directory.
    pub(crate) absolute: String,
    /// The content of the file.
    pub(crate) text: String,
}

impl Source {
    /// Reads the file at the path `written`, which is an argument in the file `invoker`.
    ///
    /// The path is relative to the directory of `invoker`, as for `include_str!`. If the compiler does not provide that
    /// file, the path is relative to the directory of the crate's manifest.
    pub(crate) fn read(written: &str, invoker: Option<PathBuf>) -> Result<Self, String> {
        let directory = match invoker {
            Some(file) => file.parent().map(Path::to_owned),
            None => env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
        };
        let Some(directory) = directory else {
            return Err(messages::NO_DIRECTORY.to_owned());
        };
        let path = directory.join(written);
        let shown = path.display().to_string();
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => messages::no_policy_file(&shown, &near(&path)),
            _ => messages::unreadable_policy(&shown, &error),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| messages::policy_not_utf8(&shown))?;
        let absolute = path::absolute(&path)
            .ok()
            .and_then(|path| path.into_os_string().into_string().ok())
            .ok_or_else(|| messages::path_not_utf8(&shown))?;
        Ok(Self {
            shown,
            absolute,
            text,
        })
    }
}

/// The names of the files next to `path` that were probably meant.
fn near(path: &Path) -> Vec<String> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    // The directory of a bare file name is empty, which means the current directory.
    let directory = Path::new(".").join(directory);
    let mut beside: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    // Directory entries have no defined order.
    beside.sort_unstable();
    let near = nearest(&name.to_string_lossy(), beside.iter().map(String::as_str));
    near.into_iter().map(str::to_owned).collect()
}
