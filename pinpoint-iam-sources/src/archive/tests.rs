use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::*;

fn header(kind: EntryType, length: usize) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(length as u64);
    header.set_mode(0o644);
    header
}

/// An archive with entries of these types, names and contents.
fn tar(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (kind, name, content) in entries {
        let mut header = header(*kind, content.len());
        // `set_path` rejects what a forged archive contains.
        let field = &mut header.as_old_mut().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn files(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, content)| (EntryType::Regular, *name, *content))
        .collect();
    tar(&entries)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let files = read_archive(bytes, &SetLimits::default()).map_err(|error| error.to_string())?;
    let files = files.iter();
    Ok(files
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect())
}

fn error(bytes: &[u8]) -> String {
    read(bytes).unwrap_err()
}

#[test]
fn the_files_of_an_archive_are_read() {
    let long = "x".repeat(150) + ".json";
    let mut builder = Builder::new(Vec::new());
    builder
        .append(
            &{
                let mut header = header(EntryType::Directory, 0);
                header.set_path("./").unwrap();
                header.set_cksum();
                header
            },
            &b""[..],
        )
        .unwrap();
    for (name, content) in [("./a.json", "{}"), ("b.json", ""), (long.as_str(), "[]")] {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        // A name with more than 100 bytes is an entry of its own.
        builder
            .append_data(&mut header, name, content.as_bytes())
            .unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let expected = vec![pair("a.json", "{}"), pair("b.json", ""), pair(&long, "[]")];
    assert_eq!(read(&bytes), Ok(expected.clone()));
    assert_eq!(read(&gzip(&bytes)), Ok(expected));
    assert_eq!(read(&files(&[])), Ok(Vec::new()));
}

#[test]
fn an_archive_contains_only_files_of_one_directory() {
    for (kind, name, expected) in [
        (
            EntryType::Regular,
            "../a.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "/a.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "./../a.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "policies/a.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "a\\b.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "a\nb.json",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "..",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            "./",
            "is not a file of the directory itself",
        ),
        (
            EntryType::Regular,
            ".",
            "is not a file of the directory itself",
        ),
        (EntryType::Directory, "sub/", "is a directory"),
        (EntryType::Directory, "../", "is a directory"),
        (EntryType::Symlink, "a.json", "is not a regular file"),
        (EntryType::Link, "a.json", "is not a regular file"),
        (EntryType::Fifo, "a.json", "is not a regular file"),
        (EntryType::Char, "a.json", "is not a regular file"),
        (EntryType::Block, "a.json", "is not a regular file"),
        (EntryType::Continuous, "a.json", "is not a regular file"),
        (EntryType::new(b'?'), "a.json", "is not a regular file"),
    ] {
        let error = error(&tar(&[(kind, name, b"")]));
        assert!(error.contains(expected), "{kind:?} {name}: {error}");
    }
}

#[test]
fn two_files_of_one_name_are_an_error() {
    let twice = error(&files(&[("a.json", b"{}"), ("./a.json", b"[]")]));
    assert!(twice.contains("is contained twice"), "{twice}");
}

#[test]
fn files_and_their_names_are_text() {
    assert_eq!(
        error(&files(&[("a.json", b"\xff")])),
        "`a.json` is not UTF-8"
    );
    let mut header = header(EntryType::Regular, 0);
    header.as_old_mut().name[..3].copy_from_slice(b"a\xffb");
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder.append(&header, &b""[..]).unwrap();
    let bytes = builder.into_inner().unwrap();
    assert_eq!(error(&bytes), "contains a file whose name is not UTF-8");
}

#[test]
fn a_comment_changes_nothing() {
    // As `git archive` writes it. The record names another file, and must not be applied.
    let comment = b"19 path=other.json\n";
    let bytes = tar(&[
        (EntryType::XGlobalHeader, "pax_global_header", comment),
        (EntryType::Regular, "a.json", b"{}"),
    ]);
    let expected = vec![("a.json".to_owned(), "{}".to_owned())];
    assert_eq!(read(&bytes), Ok(expected));
}

#[test]
fn an_archive_that_is_cut_anywhere_is_an_error() {
    let bytes = files(&[("a.json", b"{}"), ("b.json", &[b' '; 600])]);
    // Two files of one and two blocks with their headers, and two blocks of zeros. What follows only fills the record.
    let needed = 7 * BLOCK;
    for length in 0..needed {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
    assert!(read(&bytes[..needed]).is_ok());
    let packed = gzip(&bytes);
    for length in 0..packed.len() {
        assert!(read(&packed[..length]).is_err(), "{length}");
    }
}

#[test]
fn an_archive_that_is_continued_is_an_error() {
    let bytes = files(&[("a.json", b"{}")]);
    let hidden = [bytes.clone(), bytes.clone()].concat();
    assert!(error(&hidden).contains("is followed by other bytes"));
    let packed = gzip(&bytes);
    let garbage = [packed.clone(), b"more".to_vec()].concat();
    assert!(error(&garbage).contains("is followed by other bytes"));
    let members = [packed.clone(), packed].concat();
    assert!(error(&members).contains("is followed by other bytes"));
}

#[test]
fn a_damaged_archive_is_an_error() {
    let bytes = files(&[("a.json", b"{}")]);
    let mut header = bytes.clone();
    header[3] ^= 1;
    assert!(error(&header).contains("is damaged"), "{}", error(&header));
    let mut packed = gzip(&bytes);
    let last = packed.len() - 6;
    packed[last] ^= 1;
    assert!(error(&packed).contains("cannot be decompressed"));
    // A length of which the archive has only a part.
    let mut huge = header_of_length(1 << 40);
    huge.resize(4 * BLOCK, 0);
    assert!(read(&huge).is_err());
    assert!(error(b"not an archive").contains("is"));
}

fn header_of_length(length: u64) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_path("a.json").unwrap();
    header.set_size(length);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn an_archive_has_limits() {
    let bytes = files(&[("a.json", &[b' '; 4096]), ("b.json", b"{}")]);
    let read = |bytes: &[u8], limits: SetLimits| {
        read_archive(bytes, &limits)
            .map(|files| files.len())
            .map_err(|error| error.to_string())
    };
    let limits = SetLimits::default();
    let length = bytes.len() as u64;
    assert_eq!(read(&bytes, limits.with_bytes(length)), Ok(2));
    let too_large = Err(format!("is larger than {} bytes", length - 1));
    assert_eq!(read(&bytes, limits.with_bytes(length - 1)), too_large);
    // A small archive that would fill the memory.
    let packed = gzip(&bytes);
    assert!(packed.len() < 1024);
    assert_eq!(read(&packed, limits.with_bytes(length)), Ok(2));
    assert_eq!(read(&packed, limits.with_bytes(length - 1)), too_large);
    // What is beyond the limit is not decompressed: that its checksum is wrong is not noticed.
    let mut damaged = packed;
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let too_large = Err("is larger than 2048 bytes".to_owned());
    assert_eq!(read(&damaged, limits.with_bytes(2048)), too_large);
    assert_eq!(read(&bytes, limits.with_files(2)), Ok(2));
    let too_many = Err("contains more than 1 files".to_owned());
    assert_eq!(read(&bytes, limits.with_files(1)), too_many);
}
