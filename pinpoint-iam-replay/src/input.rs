//! Log files: lines, or arrays `Records` as CloudTrail delivers them, plain or compressed.
//!
//! A file is read through one buffer that grows to the longest record, so memory does not depend on the size of a file.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use memchr::memchr;
use serde::{Deserialize, Serialize};

/// The maximum length of a record in bytes. A longer one is not replayed.
pub(crate) const MAX_RECORD: usize = 4 * 1024 * 1024;

/// The initial size of the buffer. A longer one would push what the decisions need out of the processor's cache.
const BUFFER: usize = 64 * 1024;

/// The first bytes of a file that is compressed by gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A log file.
#[derive(Clone, Debug)]
pub struct LogFile {
    name: String,
    bytes: u64,
    content: Arc<dyn LogContent>,
}

/// Where the bytes of a log file are.
pub trait LogContent: fmt::Debug + Send + Sync {
    /// Opens the file, which may be compressed by gzip, at a position in bytes. Several threads open a long file at
    /// different positions.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be opened. The replay counts a file that cannot be opened, or that cannot be read to its
    /// end, as a record that is not replayable.
    fn open(&self, position: u64) -> io::Result<Box<dyn Read + '_>>;
}

impl LogContent for PathBuf {
    fn open(&self, position: u64) -> io::Result<Box<dyn Read + '_>> {
        let mut file = File::open(self)?;
        // A pipe has no positions.
        if position > 0 {
            file.seek(SeekFrom::Start(position))?;
        }
        Ok(Box::new(file))
    }
}

impl LogFile {
    /// Names the log file at `path` by its path.
    ///
    /// # Errors
    ///
    /// Fails if the operating system reports no size.
    pub fn at(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let bytes = fs::metadata(&path)?.len();
        Ok(Self::new(path.display().to_string(), bytes, path))
    }

    /// Creates a log file with a size in bytes. No other log file of a replay has this name.
    pub fn new(name: impl Into<String>, bytes: u64, content: impl LogContent + 'static) -> Self {
        Self {
            name: name.into(),
            bytes,
            content: Arc::new(content),
        }
    }

    /// Returns the name in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the size in bytes. That of a pipe is 0.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the parts of this file, which can be read in any order and on different machines: every record is in exactly
    /// one of them. A part has 4 MiB. A file that is compressed or consists of arrays is one part, because it can only be
    /// read from its start, and so is a pipe, whose length is 0.
    ///
    /// Reads the start of a file that is longer than a part.
    pub fn parts(&self) -> Vec<LogPart> {
        LogPart::of_length(self, PART)
    }

    /// Reads the records of a part, and passes each of them to `visit`; `None` for a record that is longer than 4 MiB, and
    /// for the rest of a file that cannot be read. [`Records::decide`](crate::Records::decide) decides them.
    ///
    /// Waits for the file. If it has changed since [`parts`](Self::parts) was called, records can be missing or in two parts.
    pub fn read(&self, part: LogPart, mut visit: impl FnMut(Option<&[u8]>)) {
        read_part(self, part, &AtomicU64::new(0), |_, piece| {
            visit(match piece {
                Piece::Record(bytes) => Some(bytes),
                Piece::TooLong | Piece::Incomplete(_) => None,
            });
        });
    }

    /// Opens the file at a position in bytes.
    pub(crate) fn open(&self, position: u64) -> io::Result<Box<dyn Read + '_>> {
        self.content.open(position)
    }
}

/// How far a replay is.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of bytes that were read. For compressed files, these are compressed.
    pub bytes: AtomicU64,
    /// The number of records that were decided.
    pub records: AtomicU64,
}

/// A part of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The text of one record.
    Record(&'a [u8]),
    /// A record that is too long.
    TooLong,
    /// The file cannot be read any further. Its remaining records are not known.
    Incomplete(Problem),
}

/// Why the end of a file could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The file ends within an array of records, or its compressed data ends too early.
    Truncated,
    /// The file cannot be opened or read, or its compressed data is damaged.
    Unreadable,
    /// An array of records is followed by something else, or contains something that is not a record.
    NotRecords,
}

impl Problem {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Truncated => "the file ends within a record",
            Self::Unreadable => "the file cannot be read, or is damaged",
            Self::NotRecords => "the file contains something else than records",
        }
    }
}

/// The length of the parts of a file that several threads read.
const PART: u64 = 4 * 1024 * 1024;

/// A part of a log file: all of it, or the lines that start within a range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPart {
    start: u64,
    end: u64,
}

impl LogPart {
    fn of_length(file: &LogFile, length: u64) -> Vec<Self> {
        let parts = match file.bytes > length && consists_of_lines(file) {
            true => file.bytes.div_ceil(length),
            false => 1,
        };
        let start = |number: u64| number * length;
        let parts = (0..parts).map(|number| match number + 1 < parts {
            true => Self {
                start: start(number),
                end: start(number + 1),
            },
            // The file may have become longer.
            false => Self {
                start: start(number),
                end: u64::MAX,
            },
        });
        parts.collect()
    }
}

/// Whether a file can be read from the start of any line. If it cannot be opened, reading it reports why.
fn consists_of_lines(file: &LogFile) -> bool {
    file.open(0).is_ok_and(|content| {
        let mut buffer = Buffer::new(content);
        while buffer.rest().len() < GZIP.len() && buffer.fill() {}
        let is_compressed = buffer.rest().starts_with(&GZIP);
        buffer.skip_blanks();
        !is_compressed && !buffer.at_records()
    })
}

/// Reads the records of a part of a file, and adds the number of bytes that are read to `progress`. Every piece is passed to
/// `visit` with its number in the part, counted from 1.
pub(crate) fn read_part(
    log: &LogFile,
    part: LogPart,
    progress: &AtomicU64,
    visit: impl FnMut(u64, Piece<'_>),
) {
    // A line that starts before the part belongs to the part before, and the byte before shows whether there is one.
    let opened = log.open(part.start.saturating_sub(1));
    let opened = opened.and_then(|content| {
        let mut file = Counted {
            content,
            remaining: part.end.min(log.bytes).saturating_sub(part.start),
            progress,
        };
        let mut start = Vec::with_capacity(GZIP.len());
        let length = GZIP.len() as u64;
        file.by_ref().take(length).read_to_end(&mut start)?;
        Ok((start, file))
    });
    let mut visit = numbered(visit);
    match opened {
        Err(_) => visit(Piece::Incomplete(Problem::Unreadable)),
        Ok((start, file)) => {
            let is_compressed = part.start == 0 && start == GZIP;
            let whole = io::Cursor::new(start).chain(file);
            match is_compressed {
                true => read(MultiGzDecoder::new(whole), part, &mut visit),
                false => read(whole, part, &mut visit),
            }
        }
    }
}

/// Adds the numbers of the pieces.
fn numbered(mut visit: impl FnMut(u64, Piece<'_>)) -> impl FnMut(Piece<'_>) {
    let mut number = 0;
    move |piece| {
        number += 1;
        visit(number, piece);
    }
}

/// Counts the bytes of a part that are read.
struct Counted<'a> {
    content: Box<dyn Read + 'a>,
    /// The number of bytes of the part that are not counted yet.
    remaining: u64,
    progress: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.content.read(bytes)?;
        let counted = self.remaining.min(length as u64);
        self.remaining -= counted;
        self.progress.fetch_add(counted, Ordering::Relaxed);
        Ok(length)
    }
}

/// Reads the records of a part of a log. The reader starts one byte before the part, or with it at the start of the log.
fn read(reader: impl Read, part: LogPart, visit: &mut impl FnMut(Piece<'_>)) {
    let mut buffer = Buffer::new(reader);
    if part.start > 0 {
        buffer.position = part.start - 1;
        buffer.skip_line();
        read_lines(&mut buffer, part.end, visit);
    } else {
        buffer.skip_blanks();
        match buffer.at_records() {
            true => read_arrays(&mut buffer, visit),
            false => read_lines(&mut buffer, part.end, visit),
        }
    }
    if let Some(problem) = buffer.problem {
        visit(Piece::Incomplete(problem));
    }
}

/// Reads the lines that start before the position `until`.
fn read_lines<R: Read>(buffer: &mut Buffer<R>, until: u64, visit: &mut impl FnMut(Piece<'_>)) {
    loop {
        if buffer.position >= until {
            return;
        }
        match buffer.line_end(MAX_RECORD) {
            Some(end) => {
                visit_line(buffer.rest().get(..end).unwrap_or_default(), visit);
                buffer.consume(end + 1);
            }
            None if buffer.rest().len() > MAX_RECORD => {
                visit(Piece::TooLong);
                buffer.skip_line();
            }
            None => break,
        }
    }
    // The last line has no line break, because the file was cut off or because it is complete without one. The line
    // itself shows which.
    if buffer.problem.is_none() {
        visit_line(buffer.rest(), visit);
    }
}

fn visit_line(line: &[u8], visit: &mut impl FnMut(Piece<'_>)) {
    let line = line.trim_ascii();
    if !line.is_empty() {
        visit(Piece::Record(line));
    }
}

/// Reads one or several objects with an array `Records`, as CloudTrail writes them.
fn read_arrays<R: Read>(buffer: &mut Buffer<R>, visit: &mut impl FnMut(Piece<'_>)) {
    while buffer.at_records() {
        buffer.enter_records();
        loop {
            buffer.skip_blanks();
            match buffer.rest().first() {
                Some(b',') => buffer.consume(1),
                Some(b']') => {
                    buffer.consume(1);
                    break;
                }
                Some(b'{') => match buffer.value() {
                    Some((length, kept)) => {
                        visit(match length > MAX_RECORD {
                            true => Piece::TooLong,
                            false => Piece::Record(buffer.rest().get(..kept).unwrap_or_default()),
                        });
                        buffer.consume(kept);
                    }
                    None => return buffer.stop(Problem::Truncated),
                },
                Some(_) => return buffer.stop(Problem::NotRecords),
                None => return buffer.stop(Problem::Truncated),
            }
        }
        // Further members of the object.
        loop {
            buffer.skip_blanks();
            match buffer.rest().first() {
                Some(b'}') => {
                    buffer.consume(1);
                    break;
                }
                Some(b'{' | b'[' | b'"') => match buffer.value() {
                    Some((_, kept)) => buffer.consume(kept),
                    None => return buffer.stop(Problem::Truncated),
                },
                Some(_) => buffer.consume(1),
                None => return buffer.stop(Problem::Truncated),
            }
        }
        buffer.skip_blanks();
    }
    if !buffer.rest().is_empty() {
        buffer.stop(Problem::NotRecords);
    }
}

/// The part of a file that is being read.
struct Buffer<R> {
    reader: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// The position in the file of the bytes that were not consumed.
    position: u64,
    /// Why nothing more can be read, unless the file has ended.
    problem: Option<Problem>,
    has_ended: bool,
}

impl<R: Read> Buffer<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            bytes: vec![0; BUFFER],
            start: 0,
            end: 0,
            position: 0,
            problem: None,
            has_ended: false,
        }
    }

    /// The bytes that were read and not consumed.
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, length: usize) {
        let length = length.min(self.end - self.start);
        self.start += length;
        self.position += length as u64;
    }

    /// Reports a problem, and reads nothing more.
    fn stop(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
        self.has_ended = true;
    }

    /// Reads more bytes. Returns false at the end of the file and after an error.
    fn fill(&mut self) -> bool {
        if self.has_ended {
            return false;
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        loop {
            let free = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(free) {
                Ok(0) => {
                    self.has_ended = true;
                    return false;
                }
                Ok(length) => {
                    self.end += length;
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.stop(match error.kind() {
                        io::ErrorKind::UnexpectedEof => Problem::Truncated,
                        _ => Problem::Unreadable,
                    });
                    return false;
                }
            }
        }
    }

    /// Finds the end of the line at the start. `None` if it is longer than `longest`, or if the file ends before.
    fn line_end(&mut self, longest: usize) -> Option<usize> {
        let mut searched = 0;
        loop {
            let rest = self.rest().get(searched..).unwrap_or_default();
            match memchr(b'\n', rest) {
                Some(position) => return Some(searched + position).filter(|end| *end <= longest),
                None => searched = self.rest().len(),
            }
            if searched > longest || !self.fill() {
                return None;
            }
        }
    }

    /// Skips the rest of a line.
    fn skip_line(&mut self) {
        loop {
            if let Some(end) = memchr(b'\n', self.rest()) {
                return self.consume(end + 1);
            }
            self.consume(self.rest().len());
            if !self.fill() {
                return;
            }
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
            let blanks = blanks.count();
            let has_more = blanks < rest.len();
            self.consume(blanks);
            if has_more || !self.fill() {
                return;
            }
        }
    }

    /// Whether an object that starts with an array `Records` follows.
    fn at_records(&mut self) -> bool {
        const ENOUGH: usize = 256;
        while self.rest().len() < ENOUGH && self.fill() {}
        after_records(self.rest()).is_some()
    }

    fn enter_records(&mut self) {
        let length = after_records(self.rest()).unwrap_or_default();
        self.consume(length);
    }

    /// Finds the end of the object, array or string at the start. Returns its length, and how many bytes of it are at the
    /// start of the buffer: all of them, unless it is too long to be kept. `None` if it does not end.
    fn value(&mut self) -> Option<(usize, usize)> {
        let (mut position, mut dropped) = (0, 0);
        let (mut depth, mut in_string) = (0_usize, false);
        loop {
            while let Some(byte) = self.rest().get(position) {
                position += 1;
                match (in_string, byte) {
                    (true, b'\\') => {
                        position += 1;
                        continue;
                    }
                    (_, b'"') => in_string = !in_string,
                    (false, b'{' | b'[') => depth += 1,
                    (false, b'}' | b']') => depth = depth.saturating_sub(1),
                    _ => continue,
                }
                if depth == 0 && !in_string {
                    return Some((dropped + position, position));
                }
            }
            if position > MAX_RECORD {
                let length = self.rest().len();
                self.consume(length);
                dropped += length;
                position -= length;
            }
            if !self.fill() {
                return None;
            }
        }
    }
}

/// The length of `{"Records":[` at the start of a text.
fn after_records(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for token in ["{", "\"Records\"", ":", "["] {
        rest = rest.trim_ascii_start().strip_prefix(token.as_bytes())?;
    }
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A reader that returns few bytes at a time, so that every boundary is one between two reads.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(3).min(bytes.len());
            let (now, later) = self.0.split_at(length);
            bytes[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn pieces(reader: impl Read) -> Vec<String> {
        let mut pieces = Vec::new();
        let whole = LogPart {
            start: 0,
            end: u64::MAX,
        };
        read(reader, whole, &mut |piece| pieces.push(text(piece)));
        pieces
    }

    fn text(piece: Piece<'_>) -> String {
        match piece {
            Piece::Record(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Piece::TooLong => "too long".to_owned(),
            Piece::Incomplete(problem) => problem.text().to_owned(),
        }
    }

    /// Every line is in exactly one part, wherever the parts end.
    #[test]
    fn parts_of_a_file_have_all_lines() {
        let path = std::env::temp_dir().join(format!("pinpoint-iam-parts-{}", std::process::id()));
        for (log, is_divided) in [
            ("a\nbb\n\nccc\r\n\n\ndddd\neeeee", true),
            ("\n\n\na\n", true),
            ("a line without an end", true),
            ("\n\n\n\n\n\n", true),
            ("{\"Records\":[{\"a\":1},\n{\"b\":2}]}", false),
            ("\u{1f}x", true),
        ] {
            fs::write(&path, log).unwrap();
            let file = LogFile::at(&path).unwrap();
            for length in 1..=log.len() as u64 + 1 {
                let parts = LogPart::of_length(&file, length);
                let is_longer = file.bytes > length;
                assert_eq!(parts.len() > 1, is_divided && is_longer, "{log} {length}");
                let progress = AtomicU64::new(0);
                let mut found = Vec::new();
                for part in parts {
                    let mut numbers = 1..;
                    read_part(&file, part, &progress, |number, piece| {
                        assert_eq!(Some(number), numbers.next());
                        found.push(text(piece));
                    });
                }
                assert_eq!(found, pieces(log.as_bytes()), "{log} {length}");
                assert_eq!(progress.into_inner(), file.bytes, "{log} {length}");
            }
        }
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_one_part() {
        let file = LogFile::new("missing", 10, PathBuf::from("missing"));
        let parts = LogPart::of_length(&file, 1);
        assert_eq!(parts.len(), 1);
        let mut found = Vec::new();
        read_part(&file, parts[0], &AtomicU64::new(0), |_, piece| {
            found.push(text(piece));
        });
        assert_eq!(found, [Problem::Unreadable.text()]);
    }

    #[test]
    fn lines_and_arrays_are_split_into_records() {
        for (text, expected) in [
            ("", &[][..]),
            (" \n\r\n", &[]),
            ("{\"a\":1}\r\n\n{\"b\":2}", &["{\"a\":1}", "{\"b\":2}"]),
            ("x\ny\n", &["x", "y"]),
            ("{\"Records\":[]}", &[]),
            (
                " {\"Records\" : [ {\"a\":\"}]\\\"\"} ,\n{\"b\":{\"c\":[1]}}], \"x\": {\"y\": \"}\"} }\n{\"Records\":[{}]}",
                &["{\"a\":\"}]\\\"\"}", "{\"b\":{\"c\":[1]}}", "{}"],
            ),
            // A line that mentions records is a line.
            ("{\"a\":1,\"Records\":[]}\n", &["{\"a\":1,\"Records\":[]}"]),
            (
                "{\"Records\":[{\"a\":1},{\"b\":",
                &["{\"a\":1}", "the file ends within a record"],
            ),
            (
                "{\"Records\":[{\"a\":1}",
                &["{\"a\":1}", "the file ends within a record"],
            ),
            (
                "{\"Records\":[{\"a\":1}] , \"x\": \"",
                &["{\"a\":1}", "the file ends within a record"],
            ),
            (
                "{\"Records\":[{\"a\":1}]} x",
                &["{\"a\":1}", "the file contains something else than records"],
            ),
            (
                "{\"Records\":[5,{\"a\":1}]}",
                &["the file contains something else than records"],
            ),
        ] {
            assert_eq!(pieces(text.as_bytes()), expected, "{text}");
            assert_eq!(pieces(Slow(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn a_record_that_is_too_long_is_one_record() {
        let longest = "x".repeat(MAX_RECORD);
        assert_eq!(
            pieces(format!("{longest}\n{longest}").as_bytes()),
            [longest.as_str(), &longest]
        );
        let long = format!("{longest}x");
        assert_eq!(
            pieces(format!("a\n{long}\nb\n").as_bytes()),
            ["a", "too long", "b"]
        );
        assert_eq!(pieces(format!("{long}{long}").as_bytes()), ["too long"]);
        let array = format!("{{\"Records\":[{{\"a\":\"{long}\"}},{{}}]}}");
        assert_eq!(pieces(array.as_bytes()), ["too long", "{}"]);
    }

    #[test]
    fn compressed_data_that_ends_too_early_is_reported() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut line = 0_u64;
        while line < 20_000 {
            writeln!(
                encoder,
                "{{\"a\":{}}}",
                line.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            )
            .unwrap();
            line += 1;
        }
        let whole = encoder.finish().unwrap();
        assert_eq!(pieces(MultiGzDecoder::new(whole.as_slice())).len(), 20_000);
        let cut = &whole[..whole.len() / 2];
        let found = pieces(MultiGzDecoder::new(cut));
        assert_eq!(found.last().unwrap(), Problem::Truncated.text());
        assert!(found.len() > 5_000, "{}", found.len());
        let mut damaged = whole.clone();
        damaged[1] = 0;
        assert_eq!(
            pieces(MultiGzDecoder::new(damaged.as_slice())),
            [Problem::Unreadable.text()]
        );
    }
}
