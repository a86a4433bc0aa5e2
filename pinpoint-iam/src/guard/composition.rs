//! Combines several checks.

use crate::denial::Denied;

/// Checks that are combined, as a tuple of functions.
///
/// A composition is a value, so its nesting cannot be lost between the attribute and the evaluation. The empty tuple
/// does not implement this trait, because a check without requirements would always pass.
pub trait Checks {
    /// The result if all checks pass.
    type Output;

    /// Requires all checks to pass.
    ///
    /// # Errors
    ///
    /// Returns the most severe error. A malformed request precedes a denied one, which precedes one that cannot be
    /// decided yet.
    fn all(self) -> Result<Self::Output, Denied>;

    /// Requires one check to pass.
    ///
    /// # Errors
    ///
    /// Fails if no check passes. A malformed request is always an error. A request that cannot be decided yet precedes
    /// a denied one.
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

/// Requires any number of checks to pass.
///
/// # Errors
///
/// Those of [`Checks::all`].
pub(crate) fn all_of(checks: &[&dyn Fn() -> Result<(), Denied>]) -> Result<(), Denied> {
    let mut most_severe = None;
    for check in checks {
        keep(&mut most_severe, check(), Denied::severity_among_all);
    }
    most_severe.map_or(Ok(()), Err)
}

/// Keeps the first of the most severe errors.
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
