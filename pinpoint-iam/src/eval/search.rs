//! The search for the statements of a program that may match a request.

use crate::eval::Truth;
use crate::program::action_element::is_about_action;
use crate::program::{
    Entry, InPrefix, PrefixTries, Program, ReachedLists, ResolvedAction, Visit, is_reached,
};
use crate::request::Request;

/// A search for the entries of programs, by one request or by several that have something in common.
pub(crate) trait Search<'p> {
    /// Calls `each` with every entry of `program` that covers the action of `request` and may match its resource.
    ///
    /// No other statement can match, for any values of the unknown keys.
    fn candidates(&mut self, program: &'p Program, request: &Request<'_>, each: impl FnMut(Entry));
}

/// The search by one request.
pub(crate) struct SearchOnce;

impl<'p> Search<'p> for SearchOnce {
    #[inline]
    fn candidates(&mut self, program: &'p Program, request: &Request<'_>, each: impl FnMut(Entry)) {
        program.candidates(request, each);
    }
}

/// The search by requests for the same action, on resources with the same ARN prefix.
#[derive(Default)]
pub(crate) struct SearchResources<'p>(PerProgram<'p, (ResolvedAction<'p>, PrefixTries)>);

impl<'p> Search<'p> for SearchResources<'p> {
    #[inline]
    fn candidates(&mut self, program: &'p Program, request: &Request<'_>, each: impl FnMut(Entry)) {
        let resource = request.resource_ref();
        let find = || (program.resolved(request), program.index().prefix(resource));
        self.0.with(program, find, |(resolved, tries)| {
            let lists = InPrefix { tries, resource };
            program.candidates_in(&lists, *resolved, request, each);
        });
    }
}

/// The search by requests for several actions on the same resource.
#[derive(Default)]
pub(crate) struct SearchActions<'p>(PerProgram<'p, ReachedLists>);

impl<'p> Search<'p> for SearchActions<'p> {
    #[inline]
    fn candidates(&mut self, program: &'p Program, request: &Request<'_>, each: impl FnMut(Entry)) {
        let find = || program.index().reached(request.resource_ref());
        self.0.with(program, find, |lists| {
            program.candidates_in(lists, program.resolved(request), request, each);
        });
    }
}

/// A search by several requests.
pub(crate) trait SearchAgain<'p>: Search<'p> + Default {
    /// Begins with the next request.
    fn begin(&mut self);
}

impl<'p> SearchAgain<'p> for SearchResources<'p> {
    #[inline]
    fn begin(&mut self) {
        self.0.next = 0;
    }
}

impl<'p> SearchAgain<'p> for SearchActions<'p> {
    #[inline]
    fn begin(&mut self) {
        self.0.next = 0;
    }
}

/// What the first of several requests has found in each program. What was found in another program is never used, but it
/// is only remembered if all requests search the same programs in the same order.
struct PerProgram<'p, T> {
    found: Vec<(&'p Program, T)>,
    /// The position of the program that is searched next.
    next: usize,
}

impl<T> Default for PerProgram<'_, T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            next: 0,
        }
    }
}

impl<'p, T> PerProgram<'p, T> {
    /// Calls `ask` with what `find` has found in `program`.
    #[inline]
    fn with(&mut self, program: &'p Program, find: impl FnOnce() -> T, ask: impl FnOnce(&T)) {
        let place = self.next;
        self.next += 1;
        let mut new = None;
        let found = match self.found.get(place) {
            Some((known, found)) if std::ptr::eq(*known, program) => found,
            _ => new.insert(find()),
        };
        ask(found);
        if let Some(new) = new {
            self.found.truncate(place);
            self.found.push((program, new));
        }
    }
}

impl Program {
    /// Calls `each` with every entry that covers the action of `request` and may match its resource.
    ///
    /// No other statement can match, for any values of the unknown keys.
    #[inline]
    pub(crate) fn candidates(&self, request: &Request<'_>, each: impl FnMut(Entry)) {
        let resolved = self.resolved(request);
        self.candidates_in(request.resource_ref(), resolved, request, each);
    }

    /// Looks up the action of `request`.
    #[inline]
    fn resolved(&self, request: &Request<'_>) -> ResolvedAction<'_> {
        let action = request.action();
        self.resolve(action.metadata(), action.prefix(), action.name())
    }

    /// Calls `each` with every entry in the lists of the resource that covers the action of `request`, as which `resolved`
    /// was looked up.
    #[inline]
    fn candidates_in(
        &self,
        lists: &impl Visit,
        resolved: ResolvedAction<'_>,
        request: &Request<'_>,
        mut each: impl FnMut(Entry),
    ) {
        let index = self.index();
        match resolved {
            ResolvedAction::InCatalog(table, number) => lists.visit(index, |list, at_end| {
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
            ResolvedAction::Unlisted => lists.visit(index, |list, at_end| {
                let action = request.action();
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
        let resolved = self.resolved(request);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests that search other programs, or in another order, never use what was found in another program.
    #[test]
    fn what_was_found_is_used_for_its_program_only() {
        let programs = [(); 3].map(|()| Program::compile(&[]).unwrap());
        let mut found = PerProgram::default();
        for (order, searched) in [
            (&[0, 1, 2][..], 3),
            (&[0, 1, 2], 0),
            (&[0, 2], 1),
            (&[0, 2, 1], 1),
            (&[1], 1),
            (&[1, 1, 1], 2),
            (&[1, 1, 1, 0], 1),
            (&[], 0),
        ] {
            found.next = 0;
            let mut searches = 0;
            for number in order {
                let find = || {
                    searches += 1;
                    *number
                };
                let program = &programs[*number];
                found.with(program, find, |known| {
                    assert_eq!(known, number, "{order:?}")
                });
            }
            assert_eq!(searches, searched, "{order:?}");
        }
    }
}
