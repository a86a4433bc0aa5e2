//! Renders the result of a replay as one HTML page.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_docs::{Cell, Line, Page, Table};
use pinpoint_iam_replay::{
    Change, Counts, Example, Partial, Report, StatementName, Tally, UsedPermissions,
};

use super::{output, used};

/// The number of rows of a table. Those with the most changes are shown.
const MOST_ROWS: usize = 1_000;

/// The number of rows of the timeline, which has one for each hour, day, month or year.
const MOST_PERIODS: usize = 750;

/// The width of the longest bar of the timeline, in characters.
const BAR: usize = 40;

/// The result as a page that needs no other file. Names of the log are data: nothing in them becomes markup.
pub(super) fn html(partial: &Partial, services: &[&'static ServiceMetadata]) -> String {
    let mut page = Page::new("Replay of logged requests");
    let report = partial.report();
    if partial.is_equal() {
        page = page.with_paragraph(Line::text(
            "Both policies decide every request in the same way.",
        ));
        if report.used.is_none() {
            page = page.with_paragraph(Line::text("No log was read."));
            return pinpoint_iam_docs::html(&page);
        }
    }
    let files = report.files.len();
    page = page.with_paragraph(Line::text(&format!(
        "{} records of {files} log file{}, decided by the policies before and after a change.",
        report.counts.records,
        if files == 1 { "" } else { "s" }
    )));
    for note in output::notes(report) {
        page = page.with_paragraph(Line::text(&format!("Note: {note}.")));
    }
    page = page.with_table(results(&report.counts));
    page = page.with_table(timeline(&report.hours));
    for change in Change::ALL {
        let examples = report.examples.get(&change).into_iter().flatten();
        page = match change {
            Change::NotReplayable => page.with_table(unreadable(examples)),
            // No examples are kept.
            Change::Unchanged => page,
            _ => page.with_table(requests(change, examples)),
        };
    }
    page = page.with_table(missing_keys(report));
    page = page.with_table(reasons(&report.reasons));
    page = page.with_table(tally(
        "principals",
        "Principals",
        "Principal",
        &report.principals,
    ));
    page = page.with_table(tally("actions", "Actions", "Action", &report.actions));
    for (name, title, all) in [
        (
            "old-statements",
            "Statements of the old policies",
            &report.old_statements,
        ),
        (
            "new-statements",
            "Statements of the new policies",
            &report.new_statements,
        ),
    ] {
        page = page.with_table(statements(name, title, all));
    }
    if let Some(permissions) = &report.used {
        page = page.with_table(unused(permissions));
        page = page.with_table(smallest(permissions, services));
    }
    pinpoint_iam_docs::html(&page)
}

fn number(number: u64) -> Cell {
    Cell::text(&number.to_string())
}

fn results(counts: &Counts) -> Table {
    let mut table = Table::new("results", "Results", ["Result", "Records", "Share"]);
    for change in Change::ALL {
        let records = counts.of(change);
        // In tenths of a per cent.
        let all = u128::from(counts.records.max(1));
        let tenths = (u128::from(records) * 1_000 + all / 2) / all;
        let share = format!("{}.{} %", tenths / 10, tenths % 10);
        let cells = [
            Cell::text(change.name()),
            number(records),
            Cell::text(&share),
        ];
        table.push(change.name(), cells);
    }
    table
}

/// One row for each hour, or for each longer period if there are many hours.
fn timeline(hours: &Tally<Counts>) -> Table {
    // The lengths of `2026-11-29T03`, `2026-11-29`, `2026-11` and `2026`.
    let lengths = [("Hour", 13), ("Day", 10), ("Month", 7), ("Year", 4)];
    let periods = |length: usize| {
        let mut periods: BTreeMap<&str, Counts> = BTreeMap::new();
        for (hour, counts) in &hours.by_name {
            let period = periods
                .entry(hour.get(..length).unwrap_or(hour))
                .or_default();
            add(period, counts);
        }
        periods
    };
    let shown = lengths
        .into_iter()
        .map(|(title, length)| (title, periods(length)));
    let mut shown = shown.filter(|(_, periods)| periods.len() <= MOST_PERIODS);
    let (title, periods) = shown.next().unwrap_or_default();
    let mut table = Table::new(
        "timeline",
        "Timeline",
        [title, "Records", "Newly allowed", "Newly denied", "Depends", "Not replayable", "Changes"],
    )
    .with_paragraph(Line::text(
        "Times are those of the log. The bars compare the numbers of newly allowed (`+`) and newly denied (`-`) requests.",
    ));
    let changes = |counts: &Counts| counts.newly_allowed + counts.newly_denied;
    let most = periods.values().map(changes).max().unwrap_or_default();
    for (period, counts) in &periods {
        table.push(
            period,
            [
                Cell::text(period),
                number(counts.records),
                number(counts.newly_allowed),
                number(counts.newly_denied),
                number(counts.depends),
                number(counts.not_replayable),
                Cell::code(&bar(counts, most)),
            ],
        );
    }
    table
}

fn add(sum: &mut Counts, counts: &Counts) {
    sum.records += counts.records;
    sum.newly_allowed += counts.newly_allowed;
    sum.newly_denied += counts.newly_denied;
    sum.unchanged += counts.unchanged;
    sum.depends += counts.depends;
    sum.not_replayable += counts.not_replayable;
}

/// A bar whose longest is that of `most` changes. A single change is visible.
fn bar(counts: &Counts, most: u64) -> String {
    let length = |changes: u64| {
        let share = u128::from(changes) * BAR as u128;
        usize::try_from(share.div_ceil(u128::from(most.max(1)))).unwrap_or(BAR)
    };
    let (allowed, denied) = (length(counts.newly_allowed), length(counts.newly_denied));
    "+".repeat(allowed) + &"-".repeat(denied)
}

fn requests<'a>(change: Change, examples: impl Iterator<Item = &'a Example>) -> Table {
    let title = format!("Examples: {}", change.name());
    let columns = [
        "Record",
        "Time",
        "Action",
        "Resource",
        "Principal",
        "Old",
        "New",
    ];
    let mut table = Table::new(&format!("examples-{}", change.name()), &title, columns);
    for example in examples {
        let resource = match example.resource.as_str() {
            "" => Cell::text("unknown"),
            resource => Cell::code(resource),
        };
        table.push(
            "example",
            [
                place(example),
                Cell::text(example.time.as_deref().unwrap_or_default()),
                Cell::code(&example.action),
                resource,
                Cell::code(&example.principal),
                Cell::text(&example.old),
                Cell::text(&example.new),
            ],
        );
    }
    table
}

fn unreadable<'a>(examples: impl Iterator<Item = &'a Example>) -> Table {
    let mut table = Table::new(
        "examples-not-replayable",
        "Examples: not replayable",
        ["Record", "Reason"],
    );
    for example in examples {
        let reason = example.reason.as_deref().unwrap_or_default();
        table.push("example", [place(example), Cell::text(reason)]);
    }
    table
}

/// The place of an example in the log.
fn place(example: &Example) -> Cell {
    let record = format!(", record {}", example.record);
    Cell::lines([Line::code(&example.file).and_text(&record)])
}

fn missing_keys(report: &Report) -> Table {
    let columns = ["Condition key", "Requests", "Masked"];
    let mut table = Table::new("missing-keys", "Missing keys", columns);
    for (key, missing) in report.missing_keys.iter().take(MOST_ROWS) {
        let cells = [
            Cell::code(key),
            number(missing.requests),
            number(missing.masked),
        ];
        table.push(key, cells);
    }
    limited(table, report.missing_keys.len())
}

fn reasons(reasons: &BTreeMap<String, u64>) -> Table {
    let mut table = Table::new("reasons", "Not replayable", ["Reason", "Records"]);
    for (reason, records) in reasons.iter().take(MOST_ROWS) {
        table.push(reason, [Cell::text(reason), number(*records)]);
    }
    limited(table, reasons.len())
}

/// The columns of tables with counts, after the first.
const COUNTS: [&str; 6] = [
    "Records",
    "Newly allowed",
    "Newly denied",
    "Unchanged",
    "Depends",
    "Not replayable",
];

fn counted(counts: &Counts) -> [Cell; 6] {
    [
        number(counts.records),
        number(counts.newly_allowed),
        number(counts.newly_denied),
        number(counts.unchanged),
        number(counts.depends),
        number(counts.not_replayable),
    ]
}

/// The rows with the most changes first.
fn most_changed<K: Ord>(all: &BTreeMap<K, Counts>) -> Vec<(&K, &Counts)> {
    let mut rows: Vec<(&K, &Counts)> = all.iter().collect();
    rows.sort_by_key(|(_, counts)| {
        Reverse((counts.newly_allowed + counts.newly_denied, counts.depends))
    });
    rows.truncate(MOST_ROWS);
    rows
}

fn tally(name: &str, title: &str, column: &str, tally: &Tally<Counts>) -> Table {
    let mut table = Table::new(name, title, [column].into_iter().chain(COUNTS));
    for (name, counts) in most_changed(&tally.by_name) {
        table.push(name, [Cell::code(name)].into_iter().chain(counted(counts)));
    }
    if tally.others.records > 0 {
        let cells = [Cell::text("all others")].into_iter();
        table.push("others", cells.chain(counted(&tally.others)));
    }
    limited(table, tally.by_name.len())
}

fn statements(name: &str, title: &str, all: &BTreeMap<StatementName, Counts>) -> Table {
    let columns = ["Policy", "Statement", "Sid", "Type"].into_iter();
    let mut table = Table::new(name, title, columns.chain(COUNTS)).with_paragraph(Line::text(
        "The numbers are those of the requests that a statement decides.",
    ));
    for (statement, counts) in most_changed(all) {
        let cells = [
            Cell::code(&statement.policy),
            Cell::text(&statement.number.to_string()),
            statement
                .sid
                .as_deref()
                .map_or_else(Cell::default, Cell::code),
            Cell::text(&statement.policy_type),
        ];
        let row = format!("{}-{}", statement.policy, statement.number);
        table.push(&row, cells.into_iter().chain(counted(counts)));
    }
    limited(table, all.len())
}

/// The actions that are granted and not used.
fn unused(permissions: &UsedPermissions) -> Table {
    let mut table = Table::new(
        "unused-actions",
        "Granted actions that no request has used",
        ["Action", "Records"],
    );
    for (records, actions) in [
        (
            "none that is allowed",
            permissions.unused().collect::<Vec<_>>(),
        ),
        (
            "undecided ones, which may have used it",
            permissions.possibly_used().collect(),
        ),
    ] {
        for action in actions {
            table.push(action, [Cell::code(action), Cell::text(records)]);
        }
    }
    table
}

/// The smallest policies that would have sufficed.
fn smallest(permissions: &UsedPermissions, services: &[&'static ServiceMetadata]) -> Table {
    let columns = ["Principal", "Scope", "Policy", "Notes"];
    let mut table = Table::new("smallest-policies", "Smallest policies", columns);
    let callers = &permissions.callers.by_name;
    for (caller, by_caller) in callers.iter().take(MOST_ROWS) {
        for (scope, actions) in &by_caller.scopes {
            let (documents, notes) = used::texts(scope, actions, services);
            let cells = [
                Cell::code(caller),
                Cell::code(scope),
                Cell::lines(documents.iter().map(|document| Line::code(document))),
                Cell::lines(notes.iter().map(|note| Line::text(note))),
            ];
            table.push(&format!("{caller} {scope}"), cells);
        }
        if by_caller.uncovered > 0 {
            let note = used::uncovered(by_caller.uncovered);
            let cells = [
                Cell::code(caller),
                Cell::default(),
                Cell::default(),
                Cell::text(&note),
            ];
            table.push(caller, cells);
        }
    }
    limited(table, callers.len())
}

/// Notes how many rows are not shown.
fn limited(table: Table, all: usize) -> Table {
    match all.saturating_sub(MOST_ROWS) {
        0 => table,
        more => table.with_paragraph(Line::text(&format!("{more} further rows are not shown."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(newly_allowed: u64, newly_denied: u64) -> Counts {
        Counts {
            records: newly_allowed + newly_denied,
            newly_allowed,
            newly_denied,
            ..Counts::default()
        }
    }

    /// A change that happens once is as visible as one that happens a million times.
    #[test]
    fn each_change_is_visible_in_the_timeline() {
        assert_eq!(bar(&counts(0, 0), 1_000_000), "");
        assert_eq!(bar(&counts(1, 0), 1_000_000), "+");
        assert_eq!(bar(&counts(0, 1), 1_000_000), "-");
        assert_eq!(bar(&counts(u64::MAX, 0), u64::MAX), "+".repeat(BAR));
        assert_eq!(bar(&counts(1, 1), 2).len(), BAR);
    }

    /// No request is left out, whatever the period.
    #[test]
    fn the_timeline_has_longer_periods_for_longer_logs() {
        for (hours, title, rows) in [
            (3, "Hour", 3),
            (750, "Hour", 750),
            (751, "Day", 32),
            (24 * 1_000, "Month", 36),
        ] {
            let mut tally = Tally::default();
            for hour in 0..hours {
                let (day, hour) = (hour / 24, hour % 24);
                let (month, day) = (day / 28, day % 28 + 1);
                let (year, month) = (2024 + month / 12, month % 12 + 1);
                let name = format!("{year}-{month:02}-{day:02}T{hour:02}");
                tally.by_name.insert(name, counts(1, 0));
            }
            let table = timeline(&tally);
            let first = table.columns().first().map(|column| column.title());
            assert_eq!((first, table.rows().len()), (Some(title), rows), "{hours}");
            let shown = table.rows().iter().filter_map(|row| row.cells().get(2));
            let shown = shown.filter_map(|cell| cell.iter().next()?.plain().parse::<u64>().ok());
            assert_eq!(shown.sum::<u64>(), hours);
        }
    }
}
