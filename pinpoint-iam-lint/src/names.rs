//! Lists of names in messages.

use std::fmt::Display;

/// Formats names as a list: `` `a`, `b` and `c` ``.
pub(crate) fn list(last_word: &str, names: impl IntoIterator<Item = impl Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {last_word} {last}", first.join(", ")),
    }
}
