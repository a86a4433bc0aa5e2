//! Embeds the page of the playground, for the feature `playground`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder with the built page. Without it, the program reports that it has no page.
const FOLDER: &str = "PINPOINT_IAM_PLAYGROUND";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FOLDER}");
    if env::var_os("CARGO_FEATURE_PLAYGROUND").is_none() {
        return Ok(());
    }
    let files = match env::var_os(FOLDER) {
        Some(folder) => list(Path::new(&folder))?,
        None => Vec::new(),
    };
    let mut list = "&[\n".to_owned();
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.to_string_lossy();
        writeln!(list, "({name:?}, include_bytes!({path:?})),")?;
    }
    list.push_str("]\n");
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&folder).join("playground.rs"), list)?;
    Ok(())
}

/// The absolute paths of the files in a folder, sorted.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let read = fs::read_dir(folder);
    let entries = read.map_err(|error| format!("{FOLDER}: {}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry?.path().canonicalize()?);
    }
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}
