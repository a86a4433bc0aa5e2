//! The search for the statements of a program that may match a request.

use crate::eval::Truth;
use crate::program::action_element::is_about_action;
use crate::program::{Entry, Program, ResolvedAction, is_reached};
use crate::request::Request;

impl Program {
    /// Calls `each` with every entry that covers the action of `request` and may match its resource.
    ///
    /// No other statement can match, for any values of the unknown keys.
    #[inline]
    pub(crate) fn candidates(&self, request: &Request<'_>, mut each: impl FnMut(Entry)) {
        let action = request.action();
        let resolved = self.resolve(action.metadata(), action.prefix(), action.name());
        let index = self.index();
        let resource = request.resource_ref();
        match resolved {
            ResolvedAction::InCatalog(table, number) => index.visit(resource, |list, at_end| {
                let entries = index.entries(list);
                match list.large() {
                    None => {
                        for entry in entries {
                            if table.has(*entry, number) && is_reached(*entry, at_end) {
                                each(*entry);
                            }
                        }
                    }
                    Some(large) => {
                        for position in table.chosen(large, number) {
                            let entry = entries.get(*position as usize);
                            if let Some(entry) = entry.filter(|entry| is_reached(**entry, at_end)) {
                                each(*entry);
                            }
                        }
                    }
                }
            }),
            ResolvedAction::Unlisted => index.visit(resource, |list, at_end| {
                for entry in index.entries(list) {
                    let statement = self.statement(entry.statement);
                    let is_about_it = statement.is_some_and(|statement| {
                        is_about_action(statement, action.prefix(), action.name())
                    });
                    if is_about_it && is_reached(*entry, at_end) {
                        each(*entry);
                    }
                }
            }),
        }
    }
}

impl Program {
    /// Calls `each` with every entry that covers the action of `request`, whose resource is not known, and with the
    /// result for the resource of the entry.
    pub(crate) fn candidates_for_any_resource(
        &self,
        request: &Request<'_>,
        mut each: impl FnMut(Entry, Option<Truth>),
    ) {
        let action = request.action();
        let resolved = self.resolve(action.metadata(), action.prefix(), action.name());
        for (entry, resource) in self.index().for_any_resource() {
            let is_about_it = match &resolved {
                ResolvedAction::InCatalog(table, number) => table.has(entry, *number),
                ResolvedAction::Unlisted => {
                    self.statement(entry.statement).is_some_and(|statement| {
                        is_about_action(statement, action.prefix(), action.name())
                    })
                }
            };
            if is_about_it {
                each(entry, resource);
            }
        }
    }

    /// Returns the numbers of the statements that cover the action of `request` and may match some resource, in order.
    pub(crate) fn statements_about_action(&self, request: &Request<'_>) -> Vec<u32> {
        // One bit for each statement: a statement has an entry for each pattern, and entries are not sorted.
        let mut found: Vec<u64> = Vec::new();
        self.candidates_for_any_resource(request, |entry, _| {
            let (word, bit) = (entry.statement / u64::BITS, entry.statement % u64::BITS);
            let word = word as usize;
            if word >= found.len() {
                found.resize(word + 1, 0);
            }
            if let Some(word) = found.get_mut(word) {
                *word |= 1 << bit;
            }
        });
        let mut numbers = Vec::new();
        for (first, mut word) in (0..).step_by(u64::BITS as usize).zip(found) {
            while word != 0 {
                numbers.push(first + word.trailing_zeros());
                word &= word - 1;
            }
        }
        numbers
    }

    /// Returns the numbers of the statements that cover the action of `request` and may match its resource, in order.
    pub(crate) fn statements_about(&self, request: &Request<'_>) -> Vec<u32> {
        let mut numbers = Vec::new();
        if request.resource_is_unknown() {
            self.candidates_for_any_resource(request, |entry, _| numbers.push(entry.statement));
        } else {
            self.candidates(request, |entry| numbers.push(entry.statement));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}
