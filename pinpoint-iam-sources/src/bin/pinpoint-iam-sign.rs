//! Writes the manifest of a directory of policies, and signs it.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use lexopt::prelude::*;
use pinpoint_iam::source::PolicyFiles;
use pinpoint_iam_sources::{MANIFEST, Manifest, SIGNATURE, SigningKey};

const HELP: &str = "\
Writes `policies.manifest` into a directory of policies, and its signature into `policies.manifest.sig`.

usage: pinpoint-iam-sign DIRECTORY --revision N [--rolls-back N] [--days N] [--key FILE]

  --revision N     a number that is greater than that of every set published before
  --rolls-back N   the newest revision that was published, if this set replaces it with an older revision
  --days N         for how long the set is valid (default: 7); publish it again before it expires
  --key FILE       an Ed25519 key: `openssl genpkey -algorithm ed25519 -out FILE` creates one, and
                   `openssl pkey -in FILE -pubout` prints the public key for the services

Without --key, only the manifest is written. It can be signed elsewhere, for example with
  openssl pkeyutl -sign -rawin -inkey FILE -in policies.manifest | openssl base64 -A > policies.manifest.sig

The manifest lists the `.json` files whose names do not start with a dot.

example: pinpoint-iam-sign policies --revision 42 --key publisher.pem
";

struct Arguments {
    directory: PathBuf,
    revision: u64,
    rolls_back: Option<u64>,
    days: u32,
    key: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match arguments() {
        Ok(Some(arguments)) => write(&arguments),
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(format!("{error}; see --help")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pinpoint-iam-sign: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the arguments; `None` if help is wanted.
fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let (mut directory, mut revision, mut rolls_back, mut days, mut key) =
        (None, None, None, 7, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("revision") => revision = Some(parser.value()?.parse()?),
            Long("rolls-back") => rolls_back = Some(parser.value()?.parse()?),
            Long("days") => days = parser.value()?.parse()?,
            Long("key") => key = Some(parser.value()?.into()),
            Value(value) if directory.is_none() => directory = Some(value.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(Arguments {
        directory: directory.ok_or("a directory is missing")?,
        revision: revision.ok_or("--revision is missing")?,
        rolls_back,
        days,
        key,
    }))
}

fn write(arguments: &Arguments) -> Result<(), String> {
    let directory = &arguments.directory;
    let files = read(directory)?;
    let valid_for = Duration::from_secs(u64::from(arguments.days) * 24 * 60 * 60);
    let in_directory = |error: &dyn Display| format!("{}: {error}", directory.display());
    let mut manifest = Manifest::new(&files, arguments.revision, SystemTime::now(), valid_for)
        .map_err(|error| in_directory(&error))?;
    if let Some(newest) = arguments.rolls_back {
        manifest = manifest
            .rolling_back(newest)
            .map_err(|error| error.to_string())?;
    }
    let text = manifest.to_text();
    let signature = match &arguments.key {
        None => None,
        Some(path) => {
            let in_key = |error: &dyn Display| format!("{}: {error}", path.display());
            let pem = fs::read_to_string(path).map_err(|error| in_key(&error))?;
            let key = SigningKey::from_pem(&pem).map_err(|error| in_key(&error))?;
            Some(key.sign(&text))
        }
    };
    write_file(&directory.join(MANIFEST), &text)?;
    if let Some(signature) = signature {
        write_file(&directory.join(SIGNATURE), &signature)?;
    }
    println!(
        "revision {} with {} files",
        manifest.revision(),
        files.len()
    );
    Ok(())
}

/// Reads the files of a directory that a manifest lists.
fn read(directory: &Path) -> Result<PolicyFiles, String> {
    let failed = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
    let mut files = PolicyFiles::new();
    for entry in fs::read_dir(directory).map_err(|error| failed(directory, &error))? {
        let path = entry.map_err(|error| failed(directory, &error))?.path();
        let is_document = path
            .extension()
            .is_some_and(|extension| extension == "json");
        let name = path.file_name().unwrap_or_default();
        if !is_document || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let name = name
            .to_str()
            .ok_or_else(|| format!("{}: the name is not UTF-8", path.display()))?;
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        files
            .insert(name, text)
            .map_err(|error| error.to_string())?;
    }
    Ok(files)
}

fn write_file(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
