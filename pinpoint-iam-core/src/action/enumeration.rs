//! What the enums of actions have in common.

use std::fmt;

use super::{ActionMetadata, ServiceMetadata};
use crate::suggest::nearest;

/// The enum of a service's actions.
///
/// Implemented by generated code. It is what lets a program treat the actions of any service alike.
pub trait ActionEnum: Copy + fmt::Debug + fmt::Display + Eq + Send + Sync + 'static {
    /// What the catalog says about the service.
    const SERVICE: &'static ServiceMetadata;

    /// Every action, sorted by name.
    const ALL: &'static [Self];

    /// What the catalog says about the action.
    fn metadata(self) -> &'static ActionMetadata;

    /// The action that `text` names, with or without the prefix of the service, upper and lower case alike.
    ///
    /// This is what the generated [`FromStr`](std::str::FromStr) calls.
    ///
    /// # Errors
    ///
    /// When the service has no such action, or `text` has the prefix of another one.
    fn parse(text: &str) -> Result<Self, UnknownAction> {
        let name = match text.split_once(':') {
            None => text,
            Some((prefix, name)) if prefix.eq_ignore_ascii_case(Self::SERVICE.prefix) => name,
            Some(_) => {
                return Err(UnknownAction {
                    text: text.to_owned(),
                    hint: Hint::Prefix(Self::SERVICE.prefix),
                });
            }
        };
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.metadata().name.eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownAction {
                text: text.to_owned(),
                hint: hint(Self::SERVICE, name),
            })
    }
}

fn hint(service: &'static ServiceMetadata, name: &str) -> Hint {
    let former = service.actions.iter().find(|action| {
        action
            .former_names
            .iter()
            .any(|former| former.eq_ignore_ascii_case(name))
    });
    match former {
        Some(action) => Hint::Former(action.name),
        None => nearest(name, service.actions.iter().map(|action| action.name))
            .map_or(Hint::None(service.prefix), Hint::Nearest),
    }
}

/// A text that names no action of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAction {
    text: String,
    hint: Hint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    /// The prefix is another one than this.
    Prefix(&'static str),
    /// The action has this name now.
    Former(&'static str),
    /// The action with the nearest name.
    Nearest(&'static str),
    /// Nothing is near; the prefix of the service.
    None(&'static str),
}

impl UnknownAction {
    /// The text that names no action.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the action that may have been meant.
    pub const fn suggestion(&self) -> Option<&'static str> {
        match self.hint {
            Hint::Former(name) | Hint::Nearest(name) => Some(name),
            Hint::Prefix(_) | Hint::None(_) => None,
        }
    }
}

impl fmt::Display for UnknownAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown action `{}`; ", self.text.escape_debug())?;
        match self.hint {
            Hint::Prefix(prefix) => write!(formatter, "expected an action of `{prefix}`"),
            Hint::Former(name) => write!(formatter, "it is called `{name}` now"),
            Hint::Nearest(name) => write!(formatter, "did you mean `{name}`?"),
            Hint::None(prefix) => write!(formatter, "the catalog of `{prefix}` lists its actions"),
        }
    }
}

impl std::error::Error for UnknownAction {}

/// Gives a generated enum of actions what every one of them has: its text form, read and written, and
/// [`ActionEnum`].
///
/// Only generated code calls it. The foreign traits cannot be implemented for all enums at once, so each gets its own
/// few lines.
#[doc(hidden)]
#[macro_export]
macro_rules! implement_action_enum {
    ($action:ident, $service:ident) => {
        impl $crate::action::ActionEnum for $action {
            const SERVICE: &'static $crate::action::ServiceMetadata = &$service;
            const ALL: &'static [Self] = Self::ALL;

            fn metadata(self) -> &'static $crate::action::ActionMetadata {
                $action::metadata(self)
            }
        }

        // One for all: of implementations for each action the compiler would compare every two.
        impl<A: $crate::action::TypedAction<Enumeration = $action>> ::core::convert::From<A>
            for $action
        {
            fn from(_: A) -> Self {
                A::ACTION
            }
        }

        impl ::core::fmt::Display for $action {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt($action::metadata(*self), formatter)
            }
        }

        impl ::core::str::FromStr for $action {
            type Err = $crate::action::UnknownAction;

            fn from_str(
                text: &str,
            ) -> ::core::result::Result<Self, $crate::action::UnknownAction> {
                <Self as $crate::action::ActionEnum>::parse(text)
            }
        }

        impl $crate::__private::serde::Serialize for $action {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::__private::serde::Serializer::collect_str(serializer, self)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $action {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as $crate::__private::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                ::core::result::Result::map_err(
                    ::core::str::FromStr::from_str(&text),
                    $crate::__private::serde::de::Error::custom,
                )
            }
        }
    };
}
