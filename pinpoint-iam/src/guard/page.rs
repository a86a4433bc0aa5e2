//! Pages of the rows of a table.

use std::fmt;
use std::future::Future;

use crate::action::ActsOn;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::list::{Constraint, Predicate, ResourceColumns};
use crate::resource::{InvalidId, Resource};

impl Guard<'_> {
    /// Returns a page of the rows that the caller may perform `action` on. `columns` describes the table as for
    /// [`constraint`](Self::constraint), `size` is the number of rows, and `after` the [key](ListRow::Key) of the last row
    /// of the page before.
    ///
    /// `fetch` queries the database; it returns the rows that a [`PageQuery`] describes. With
    /// [`Constraint::Candidates`], every row is checked, and further rows are fetched until the page is full. This is the
    /// only function that uses candidates, because their predicate alone selects rows that the caller may not see. With
    /// [`Constraint::Nothing`], `fetch` is not called.
    ///
    /// If very many candidates are denied, the page is returned with fewer rows after 20 queries, and
    /// [`next`](Page::next) continues.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`constraint`](Self::constraint), of `fetch` and of the checks.
    pub async fn filter_page<A, C, T, F, Q, E>(
        &self,
        action: A,
        columns: &C,
        size: usize,
        after: Option<T::Key>,
        fetch: F,
    ) -> Result<Page<T>, E>
    where
        A: ActsOn<T::Resource>,
        C: ResourceColumns<Resource = T::Resource>,
        T: ListRow,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let constraint = self.constraint(action, columns).await?;
        self.page_of(action, &constraint, size, after, fetch).await
    }

    /// Returns a page of the rows of `constraint`, which must be that of this guard for `action`.
    pub(crate) async fn page_of<A, T, F, Q, E>(
        &self,
        action: A,
        constraint: &Constraint,
        size: usize,
        after: Option<T::Key>,
        mut fetch: F,
    ) -> Result<Page<T>, E>
    where
        A: ActsOn<T::Resource>,
        T: ListRow,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let mut page = Page {
            rows: Vec::new(),
            next: after,
        };
        let (filter, is_exact) = match constraint {
            Constraint::Nothing => return Ok(Page { next: None, ..page }),
            Constraint::All => (None, true),
            Constraint::Where(predicate) => (Some(predicate), true),
            Constraint::Candidates(candidates) => (Some(candidates.predicate()), false),
        };
        for _ in 0..MOST_QUERIES {
            let missing = size.saturating_sub(page.rows.len());
            if missing == 0 {
                return Ok(page);
            }
            // Some of the candidates are denied, so more rows are fetched than are missing.
            let limit = match is_exact {
                true => missing,
                false => missing
                    .saturating_mul(2)
                    .clamp(SMALLEST_QUERY, LARGEST_QUERY),
            };
            let rows = fetch(PageQuery {
                filter: filter.cloned(),
                after: page.next.clone(),
                limit,
            })
            .await?;
            let mut last = page.next.as_ref();
            let keys: Vec<T::Key> = rows.iter().map(ListRow::key).collect();
            for key in &keys {
                if last.is_some_and(|last| key <= last) {
                    return Err(Denied::misconfigured(NOT_SORTED)
                        .for_authorizer(self.authorizer)
                        .into());
                }
                last = Some(key);
            }
            let is_last = rows.len() < limit;
            let resources: Vec<T::Resource> = rows
                .iter()
                .map(ListRow::resource)
                .collect::<Result<_, _>>()
                .map_err(Denied::from)?;
            let flags = match is_exact {
                true => vec![true; rows.len()],
                false => self.filter_flags(action, &resources).await?,
            };
            let count = rows.len();
            let rows = rows.into_iter().zip(keys).zip(flags);
            for (index, ((row, key), is_allowed)) in rows.enumerate() {
                page.next = Some(key);
                if is_allowed {
                    page.rows.push(row);
                }
                if page.rows.len() == size {
                    if is_last && index + 1 == count {
                        page.next = None;
                    }
                    return Ok(page);
                }
            }
            if is_last {
                page.next = None;
                return Ok(page);
            }
        }
        Ok(page)
    }
}

/// The maximum number of queries for one page.
const MOST_QUERIES: usize = 20;

/// The limits of the number of candidates that one query fetches.
const SMALLEST_QUERY: usize = 20;
const LARGEST_QUERY: usize = 1_000;

const NOT_SORTED: &str = "the rows of a page are not sorted by their keys: a query must return keys that are greater than \
     `after`, in ascending order; texts are sorted by their bytes, in PostgreSQL with `ORDER BY key COLLATE \"C\"`";

/// A row of a table, for [`Guard::filter_page`].
pub trait ListRow {
    /// The type of the row's resource.
    type Resource: Resource;

    /// The value by which the rows are sorted. It is different for each row.
    ///
    /// The database must sort as `Ord` does: a text by its bytes, which in PostgreSQL is the order of the collation `C`.
    /// A page whose rows have another order is an error, because rows between two pages would be lost.
    type Key: Clone + Ord;

    /// Returns the resource.
    ///
    /// # Errors
    ///
    /// Fails if the row contains an id that is not valid in an ARN.
    fn resource(&self) -> Result<Self::Resource, InvalidId>;

    /// Returns the value by which the rows are sorted.
    fn key(&self) -> Self::Key;
}

/// The rows that [`Guard::filter_page`] needs from a database: those that fulfil `filter` and whose key is greater than
/// `after`, sorted by their key, and at most `limit` of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PageQuery<K> {
    /// The condition; without one, all rows fulfil it. **It may select rows that the caller may not see**, which
    /// [`Guard::filter_page`] removes.
    pub filter: Option<Predicate>,
    /// The key of the last row that was fetched before.
    pub after: Option<K>,
    /// The maximum number of rows.
    pub limit: usize,
}

/// A page of rows that the caller may see.
#[non_exhaustive]
pub struct Page<T: ListRow> {
    /// The rows.
    pub rows: Vec<T>,
    /// The key after which the next page starts; `None` if this page is the last one.
    ///
    /// **It can be the key of a row that the caller may not see**, so do not send it to a client. The feature
    /// `page-tokens` encrypts it, see `PageTokens`.
    pub next: Option<T::Key>,
}

impl<T: ListRow> fmt::Debug for Page<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Page")
            .field("rows", &self.rows.len())
            .field("is_last", &self.next.is_none())
            .finish()
    }
}
