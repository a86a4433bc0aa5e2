//! What stands on a handler, as data: for documents, audits and route tables.

use crate::__private::Seal;
use crate::action::ActionMetadata;
use crate::resource::ResourceTypeMetadata;

/// A handler with `#[requires(..)]` or `#[public(..)]`.
///
/// Both attributes write a type of the handler's name, which implements this. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has neither `#[requires(..)]` nor `#[public(..)]`",
    label = "not a handler that says who may call it"
)]
pub trait Annotated: Send + Sync + 'static {
    /// Whether the handler is guarded or public. Only the attributes implement this trait.
    #[doc(hidden)]
    type Access: Seal;

    /// What stands on the handler.
    // No constant: the compiler checks all that a constant leads to, here every action of the service, for each handler
    // anew. What a function borrows for ever is not evaluated before the function is compiled.
    fn declaration() -> &'static Declaration;
}

/// What stands on one handler, and where the handler stands.
#[derive(Debug)]
pub struct Declaration {
    /// The name of the handler.
    pub handler: &'static str,
    /// The path of the module that the handler stands in.
    pub module_path: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
    /// Who may call the handler.
    pub access: Access,
    /// The parameters that are read from the path, as far as the attribute can see them.
    pub path_parameters: &'static [PathParameter],
}

/// Who may call a handler.
#[derive(Debug)]
pub enum Access {
    /// Whoever is authorized.
    Requires {
        /// What is checked.
        requirement: Requirement,
        /// Whether the body has a part in the check: the tags of the request, or ids.
        after_body: bool,
    },
    /// Everybody.
    Public {
        /// Why, in the words of the attribute.
        reason: &'static str,
    },
}

/// What a handler requires.
#[derive(Debug)]
pub enum Requirement {
    /// One action.
    Action(ActionRequirement),
    /// All of these.
    All(&'static [Requirement]),
    /// One of these.
    Any(&'static [Requirement]),
}

/// One action on one resource.
#[derive(Debug)]
pub struct ActionRequirement {
    /// The action.
    pub action: &'static ActionMetadata,
    /// How the resource is named.
    pub resource: ResourceBinding,
}

/// How a handler names the resource of an action.
#[derive(Debug)]
pub enum ResourceBinding {
    /// No single resource: the action is checked against `*`.
    All,
    /// Field by field.
    Fields(&'static [FieldBinding]),
    /// As a whole, by this expression.
    Resource(&'static str),
    /// As a whole, by this expression, which calls the constructor of this resource type.
    Constructed(&'static ResourceTypeMetadata, &'static str),
    /// By this parameter, which holds a whole ARN.
    WholeArn(&'static str),
}

/// What fills one placeholder of an ARN template.
#[derive(Debug)]
pub struct FieldBinding {
    /// The name of the field, for example `application_id`.
    pub field: &'static str,
    /// What fills it.
    pub from: BindingSource,
}

/// What fills a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingSource {
    /// The catalog fixes the value.
    Pinned(&'static str),
    /// The handler's parameter of this name.
    Parameter(&'static str),
    /// This expression of the attribute.
    Expression(&'static str),
}

/// A parameter that a handler reads from the path: `Path(..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathParameter {
    /// One name for the only placeholder: `Path(application_id)`.
    Single(&'static str),
    /// A tuple, whose names are filled by position: `Path((application_id, campaign_id))`. A name that the pattern does
    /// not bind is empty.
    Tuple(&'static [&'static str]),
    /// Fields by name: `Path(Ids { application_id, .. })`.
    Named(&'static [&'static str]),
}

impl Requirement {
    /// Every action that the requirement names, in the order of writing.
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
    /// What is checked; `None` for a public handler.
    pub const fn requirement(&self) -> Option<&Requirement> {
        match &self.access {
            Access::Requires { requirement, .. } => Some(requirement),
            Access::Public { .. } => None,
        }
    }

    /// Whether the body has a part in the check.
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
