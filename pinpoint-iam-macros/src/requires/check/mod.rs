//! Checks the parsed attributes against the catalog and for consistency.

mod arguments;
mod dependents;
mod parameters;
mod route;
mod shape;

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Action, DependentAction, KeyField, ResourceType, Service};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat, Path, Signature, Type};

use self::arguments::{Named, Shared};
pub(crate) use self::parameters::check_generics;
pub(crate) use self::route::PathParameter;
use super::PlacementOf;
use super::parse::{
    Argument, Each, EachKind, Function, NamedAction, PermitArgument, Requires, span_of,
};
use super::placement::Placement;
use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::messages;
use crate::paths::{Module, Root};
use crate::requirement::{Combinator, Requirement};

/// The validated input of the expansion.
pub(crate) struct Checked<'c> {
    pub(crate) function: Function,
    /// One clause for each attribute; all of them must hold.
    pub(crate) clauses: Vec<Clause<'c>>,
    pub(crate) form: Form,
}

/// The requirement of one attribute.
pub(crate) struct Clause<'c> {
    pub(crate) requirement: Requirement<CheckExpr<'c>>,
    /// The pattern that receives the permit.
    pub(crate) permit: Option<Pat>,
}

/// The check of one action on one resource.
pub(crate) struct CheckExpr<'c> {
    pub(crate) action: Resolved<'c>,
    pub(crate) target: Target<'c>,
    /// Whether the check is about a list of resources.
    pub(crate) each: Option<EachKind>,
    pub(crate) request_tags: RequestTags,
    /// The condition keys of the request that the attribute supplies.
    pub(crate) keys: Vec<SuppliedKey<'c>>,
    /// The row of the resource, which contains its condition keys.
    pub(crate) row: Option<Expr>,
    /// Whether the condition keys of the request come from the body.
    pub(crate) keys_are_late: bool,
    /// Whether the row comes from the body.
    pub(crate) row_is_late: bool,
    /// Whether the values that name the resource come from the body.
    pub(crate) resource_is_late: bool,
    /// Whether the tags of the request come from the body.
    pub(crate) tags_are_late: bool,
    /// The dependent actions that are checked together with it.
    pub(crate) dependents: Vec<Dependent<'c>>,
}

impl<'c> CheckExpr<'c> {
    /// The checks of dependent actions of services with a catalog.
    pub(crate) fn dependents_in_catalog(&self) -> impl Iterator<Item = &CheckExpr<'c>> {
        let checks = self.dependents.iter();
        checks.filter_map(|dependent| match &dependent.check {
            DependentCheck::InCatalog(check) => Some(&**check),
            DependentCheck::Outside { .. } => None,
        })
    }
}

/// A dependent action that is checked together with its action.
pub(crate) struct Dependent<'c> {
    /// The entry of the catalog.
    pub(crate) entry: &'c DependentAction,
    pub(crate) check: DependentCheck<'c>,
}

/// The check of a dependent action.
pub(crate) enum DependentCheck<'c> {
    /// An action of a catalog.
    InCatalog(Box<CheckExpr<'c>>),
    /// An action of a service without a catalog, on the resource whose whole ARN the expression returns.
    Outside {
        arn: Expr,
        /// Whether the ARN comes from the body.
        is_late: bool,
    },
}

/// An action of the catalog, with the names that the user used for it.
pub(crate) struct Resolved<'c> {
    pub(crate) service: &'c Service,
    /// The module of its service. Its last segment has the span of the user's code, if the user wrote it.
    pub(crate) module: Module,
    /// The same module, without spans of the user's code.
    pub(crate) hidden_module: Module,
    pub(crate) name: Ident,
    pub(crate) entry: &'c Action,
}

/// The resource that the action is checked against.
pub(crate) enum Target<'c> {
    /// All resources.
    All,
    /// A resource created from one value for each of its fields.
    Fields {
        resource: &'c ResourceType,
        values: Vec<Value>,
    },
    /// A resource named by a complete ARN.
    WholeArn(Value),
    /// A resource that the user passes.
    Given(Expr),
    /// The resource of this type that the action creates, for a dependent action of it.
    Created(&'c ResourceType),
}

/// The value of a field of a resource.
pub(crate) enum Value {
    /// A value that the catalog fixes.
    Fixed(String),
    /// A parameter with the field's name.
    Binding(Ident),
    /// An expression in the attribute.
    Expression(Expr),
    /// The elements of an expression in the attribute, one for each resource.
    Elements(Expr),
}

/// A condition key of the request, and its value.
pub(crate) struct SuppliedKey<'c> {
    pub(crate) field: KeyField<'c>,
    pub(crate) value: Expr,
}

/// The tags of the request.
pub(crate) enum RequestTags {
    /// Requests for the action do not accept tags.
    NotTaken,
    /// This request has no tags.
    None,
    /// The tags that the expression returns.
    Expression(Expr),
    /// The tags of the action, for a dependent action of it.
    OfAction,
}

/// How the function is checked.
pub(crate) enum Form {
    /// A web framework performs the check before it calls the function.
    Handler(Box<Handler>),
    /// The function performs the check itself.
    Function(Guarded),
}

/// The parts of a request that a web framework must extract for the check.
pub(crate) struct Handler {
    /// The parameters that the check needs and that are available before the body: first those that identify the
    /// caller, then the others in order of appearance.
    pub(crate) before_body: Vec<Parameter>,
    /// The last parameter, if the check waits for it.
    pub(crate) body: Option<Parameter>,
    /// The expression that identifies the caller.
    pub(crate) caller: Option<Expr>,
    /// The module of the framework's adapter, if it is not one of this crate.
    pub(crate) adapter: Option<Path>,
    /// The values that the handler extracts from the path.
    pub(crate) path_parameters: Vec<PathParameter>,
}

/// A parameter of the handler that the check needs.
pub(crate) struct Parameter {
    /// Its index among the parameters of the function.
    pub(crate) position: usize,
    /// The pattern, reduced to the needed names.
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
}

/// The input that a function needs to perform its check.
pub(crate) struct Guarded {
    /// The guard that performs the check.
    pub(crate) guard: Expr,
}

/// The key of the argument that contains the guard of a function.
pub(super) const GUARD: &str = "guard";
/// The key of the argument that identifies the caller of a handler.
const CALLER: &str = "caller";
/// The key of the argument whose fields fill placeholders.
pub(super) const FIELDS_OF: &str = "fields_of";
/// The key of the argument that names the adapter of a framework.
const ADAPTER: &str = "adapter";
/// The arguments that apply to an attribute, and not to one of its actions.
const OF_ATTRIBUTE: [&str; 4] = [ADAPTER, CALLER, FIELDS_OF, GUARD];

/// Whether an argument applies to an attribute, and not to one of its actions.
pub(super) fn is_of_attribute(argument: &Argument) -> bool {
    let mut options = OF_ATTRIBUTE.iter();
    options.any(|option| argument.key == option) && !argument.is_condition_key
}

/// The values that fill placeholders by name.
#[derive(Clone, Copy)]
struct Bound<'a> {
    /// The names that the parameters bind.
    parameters: &'a [Ident],
    /// The value whose fields fill the placeholders that nothing else fills.
    fields_of: Option<&'a Expr>,
}

/// Checks everything that can be checked without types.
///
/// Returns `None` only after it has reported an error, and may have reported errors even if it returns a value.
pub(crate) fn check<'c>(
    catalogs: &'c Catalogs,
    root: &Root,
    attributes: Vec<Requires>,
    function: Function,
    placement: PlacementOf<'_>,
    errors: &mut Errors,
) -> Option<Checked<'c>> {
    let bound = parameters::bound_names(&function);
    shape::check_count(attributes.len(), errors);
    let mut of_function = OfFunction::default();
    let clauses: Vec<Option<Clause<'c>>> = attributes
        .into_iter()
        .map(|attribute| clause(catalogs, root, attribute, &bound, &mut of_function, errors))
        .collect();
    let OfFunction {
        guards,
        callers,
        adapters,
    } = of_function;
    let guard = only(guards, errors);
    let caller = only(callers, errors);
    let adapter = only(adapters, errors);
    if let (Some(_), Some(caller)) = (&guard, &caller) {
        errors.push(caller.key.span(), messages::CALLER_BESIDE_GUARD);
    }
    if let (Some(_), Some(adapter)) = (&guard, &adapter) {
        errors.push(adapter.key.span(), messages::ADAPTER_BESIDE_GUARD);
    }
    let adapter = match adapter.map(|adapter| adapter.value) {
        None => None,
        Some(Expr::Path(adapter)) if adapter.qself.is_none() => Some(adapter.path),
        Some(other) => {
            errors.push(other.span(), messages::ADAPTER_IS_A_PATH);
            None
        }
    };
    if guard.is_none() && !check_placement(&function.signature, placement, errors) {
        return None;
    }
    let mut clauses = clauses.into_iter().collect::<Option<Vec<_>>>()?;
    let form = match guard {
        Some(guard) => {
            parameters::check_names(&clauses, &bound, errors);
            Form::Function(Guarded { guard: guard.value })
        }
        None => Form::Handler(Box::new(parameters::of_handler(
            &function,
            &mut clauses,
            parameters::OfHandler {
                caller: caller.map(|argument| argument.value),
                adapter,
            },
            &bound,
            errors,
        ))),
    };
    Some(Checked {
        function,
        clauses,
        form,
    })
}

/// The arguments that apply to the function, from all of its attributes.
#[derive(Default)]
struct OfFunction {
    guards: Vec<Argument>,
    callers: Vec<Argument>,
    adapters: Vec<Argument>,
}

/// Returns the only one of these arguments.
fn only(arguments: Vec<Argument>, errors: &mut Errors) -> Option<Argument> {
    for further in arguments.iter().skip(1) {
        errors.push(further.key.span(), messages::duplicate(&further.key));
    }
    arguments.into_iter().next()
}

/// Checks one attribute, and adds its arguments that apply to the function to those of the other attributes.
fn clause<'c>(
    catalogs: &'c Catalogs,
    root: &Root,
    attribute: Requires,
    bound: &[Ident],
    of_function: &mut OfFunction,
    errors: &mut Errors,
) -> Option<Clause<'c>> {
    let Requires {
        requirement,
        arguments,
        permits,
        dependents: shared_dependents,
    } = attribute;
    let mut shared = without_duplicates(arguments, errors);
    let mut take = |key: &str| -> Vec<Argument> {
        let (taken, rest) = std::mem::take(&mut shared)
            .into_iter()
            .partition(|argument| argument.key == key && !argument.is_condition_key);
        shared = rest;
        taken
    };
    of_function.guards.extend(take(GUARD));
    of_function.callers.extend(take(CALLER));
    of_function.adapters.extend(take(ADAPTER));
    let fields_of = take(FIELDS_OF);
    let bound = Bound {
        parameters: bound,
        fields_of: fields_of.first().map(|argument| &argument.value),
    };
    let requirement = requirement?;
    shape::check(&requirement, errors);
    let permit = permit(permits, &requirement, errors);
    check_each(&requirement, permit.is_some(), errors);
    let names = Names { catalogs, root };
    let named = requirement.try_map(&mut |NamedAction {
                                               path,
                                               arguments,
                                               each,
                                               dependents,
                                           }| {
        let action = names.resolve(&path, errors);
        let (keys, own) = arguments_of_action(arguments, errors);
        let dependents = dependents::only(dependents, errors);
        let action = action?;
        let each = match each {
            Some(each) => Some(arguments::list_of(&action, each, &own, errors)?),
            None => None,
        };
        Some(Named {
            action,
            own,
            each,
            keys,
            dependents,
        })
    })?;
    let shared_dependents = dependents::only(shared_dependents, errors);
    let shared = Shared {
        arguments: shared,
        dependents: shared_dependents,
    };
    Some(Clause {
        requirement: arguments::bind(named, shared, names, bound, errors)?,
        permit,
    })
}

/// The arguments in the brackets of an action: the entries of `keys(..)`, and the others.
fn arguments_of_action(
    arguments: Vec<Argument>,
    errors: &mut Errors,
) -> (Vec<Argument>, Vec<Argument>) {
    let own = without_duplicates(arguments, errors);
    for misplaced in own.iter().filter(|argument| is_of_attribute(argument)) {
        errors.push(misplaced.key.span(), messages::outside(&misplaced.key));
    }
    own.into_iter()
        .partition(|argument| argument.is_condition_key)
}

/// Rejects the checks of several resources that do not deny where their permits, which are their only result, are lost.
fn check_each(requirement: &Requirement<NamedAction>, has_permit: bool, errors: &mut Errors) {
    let is_combined_by_any = requirement
        .compositions()
        .iter()
        .any(|composition| composition.kind == Combinator::Any);
    for leaf in requirement.leaves() {
        if let Some(Each { kind, keyword }) = &leaf.each
            && *kind != EachKind::All
            && (!has_permit || is_combined_by_any)
        {
            errors.push(keyword.span(), messages::each_without_permit(kind.word()));
        }
    }
}

fn without_duplicates(arguments: Vec<Argument>, errors: &mut Errors) -> Vec<Argument> {
    let mut keys = BTreeSet::new();
    arguments
        .into_iter()
        .filter(|argument| {
            let name = argument.key.unraw().to_string();
            let is_new = keys.insert((argument.is_condition_key, name));
            if !is_new {
                errors.push(argument.key.span(), messages::duplicate(&argument.key));
            }
            is_new
        })
        .collect()
}

fn permit(
    permits: Vec<PermitArgument>,
    requirement: &Requirement<NamedAction>,
    errors: &mut Errors,
) -> Option<Pat> {
    for further in permits.iter().skip(1) {
        errors.push(further.key.span(), messages::duplicate(&further.key));
    }
    let first = permits.into_iter().next()?;
    let any = requirement
        .compositions()
        .into_iter()
        .any(|composition| composition.kind == Combinator::Any);
    if any {
        errors.push(first.key.span(), messages::PERMIT_OF_ANY);
    }
    Some(first.pattern)
}

/// The names that an attribute can refer to.
#[derive(Clone, Copy)]
struct Names<'c, 'r> {
    catalogs: &'c Catalogs,
    root: &'r Root,
}

impl<'c> Names<'c, '_> {
    fn resolve(self, path: &Path, errors: &mut Errors) -> Option<Resolved<'c>> {
        let catalog = self.catalogs.catalog();
        let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        let (service, name) = match segments.as_slice() {
            [name] if path.leading_colon.is_none() => (None, *name),
            [service, name] if path.leading_colon.is_none() => (Some(*service), *name),
            _ => {
                errors.push(span_of(path), messages::long_path(path));
                return None;
            }
        };
        let prefix = service.map(ToString::to_string);
        match catalog.resolve(prefix.as_deref(), &name.to_string()) {
            Ok((home, entry)) => Some(self.resolved(home, entry, service, name)),
            Err(error) => {
                let culprit = service
                    .filter(|service| catalog.service(&service.to_string()).is_none())
                    .unwrap_or(name);
                errors.push(culprit.span(), messages::unknown_action(&error));
                None
            }
        }
    }

    /// An action of the catalog, which the user called `name`.
    fn resolved(
        self,
        home: &'c Service,
        entry: &'c Action,
        service: Option<&Ident>,
        name: &Ident,
    ) -> Resolved<'c> {
        let place = service.map_or_else(Span::call_site, Ident::span);
        Resolved {
            service: home,
            module: self.catalogs.module(home, self.root, place),
            hidden_module: self.catalogs.module(home, self.root, Span::call_site()),
            name: name.clone(),
            entry,
        }
    }
}

/// Rejects a handler where the items beside it cannot be, or where `debug_handler` has taken its parameters already, and returns
/// whether it is accepted. Errors about its parameters would only distract.
fn check_placement(signature: &Signature, placement: PlacementOf<'_>, errors: &mut Errors) -> bool {
    if let Some(place) = sign_of_a_method(signature) {
        errors.push(place, messages::METHOD);
        return false;
    }
    match placement() {
        Some(Placement::Associated) => errors.push(signature.ident.span(), messages::METHOD),
        Some(Placement::BelowDebugHandler) => {
            errors.push(Span::call_site(), messages::BELOW_DEBUG_HANDLER);
        }
        None => return true,
    }
    false
}

/// The span of a receiver or of `Self` in the signature, which only methods and associated functions have.
///
/// An associated function without either of them looks like a free function, because the attribute does not see the
/// surrounding `impl`.
fn sign_of_a_method(signature: &Signature) -> Option<Span> {
    fn first(tokens: TokenStream) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(name) if name == "Self" => Some(name.span()),
            TokenTree::Group(group) => first(group.stream()),
            _ => None,
        })
    }
    match signature.receiver() {
        Some(receiver) => Some(receiver.self_token.span),
        None => first(signature.to_token_stream()),
    }
}
