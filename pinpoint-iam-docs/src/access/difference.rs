//! The difference between two matrices.

use super::{AccessMatrix, RouteVerdict, Row};
use crate::cell::{Cell, Line};
use crate::table::Table;

impl AccessMatrix {
    /// Returns the changes from this matrix to `after` as a table: the routes with at least one change, and in each
    /// cell the verdict before and after.
    ///
    /// A verdict [`Depends`](RouteVerdict::Depends) is unchanged if the same statements are undecided for the same
    /// caller. Other statements are a change even if they use the same keys, because a condition may compare with
    /// another value. Routes and principals that are in only one of the matrices are changes too.
    pub fn difference(&self, after: &Self, name: &str, title: &str) -> Table {
        let added = after.principals.iter();
        let added = added.filter(|name| !self.principals.contains(name));
        let principals: Vec<String> = self.principals.iter().chain(added).cloned().collect();
        let added = after
            .rows
            .iter()
            .filter(|row| self.row(&row.name).is_none());
        let rows: Vec<&Row> = self.rows.iter().chain(added).collect();
        let all = Self {
            principals,
            rows: Vec::new(),
        };
        let mut changed = Vec::new();
        let mut verdicts = 0_usize;
        for row in &rows {
            let cells: Vec<Option<Cell>> = all
                .principals()
                .map(|principal| {
                    change(
                        self.verdict(principal, &row.name),
                        after.verdict(principal, &row.name),
                    )
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
            rows.len() * all.principals.len(),
            changed.len(),
            rows.len()
        );
        let mut table = all
            .empty_table(name, title)
            .with_paragraph(Line::text(&count));
        for (row, cells) in changed {
            let cells = cells.into_iter().map(Option::unwrap_or_default);
            table.push(&row.name, row.head().into_iter().chain(cells));
        }
        table
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// Returns the change of a verdict, or `None` if it is the same.
fn change(before: Option<&RouteVerdict>, after: Option<&RouteVerdict>) -> Option<Cell> {
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
