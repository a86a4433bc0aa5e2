//! Tests of a disk that fails at a chosen step, and of files that are damaged.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A file system in memory of which one step fails. The computer crashes after every renaming: the content of the file is
/// lost unless it was synchronized before.
#[derive(Default)]
struct Faulty {
    files: RefCell<BTreeMap<PathBuf, Vec<u8>>>,
    /// The files whose content is on disk, and the directories whose names are.
    synchronized: RefCell<BTreeSet<PathBuf>>,
    steps: Cell<usize>,
    fails_at: Option<usize>,
}

impl Faulty {
    fn step(&self) -> io::Result<()> {
        let step = self.steps.replace(self.steps.get() + 1);
        match self.fails_at == Some(step) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

struct FaultyFile<'s> {
    system: &'s Faulty,
    path: PathBuf,
}

impl Write for FaultyFile<'_> {
    /// Writes at most half of what is left, so that a failure leaves a torn file.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.system.step()?;
        self.system.synchronized.borrow_mut().remove(&self.path);
        let length = bytes.len().div_ceil(2);
        let mut files = self.system.files.borrow_mut();
        files
            .get_mut(&self.path)
            .unwrap()
            .extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'s> FileSystem for &'s Faulty {
    type File = FaultyFile<'s>;

    fn create(&self, path: &Path) -> io::Result<FaultyFile<'s>> {
        self.step()?;
        self.files.borrow_mut().insert(path.to_owned(), Vec::new());
        Ok(FaultyFile {
            system: self,
            path: path.to_owned(),
        })
    }

    fn sync(&self, file: &FaultyFile<'s>) -> io::Result<()> {
        self.step()?;
        self.synchronized.borrow_mut().insert(file.path.clone());
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut content = self.files.borrow_mut().remove(from).unwrap();
        let mut synchronized = self.synchronized.borrow_mut();
        if !synchronized.remove(from) {
            content.clear();
        }
        synchronized.remove(to.parent().unwrap());
        self.files.borrow_mut().insert(to.to_owned(), content);
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.synchronized.borrow_mut().insert(path.to_owned());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.borrow_mut().remove(path);
        Ok(())
    }
}

#[test]
fn a_full_disk_leaves_the_previous_file_whole() {
    let path = Path::new("/state/last-good");
    let old = || BTreeMap::from([(path.to_owned(), b"old content".to_vec())]);
    let mut failures = 0;
    for step in 0.. {
        let system = Faulty {
            files: RefCell::new(old()),
            fails_at: Some(step),
            ..Faulty::default()
        };
        let replaced = replace(&&system, path, &[b"new ", b"content"]);
        let files = system.files.into_inner();
        // Nothing else remains.
        assert_eq!(files.len(), 1, "{step}");
        let content = &files[path];
        if replaced.is_ok() {
            assert_eq!(content, b"new content");
            let directory = path.parent().unwrap();
            assert!(system.synchronized.into_inner().contains(directory));
            break;
        }
        failures += 1;
        assert!(
            content == b"old content" || content == b"new content",
            "{step}"
        );
    }
    // Creating, writing both parts in pieces, synchronizing, renaming, and synchronizing the directory.
    assert!(failures > 8, "{failures}");
}

/// A directory that is deleted after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("pinpoint-iam-last-good-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn last_good(&self) -> LastGood {
        LastGood::new(self.0.join("last-good"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "111122223333")
}

fn files() -> PolicyFiles {
    let mut files = PolicyFiles::new();
    files.insert("attachments.json", "{}\n").unwrap();
    files.insert("é.json", "\u{1F600}\r\n\0").unwrap();
    files
}

fn write(last_good: &LastGood, attempt: u64, revision: &str) {
    let revision = Revision::new(revision);
    last_good
        .write(attempt, "source", &scope(), &revision, &files())
        .unwrap();
}

fn error(last_good: &LastGood) -> String {
    let error = last_good.read("source", &scope()).unwrap_err();
    error.message().to_owned()
}

#[test]
fn exactly_what_was_written_is_read() {
    let scratch = Scratch::new("exact");
    let last_good = scratch.last_good();
    assert_eq!(error(&last_good), "does not exist");
    write(&last_good, 1, "r1");
    let set = last_good.read("source", &scope()).unwrap();
    assert_eq!(set.revision().as_str(), "r1");
    assert_eq!(set.files(), Some(&files()));
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
}

#[test]
fn an_earlier_attempt_does_not_overwrite_a_later_one() {
    let scratch = Scratch::new("order");
    let last_good = scratch.last_good();
    write(&last_good, 2, "r2");
    write(&last_good, 1, "r1");
    let set = last_good.read("source", &scope()).unwrap();
    assert_eq!(set.revision().as_str(), "r2");
}

#[test]
fn a_file_that_was_cut_or_changed_anywhere_is_not_used() {
    let scratch = Scratch::new("damaged");
    let last_good = scratch.last_good();
    write(&last_good, 1, "r1");
    let path = last_good.path();
    let bytes = fs::read(path).unwrap();
    for index in 0..bytes.len() {
        fs::write(path, &bytes[..index]).unwrap();
        assert!(last_good.read("source", &scope()).is_err(), "{index}");
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        fs::write(path, &changed).unwrap();
        assert!(last_good.read("source", &scope()).is_err(), "{index}");
    }
    fs::write(path, [bytes.as_slice(), b" "].concat()).unwrap();
    assert_eq!(error(&last_good), "is damaged: its checksum does not match");
    fs::write(path, &bytes).unwrap();
    last_good.read("source", &scope()).unwrap();
}

#[test]
fn a_foreign_file_is_not_used() {
    let scratch = Scratch::new("foreign");
    let last_good = scratch.last_good();
    write(&last_good, 1, "r1");
    let other = Scope::new("aws", "us-east-1", "444455556666");
    let error_of = |source, scope: &Scope| {
        let error = last_good.read(source, scope).unwrap_err();
        error.message().to_owned()
    };
    assert_eq!(
        error_of("other", &scope()),
        "is from another source: `source`"
    );
    assert_eq!(
        error_of("source", &other),
        "is for another scope: `aws:us-east-1:111122223333`"
    );
    let unsuitable = "is not a last good set, or is from another version of the library";
    fs::write(last_good.path(), "{}\n{}").unwrap();
    assert_eq!(error(&last_good), unsuitable);
    // A content with a correct checksum that this version does not write.
    let content = "{\"files\": []}";
    let text = format!("{HEADER}{}\n{content}", checksum(content.as_bytes()));
    fs::write(last_good.path(), text).unwrap();
    assert_eq!(error(&last_good), unsuitable);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_access_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("permissions");
    let last_good = scratch.last_good();
    write(&last_good, 1, "r1");
    let path = last_good.path();
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o620, 0o602] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(
            error(&last_good),
            "may be accessed by other users; it must have the mode 600"
        );
    }
}

/// The name of the temporary file can be guessed, and may belong to a file of another user or to a link.
#[test]
fn the_temporary_file_does_not_exist_before() {
    let scratch = Scratch::new("temporary");
    let path = scratch.0.join("temporary");
    fs::write(&path, "of another user").unwrap();
    let error = Disk.create(&path).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "of another user");
}

#[cfg(unix)]
#[test]
fn only_a_regular_file_is_read() {
    let scratch = Scratch::new("kinds");
    let last_good = scratch.last_good();
    write(&last_good, 1, "r1");
    let path = last_good.path();
    let target = scratch.0.join("target");
    fs::rename(path, &target).unwrap();
    std::os::unix::fs::symlink(&target, path).unwrap();
    assert_eq!(error(&last_good), "is a symbolic link");
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
    assert!(last_good.read("source", &scope()).is_err());
}
