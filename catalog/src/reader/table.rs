//! A TOML table that is read key by key.

use std::cell::Cell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Reporter;
use crate::names;

/// Former names of keys, and the current ones.
const FORMER_NAMES: [(&str, &str); 1] = [("companions", "dependent-actions")];

/// A table that reports unknown keys.
///
/// [`finish`](Self::finish) must be called when everything has been read; it reports the unread keys.
pub(crate) struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// The description of the table in messages: ``the action `GetCampaign` ``.
    what: String,
    span: Range<usize>,
    known: Vec<&'static str>,
    misread: Cell<bool>,
    reporter: &'a Reporter<'a>,
}

/// An element of a list that may contain both.
pub(crate) enum TextOrTable<'a> {
    /// A string.
    Text(Spanned<String>),
    /// A table that has not been read yet.
    Table(Table<'a>),
}

impl<'a> Table<'a> {
    /// The root table of a file.
    pub(crate) fn document(entries: &'a DeTable<'a>, reporter: &'a Reporter<'a>) -> Self {
        Self {
            entries,
            what: "the file".to_owned(),
            span: 0..0,
            known: Vec::new(),
            misread: Cell::new(false),
            reporter,
        }
    }

    /// A table within a document that is only partly ours; `what` describes the table.
    pub(crate) fn within(
        entries: &'a DeTable<'a>,
        what: &str,
        span: Range<usize>,
        reporter: &'a Reporter<'a>,
    ) -> Self {
        Self {
            what: what.to_owned(),
            span,
            ..Self::document(entries, reporter)
        }
    }

    /// The position of the table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether a part of the table could not be read. A key that seems to be absent may then be present.
    pub(crate) fn is_misread(&self) -> bool {
        self.misread.get()
    }

    /// Reads a string.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.value(key)?;
        self.read_text(key, value)
    }

    /// Reads a required string.
    pub(crate) fn required_text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        self.require(key, &format!("{key} = \"…\""));
        self.text(key)
    }

    /// Reads a list of strings; empty if the key is absent.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Spanned<String>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.read_text(key, item))
            .collect()
    }

    /// Reads `true` or `false`; `false` if the key is absent.
    pub(crate) fn flag(&mut self, key: &'static str) -> bool {
        let Some(value) = self.value(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, "`true` or `false`");
            false
        })
    }

    /// Reads an integer in decimal notation.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<Spanned<u16>> {
        let value = self.value(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .filter(|number| number.radix() == 10)
            .and_then(|number| number.as_str().parse().ok());
        if number.is_none() {
            self.wrong_type(key, value, "a whole number from 0 to 65535");
        }
        Some(Spanned::new(value.span(), number?))
    }

    /// Reads a required integer.
    pub(crate) fn required_number(&mut self, key: &'static str) -> Option<Spanned<u16>> {
        self.require(key, &format!("{key} = 1"));
        self.number(key)
    }

    /// Reads a nested table.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table<'a>> {
        let value = self.value(key)?;
        let what = format!("`{key}`");
        self.read_table(key, value, what, value.span())
    }

    /// Reads the tables in the table `key`, sorted by name; `kind` describes them.
    pub(crate) fn named_tables(
        &mut self,
        key: &'static str,
        kind: &str,
    ) -> Vec<(Spanned<String>, Table<'a>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(entries) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|(name, value)| {
                let what = format!("the {kind} `{}`", name.get_ref().escape_debug());
                let table = self.read_table(key, value, what, name.span())?;
                Some((
                    Spanned::new(name.span(), name.get_ref().clone().into_owned()),
                    table,
                ))
            })
            .collect()
    }

    /// Reads the strings in the table `key`, sorted by name.
    pub(crate) fn named_texts(
        &mut self,
        key: &'static str,
    ) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(entries) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table of texts");
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|(name, value)| {
                let text = self.read_text(key, value)?;
                Some((
                    Spanned::new(name.span(), name.get_ref().clone().into_owned()),
                    text,
                ))
            })
            .collect()
    }

    /// Reads a list of tables; empty if the key is absent.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| {
                self.read_table(key, item, format!("an entry of `{key}`"), item.span())
            })
            .collect()
    }

    /// Reads a list whose elements are strings or tables; `None` if the key is absent.
    pub(crate) fn texts_or_tables(&mut self, key: &'static str) -> Option<Vec<TextOrTable<'a>>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list");
            return Some(Vec::new());
        };
        let read = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(_) => self.read_text(key, item).map(TextOrTable::Text),
            DeValue::Table(_) => {
                let what = format!("an entry of `{key}`");
                let table = self.read_table(key, item, what, item.span());
                table.map(TextOrTable::Table)
            }
            _ => {
                self.wrong_type(key, item, "a text in quotes or a table");
                None
            }
        };
        Some(items.iter().filter_map(read).collect())
    }

    /// Reports the keys that have not been read.
    pub(crate) fn finish(self) {
        for (key, _) in self.entries.iter() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let former = FORMER_NAMES.iter().find(|(former, _)| *former == name);
            let near = match former {
                Some((_, new)) if self.known.contains(new) => vec![*new],
                _ => self.reporter.nearest(name, self.known.iter().copied()),
            };
            let hint = names::did_you_mean(&near)
                .unwrap_or_else(|| format!("the keys here are {}", names::list(&self.known)));
            self.reporter.report(
                &key.span(),
                format!("unknown key `{}` in {}", name.escape_debug(), self.what),
                hint,
            );
        }
    }

    /// Reports the table `key` if it is absent.
    pub(crate) fn require_table(&self, key: &'static str) {
        self.require(key, &format!("[{key}]"));
    }

    fn require(&self, key: &'static str, how: &str) {
        if !self.entries.contains_key(key) {
            self.reporter.report(
                &self.span,
                format!("{} has no `{key}`", self.what),
                format!("add `{how}`"),
            );
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.entries.get(key)
    }

    fn read_text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a text in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.misread.set(true);
            self.reporter.report(
                &value.span(),
                format!("`{key}` of {} is empty", self.what),
                "write a text or leave the key out",
            );
            return None;
        }
        if let Some(control) = text.chars().find(|character| character.is_control()) {
            self.misread.set(true);
            self.reporter.report(
                &value.span(),
                format!(
                    "`{key}` of {} holds the control character `{}`",
                    self.what,
                    control.escape_debug()
                ),
                "write the text on one line",
            );
            return None;
        }
        Some(Spanned::new(value.span(), text.to_owned()))
    }

    fn read_table(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
        what: String,
        span: Range<usize>,
    ) -> Option<Table<'a>> {
        let Some(entries) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Some(Table {
            entries,
            what,
            span,
            known: Vec::new(),
            misread: Cell::new(false),
            reporter: self.reporter,
        })
    }

    /// Reports an error in a string of this table.
    pub(crate) fn report(&self, place: &Spanned<String>, message: String, hint: &str) {
        self.reporter.report(&place.span(), message, hint);
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        self.misread.set(true);
        self.reporter.report(
            &value.span(),
            format!(
                "`{key}` of {} is of the TOML type {}",
                self.what,
                value.get_ref().type_str()
            ),
            format!("expected {expected}"),
        );
    }
}
