//! The names of a file's entries, and references to them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::error::Reporter;
use crate::names;
use crate::reader::entries::Text;

/// The names of one kind of entry.
pub(super) struct Names {
    kind: &'static str,
    names: Vec<(String, Range<usize>)>,
    sorted: BTreeSet<String>,
}

impl Names {
    pub(super) fn of<'a>(kind: &'static str, names: impl Iterator<Item = &'a Text>) -> Self {
        let names: Vec<_> = names
            .map(|name| (name.get_ref().clone(), name.span()))
            .collect();
        Self {
            kind,
            sorted: names.iter().map(|(name, _)| name.clone()).collect(),
            names,
        }
    }

    /// Reports names that differ only in case: they are easily confused, and IAM ignores case.
    pub(super) fn check_duplicates(&self, reporter: &Reporter<'_>) {
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for (name, span) in &self.names {
            let first = *known.entry(name.to_ascii_lowercase()).or_insert(name);
            if first != name {
                reporter.report(
                    span,
                    format!("there already is a {} `{first}`", self.kind),
                    "give it a name that differs in more than its capitals",
                );
            }
        }
    }

    /// The name that `reference` refers to; reports names that do not exist.
    pub(super) fn resolve(&self, reference: &Text, reporter: &Reporter<'_>) -> Option<String> {
        let name = reference.get_ref();
        if self.sorted.contains(name) {
            return Some(name.clone());
        }
        let near = reporter.nearest(name, self.names.iter().map(|(name, _)| name.as_str()));
        reporter.report(
            &reference.span(),
            format!("unknown {} `{name}`", self.kind),
            names::did_you_mean(&near).unwrap_or_else(|| {
                format!(
                    "declare it: `[{}s.\"{name}\"]`",
                    match self.kind {
                        "resource type" => "resource",
                        "condition key" => "condition-key",
                        kind => kind,
                    }
                )
            }),
        );
        None
    }

    /// The names that `references` refer to; reports unknown names and duplicates.
    pub(super) fn resolve_all(
        &self,
        references: &[Text],
        reporter: &Reporter<'_>,
    ) -> Option<Vec<String>> {
        let mut seen = BTreeSet::new();
        let resolved: Vec<Option<String>> = references
            .iter()
            .map(|reference| {
                if !seen.insert(reference.get_ref()) {
                    reporter.report(
                        &reference.span(),
                        format!(
                            "the {} `{}` is listed twice",
                            self.kind,
                            reference.get_ref()
                        ),
                        "name it once",
                    );
                    return None;
                }
                self.resolve(reference, reporter)
            })
            .collect();
        resolved.into_iter().collect()
    }
}
