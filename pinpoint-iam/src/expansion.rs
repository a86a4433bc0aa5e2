//! What the expansions of macros call, and nobody else.
//!
//! The traits stand in front of others for the sake of the message: what does not fit is then reported in the words of
//! the attribute, at the user's own tokens.

use crate::action::ActsOn;
use crate::guard::{Denied, Guard};
#[cfg(feature = "include-policy")]
use crate::policy::Document;
use crate::resource::Resource;

/// A value that fills a placeholder of an ARN.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot fill a placeholder of an ARN",
    label = "expected a text, such as `String`",
    note = "convert it in the attribute, as in `campaign_id = campaign_id.to_string()`"
)]
pub trait Text {
    /// The text.
    fn text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> Text for T {
    fn text(&self) -> &str {
        self.as_ref()
    }
}

/// Makes a reference of whatever stands before the dot: of a resource, and of a reference to one.
pub trait Borrowed {
    /// The reference.
    fn __borrowed(&self) -> &Self {
        self
    }
}

impl<T: ?Sized> Borrowed for T {}

/// A resource that the action `A` acts on.
///
/// `Legal` is there to be read: it is the type, or the tuple of types, that the catalog lists for the action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit `{A}`",
    label = "the action acts on `{Legal}`"
)]
pub trait Fits<A, Legal> {
    /// Asks the guard about the action on this resource.
    ///
    /// # Errors
    ///
    /// As [`Guard::check`].
    fn ask(&self, guard: &Guard<'_>, action: A) -> Result<(), Denied>;
}

#[diagnostic::do_not_recommend]
impl<A: ActsOn<R>, Legal, R: Resource> Fits<A, Legal> for R {
    fn ask(&self, guard: &Guard<'_>, action: A) -> Result<(), Denied> {
        guard.check(action, self)
    }
}

/// The document of an `include_policy!`, from the text that the macro has checked.
///
/// The macro has read the text with the same reader, so that it is a document. If the two should ever differ, what comes
/// of it lets nobody in.
#[cfg(feature = "include-policy")]
pub fn document(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|_| Document::deny_everything())
}

#[cfg(all(test, feature = "include-policy"))]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_document_after_all_denies_everything() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        assert_eq!(document(text).to_string(), text);
        for text in ["", "{", &text.replace("Allow", "allow")] {
            assert_eq!(document(text), Document::deny_everything(), "{text}");
        }
    }
}
