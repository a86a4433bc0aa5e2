//! The results of earlier records, for records that request the same again.
//!
//! Services repeat requests. A record has the result of an earlier one if everything on which the decisions depend is equal:
//! the caller, the action, the resource with its account and scope, and the condition keys that the decisions have read. All
//! of it is compared in full. Hashes only find the record to compare with.
//!
//! Many requests occur only once. A result is therefore kept when a request occurs for the second time.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::RandomState;
use pinpoint_iam::Principal;
use pinpoint_iam::decision_log::{Outcome, Record, RecordedKey, RecordedRequest, RecordedValue};

use crate::report::Change;

/// The maximum number of requests that are kept.
const MOST_REQUESTS: usize = 32_768;

/// The number of requests that are remembered as having occurred once, a power of two.
const REMEMBERED: usize = 65_536;

/// The maximum number of results of one request, which differ in the values of condition keys.
const MOST_RESULTS: usize = 4;

/// The maximum number of lists of condition keys that are distinguished.
const MOST_KEY_LISTS: usize = 64;

/// The maximum length of the texts of a request that is kept, and of the values of its condition keys, in bytes.
const MAX_LENGTH: usize = 512;

/// The result of a record. Names are positions in lists of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) change: Change,
    pub(crate) old_is_allowed: Option<bool>,
    pub(crate) new_is_allowed: Option<bool>,
    pub(crate) principal: usize,
    pub(crate) action: usize,
    /// The statement of the old policies that decides, if there is one.
    pub(crate) old_statement: Option<usize>,
    pub(crate) new_statement: Option<usize>,
}

/// The requests of earlier records with their results, in limited memory.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    hasher: RandomState,
    /// The positions of requests in `known` by their hashes.
    positions: HashMap<u64, usize, RandomState>,
    /// The requests in the order of their second occurrence. Frequent ones are close to each other, which costs fewer cache
    /// misses than requests in the table itself.
    known: Vec<Known>,
    /// The texts of all requests.
    texts: String,
    /// Halves of hashes of requests that have occurred, at the positions that the other halves determine.
    occurred: Vec<u32>,
    /// The names of the condition keys of records. The records of a service have few different lists.
    key_lists: Vec<Vec<Box<str>>>,
    /// How often everything was forgotten.
    cleared: u64,
}

/// A request without its condition keys, and its results.
#[derive(Debug)]
struct Known {
    caller: Principal,
    /// Where its texts begin in [`Repeated::texts`], one after the other.
    start: usize,
    lengths: [Option<u16>; 4],
    /// The position of the names of the condition keys.
    key_list: usize,
    first: KnownResult,
    others: Vec<KnownResult>,
}

/// A result for some values of condition keys.
#[derive(Debug)]
struct KnownResult {
    /// The keys that the decisions have read, by their position in the record.
    read: Vec<(usize, RecordedKey<'static>)>,
    decided: Decided,
}

/// The place for the result of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    hash: u64,
    key_list: usize,
    /// [`Repeated::cleared`] when the place was found. Later, the list of condition keys is another one.
    cleared: u64,
}

impl Repeated {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.clear_requests();
        self.key_lists.clear();
        self.cleared += 1;
    }

    fn clear_requests(&mut self) {
        self.positions.clear();
        self.known.clear();
        self.texts.clear();
    }

    /// Finds the result of a record with this caller, or else the place for it. There is no place for some records, such as
    /// the first one with a request.
    pub(crate) fn find(
        &mut self,
        record: &Record<'_>,
        caller: &Principal,
    ) -> Result<Decided, Option<Place>> {
        let texts = texts(record);
        let length: usize = texts.into_iter().flatten().map(str::len).sum();
        // A list is not a request, and session policies can be long.
        if record.outcome == Outcome::List
            || caller.session_policies().is_some()
            || length > MAX_LENGTH
        {
            return Err(None);
        }
        let key_list = self.key_list(record).ok_or(None)?;
        let mut state = self.hasher.build_hasher();
        (caller.address(), key_list).hash(&mut state);
        for text in texts {
            text.hash(&mut state);
        }
        let hash = state.finish();
        let place = Place {
            hash,
            key_list,
            cleared: self.cleared,
        };
        let position = self.positions.get(&hash);
        let Some(known) = position.and_then(|position| self.known.get(*position)) else {
            return Err(Some(place).filter(|_| self.has_occurred(hash)));
        };
        if !known.is_of(record, caller, key_list, &self.texts) {
            // Another request has the same hash.
            return Err(None);
        }
        let mut results = std::iter::once(&known.first).chain(&known.others);
        match results.find(|result| result.is_for_keys_of(record)) {
            Some(result) => Ok(result.decided),
            None => Err(Some(place).filter(|_| known.others.len() + 1 < MOST_RESULTS)),
        }
    }

    /// Keeps the result of a record, whose request has noted which condition keys the decisions have read.
    pub(crate) fn keep(
        &mut self,
        place: Place,
        record: &Record<'_>,
        request: &RecordedRequest<'_>,
        decided: Decided,
    ) {
        let keys = record.keys.iter().enumerate();
        let is_read = |position: usize| request.has_read(position);
        let read = keys.filter(|(position, _)| is_read(*position));
        let read: Vec<_> = read
            .map(|(position, (_, key))| (position, key.clone().into_owned()))
            .collect();
        let read_lengths = read.iter().map(|(_, key)| length(key));
        if place.cleared != self.cleared || read_lengths.sum::<usize>() > MAX_LENGTH {
            return;
        }
        if self.known.len() >= MOST_REQUESTS {
            self.clear_requests();
        }
        let result = KnownResult { read, decided };
        let position = self.positions.entry(place.hash);
        let position = *position.or_insert(self.known.len());
        if let Some(known) = self.known.get_mut(position) {
            known.others.push(result);
            return;
        }
        let texts = texts(record);
        self.known.push(Known {
            caller: request.principal().clone(),
            start: self.texts.len(),
            lengths: lengths(&texts),
            key_list: place.key_list,
            first: result,
            others: Vec::new(),
        });
        self.texts.extend(texts.into_iter().flatten());
    }

    /// Whether a request with this hash has occurred before, as far as it is remembered. Remembers this one.
    fn has_occurred(&mut self, hash: u64) -> bool {
        // A request with this half of a hash may be kept when it occurs for the first time.
        const NONE: u32 = 0;
        if self.occurred.is_empty() {
            self.occurred.resize(REMEMBERED, NONE);
        }
        let position = usize::try_from(hash % REMEMBERED as u64).unwrap_or_default();
        let half = u32::try_from(hash >> u32::BITS).unwrap_or_default();
        let slot = self.occurred.get_mut(position);
        slot.is_some_and(|slot| std::mem::replace(slot, half) == half)
    }

    /// Returns the position of the names of the record's condition keys.
    fn key_list(&mut self, record: &Record<'_>) -> Option<usize> {
        let names = || record.keys.iter().map(|(name, _)| name);
        let mut lists = self.key_lists.iter();
        let found = lists.position(|list| list.iter().map(|name| &**name).eq(names()));
        if found.is_none()
            && self.key_lists.len() < MOST_KEY_LISTS
            && names().map(str::len).sum::<usize>() <= MAX_LENGTH
        {
            self.key_lists.push(names().map(Box::from).collect());
            return Some(self.key_lists.len() - 1);
        }
        found
    }
}

/// The parts of a request that are texts.
fn texts<'r>(record: &'r Record<'_>) -> [Option<&'r str>; 4] {
    [
        Some(&*record.action),
        record.resource.as_deref(),
        record.scope.as_deref(),
        record.resource_account.as_deref(),
    ]
}

/// The lengths of texts that together are not longer than [`MAX_LENGTH`].
fn lengths(texts: &[Option<&str>; 4]) -> [Option<u16>; 4] {
    texts.map(|text| u16::try_from(text?.len()).ok())
}

/// The length of the values of a condition key that are texts.
fn length(key: &RecordedKey<'_>) -> usize {
    let of_value = |value: &RecordedValue<'_>| match value {
        RecordedValue::Text(text) => text.len(),
        _ => size_of::<i64>(),
    };
    match key {
        RecordedKey::One(value) => of_value(value),
        RecordedKey::Many(values) => values.iter().map(of_value).sum(),
        _ => 0,
    }
}

impl Known {
    /// Whether this is the request of a record. `all` contains the texts of all requests.
    fn is_of(&self, record: &Record<'_>, caller: &Principal, key_list: usize, all: &str) -> bool {
        let texts = texts(record);
        let mut own = all.get(self.start..).unwrap_or_default();
        // A caller that is kept has an address that no other one has.
        self.caller.address() == caller.address()
            && self.key_list == key_list
            && self.lengths == lengths(&texts)
            && texts
                .into_iter()
                .flatten()
                .all(|text| match own.strip_prefix(text) {
                    Some(rest) => {
                        own = rest;
                        true
                    }
                    None => false,
                })
    }
}

impl KnownResult {
    /// Whether the keys that were read have the same values in a record with the same list of keys.
    fn is_for_keys_of(&self, record: &Record<'_>) -> bool {
        let mut read = self.read.iter();
        read.all(|(position, key)| {
            let other = record.keys.iter().nth(*position);
            other.is_some_and(|(_, other)| other == key)
        })
    }
}

#[cfg(test)]
mod tests {
    use pinpoint_iam::decision_log::RecordedRequests;

    use super::*;

    const DECIDED: Decided = Decided {
        change: Change::Unchanged,
        old_is_allowed: Some(true),
        new_is_allowed: Some(true),
        principal: 0,
        action: 0,
        old_statement: None,
        new_statement: None,
    };

    fn line(changes: &[(&str, &str)]) -> String {
        let mut line = r#"{"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
            "action": "mobiletargeting:GetApp", "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
            "scope": "aws:us-east-1:123456789012", "resource_account": "123456789012",
            "keys": {"aws:SourceIp": "203.0.113.5"}, "outcome": "allow", "revision": "7", "ns": 812}"#
            .to_owned();
        for (from, to) in changes {
            assert!(line.contains(from), "{from}");
            line = line.replace(from, to);
        }
        line
    }

    fn with<T>(
        line: &str,
        requests: &mut RecordedRequests<fn(Principal) -> Principal>,
        ask: impl FnOnce(&Record<'_>, &RecordedRequest<'_>) -> T,
    ) -> T {
        let record = Record::parse(line).unwrap();
        let caller = requests.caller(&record.principal).unwrap();
        let request = requests.request_of(&record, caller).unwrap();
        ask(&record, &request)
    }

    /// Finds the result of a record that occurs for the second time.
    fn find_again(
        repeated: &mut Repeated,
        record: &Record<'_>,
        caller: &Principal,
    ) -> Result<Decided, Option<Place>> {
        match repeated.find(record, caller) {
            Err(None) => repeated.find(record, caller),
            other => other,
        }
    }

    /// Only requests that occur again are kept.
    #[test]
    fn a_request_has_a_place_when_it_occurs_again() {
        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let mut repeated = Repeated::default();
        for is_again in [false, true] {
            for name in ["apps/a1", "apps/a2"] {
                with(
                    &line(&[("apps/a1", name)]),
                    &mut requests,
                    |record, request| {
                        let found = repeated.find(record, request.principal());
                        assert_eq!(found.unwrap_err().is_some(), is_again, "{name}");
                    },
                );
            }
        }
        repeated.clear();
        with(&line(&[]), &mut requests, |record, request| {
            let found = repeated.find(record, request.principal());
            assert!(
                found.unwrap_err().is_some(),
                "what has occurred is no result"
            );
        });
    }

    /// A request that differs in one part has no result of the other one, also if the hashes are equal.
    #[test]
    fn requests_with_equal_hashes_are_distinguished() {
        for change in [
            (":user/ana", ":user/bob"),
            (":GetApp", ":GetApps"),
            ("apps/a1", "apps/a2"),
            ("aws:us-east-1:", "aws:us-east-2:"),
            (
                r#""resource_account": "123456789012""#,
                r#""resource_account": "210987654321""#,
            ),
            (r#""resource_account""#, r#""other""#),
            ("aws:SourceIp", "aws:VpcSourceIp"),
            (
                r#""aws:SourceIp""#,
                r#""aws:UserAgent": null, "aws:SourceIp""#,
            ),
        ] {
            let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
            let mut repeated = Repeated::default();
            let hash = with(&line(&[]), &mut requests, |record, request| {
                let place = find_again(&mut repeated, record, request.principal());
                let place = place.unwrap_err().unwrap();
                repeated.keep(place, record, request, DECIDED);
                let again = repeated.find(record, request.principal());
                assert_eq!(again.ok(), Some(DECIDED));
                place.hash
            });
            with(&line(&[change]), &mut requests, |record, request| {
                let place = find_again(&mut repeated, record, request.principal());
                let place = place.unwrap_err().unwrap();
                let known = repeated.positions.remove(&hash).unwrap();
                repeated.positions.insert(place.hash, known);
                let found = repeated.find(record, request.principal());
                assert!(matches!(found, Err(None)), "{change:?}");
            });
        }
    }

    /// A place that was found before everything was forgotten has the position of a list of keys that no longer exists. Another
    /// list can be there when the next record is read.
    #[test]
    fn a_place_is_not_used_after_everything_was_forgotten() {
        use pinpoint_iam::context::{ConditionKey, ContextLookup as _};

        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let mut repeated = Repeated::default();
        with(&line(&[]), &mut requests, |record, request| {
            let key = ConditionKey::new("aws:SourceIp");
            request.as_request().lookup(&key);
            let place = find_again(&mut repeated, record, request.principal());
            repeated.clear();
            repeated.keep(place.unwrap_err().unwrap(), record, request, DECIDED);
        });
        // Another key with the same value.
        let other = line(&[("aws:SourceIp", "aws:VpcSourceIp")]);
        with(&other, &mut requests, |record, request| {
            let found = repeated.find(record, request.principal());
            assert!(found.is_err());
        });
    }

    /// Of equal requests, those with the same values of the keys that were read have the result.
    #[test]
    fn only_keys_that_were_read_matter() {
        use pinpoint_iam::context::{ConditionKey, ContextLookup as _};

        let address = (r#""203.0.113.5""#, r#""192.0.2.1""#);
        for (is_read, change, is_found) in [
            (false, address, true),
            (true, address, false),
            (true, (r#""203.0.113.5""#, "null"), false),
            (true, (r#""203.0.113.5""#, r#"{"state": "masked"}"#), false),
            (true, (r#""203.0.113.5""#, r#"["203.0.113.5"]"#), false),
            (true, (r#""ns": 812"#, r#""ns": 5"#), true),
        ] {
            let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
            let mut repeated = Repeated::default();
            with(&line(&[]), &mut requests, |record, request| {
                if is_read {
                    request
                        .as_request()
                        .lookup(&ConditionKey::new("aws:sourceip"));
                }
                let place = find_again(&mut repeated, record, request.principal());
                repeated.keep(place.unwrap_err().unwrap(), record, request, DECIDED);
            });
            with(&line(&[change]), &mut requests, |record, request| {
                let found = repeated.find(record, request.principal());
                assert_eq!(found.is_ok(), is_found, "{is_read} {change:?}");
            });
        }
    }

    /// Lists and requests with session policies or long texts have no place.
    #[test]
    fn some_records_are_not_kept() {
        let long = format!("apps/{}", "x".repeat(MAX_LENGTH));
        let policy = r#"/ana", "session_policies": [{"name": "s", "document": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}]"#;
        for change in [("apps/a1", long.as_str()), ("/ana\"", policy)] {
            let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
            let mut repeated = Repeated::default();
            with(&line(&[change]), &mut requests, |record, request| {
                let found = find_again(&mut repeated, record, request.principal());
                assert!(matches!(found, Err(None)), "{change:?}");
            });
        }
        let list = line(&[(r#""outcome": "allow""#, r#""outcome": "list""#)]);
        let record = Record::parse(&list).unwrap();
        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let caller = requests.caller(&record.principal).unwrap();
        assert!(matches!(
            find_again(&mut Repeated::default(), &record, &caller),
            Err(None)
        ));
    }

    /// Memory is limited, whatever the log contains.
    #[test]
    fn results_are_limited() {
        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let mut repeated = Repeated::default();
        for number in 0..MOST_KEY_LISTS + 10 {
            let key = format!("aws:k{number}");
            with(
                &line(&[("aws:SourceIp", &key)]),
                &mut requests,
                |record, request| {
                    let found = find_again(&mut repeated, record, request.principal());
                    assert_eq!(found.unwrap_err().is_some(), number < MOST_KEY_LISTS);
                },
            );
        }
        assert_eq!(repeated.key_lists.len(), MOST_KEY_LISTS);
    }

    /// A request whose keys have ever new values keeps the first results.
    #[test]
    fn results_of_one_request_are_limited() {
        use pinpoint_iam::context::{ConditionKey, ContextLookup as _};

        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let mut repeated = Repeated::default();
        for number in 0..MOST_RESULTS + 2 {
            let line = line(&[("203.0.113.5", &format!("203.0.113.{number}"))]);
            with(&line, &mut requests, |record, request| {
                let key = ConditionKey::new("aws:SourceIp");
                request.as_request().lookup(&key);
                let place = find_again(&mut repeated, record, request.principal()).unwrap_err();
                assert_eq!(place.is_some(), number < MOST_RESULTS, "{number}");
                if let Some(place) = place {
                    repeated.keep(place, record, request, DECIDED);
                }
                let again = repeated.find(record, request.principal());
                assert_eq!(again.is_ok(), number < MOST_RESULTS, "{number}");
            });
        }
    }

    /// With too many requests all are forgotten, and the last one is kept.
    #[test]
    fn requests_are_limited() {
        let mut requests = RecordedRequests::new((|caller| caller) as fn(_) -> _);
        let mut repeated = Repeated::default();
        for number in 0..=MOST_REQUESTS {
            let line = line(&[("apps/a1", &format!("apps/{number}"))]);
            with(&line, &mut requests, |record, request| {
                let place = find_again(&mut repeated, record, request.principal());
                repeated.keep(place.unwrap_err().unwrap(), record, request, DECIDED);
                let again = repeated.find(record, request.principal());
                assert!(again.is_ok(), "{number}");
            });
            let expected = match number < MOST_REQUESTS {
                true => number + 1,
                false => 1,
            };
            assert_eq!(repeated.known.len(), expected);
            assert_eq!(repeated.positions.len(), expected);
        }
        let lengths = repeated.known.iter().flat_map(|known| known.lengths);
        let kept: usize = lengths.flatten().map(usize::from).sum();
        assert_eq!(repeated.texts.len(), kept);
    }
}
