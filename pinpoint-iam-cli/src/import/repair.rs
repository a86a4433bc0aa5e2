//! What the loader rejects of a draft, entry by entry.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Catalog, Faults, SourceFile};

use super::HEAD;
use super::draft::{Draft, Written};

/// Keys that an entry can do without, each with those that mean nothing without it.
///
/// What an action acts on and which condition keys it has are not among them: without these a check would decide
/// about something else.
const OPTIONAL: [(&str, &[&str]); 8] = [
    ("route", &ROUTE),
    ("success-status", &ROUTE),
    ("pinned", &ROUTE),
    ("from-request", &ROUTE),
    ("target", &["target", "from-request"]),
    ("request-tags", &["request-tags"]),
    ("companions", &["companions"]),
    ("documentation", &["documentation"]),
];

const ROUTE: [&str; 5] = [
    "route",
    "success-status",
    "target",
    "pinned",
    "from-request",
];

/// An entry that has a fault, or a key of it that the entry can do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Faulty {
    section: &'static str,
    name: String,
    key: Option<&'static str>,
}

/// A catalog without faults, or all that the loader says about it.
pub(super) fn load(written: &Written) -> Result<(), Faults> {
    let file = SourceFile::new("the imported catalog", written.text.as_str());
    Catalog::load([file]).map(|_| ())
}

/// Everything that has to be left out of `draft` before the loader accepts the rest.
///
/// Stops where a fault belongs to no entry: nothing can be left out for it.
pub(super) fn faulty(draft: &Draft) -> BTreeSet<Faulty> {
    let mut draft = draft.clone();
    let mut all = BTreeSet::new();
    loop {
        draft.prune();
        let written = draft.write(HEAD);
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

/// Leaves out of `draft` what the loader rejects, as far as it is in `known`, and answers the text.
///
/// # Errors
///
/// The faults of everything else.
pub(super) fn without(known: &BTreeSet<Faulty>, draft: &mut Draft) -> Result<Written, Faults> {
    loop {
        draft.prune();
        let written = draft.write(HEAD);
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

/// The entries that have faults, each once with what is wrong.
fn of_entries(written: &Written, faults: &Faults) -> Vec<(Faulty, String)> {
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
