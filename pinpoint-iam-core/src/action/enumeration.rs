//! Traits and helpers that all generated action enums share.

use std::fmt;

use super::{ActionMetadata, ServiceMetadata};
use crate::suggest::nearest;

/// The enum of a service's actions.
///
/// Implemented by generated code. A program can use it to treat the actions of every service in the same way.
pub trait ActionEnum: Copy + fmt::Debug + fmt::Display + Eq + Send + Sync + 'static {
    /// The catalog's metadata for the service.
    const SERVICE: &'static ServiceMetadata;

    /// Every action, sorted by name.
    const ALL: &'static [Self];

    /// The catalog's metadata for the action.
    fn metadata(self) -> &'static ActionMetadata;

    /// Parses the name of an action, with or without the service prefix, ignoring case.
    ///
    /// The generated [`FromStr`](std::str::FromStr) calls this function.
    ///
    /// # Errors
    ///
    /// Returns an error if the service does not have this action, or if `text` has the prefix of another service.
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

/// A string that does not name an action of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAction {
    text: String,
    hint: Hint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    /// The prefix is not this one.
    Prefix(&'static str),
    /// The action has been renamed to this name.
    Former(&'static str),
    /// The action with the nearest name.
    Nearest(&'static str),
    /// Nothing is near. Contains the prefix of the service.
    None(&'static str),
}

impl UnknownAction {
    /// The string that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the action that was probably meant.
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

/// Implements for a generated action enum what all of them share: parsing and formatting, and [`ActionEnum`].
///
/// Only generated code calls this macro. Foreign traits cannot be implemented for all enums at once, so each enum gets
/// its own small implementations.
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

        // A single generic implementation: with one implementation per action, the compiler would compare every pair.
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
