//! Values that contain a guard.

use crate::guard::Guard;

/// A value that provides the guard of a function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guard",
    label = "expected `Guard` or a reference to it",
    note = "`Authorizer::guard` returns a guard for a principal and the context of its request"
)]
pub trait AsGuard {
    /// Returns the guard.
    fn guard(&self) -> Guard<'_>;
}

impl AsGuard for Guard<'_> {
    fn guard(&self) -> Guard<'_> {
        self.borrowed()
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsGuard + ?Sized> AsGuard for &T {
    fn guard(&self) -> Guard<'_> {
        (**self).guard()
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsGuard + ?Sized> AsGuard for &mut T {
    fn guard(&self) -> Guard<'_> {
        (**self).guard()
    }
}
