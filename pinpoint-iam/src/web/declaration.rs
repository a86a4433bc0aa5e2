//! Declarations of handlers as data, for documents, audits and route tables.

use crate::action::ActionMetadata;
use crate::resource::ResourceTypeMetadata;
use pinpoint_iam_core::__private::Seal;

/// A handler with `#[requires(..)]` or `#[public(..)]`.
///
/// Both attributes generate a type with the handler's name, which implements this trait. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "the handler has neither `#[requires(..)]` nor `#[public(..)]`",
    label = "not guarded",
    note = "write `#[requires(Action)]` above the function, or `#[public(\"reason\")]` if no permission is required"
)]
pub trait Annotated: Send + Sync + 'static {
    /// Whether the handler is guarded or public. Only the attributes implement this trait.
    #[doc(hidden)]
    type Access: Seal;

    /// Returns the declaration of the handler.
    // Not a constant, because the compiler evaluates everything that a constant refers to, here all actions of the
    // service, for each handler again. Promoted values in a function are evaluated only when the function is compiled.
    fn declaration() -> &'static Declaration;
}

/// The declaration of one handler, and its location in the source.
#[derive(Debug)]
pub struct Declaration {
    /// The name of the handler.
    pub handler: &'static str,
    /// The path of the module that contains the handler.
    pub module_path: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
    /// Who may call the handler.
    pub access: Access,
    /// The parameters that are extracted from the path, as far as the attribute can see them.
    pub path_parameters: &'static [PathParameter],
}

/// Who may call a handler.
#[derive(Debug)]
pub enum Access {
    /// Authorized callers.
    Requires {
        /// The checked requirement.
        requirement: Requirement,
        /// Whether the check depends on the body: on tags of the request, or on ids.
        after_body: bool,
    },
    /// All callers.
    Public {
        /// The reason that the attribute gives.
        reason: &'static str,
    },
}

/// The requirement of a handler.
#[derive(Debug)]
pub enum Requirement {
    /// One action.
    Action(ActionRequirement),
    /// All of these requirements.
    All(&'static [Requirement]),
    /// One of these requirements.
    Any(&'static [Requirement]),
}

/// One action on one resource.
#[derive(Debug)]
pub struct ActionRequirement {
    /// The action.
    pub action: &'static ActionMetadata,
    /// How the resource is identified.
    pub resource: ResourceBinding,
    /// The condition keys of the request that the attribute supplies: `keys(..)`.
    pub keys: &'static [&'static str],
    /// The dependent actions that are checked together with it: `dependents(..)`.
    pub dependents: &'static [DependentRequirement],
}

/// A dependent action of an action, which the caller needs as well.
#[derive(Debug)]
pub struct DependentRequirement {
    /// The action. It may be of a service [without a catalog](ActionMetadata::has_catalog).
    pub action: &'static ActionMetadata,
    /// Whether it is needed only for requests that carry tags.
    pub only_with_tags: bool,
    /// How the resource is identified.
    pub resource: ResourceBinding,
    /// The condition keys of the request that the attribute supplies.
    pub keys: &'static [&'static str],
}

/// How a handler identifies the resource of an action.
#[derive(Debug)]
pub enum ResourceBinding {
    /// No single resource: the action is checked against `*`.
    All,
    /// By the fields of its ARN.
    Fields(&'static [FieldBinding]),
    /// As a whole, by this expression.
    Resource(&'static str),
    /// As a whole, by this expression, which calls the constructor of this resource type.
    Constructed(&'static ResourceTypeMetadata, &'static str),
    /// By this parameter, which contains a whole ARN.
    WholeArn(&'static str),
    /// The resource of this type that the request creates: the resource of a dependent action. Ids that the resource of
    /// the action does not have are `*`.
    Created(&'static ResourceTypeMetadata),
}

/// The source of the value for one placeholder of an ARN template.
#[derive(Debug)]
pub struct FieldBinding {
    /// The name of the field, for example `application_id`.
    pub field: &'static str,
    /// The source of the value.
    pub from: BindingSource,
}

/// The source of the value for a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingSource {
    /// The catalog fixes the value.
    Pinned(&'static str),
    /// The handler's parameter of this name.
    Parameter(&'static str),
    /// This expression of the attribute.
    Expression(&'static str),
}

/// A parameter that a handler extracts from the path: `Path(..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathParameter {
    /// One name for the only placeholder: `Path(application_id)`.
    Single(&'static str),
    /// A tuple, whose names are bound by position: `Path((application_id, campaign_id))`. A name that the pattern does
    /// not bind is empty.
    Tuple(&'static [&'static str]),
    /// Fields by name: `Path(Ids { application_id, .. })`.
    Named(&'static [&'static str]),
}

impl Requirement {
    /// Returns every action in the requirement, in the order of writing.
    pub fn actions(&self) -> Vec<&ActionRequirement> {
        match self {
            Self::Action(action) => vec![action],
            Self::All(several) | Self::Any(several) => {
                several.iter().flat_map(Self::actions).collect()
            }
        }
    }
}

impl Declaration {
    /// Returns the checked requirement; `None` for a public handler.
    pub const fn requirement(&self) -> Option<&Requirement> {
        match &self.access {
            Access::Requires { requirement, .. } => Some(requirement),
            Access::Public { .. } => None,
        }
    }

    /// Whether the check depends on the body.
    pub const fn finishes_after_body(&self) -> bool {
        matches!(
            self.access,
            Access::Requires {
                after_body: true,
                ..
            }
        )
    }
}
