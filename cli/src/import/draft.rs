//! A catalog in the making: tables of keys and values, written in the order of the format.

use std::collections::BTreeMap;

use toml::Value;

/// The sections of a catalog that hold named entries, in the order in which they are written.
pub(super) const SECTIONS: [&str; 5] = [
    "sources",
    "condition-keys",
    "placeholders",
    "resources",
    "actions",
];

/// The keys of entries in the order in which they are written; what is not listed follows in alphabetical order.
const ORDER: [&str; 26] = [
    "prefix",
    "name",
    "title",
    "date",
    "type",
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
    "condition-keys",
    "request-tags",
    "companions",
    "documentation",
    "lifecycle",
    "former-names",
    "sources",
];

/// The keys and values of one table.
pub(super) type Entry = BTreeMap<String, Value>;

/// A catalog file.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) service: Entry,
    /// Entries by section and name.
    pub(super) sections: BTreeMap<&'static str, BTreeMap<String, Entry>>,
    /// The reasons of corrections, by section (or `service`) and name.
    pub(super) reasons: BTreeMap<(String, String), Vec<String>>,
}

impl Draft {
    /// The entries of one section.
    pub(super) fn section(&mut self, name: &'static str) -> &mut BTreeMap<String, Entry> {
        self.sections.entry(name).or_default()
    }

    /// The file. Equal drafts give equal texts.
    pub(super) fn write(&self, head: &str) -> String {
        let mut text = String::new();
        for line in head.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        text.push_str("format = 1\n\n");
        self.write_reasons("service", "", &mut text);
        text.push_str("[service]\n");
        write_entry(&self.service, &mut text);
        for section in SECTIONS {
            for (name, entry) in self.sections.get(section).into_iter().flatten() {
                text.push('\n');
                self.write_reasons(section, name, &mut text);
                text.push_str(&format!("[{section}.{}]\n", key(name)));
                write_entry(entry, &mut text);
            }
        }
        text
    }

    fn write_reasons(&self, section: &str, name: &str, text: &mut String) {
        let place = (section.to_owned(), name.to_owned());
        for reason in self.reasons.get(&place).into_iter().flatten() {
            text.push_str(&format!("# Corrected: {reason}\n"));
        }
    }
}

fn write_entry(entry: &Entry, text: &mut String) {
    let rank = |key: &str| {
        let known = ORDER.iter().position(|known| *known == key);
        known.unwrap_or(ORDER.len())
    };
    let mut keys: Vec<&String> = entry.keys().collect();
    // Stable: what has no place of its own stays in alphabetical order.
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

/// A basic string of TOML.
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
        let table: toml::Table = toml::from_str(&draft.write("head\nlines")).unwrap();
        assert_eq!(table["service"]["name"].as_str(), Some(text));
        let keys = table["condition-keys"].as_table().unwrap();
        let read = keys["aws:ResourceTag/${TagKey}"]["values"].clone();
        assert_eq!(Some(&read), entry.get("values"));
    }
}
