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
    /// The gravest of what failed: a request that is malformed goes before one that is refused, and that before one
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

macro_rules! several {
    ($($check:ident: $passed:ident),+) => {
        impl<$($check, $passed),+> Several for ($($check,)+)
        where
            $($check: FnOnce() -> Result<$passed, Denied>),+
        {
            type Passed = ($($passed,)+);

            #[allow(non_snake_case, reason = "variables that are named after their types")]
            fn all(self) -> Result<Self::Passed, Denied> {
                let ($($check,)+) = self;
                let mut gravest = None;
                $(let $passed = keep(&mut gravest, $check(), Denied::gravity_among_all);)+
                match (gravest, $($passed),+) {
                    (None, $(Some($passed)),+) => Ok(($($passed,)+)),
                    (gravest, ..) => Err(gravest.unwrap_or_else(Denied::misrouted)),
                }
            }

            #[allow(non_snake_case, reason = "variables that are named after their types")]
            fn any(self) -> Result<(), Denied> {
                let ($($check,)+) = self;
                let mut gravest = None;
                let mut has_passed = false;
                $(has_passed |= keep(&mut gravest, $check(), Denied::gravity_among_any).is_some();)+
                match gravest {
                    Some(denied) if !has_passed || denied.is_malformed() => Err(denied),
                    None if !has_passed => Err(Denied::misrouted()),
                    _ => Ok(()),
                }
            }
        }
    };
}

/// Keeps the first of the gravest errors.
fn keep<T>(
    gravest: &mut Option<Denied>,
    outcome: Result<T, Denied>,
    gravity: fn(&Denied) -> u8,
) -> Option<T> {
    match outcome {
        Ok(passed) => Some(passed),
        Err(denied) => {
            if gravest
                .as_ref()
                .is_none_or(|other| gravity(&denied) > gravity(other))
            {
                *gravest = Some(denied);
            }
            None
        }
    }
}

several!(A: PA);
several!(A: PA, B: PB);
several!(A: PA, B: PB, C: PC);
several!(A: PA, B: PB, C: PC, D: PD);
several!(A: PA, B: PB, C: PC, D: PD, E: PE);
several!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF);
several!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF, G: PG);
several!(A: PA, B: PB, C: PC, D: PD, E: PE, F: PF, G: PG, H: PH);
