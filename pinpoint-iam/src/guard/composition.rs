//! Several checks as one.

use crate::guard::Denied;

/// Checks that are combined, as a tuple of functions.
///
/// A composition is a value, so that no bracket can get lost between what was written and what is asked. The empty
/// tuple is none: nothing to check would be a check that always passes.
pub trait Checks {
    /// What the checks answer when they all pass.
    type Output;

    /// All must pass.
    ///
    /// # Errors
    ///
    /// The most_severe of what failed: a request that is malformed goes before one that is refused, and that before one
    /// that cannot be decided yet.
    fn all(self) -> Result<Self::Output, Denied>;

    /// One must pass.
    ///
    /// # Errors
    ///
    /// When none has passed. A request that is malformed is an error in any case; one that cannot be decided yet goes
    /// before one that is refused.
    fn any(self) -> Result<(), Denied>;
}

macro_rules! checks {
    ($($check:ident: $passed:ident),+) => {
        impl<$($check, $passed),+> Checks for ($($check,)+)
        where
            $($check: FnOnce() -> Result<$passed, Denied>),+
        {
            type Output = ($($passed,)+);

            #[allow(non_snake_case, reason = "variables that are named after their types")]
            fn all(self) -> Result<Self::Output, Denied> {
                let ($($check,)+) = self;
                let mut most_severe = None;
                $(let $passed = keep(&mut most_severe, $check(), Denied::severity_among_all);)+
                match (most_severe, $($passed),+) {
                    (None, $(Some($passed)),+) => Ok(($($passed,)+)),
                    (most_severe, ..) => Err(most_severe.unwrap_or_else(Denied::misrouted)),
                }
            }

            #[allow(non_snake_case, reason = "variables that are named after their types")]
            fn any(self) -> Result<(), Denied> {
                let ($($check,)+) = self;
                let mut most_severe = None;
                let mut has_passed = false;
                $(has_passed |= keep(&mut most_severe, $check(), Denied::severity_among_any).is_some();)+
                match most_severe {
                    Some(denied) if !has_passed || denied.is_malformed() => Err(denied),
                    None if !has_passed => Err(Denied::misrouted()),
                    _ => Ok(()),
                }
            }
        }
    };
}

/// Keeps the first of the most_severe errors.
fn keep<T>(
    most_severe: &mut Option<Denied>,
    outcome: Result<T, Denied>,
    severity: fn(&Denied) -> u8,
) -> Option<T> {
    match outcome {
        Ok(passed) => Some(passed),
        Err(denied) => {
            if most_severe
                .as_ref()
                .is_none_or(|other| severity(&denied) > severity(other))
            {
                *most_severe = Some(denied);
            }
            None
        }
    }
}

checks!(A: PA);
checks!(A: PA, B: PB);
checks!(A: PA, B: PB, C: PC);
checks!(A: PA, B: PB, C: PC, D: PD);
checks!(A: PA, B: PB, C: PC, D: PD, E: PE);
checks!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF);
checks!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF, G: PG);
checks!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF, G: PG, H: PH);
