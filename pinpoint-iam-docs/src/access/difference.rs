//! The difference between two matrices.

use super::{AccessMatrix, RouteVerdict, Row, empty_table};
use crate::cell::{Cell, Line};
use crate::table::Table;

impl AccessMatrix {
    /// Returns the changes from this matrix to `after` as a table: the routes with at least one change, and in each
    /// cell the verdict before and after.
    ///
    /// A verdict [`Depends`](RouteVerdict::Depends) is unchanged if the same statements are undecided for the same
    /// caller. Other statements are a change even if they use the same keys, because a condition may compare with
    /// another value. Routes and principals that are in only one of the matrices are changes too.
    ///
    /// Below a changed verdict, the cell shows a request that is newly allowed and one that is no longer allowed, with
    /// the statement that decides it, or that no request is decided differently. `pinpoint-iam-compare` finds these
    /// requests, and both evaluators have confirmed them.
    pub fn difference(&self, after: &Self, name: &str, title: &str) -> Table {
        let added = after.principals.iter();
        let added = added.filter(|name| !self.principals.contains(name));
        let principals: Vec<String> = self.principals.iter().chain(added).cloned().collect();
        let added = after
            .rows
            .iter()
            .filter(|row| self.row(&row.name).is_none());
        let rows: Vec<&Row> = self.rows.iter().chain(added).collect();
        let mut changed = Vec::new();
        let mut verdicts = 0_usize;
        for row in &rows {
            let cells: Vec<Option<Cell>> = principals
                .iter()
                .map(|principal| {
                    let verdicts = [self, after].map(|all| all.verdict(principal, &row.name));
                    let mut cell = change(verdicts)?;
                    if let [Some(_), Some(_)] = verdicts {
                        cell.append(Cell::lines(self.witnesses(after, principal, &row.name)));
                    }
                    Some(cell)
                })
                .collect();
            let changes = cells.iter().flatten().count();
            if changes > 0 {
                verdicts += changes;
                changed.push((*row, cells));
            }
        }
        let count = format!(
            "{verdicts} of {} verdicts change, on {} of {} routes. A cell without change is empty.",
            rows.len() * principals.len(),
            changed.len(),
            rows.len()
        );
        let mut table = empty_table(name, title, &principals).with_paragraph(Line::text(&count));
        for (row, cells) in changed {
            let cells = cells.into_iter().map(Option::unwrap_or_default);
            table.push(&row.name, row.head().into_iter().chain(cells));
        }
        table
    }

    pub(super) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// Returns the change of a verdict, or `None` if it is the same.
fn change([before, after]: [Option<&RouteVerdict>; 2]) -> Option<Cell> {
    if before == after {
        return None;
    }
    let lines = |verdict: Option<&RouteVerdict>| match verdict {
        Some(verdict) => verdict.lines(),
        None => vec![Line::text("not there")],
    };
    let (before, after) = (lines(before), lines(after));
    if before == after {
        let remark = Line::text("other statements, or other facts of the caller, with the same:");
        return Some(Cell::lines([remark].into_iter().chain(after)));
    }
    let before = [Line::text("before:")].into_iter().chain(before);
    let after = [Line::text("after:")].into_iter().chain(after);
    Some(Cell::lines(before.chain(after)))
}
