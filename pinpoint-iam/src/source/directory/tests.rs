//! Tests with directories that change at a chosen moment while they are read.

use std::cell::Cell;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use super::*;

/// Two versions of three files, and a directory of symbolic links into the version that `current` points to.
///
/// The links are not in the directory that is switched, so nothing in the read directory itself changes.
struct Versions(PathBuf);

const FILES: [&str; 3] = [ATTACHMENTS, "a.json", "b.json"];

impl Versions {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!(
            "pinpoint-iam-versions-{}-{number}",
            std::process::id()
        ));
        let versions = Self(root);
        for version in ["v1", "v2"] {
            fs::create_dir_all(versions.path(version))?;
            for file in FILES {
                fs::write(versions.path(version).join(file), version)?;
            }
        }
        versions.switch("v1")?;
        fs::create_dir(versions.path("policies"))?;
        for file in FILES {
            symlink(
                Path::new("../current").join(file),
                versions.path("policies").join(file),
            )?;
        }
        Ok(versions)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn switch(&self, version: &str) -> io::Result<()> {
        symlink(version, self.path("next"))?;
        fs::rename(self.path("next"), self.path("current"))
    }

    /// Reads the files. `change` is called before each file is opened, with the number of files opened before.
    fn read(
        &self,
        mut change: impl FnMut(&Self, usize) -> io::Result<()>,
    ) -> Result<Vec<String>, SourceError> {
        let directory = Directory::open(self.path("policies"))?;
        let opened = Cell::new(0);
        let texts = directory.texts(|_| {
            assert!(change(self, opened.replace(opened.get() + 1)).is_ok());
        })?;
        assert!(texts.unnamed.is_empty());
        let documents = texts.documents.into_iter().map(|(_, text)| text);
        [texts.attachments].into_iter().chain(documents).collect()
    }
}

impl Drop for Versions {
    fn drop(&mut self) {
        // A remaining temporary directory is not a reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CHANGED: &str = "changed each of the 3 times that it was read; replace all files at once, \
                       for example with a symbolic link that is renamed";

#[test]
fn a_switch_is_read_again() -> io::Result<()> {
    for at in 0..3 {
        let versions = Versions::new()?;
        let read = versions.read(|versions, opened| match opened == at {
            true => versions.switch("v2"),
            false => Ok(()),
        });
        assert_eq!(read, Ok(vec!["v2".to_owned(); 3]), "switched at {at}");
    }
    // The third attempt is the last one.
    let versions = Versions::new()?;
    let read = versions.read(|versions, opened| match opened {
        0 => versions.switch("v2"),
        1 => versions.switch("v1"),
        _ => Ok(()),
    });
    assert_eq!(read, Ok(vec!["v1".to_owned(); 3]));
    Ok(())
}

#[test]
fn what_is_switched_and_back_is_not_read_in_the_middle() -> io::Result<()> {
    for at in 0..3 {
        let versions = Versions::new()?;
        // The states before and after are equal. Only the opened file differs.
        let read = versions.read(|versions, opened| match opened {
            _ if opened == at => versions.switch("v2"),
            _ if opened == at + 1 => versions.switch("v1"),
            _ => Ok(()),
        });
        assert_eq!(read, Ok(vec!["v1".to_owned(); 3]), "switched at {at}");
    }
    Ok(())
}

#[test]
fn a_directory_that_never_rests_is_an_error() -> io::Result<()> {
    let versions = Versions::new()?;
    let read = versions.read(|versions, opened| versions.switch(["v2", "v1"][opened % 2]));
    assert_eq!(read.unwrap_err().message(), CHANGED);
    Ok(())
}

#[test]
fn files_that_come_go_or_change_are_noticed() -> io::Result<()> {
    type Change = fn(&Versions) -> io::Result<()>;
    let changes: [(Change, &[&str]); 4] = [
        (
            |versions| fs::write(versions.path("policies/c.json"), "new"),
            &["v1", "v1", "v1", "new"],
        ),
        (
            |versions| fs::remove_file(versions.path("policies/a.json")),
            &["v1", "v1"],
        ),
        // The attachments are already read. Documents that are read after them must not be newer.
        (
            |versions| fs::write(versions.path("v1").join(ATTACHMENTS), "longer"),
            &["longer", "v1", "v1"],
        ),
        (
            |versions| {
                fs::rename(
                    versions.path("v2").join(ATTACHMENTS),
                    versions.path("v1").join(ATTACHMENTS),
                )
            },
            &["v2", "v1", "v1"],
        ),
    ];
    for (index, (change, expected)) in changes.into_iter().enumerate() {
        let versions = Versions::new()?;
        let read = versions.read(|versions, opened| match opened {
            1 => change(versions),
            _ => Ok(()),
        });
        let expected = expected.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(read, Ok(expected), "change {index}");
    }
    Ok(())
}

/// A pipe that replaces a file after its state was read is opened without waiting for a writer.
#[test]
fn a_pipe_is_never_waited_for() -> io::Result<()> {
    let versions = Versions::new()?;
    let read = versions.read(|versions, opened| {
        let place = versions.path("v1/b.json");
        if opened == 2 {
            fs::remove_file(&place)?;
            let made = std::process::Command::new("mkfifo").arg(&place).status()?;
            assert!(made.success());
        }
        Ok(())
    });
    assert_eq!(
        read.unwrap_err().message(),
        "is a pipe, socket or device, not a file"
    );
    Ok(())
}
