//! Manual corrections in a separate file, each with a reason.
//!
//! ```toml
//! overlay = 1
//!
//! [[correction]]
//! action = "GetWidget"
//! set = { summary = "Reads one widget with its parts." }
//! remove = ["documentation"]
//! reason = "the generated summary is too short"
//!
//! [summaries.actions]
//! ListWidgets = "Lists the widgets of a shop."
//! ```
//!
//! The reference does not contain summaries. The import generates them from names; `summaries` replaces them by section
//! and name. A correction names one entry, by `action`, `resource`, `placeholder`, `condition-key` or `source`, or
//! `service = true`. It changes an entry that the import generated. With `add = true` it adds an entry that the import
//! did not generate, and with `leave-out = true` it removes an entry with all references to it. A correction that no
//! longer changes anything is an error, because the sources now contain it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

use super::draft::{Draft, Entry, SECTIONS};

/// The version of the overlay's format.
const FORMAT: u16 = 1;

/// An overlay file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    overlay: u16,
    #[serde(default, rename = "correction")]
    corrections: Vec<toml::Spanned<Correction>>,
    /// Summaries by section and name.
    #[serde(default)]
    summaries: BTreeMap<String, BTreeMap<String, toml::Spanned<String>>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Correction {
    #[serde(default)]
    service: bool,
    source: Option<String>,
    condition_key: Option<String>,
    placeholder: Option<String>,
    resource: Option<String>,
    action: Option<String>,
    #[serde(default)]
    add: bool,
    #[serde(default)]
    set: toml::Table,
    #[serde(default)]
    remove: Vec<String>,
    /// Omits the whole entry and the references to it.
    #[serde(default)]
    leave_out: bool,
    reason: String,
}

/// The entry that a correction changes.
enum Subject {
    Service,
    Entry(&'static str, String),
}

impl Correction {
    fn subject(&self) -> Result<Subject, String> {
        let named = [
            ("sources", &self.source),
            ("condition-keys", &self.condition_key),
            ("placeholders", &self.placeholder),
            ("resources", &self.resource),
            ("actions", &self.action),
        ];
        let mut subjects = named
            .into_iter()
            .filter_map(|(section, name)| Some(Subject::Entry(section, name.clone()?)))
            .chain(self.service.then_some(Subject::Service));
        match (subjects.next(), subjects.next()) {
            (Some(subject), None) => Ok(subject),
            _ => Err(
                "a correction names one of `service`, `source`, `condition-key`, `placeholder`, `resource` and \
                 `action`"
                    .to_owned(),
            ),
        }
    }

    /// Applies the correction to `entry`.
    fn change(&self, entry: &mut Entry) -> Result<(), String> {
        if self.set.is_empty() && self.remove.is_empty() {
            return Err(
                "the correction changes nothing; add `set`, `remove` or `leave-out`".to_owned(),
            );
        }
        for (key, value) in &self.set {
            if entry.get(key) == Some(value) {
                return Err(format!(
                    "`{key}` already has this value; remove it from the correction"
                ));
            }
            entry.insert(key.clone(), value.clone());
        }
        for key in &self.remove {
            if entry.remove(key).is_none() {
                return Err(format!(
                    "there is no `{key}`; remove it from the correction"
                ));
            }
        }
        Ok(())
    }
}

impl Overlay {
    /// Parses `text`, the contents of the file called `path`.
    pub(super) fn read(path: &str, text: &str) -> Result<Self, String> {
        let overlay: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(1, |span| line(text, span.start));
            format!("{path}:{place}: {}", error.message().replace('\n', ", "))
        })?;
        if overlay.overlay != FORMAT {
            return Err(format!(
                "{path}:1: unknown overlay format {}; this version reads {FORMAT}",
                overlay.overlay
            ));
        }
        Ok(overlay)
    }

    /// Applies the corrections to `draft`. Returns the errors in them.
    pub(super) fn apply(&self, path: &str, text: &str, draft: &mut Draft) -> Vec<String> {
        let mut faults = Vec::new();
        for (section, summaries) in &self.summaries {
            for (name, summary) in summaries {
                if let Err(fault) = summarize(draft, section, name, summary.get_ref()) {
                    let line = line(text, summary.span().start);
                    faults.push(format!("{path}:{line}: {fault}"));
                }
            }
        }
        for correction in &self.corrections {
            if let Err(fault) = apply(correction.get_ref(), draft) {
                faults.push(format!(
                    "{path}:{}: {fault}",
                    line(text, correction.span().start)
                ));
            }
        }
        faults
    }
}

fn summarize(draft: &mut Draft, section: &str, name: &str, summary: &str) -> Result<(), String> {
    let Some(section) = SECTIONS.into_iter().find(|known| *known == section) else {
        return Err(format!("unknown section `{section}`"));
    };
    let Some(entry) = draft.section(section).get_mut(name) else {
        return Err(no_entry(draft, section, name));
    };
    entry.insert("summary".to_owned(), summary.into());
    Ok(())
}

fn no_entry(draft: &mut Draft, section: &'static str, name: &str) -> String {
    let names = draft.section(section).keys().map(String::as_str);
    let near = pinpoint_iam_catalog::nearest(name, names);
    let hint = near.first().map_or_else(
        || "`add = true` adds a new entry".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    format!("the import contains no `{name}` in `{section}`; {hint}")
}

fn apply(correction: &Correction, draft: &mut Draft) -> Result<(), String> {
    let subject = correction.subject()?;
    let reason = correction.reason.trim();
    if reason.is_empty() || reason.contains(['\n', '\r']) {
        return Err("a correction needs a `reason` of one line".to_owned());
    }
    let place = match subject {
        Subject::Service => {
            correction.change(&mut draft.service)?;
            ("service".to_owned(), String::new())
        }
        Subject::Entry(section, name) => {
            let entries = draft.section(section);
            match (entries.get_mut(&name), correction.add) {
                (Some(_), true) => {
                    return Err(format!(
                        "the import already contains `{name}`; remove `add`"
                    ));
                }
                (None, false) => return Err(no_entry(draft, section, &name)),
                (Some(_), false) if correction.leave_out => {
                    draft.leave_out(section, &name, reason);
                    return Ok(());
                }
                (Some(entry), false) => correction.change(entry)?,
                (None, true) => {
                    let mut entry = Entry::new();
                    correction.change(&mut entry)?;
                    entries.insert(name.clone(), entry);
                }
            }
            (section.to_owned(), name)
        }
    };
    draft
        .reasons
        .entry(place)
        .or_default()
        .push(reason.to_owned());
    Ok(())
}

fn line(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// Returns a list of texts as a TOML value.
pub(super) fn texts<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Value {
    let texts = texts.into_iter();
    Value::Array(
        texts
            .map(|text| Value::String(text.as_ref().to_owned()))
            .collect(),
    )
}
