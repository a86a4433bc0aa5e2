//! The condition keys that a decision reads, noted for a log.
//!
//! The notes of a thread are bytes, so that the request path neither formats nor allocates.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::context::{ConditionKey, Lookup, Value};

/// The maximum length in bytes of the values of one key, and of all notes of a decision. Longer values are omitted.
const LONGEST_VALUES: usize = 4 * 1024;
const LONGEST_NOTES: usize = 64 * 1024;

thread_local! {
    static NOTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The start of the notes of the innermost decision; `None` if none is made.
    static START: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Notes the keys that this thread reads, until it is dropped.
///
/// Code of the application may supply a key and make another decision meanwhile, so decisions are nested.
pub(crate) struct Reading {
    start: usize,
    outer: Option<usize>,
}

impl Reading {
    /// Starts.
    #[inline]
    pub(crate) fn start() -> Self {
        let start = NOTES.with_borrow(Vec::len);
        Self {
            start,
            outer: START.replace(Some(start)),
        }
    }

    /// Calls `hand_over` with the notes. It must not make a decision.
    #[inline]
    pub(crate) fn finish(self, hand_over: impl FnOnce(&[u8])) {
        let notes = NOTES.take();
        hand_over(notes.get(self.start..).unwrap_or_default());
        NOTES.set(notes);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        NOTES.with_borrow_mut(|notes| notes.truncate(self.start));
        START.set(self.outer);
    }
}

const ABSENT: u8 = 0;
const UNKNOWN: u8 = 1;
const OMITTED: u8 = 2;
const ONE: u8 = 3;
const MANY: u8 = 4;

const TEXT: u8 = 0;
const BOOL: u8 = 1;
const NUMBER: u8 = 2;
const TIME: u8 = 3;
const ADDRESS: u8 = 4;

/// Notes that the decision has read `key`, unless it has before.
pub(crate) fn note(key: &ConditionKey, found: &Lookup<'_>) {
    let Some(start) = START.get() else { return };
    NOTES.with_borrow_mut(|notes| {
        let own = notes.get(start..).unwrap_or_default();
        if is_noted(own, key.as_str()) {
            return;
        }
        let before = notes.len();
        let write = |notes: &mut Vec<u8>, state: u8, values: &[Value]| {
            notes.extend_from_slice(&[0; 4]);
            notes.push(state);
            put_text(notes, key.as_str());
            for value in values {
                put_value(notes, value);
            }
        };
        let (state, values) = match found {
            Lookup::Absent => (ABSENT, &[][..]),
            Lookup::Unknown => (UNKNOWN, &[][..]),
            Lookup::Present(value) => (ONE, std::slice::from_ref(*value)),
            Lookup::Multivalued(values) => (MANY, *values),
        };
        let size: usize = values.iter().map(size).sum();
        if size > LONGEST_VALUES || before - start + size > LONGEST_NOTES {
            write(notes, OMITTED, &[]);
        } else {
            write(notes, state, values);
        }
        let length = u32::try_from(notes.len() - before).unwrap_or(u32::MAX);
        if let Some(prefix) = notes.get_mut(before..before + 4) {
            prefix.copy_from_slice(&length.to_le_bytes());
        }
    });
}

/// Whether there is a note of the key `name`.
fn is_noted(notes: &[u8], name: &str) -> bool {
    let mut rest = notes;
    while let Some(note) = take_note(&mut rest) {
        let mut note = note.get(1..).unwrap_or_default();
        if take_bytes(&mut note).is_some_and(|other| other.eq_ignore_ascii_case(name.as_bytes())) {
            return true;
        }
    }
    false
}

/// The length of a value in notes, at most.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len().saturating_add(5),
        _ => 64,
    }
}

fn put_text(notes: &mut Vec<u8>, text: &str) {
    // INVARIANT: texts are shorter than 4 GiB, because documents and values have limits.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    notes.extend_from_slice(&length.to_le_bytes());
    notes.extend_from_slice(text.as_bytes());
}

fn put_value(notes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => {
            notes.push(TEXT);
            put_text(notes, text);
        }
        Value::Bool(value) => notes.extend([BOOL, u8::from(*value)]),
        Value::Number(number) => {
            notes.push(NUMBER);
            notes.extend(number.to_le_bytes());
        }
        Value::Address(address) => {
            notes.push(ADDRESS);
            notes.extend(match address {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            });
        }
        Value::Time(time) => match time.duration_since(UNIX_EPOCH) {
            Ok(since) => {
                notes.push(TIME);
                notes.extend(since.as_secs().to_le_bytes());
                notes.extend(since.subsec_nanos().to_le_bytes());
            }
            // A time before 1970.
            Err(_) => {
                notes.push(TEXT);
                put_text(notes, &value.text());
            }
        },
        other => {
            notes.push(TEXT);
            put_text(notes, &other.text());
        }
    }
}

/// The notes of a decision.
pub(crate) struct Notes<'a>(pub(crate) &'a [u8]);

/// What a decision has read about one key.
pub(crate) struct Noted<'a> {
    pub(crate) name: &'a str,
    pub(crate) found: NotedValues<'a>,
}

/// The values of one key.
pub(crate) enum NotedValues<'a> {
    Absent,
    Unknown,
    /// They were too long.
    Omitted,
    One(NotedValue<'a>),
    Many(Vec<NotedValue<'a>>),
}

/// One value.
pub(crate) enum NotedValue<'a> {
    Text(&'a str),
    Bool(bool),
    Number(i64),
    /// A time or an address.
    Other(Value),
}

impl<'a> Iterator for Notes<'a> {
    type Item = Noted<'a>;

    fn next(&mut self) -> Option<Noted<'a>> {
        let mut own = take_note(&mut self.0)?;
        let [state] = take_array(&mut own)?;
        let name = take_text(&mut own)?;
        let found = match state {
            ABSENT => NotedValues::Absent,
            UNKNOWN => NotedValues::Unknown,
            ONE => NotedValues::One(take_value(&mut own)?),
            MANY => {
                let mut values = Vec::new();
                while let Some(value) = take_value(&mut own) {
                    values.push(value);
                }
                NotedValues::Many(values)
            }
            _ => NotedValues::Omitted,
        };
        Some(Noted { name, found })
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    take(bytes, N)?.try_into().ok()
}

/// Takes a note without its length.
fn take_note<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u32::from_le_bytes(take_array(bytes)?)).ok()?;
    take(bytes, length.checked_sub(4)?)
}

/// Takes the bytes of a text.
fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take_array(bytes)?);
    take(bytes, usize::try_from(length).ok()?)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(bytes)?).ok()
}

fn take_value<'a>(bytes: &mut &'a [u8]) -> Option<NotedValue<'a>> {
    let [kind] = take_array(bytes)?;
    Some(match kind {
        BOOL => NotedValue::Bool(take_array(bytes)? == [1]),
        NUMBER => NotedValue::Number(i64::from_le_bytes(take_array(bytes)?)),
        TIME => {
            let seconds = u64::from_le_bytes(take_array(bytes)?);
            let nanos = u32::from_le_bytes(take_array(bytes)?);
            let time: SystemTime = UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))?;
            NotedValue::Other(Value::Time(time))
        }
        ADDRESS => {
            let address = Ipv6Addr::from(take_array::<16>(bytes)?);
            NotedValue::Other(Value::Address(address.to_canonical()))
        }
        _ => NotedValue::Text(take_text(bytes)?),
    })
}
