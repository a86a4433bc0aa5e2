//! A catalog that is being assembled: tables of keys and values, written in the order of the format.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

/// The sections of a catalog that contain named entries, in the order in which they are written.
pub(super) const SECTIONS: [&str; 5] = [
    "sources",
    "condition-keys",
    "placeholders",
    "resources",
    "actions",
];

/// The keys of entries in the order in which they are written. Keys that are not listed follow in alphabetical order.
const ORDER: [&str; 29] = [
    "prefix",
    "name",
    "title",
    "date",
    "type",
    "rust-name",
    "parameter",
    "accepts",
    "values",
    "arn",
    "summary",
    "access-level",
    "type-name",
    "resources",
    "route",
    "success-status",
    "target",
    "pinned",
    "from-request",
    "whole-arn",
    "whole-arn-from",
    "condition-keys",
    "required-keys",
    "request-tags",
    "dependent-actions",
    "documentation",
    "lifecycle",
    "former-names",
    "sources",
];

/// The keys and values of one table.
pub(super) type Entry = BTreeMap<String, Value>;

/// A catalog file.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) service: Entry,
    /// Entries by section and name.
    pub(super) sections: BTreeMap<&'static str, BTreeMap<String, Entry>>,
    /// The reasons for corrections, by section (or `service`) and name.
    pub(super) reasons: BTreeMap<(String, String), Vec<String>>,
    /// The places of entries in the source, by section and name. They are written as comments, and follow notes.
    places: BTreeMap<(&'static str, String), String>,
    /// Remarks that are written as comments, by section and name.
    comments: BTreeMap<(&'static str, String), Vec<String>>,
    /// Differences from the sources, in the order in which they were found.
    notes: Vec<Note>,
    /// The omitted entries, by section and name.
    left_out: BTreeSet<(&'static str, String)>,
}

/// A remark on an entry, which may be missing.
#[derive(Clone, Debug)]
struct Note {
    section: &'static str,
    name: String,
    text: String,
}

/// A draft as text, with the positions of its entries.
pub(super) struct Written {
    pub(super) text: String,
    /// The lines on which entries start, counted from 1, in ascending order.
    heads: Vec<(usize, &'static str, String)>,
}

impl Written {
    /// Returns the section and name of the entry at `line`, and the key of the value at that line.
    pub(super) fn entry_at(&self, line: usize) -> Option<(&'static str, &str, &str)> {
        let mut heads = self.heads.iter().rev();
        let (head, section, name) = heads.find(|(head, ..)| *head <= line)?;
        let lines: Vec<&str> = self.text.lines().take(line).skip(*head).collect();
        // The lines of a list are indented.
        let mut keys = lines.iter().rev().filter_map(|line| {
            let (key, _) = line.split_once(" = ")?;
            (!key.starts_with(' ')).then_some(key)
        });
        Some((section, name, keys.next().unwrap_or_default()))
    }
}

impl Draft {
    /// Returns the entries of one section.
    pub(super) fn section(&mut self, name: &'static str) -> &mut BTreeMap<String, Entry> {
        self.sections.entry(name).or_default()
    }

    /// Adds a note about an entry, which need not exist.
    pub(super) fn note(&mut self, section: &'static str, name: &str, text: impl Into<String>) {
        self.notes.push(Note {
            section,
            name: name.to_owned(),
            text: text.into(),
        });
    }

    /// States the place of an entry in the source.
    pub(super) fn place(&mut self, section: &'static str, name: &str, place: &str) {
        let places = &mut self.places;
        places.insert((section, name.to_owned()), place.to_owned());
    }

    /// Adds a comment above an entry.
    pub(super) fn comment(&mut self, section: &'static str, name: &str, text: &str) {
        let comments = self.comments.entry((section, name.to_owned()));
        comments.or_default().push(text.to_owned());
    }

    /// Returns the texts of all notes.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        self.notes.iter().map(|note| self.noted(note))
    }

    /// Returns the text of a note, with the place of its entry unless the text contains it.
    fn noted(&self, note: &Note) -> String {
        let place = self.places.get(&(note.section, note.name.clone()));
        match place.filter(|place| !note.text.contains(*place)) {
            Some(place) => format!("{}: `{place}`", note.text),
            None => note.text.clone(),
        }
    }

    /// Omits an entry, if it exists. [`prune`](Self::prune) then removes the references to it.
    pub(super) fn leave_out(&mut self, section: &'static str, name: &str, why: &str) {
        self.section(section).remove(name);
        let text = format!("the {} `{name}` is left out: {why}", kind(section));
        self.note(section, name, text);
        self.left_out.insert((section, name.to_owned()));
    }

    /// Removes all references to omitted entries. An entry that requires such a reference is omitted too.
    ///
    /// An action on resource types never becomes one on everything: it is omitted together with its last resource type.
    pub(super) fn prune(&mut self) {
        let sections = &self.sections;
        let is_there = |section: &str, name: &String| {
            sections
                .get(section)
                .is_some_and(|entries| entries.contains_key(name))
        };
        // A correction may have replaced the omitted entry.
        self.left_out
            .retain(|(section, name)| !is_there(section, name));
        let lost = self.left_out.clone();
        self.prune_resources(&lost);
        // The previous step may have omitted resource types.
        let lost = self.left_out.clone();
        self.prune_actions(&lost);
    }

    fn prune_resources(&mut self, lost: &BTreeSet<(&'static str, String)>) {
        let mut resources = std::mem::take(self.section("resources"));
        let mut without = Vec::new();
        for (name, entry) in &mut resources {
            let arn = entry.get("arn").and_then(Value::as_str).unwrap_or_default();
            let placeholder = lost.iter().find(|(section, placeholder)| {
                *section == "placeholders" && arn.contains(&format!("${{{placeholder}}}"))
            });
            if let Some((_, placeholder)) = placeholder {
                without.push((name.clone(), placeholder.clone()));
            }
            self.prune_list("resources", name, entry, "condition-keys", lost);
        }
        *self.section("resources") = resources;
        for (name, placeholder) in without {
            let why = format!("the placeholder `{placeholder}` is left out");
            self.leave_out("resources", &name, &why);
        }
    }

    fn prune_actions(&mut self, lost: &BTreeSet<(&'static str, String)>) {
        let mut actions = std::mem::take(self.section("actions"));
        let mut without = Vec::new();
        for (name, entry) in &mut actions {
            self.prune_list("actions", name, entry, "condition-keys", lost);
            self.prune_list("actions", name, entry, "sources", lost);
            for list in ["dependent-actions", "seen"] {
                self.prune_tables(name, entry, list, lost);
            }
            if let Some(Value::Table(lifecycle)) = entry.get_mut("lifecycle")
                && is_of_lost_source(lifecycle, lost)
            {
                lifecycle.remove("source");
            }
            if self.prune_list("actions", name, entry, "resources", lost) {
                if entry.contains_key("resources") {
                    self.prune_values(entry);
                } else {
                    without.push(name.clone());
                }
            }
        }
        *self.section("actions") = actions;
        for name in without {
            let why = "every resource type that it acts on is left out";
            self.leave_out("actions", &name, why);
        }
    }

    /// Removes the names of omitted entries from a list. Returns whether there were any.
    fn prune_list(
        &mut self,
        section: &'static str,
        name: &str,
        entry: &mut Entry,
        list: &'static str,
        lost: &BTreeSet<(&'static str, String)>,
    ) -> bool {
        let Some(Value::Array(items)) = entry.get_mut(list) else {
            return false;
        };
        let mut removed = Vec::new();
        items.retain(|item| {
            let text = item.as_str().unwrap_or_default();
            let is_lost = lost.contains(&(list, text.to_owned()));
            if is_lost {
                removed.push(text.to_owned());
            }
            !is_lost
        });
        if items.is_empty() {
            entry.remove(list);
        }
        for text in &removed {
            let note = format!(
                "the {} `{name}` is written without the {} `{text}`",
                kind(section),
                kind(list)
            );
            self.note(section, name, note);
        }
        !removed.is_empty()
    }

    /// Removes the tables of a list that refer to an omitted source.
    fn prune_tables(
        &mut self,
        name: &str,
        entry: &mut Entry,
        list: &str,
        lost: &BTreeSet<(&'static str, String)>,
    ) {
        let Some(Value::Array(items)) = entry.get_mut(list) else {
            return;
        };
        let before = items.len();
        items.retain(|item| {
            let table = item.as_table();
            !table.is_some_and(|table| is_of_lost_source(table, lost))
        });
        for item in items.iter_mut() {
            if let Some(table) = item.as_table_mut()
                && is_of_lost(table, "resource", "resources", lost)
            {
                table.remove("resource");
            }
        }
        if items.len() < before {
            let note =
                format!("`{list}` of the action `{name}` is written without a left-out source");
            self.note("actions", name, note);
        }
        if entry
            .get(list)
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty)
        {
            entry.remove(list);
        }
    }

    /// Removes the values of placeholders that none of the action's resource types has anymore.
    fn prune_values(&self, entry: &mut Entry) {
        let resources = self.sections.get("resources");
        let types = entry.get("resources").and_then(Value::as_array);
        let arns = types.into_iter().flatten().filter_map(|name| {
            let resource = resources?.get(name.as_str()?)?;
            resource.get("arn")?.as_str()
        });
        let arns: String = arns.collect();
        for values in ["pinned", "from-request"] {
            if let Some(Value::Table(table)) = entry.get_mut(values) {
                table.retain(|placeholder, _| arns.contains(&format!("${{{placeholder}}}")));
                if table.is_empty() {
                    entry.remove(values);
                }
            }
        }
    }

    /// Returns the text of the file. Equal drafts result in equal texts.
    pub(super) fn write(&self, head: &str) -> Written {
        let mut written = Written {
            text: String::new(),
            heads: Vec::new(),
        };
        let text = &mut written.text;
        for line in head.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        text.push_str("format = 1\n\n");
        self.write_reasons("service", "", text);
        text.push_str("[service]\n");
        write_entry(&self.service, text);
        for section in SECTIONS {
            for (name, entry) in self.sections.get(section).into_iter().flatten() {
                text.push('\n');
                self.write_reasons(section, name, text);
                let place = (section, name.clone());
                let comments = self.comments.get(&place).into_iter().flatten();
                for comment in self.places.get(&place).into_iter().chain(comments) {
                    text.push_str(&format!("# {}\n", one_line(comment)));
                }
                written
                    .heads
                    .push((text.matches('\n').count() + 1, section, name.clone()));
                text.push_str(&format!("[{section}.{}]\n", key(name)));
                write_entry(entry, text);
            }
        }
        let mut missing = self.notes.iter().filter(|note| !self.has(note)).peekable();
        if missing.peek().is_some() {
            text.push('\n');
        }
        for note in missing {
            text.push_str(&format!("# Note: {}\n", one_line(&self.noted(note))));
        }
        written
    }

    /// Returns whether the entry of a note exists.
    fn has(&self, note: &Note) -> bool {
        if note.section == "service" {
            return true;
        }
        let entries = self.sections.get(note.section);
        entries.is_some_and(|entries| entries.contains_key(&note.name))
    }

    fn write_reasons(&self, section: &str, name: &str, text: &mut String) {
        let notes = self.notes.iter();
        for note in notes.filter(|note| note.section == section && note.name == name) {
            text.push_str(&format!("# Note: {}\n", one_line(&note.text)));
        }
        let place = (section.to_owned(), name.to_owned());
        for reason in self.reasons.get(&place).into_iter().flatten() {
            text.push_str(&format!("# Corrected: {reason}\n"));
        }
    }
}

/// Returns the term for the entries of a section.
fn kind(section: &str) -> &'static str {
    match section {
        "sources" => "source",
        "condition-keys" => "condition key",
        "placeholders" => "placeholder",
        "resources" => "resource type",
        _ => "action",
    }
}

fn is_of_lost_source(table: &toml::Table, lost: &BTreeSet<(&'static str, String)>) -> bool {
    is_of_lost(table, "source", "sources", lost)
}

/// Whether `key` of the table names an entry of `section` that is left out.
fn is_of_lost(
    table: &toml::Table,
    key: &str,
    section: &'static str,
    lost: &BTreeSet<(&'static str, String)>,
) -> bool {
    let name = table.get(key).and_then(Value::as_str);
    name.is_some_and(|name| lost.contains(&(section, name.to_owned())))
}

/// Returns `text` on one line, for a comment. Texts of sources may contain line breaks.
fn one_line(text: &str) -> String {
    let escape = |character: char| {
        if character.is_control() {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(escape).collect()
}

fn write_entry(entry: &Entry, text: &mut String) {
    let rank = |key: &str| {
        let known = ORDER.iter().position(|known| *known == key);
        known.unwrap_or(ORDER.len())
    };
    let mut keys: Vec<&String> = entry.keys().collect();
    // The sort is stable: keys without a rank remain in alphabetical order.
    keys.sort_by_key(|key| rank(key));
    for name in keys {
        if let Some(value) = entry.get(name) {
            text.push_str(&format!("{} = {}\n", key(name), self::value(value)));
        }
    }
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare {
        name.to_owned()
    } else {
        string(name)
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(date) => date.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(self::value).collect();
            let line = format!("[{}]", items.join(", "));
            if line.len() <= 120 {
                return line;
            }
            let lines: Vec<String> = items.iter().map(|item| format!("    {item},\n")).collect();
            format!("[\n{}]", lines.concat())
        }
        Value::Table(table) => {
            let members = table.iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{} = {}", key(name), self::value(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}

/// Returns `text` as a basic string of TOML.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut draft = Draft::default();
        let text = "a \"quoted\" \\ \u{7f}\n# text";
        draft.service.insert("name".to_owned(), text.into());
        let long: Vec<Value> = (0..40)
            .map(|number| format!("value {number}").into())
            .collect();
        let mut entry = Entry::new();
        entry.insert("values".to_owned(), Value::Array(long));
        draft
            .section("condition-keys")
            .insert("aws:ResourceTag/${TagKey}".to_owned(), entry.clone());
        let table: toml::Table = toml::from_str(&draft.write("head\nlines").text).unwrap();
        assert_eq!(table["service"]["name"].as_str(), Some(text));
        let keys = table["condition-keys"].as_table().unwrap();
        let read = keys["aws:ResourceTag/${TagKey}"]["values"].clone();
        assert_eq!(Some(&read), entry.get("values"));
    }
}
