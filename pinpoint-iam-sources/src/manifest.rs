//! The manifest of a set: its files with their checksums, its revision and its expiry.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use pinpoint_iam::source::PolicyFiles;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The name of the manifest of a set.
pub const MANIFEST: &str = "policies.manifest";

/// The name of the signature of a [manifest](MANIFEST).
pub const SIGNATURE: &str = "policies.manifest.sig";

/// The first member of a manifest. A signature of anything else cannot be used for policies.
const FORMAT: &str = "pinpoint-iam policies 1";

/// The longest manifest, in bytes.
pub(crate) const MAX_LENGTH: usize = 8 * 1024 * 1024;

/// The longest name of a file, in bytes.
const MAX_NAME_LENGTH: usize = 255;

/// How much earlier than that of the publisher a clock may be.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(300);

/// The content of a manifest.
///
/// A manifest is a JSON object, the file [`policies.manifest`](MANIFEST) of a set:
///
/// ```json
/// {
///   "format": "pinpoint-iam policies 1",
///   "revision": 42,
///   "created": "2026-11-29T10:00:00Z",
///   "expires": "2026-12-06T10:00:00Z",
///   "files": [
///     {
///       "name": "attachments.json",
///       "length": 131,
///       "sha256": "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0"
///     }
///   ]
/// }
/// ```
///
/// - `revision` is a number that grows with every set that is published.
/// - `rolls_back` is optional. It is the newest revision that was published, if this set has an older one.
/// - `files` are sorted by name, and are all files of the set without the manifest and its signature. Names have no path
///   and do not start with a dot.
///
/// It is read strictly: unknown, repeated and missing members are errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    revision: u64,
    rolls_back: Option<u64>,
    created: Timestamp,
    expires: Timestamp,
    files: BTreeMap<String, Sum>,
}

/// What a manifest contains about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sum {
    length: u64,
    sha256: String,
}

impl Sum {
    fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            sha256: sha256(bytes),
        }
    }
}

/// A manifest as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rolls_back: Option<u64>,
    created: Timestamp8601,
    expires: Timestamp8601,
    files: Vec<WrittenFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    name: String,
    length: u64,
    sha256: String,
}

/// A time as it is written, in UTC.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Timestamp8601(String);

impl Timestamp8601 {
    fn of(time: Timestamp) -> Self {
        Self(time.to_string())
    }

    fn read(&self) -> Result<Timestamp, InvalidManifest> {
        let time = self.0.parse::<Timestamp>().ok();
        // There is only one way to write a time.
        time.filter(|time| time.to_string() == self.0)
            .ok_or_else(|| {
                InvalidManifest(format!(
                    "`{}` is not a time such as `2026-11-29T10:00:00Z`",
                    self.0.escape_debug()
                ))
            })
    }
}

/// The reason why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidManifest(String);

impl fmt::Display for InvalidManifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidManifest {}

impl Manifest {
    /// Creates the manifest of a set that is published at `created`.
    ///
    /// # Errors
    ///
    /// Fails if a file has a name that a manifest cannot contain, and if a time is out of range.
    pub fn new(
        files: &PolicyFiles,
        revision: u64,
        created: SystemTime,
        valid_for: Duration,
    ) -> Result<Self, InvalidManifest> {
        let time = |time: SystemTime| {
            let time = Timestamp::try_from(time).map_err(|_| out_of_range())?;
            Timestamp::from_second(time.as_second()).map_err(|_| out_of_range())
        };
        let end = created.checked_add(valid_for).ok_or_else(out_of_range)?;
        let files = files.iter().map(|(name, text)| {
            check_name(name)?;
            Ok((name.to_owned(), Sum::of(text.as_bytes())))
        });
        let manifest = Self {
            revision,
            rolls_back: None,
            created: time(created)?,
            expires: time(end)?,
            files: files.collect::<Result<_, InvalidManifest>>()?,
        };
        manifest.check_members()?;
        Ok(manifest)
    }

    /// States that this set replaces `newest`, the newest revision that was published, although its own revision is
    /// older.
    ///
    /// # Errors
    ///
    /// Fails if `newest` is not greater than the revision of this set.
    pub fn rolling_back(mut self, newest: u64) -> Result<Self, InvalidManifest> {
        self.rolls_back = Some(newest);
        self.check_members()?;
        Ok(self)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Fails if the text is not exactly a manifest.
    pub fn parse(text: &str) -> Result<Self, InvalidManifest> {
        if text.len() > MAX_LENGTH {
            let message = format!("is longer than {MAX_LENGTH} bytes");
            return Err(InvalidManifest(message));
        }
        let written: Written = serde_json::from_str(text)
            .map_err(|error| InvalidManifest(format!("is not a manifest: {error}")))?;
        if written.format != FORMAT {
            return Err(InvalidManifest(format!(
                "has the format `{}`, and not `{FORMAT}`",
                written.format.escape_debug()
            )));
        }
        let mut files = BTreeMap::new();
        for WrittenFile {
            name,
            length,
            sha256,
        } in written.files
        {
            check_name(&name)?;
            let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
                let name = name.escape_debug();
                return Err(InvalidManifest(format!(
                    "the SHA-256 checksum of `{name}` does not have 64 lowercase hexadecimal digits"
                )));
            }
            if files
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                let name = name.escape_debug();
                return Err(InvalidManifest(format!(
                    "`{name}` is not after the previous file: files are sorted by name, and each is listed once"
                )));
            }
            files.insert(name, Sum { length, sha256 });
        }
        let manifest = Self {
            revision: written.revision,
            rolls_back: written.rolls_back,
            created: written.created.read()?,
            expires: written.expires.read()?,
            files,
        };
        manifest.check_members()?;
        Ok(manifest)
    }

    /// Checks what members have to do with each other.
    fn check_members(&self) -> Result<(), InvalidManifest> {
        if self.expires <= self.created {
            let message = "expires before it is created".to_owned();
            return Err(InvalidManifest(message));
        }
        match self.rolls_back {
            Some(newest) if newest <= self.revision => Err(InvalidManifest(format!(
                "cannot roll revision {newest} back to revision {}, which is not older",
                self.revision
            ))),
            _ => Ok(()),
        }
    }

    /// Returns the manifest as text, which [`parse`](Self::parse) reads.
    pub fn to_text(&self) -> String {
        let files = self.files.iter().map(|(name, sum)| WrittenFile {
            name: name.clone(),
            length: sum.length,
            sha256: sum.sha256.clone(),
        });
        let written = Written {
            format: FORMAT.to_owned(),
            revision: self.revision,
            rolls_back: self.rolls_back,
            created: Timestamp8601::of(self.created),
            expires: Timestamp8601::of(self.expires),
            files: files.collect(),
        };
        // Strings and numbers can always be written.
        let text = serde_json::to_string_pretty(&written).unwrap_or_default();
        text + "\n"
    }

    /// Returns the revision.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the newest revision that was published, if this set replaces it and has an older one.
    pub const fn rolls_back(&self) -> Option<u64> {
        self.rolls_back
    }

    /// Returns when the set was published.
    pub fn created(&self) -> SystemTime {
        self.created.into()
    }

    /// Returns when the set expires.
    pub fn expires(&self) -> SystemTime {
        self.expires.into()
    }

    /// Checks that the set has not expired, and is not from the future.
    ///
    /// # Errors
    ///
    /// Fails if `now` is at or after the expiry, or more than five minutes before the set was created.
    pub fn check_time(&self, now: SystemTime) -> Result<(), InvalidManifest> {
        let now = Timestamp::try_from(now).map_err(|_| out_of_range())?;
        if now >= self.expires {
            return Err(InvalidManifest(format!(
                "has expired: it is valid until {}, and the time is {now}; publish the set again",
                self.expires
            )));
        }
        if now
            .saturating_add(CLOCK_DIFFERENCE)
            .unwrap_or(Timestamp::MAX)
            < self.created
        {
            return Err(InvalidManifest(format!(
                "is from the future: it was created at {}, and the time is {now}; check the clocks of this computer and \
                 of the publisher",
                self.created
            )));
        }
        Ok(())
    }

    /// Returns the number of files.
    #[cfg(feature = "object-store")]
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns the files with their lengths.
    #[cfg(feature = "object-store")]
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (&str, u64)> {
        let files = self.files.iter();
        files.map(|(name, sum)| (name.as_str(), sum.length))
    }

    /// Checks that `files` are exactly those of the manifest, and returns them without the manifest and its signature.
    #[cfg(feature = "signed")]
    pub(crate) fn check_files(&self, files: &PolicyFiles) -> Result<PolicyFiles, InvalidManifest> {
        let mut listed = PolicyFiles::new();
        for (name, text) in files.iter().filter(|(name, _)| !is_reserved(name)) {
            self.check_file(name, text.as_bytes())?;
            let added = listed.insert(name, text);
            added.map_err(|error| InvalidManifest(error.to_string()))?;
        }
        match self.files.keys().find(|name| listed.get(name).is_none()) {
            Some(name) => Err(InvalidManifest(format!(
                "lists `{}`, which the set does not contain",
                name.escape_debug()
            ))),
            None => Ok(listed),
        }
    }

    /// Checks that a file is the one of the manifest.
    pub(crate) fn check_file(&self, name: &str, bytes: &[u8]) -> Result<(), InvalidManifest> {
        match self.files.get(name) {
            None => Err(InvalidManifest(format!(
                "does not list `{}`, which the set contains",
                name.escape_debug()
            ))),
            Some(sum) if *sum == Sum::of(bytes) => Ok(()),
            Some(_) => Err(InvalidManifest(format!(
                "has another checksum or length for `{}`",
                name.escape_debug()
            ))),
        }
    }
}

/// Whether a file is part of every signed set and not in its manifest.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == MANIFEST || name == SIGNATURE
}

fn check_name(name: &str) -> Result<(), InvalidManifest> {
    let is_plain = !name.is_empty()
        && name.len() <= MAX_NAME_LENGTH
        && !name.starts_with('.')
        && !name
            .contains(|character: char| matches!(character, '/' | '\\') || character.is_control())
        && !is_reserved(name);
    match is_plain {
        true => Ok(()),
        false => Err(InvalidManifest(format!(
            "`{}` cannot be the name of a file of the set",
            name.escape_debug()
        ))),
    }
}

fn out_of_range() -> InvalidManifest {
    InvalidManifest("the time is out of range".to_owned())
}

/// Returns the SHA-256 checksum as hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use fmt::Write;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
