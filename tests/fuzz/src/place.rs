//! Checks of the positions in errors.

use pinpoint_iam::source::SourceError;

/// Checks that an error message is one line, and that its position is in `text` or directly after it.
///
/// # Panics
///
/// If it is not.
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

/// Calls [`assert_within`] for an error of a policy source.
///
/// # Panics
///
/// If the error has no position in `text`.
pub fn assert_source_error(text: &str, error: &SourceError) {
    let (line, column) = error.position().expect("the error has a position");
    assert_within(text, line, column, error.message());
}
