//! Finds actions of a service by name.

use pinpoint_iam_core::__private::is_equal;

use crate::action::ServiceMetadata;

/// A hash table of the actions of one service by name, ignoring case.
#[derive(Debug)]
pub(crate) struct ActionNames {
    service: &'static ServiceMetadata,
    /// Open addressing: each element is the index of an action, as close as possible to the hash of its name. The
    /// length is a power of two and at least twice the number of actions, so there is always a free element that ends a
    /// search.
    places: Box<[Option<u16>]>,
}

impl ActionNames {
    /// Creates the table for `service`.
    pub(crate) fn of(service: &'static ServiceMetadata) -> Self {
        let mut places = vec![None; (service.actions.len() * 2).next_power_of_two()];
        // Uses the position in the service, because the metadata of an action may be forged.
        for (index, action) in (0..=u16::MAX).zip(service.actions) {
            let from = start(action.name, places.len());
            let (before, after) = places.split_at_mut(from);
            let mut free = after
                .iter_mut()
                .chain(before)
                .filter(|place| place.is_none());
            if let Some(place) = free.next() {
                *place = Some(index);
            }
        }
        Self {
            service,
            places: places.into(),
        }
    }

    pub(crate) const fn service(&self) -> &'static ServiceMetadata {
        self.service
    }

    /// Returns the position of an action with this name.
    pub(super) fn find(&self, name: &str) -> Option<u16> {
        self.find_all(name).next()
    }

    /// Returns the positions of all actions with this name. The catalog loader rejects duplicates, but metadata that is
    /// created by hand may contain them, and a `Deny` must apply to all of them.
    pub(super) fn find_all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = u16> + 'n {
        let from = start(name, self.places.len());
        let last = self.places.len().saturating_sub(1);
        (from..=from + last)
            .map_while(move |place| *self.places.get(place & last)?)
            .filter(move |index| {
                let action = self.service.actions.get(usize::from(*index));
                action.is_some_and(|action| is_named(action.name, name))
            })
    }
}

/// Whether a request names an action or a service prefix, ignoring case.
///
/// Most requests spell it as the catalog does. An exact comparison first is faster, because it does not compare byte by
/// byte.
#[inline]
pub(super) fn is_named(known: &str, requested: &str) -> bool {
    is_equal(known.as_bytes(), requested.as_bytes()) || known.eq_ignore_ascii_case(requested)
}

/// Returns the start position of `name` in a table whose length is a power of two.
fn start(name: &str, places: usize) -> usize {
    const GROUP: usize = size_of::<u64>();
    /// Makes letters lower case. Other characters may become equal, which is harmless.
    const LOWER: u64 = u64::MAX / 0xff * b' ' as u64;
    let bytes = name.as_bytes();
    let word = |group: [u8; GROUP]| u64::from_le_bytes(group) | LOWER;
    let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => (word(*first), word(*last)),
        _ => {
            let mut all = [0; GROUP];
            for (slot, byte) in all.iter_mut().zip(bytes) {
                *slot = *byte;
            }
            (word(all), 0)
        }
    };
    // The service does not choose its names to collide, and a collision only costs a comparison.
    let mixed = first ^ last.rotate_left(29) ^ bytes.len() as u64;
    let hash = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> u32::BITS;
    hash as usize & places.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mobileanalytics, mobiletargeting};

    #[test]
    fn every_action_is_found_in_every_case() {
        for service in [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE] {
            let names = ActionNames::of(service);
            for action in service.actions {
                for name in [
                    action.name.to_owned(),
                    action.name.to_ascii_lowercase(),
                    action.name.to_ascii_uppercase(),
                ] {
                    assert_eq!(names.find(&name), Some(action.index), "{name}");
                    assert_eq!(names.find(&format!("{name}x")), None);
                }
            }
            assert_eq!(names.find(""), None);
            assert_eq!(names.find("GetCampaıgn"), None);
        }
    }

    static NOTHING: ServiceMetadata = ServiceMetadata {
        prefix: "nothing",
        name: "Nothing",
        documentation: None,
        partitions: &[],
        event_sources: &[],
        actions: &[],
        resource_types: &[],
        condition_keys: &[],
        sources: &[],
    };

    #[test]
    fn a_service_without_actions_has_none() {
        assert_eq!(ActionNames::of(&NOTHING).find("GetApp"), None);
    }
}
