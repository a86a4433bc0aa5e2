//! The actions of a service, by name.

use crate::action::ServiceMetadata;

/// Finds the actions of one service by their names, upper and lower case alike.
#[derive(Debug)]
pub(crate) struct ActionNames {
    service: &'static ServiceMetadata,
    /// Positions of actions, each as near as it can be to where the hash of its name points. Its length is a power of two
    /// and at least twice the number of actions, so that there is always a free place to stop at.
    places: Box<[Option<u16>]>,
}

impl ActionNames {
    /// The names of the actions of `service`.
    pub(crate) fn of(service: &'static ServiceMetadata) -> Self {
        let mut places = vec![None; (service.actions.len() * 2).next_power_of_two()];
        // Where an action stands is what counts: metadata is data that anybody can put together.
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

    /// The service.
    pub(crate) const fn service(&self) -> &'static ServiceMetadata {
        self.service
    }

    /// The position of an action called `name`.
    pub(super) fn find(&self, name: &str) -> Option<u16> {
        self.find_all(name).next()
    }

    /// The positions of all actions called `name`. The loader of catalogs refuses a second one; metadata that was put together
    /// by hand may have it, and a `Deny` has to reach both.
    pub(super) fn find_all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = u16> + 'n {
        let places = self.places.split_at_checked(start(name, self.places.len()));
        let (before, after) = places.unwrap_or_default();
        after
            .iter()
            .chain(before)
            .map_while(|place| *place)
            .filter(move |index| {
                let action = self.service.actions.get(usize::from(*index));
                action.is_some_and(|action| action.name.eq_ignore_ascii_case(name))
            })
    }
}

/// The place that the hash of `name` points to, among `places`, a power of two.
fn start(name: &str, places: usize) -> usize {
    let hash = name.bytes().fold(0_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    // The lower bits of this hash are its worst.
    (hash ^ hash >> 15) as usize & places.saturating_sub(1)
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
