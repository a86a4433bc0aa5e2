//! The policies of queries. They are read once per process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::error::Result;
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::source::{AccountDetails, PolicySource as _};
use pinpoint_iam_replay::{Policies, Records, Replay};
use pinpoint_iam_tools::parts;

use crate::error::execution;

/// The maximum number of pairs of policies that are kept.
const MOST_REPLAYS: usize = 8;

/// The policies that queries use, with the most recent ones first.
#[derive(Debug)]
pub(crate) struct Loaded {
    services: Vec<&'static ServiceMetadata>,
    replays: Mutex<VecDeque<Arc<LoadedReplay>>>,
}

/// Two policies that were read.
#[derive(Debug)]
pub(crate) struct LoadedReplay {
    old: String,
    new: String,
    replay: Arc<Replay>,
    /// Those that no thread uses. They remember the results of earlier batches.
    idle: Mutex<Vec<Records>>,
}

impl Loaded {
    pub(crate) fn with_services(services: Vec<&'static ServiceMetadata>) -> Self {
        Self {
            services,
            replays: Mutex::default(),
        }
    }

    /// Returns the policies with these texts.
    pub(crate) fn replay(&self, old: &str, new: &str) -> Result<Arc<LoadedReplay>> {
        // Other threads wait until the policies are read, and do not read them again.
        let mut replays = lock(&self.replays);
        if let Some(known) = replays
            .iter()
            .find(|known| known.old == old && known.new == new)
        {
            return Ok(Arc::clone(known));
        }
        // `iam_decide` has one text.
        let (old_name, new_name) = match old == new {
            true => ("policies", "policies"),
            false => ("old policies", "new policies"),
        };
        let replay = Replay::new(policies(old_name, old)?, policies(new_name, new)?)
            .with_examples(0)
            .with_services(self.services.iter().copied());
        let loaded = Arc::new(LoadedReplay {
            old: old.to_owned(),
            new: new.to_owned(),
            replay: Arc::new(replay),
            idle: Mutex::default(),
        });
        replays.truncate(MOST_REPLAYS - 1);
        replays.push_front(Arc::clone(&loaded));
        Ok(loaded)
    }
}

impl LoadedReplay {
    /// Calls `decide` with records that no other thread uses.
    pub(crate) fn with_records<T>(&self, decide: impl FnOnce(&mut Records) -> T) -> T {
        let idle = lock(&self.idle).pop();
        let mut records = idle.unwrap_or_else(|| self.replay.records());
        let result = decide(&mut records);
        lock(&self.idle).push(records);
        result
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a policy document or the details of an account.
fn policies(name: &str, text: &str) -> Result<Policies> {
    let policies = match parts::is_account(text) {
        true => {
            let store = AccountDetails::from_json(name, text).load();
            Policies::of_store(store.map_err(|error| execution(error.to_string()))?)
        }
        false => Policies::for_everyone([parts::policy(name, text).map_err(execution)?]),
    };
    policies.map_err(|_| execution(format!("the {name} are too large")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair of texts is read once, and the memory is limited.
    #[test]
    fn policies_are_kept_up_to_a_limit() {
        let text = |sid: usize| {
            format!(
                r#"{{"Statement": {{"Sid": "s{sid}", "Effect": "Allow", "Action": "*", "Resource": "*"}}}}"#
            )
        };
        let loaded = Loaded::with_services(Vec::new());
        let mut all = Vec::new();
        for number in 0..MOST_REPLAYS + 2 {
            let (old, new) = (text(0), text(number));
            let first = loaded.replay(&old, &new).unwrap();
            let again = loaded.replay(&old, &new).unwrap();
            assert!(Arc::ptr_eq(&first, &again), "{number}");
            assert_eq!((&*first.old, &*first.new), (&*old, &*new));
            assert_eq!(lock(&loaded.replays).len(), (number + 1).min(MOST_REPLAYS));
            all.push(first);
        }
        for recent in all.iter().rev().take(MOST_REPLAYS) {
            let again = loaded.replay(&recent.old, &recent.new).unwrap();
            assert!(Arc::ptr_eq(recent, &again), "{}", recent.new);
        }
    }
}
