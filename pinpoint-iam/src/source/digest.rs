//! Digests of policies, which are equal on all instances of a service that have loaded the same policies.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::policy_stack::Policy;

/// A SHA-256 checksum.
pub(crate) type Digest = [u8; 32];

/// Returns the digest of `parts`. No two lists of parts have the same bytes.
pub(super) fn digest_of<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Computes the digest of the policies of a deployment.
#[derive(Default)]
pub(crate) struct Digester {
    /// By the [address](Policy::address) of the policy, because users and roles share policies.
    policies: HashMap<usize, Digest>,
    entries: Vec<Digest>,
}

impl Digester {
    /// Adds what belongs to one user, role or group.
    pub(crate) fn add(&mut self, digest: impl FnOnce(&mut Self) -> Digest) {
        let digest = digest(self);
        self.entries.push(digest);
    }

    /// Returns the digest of policies, in any order.
    pub(super) fn of_policies(&mut self, policies: &[Policy]) -> Digest {
        let digests = policies.iter().map(|policy| self.of_policy(policy));
        in_any_order(digests.collect())
    }

    fn of_policy(&mut self, policy: &Policy) -> Digest {
        let known = self.policies.entry(policy.address());
        *known.or_insert_with(|| digest_of([policy.name(), &policy.document().to_string()]))
    }

    /// Returns the digest of all entries, in any order.
    pub(crate) fn finish(self) -> Digest {
        in_any_order(self.entries)
    }
}

/// Sources may return the same policies in another order each time.
fn in_any_order(mut digests: Vec<Digest>) -> Digest {
    digests.sort_unstable();
    digest_of(digests)
}
