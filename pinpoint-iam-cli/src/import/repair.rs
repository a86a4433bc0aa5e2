//! Finds the entries of a draft that the loader rejects.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Catalog, CatalogErrors, SourceFile};

use super::draft::{Draft, Written};

/// Optional keys of entries, each with the keys that must be removed together with it.
///
/// The resource types and condition keys of an action are not optional: without them, a check would decide about
/// something else.
const OPTIONAL: [(&str, &[&str]); 8] = [
    ("route", &ROUTE),
    ("success-status", &ROUTE),
    ("pinned", &ROUTE),
    ("from-request", &ROUTE),
    ("target", &["target", "from-request"]),
    ("request-tags", &["request-tags"]),
    ("dependent-actions", &["dependent-actions"]),
    ("documentation", &["documentation"]),
];

const ROUTE: [&str; 5] = [
    "route",
    "success-status",
    "target",
    "pinned",
    "from-request",
];

/// An entry that the loader rejects, or an optional key of such an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Faulty {
    section: &'static str,
    name: String,
    key: Option<&'static str>,
}

/// Loads a catalog. Returns all errors that the loader reports.
pub(super) fn load(written: &Written) -> Result<(), CatalogErrors> {
    let file = SourceFile::new("the imported catalog", written.text.as_str());
    Catalog::load([file]).map(|_| ())
}

/// Returns everything that must be removed from `draft` before the loader accepts the rest.
///
/// Stops at an error that does not belong to an entry, because removing an entry cannot fix it.
pub(super) fn faulty(draft: &Draft, head: &str) -> BTreeSet<Faulty> {
    let mut draft = draft.clone();
    let mut all = BTreeSet::new();
    loop {
        draft.prune();
        let written = draft.write(head);
        let Err(faults) = load(&written) else {
            return all;
        };
        let found = of_entries(&written, &faults);
        if found.is_empty() {
            return all;
        }
        for (faulty, why) in found {
            faulty.leave_out(&mut draft, &why);
            all.insert(faulty);
        }
    }
}

/// Removes the entries and keys in `known` that the loader rejects from `draft`, and returns the text.
///
/// # Errors
///
/// The errors in everything else.
pub(super) fn without(
    known: &BTreeSet<Faulty>,
    draft: &mut Draft,
    head: &str,
) -> Result<Written, CatalogErrors> {
    loop {
        draft.prune();
        let written = draft.write(head);
        let Err(faults) = load(&written) else {
            return Ok(written);
        };
        let mut found = of_entries(&written, &faults);
        found.retain(|(faulty, _)| known.contains(faulty));
        if found.is_empty() {
            return Err(faults);
        }
        for (faulty, why) in found {
            faulty.leave_out(draft, &why);
        }
    }
}

/// Returns the entries that the loader rejects, each once with its error.
fn of_entries(written: &Written, faults: &CatalogErrors) -> Vec<(Faulty, String)> {
    let mut found: Vec<(Faulty, String)> = Vec::new();
    for fault in faults.iter() {
        let Some((section, name, key)) = written.entry_at(fault.line()) else {
            continue;
        };
        let optional = OPTIONAL.iter().find(|(optional, _)| *optional == key);
        let faulty = Faulty {
            section,
            name: name.to_owned(),
            key: optional.map(|(key, _)| *key),
        };
        if !found.iter().any(|(known, _)| *known == faulty) {
            found.push((faulty, fault.message().to_owned()));
        }
    }
    found
}

impl Faulty {
    fn leave_out(&self, draft: &mut Draft, why: &str) {
        let Self { section, name, key } = self;
        let Some(key) = key else {
            draft.leave_out(section, name, why);
            return;
        };
        let Some(entry) = draft.section(section).get_mut(name) else {
            return;
        };
        let mut optional = OPTIONAL.iter();
        if let Some((_, keys)) = optional.find(|(optional, _)| optional == key) {
            entry.retain(|key, _| !keys.contains(&key.as_str()));
        }
        draft.note(
            section,
            name,
            format!("`{name}` is written without `{key}`: {why}"),
        );
    }
}
