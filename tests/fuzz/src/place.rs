//! Whether a fault says where it is.

use pinpoint_iam::source::SourceError;

/// A fault is one line of text, and its place is in `text` or right behind it.
///
/// # Panics
///
/// When it is not so.
pub fn assert_within(text: &str, line: usize, column: usize, message: &str) {
    assert!(!message.is_empty(), "no message");
    assert!(!message.contains('\n'), "several lines: {message}");
    let Some(found) = line
        .checked_sub(1)
        .and_then(|index| text.split('\n').nth(index))
    else {
        panic!("there is no line {line}: {message}");
    };
    let width = found.chars().count();
    assert!(
        (1..=width + 1).contains(&column),
        "line {line} has {width} characters, not {column}: {message}"
    );
}

/// [`assert_within`] for a fault of a policy source.
///
/// # Panics
///
/// When the fault has no place in `text`.
pub fn assert_source_error(text: &str, error: &SourceError) {
    let (line, column) = error.position().expect("the fault has a place");
    assert_within(text, line, column, error.message());
}
