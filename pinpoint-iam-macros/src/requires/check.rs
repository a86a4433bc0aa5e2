//! What was written, held against the catalog and against itself.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Action, Binding, Catalog, ResourceType, nearest};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, FnArg, GenericParam, Generics, Ident, Pat, PatType, Path, Type};

use super::bind;
use super::parse::{Argument, Handler, Requires, span_of};
use crate::errors::Errors;
use crate::messages;

/// What we are willing to expand.
pub(crate) struct Checked<'c> {
    pub(crate) handler: Handler,
    pub(crate) action: Resolved<'c>,
    /// The parameters that the check needs, in the order of the handler.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) target: Target<'c>,
}

/// An action of the catalog and the names by which the user called it.
pub(crate) struct Resolved<'c> {
    pub(crate) service: Ident,
    pub(crate) name: Ident,
    pub(crate) entry: &'c Action,
}

/// A parameter of the handler that the check needs.
pub(crate) struct Parameter {
    /// The pattern with nothing but the needed names.
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
}

/// What the action is checked against.
pub(crate) enum Target<'c> {
    /// No single resource.
    All,
    /// A resource made from one value for each of its fields.
    Fields {
        resource: &'c ResourceType,
        values: Vec<Value>,
    },
    /// A resource that the user hands over.
    Given(Expr),
}

/// What fills a field of a resource.
pub(crate) enum Value {
    /// The catalog fixes it.
    Fixed(String),
    /// A parameter of the field's name.
    Binding(Ident),
    /// An expression of the attribute.
    Expression(Expr),
}

/// The key of the argument that hands over a whole resource.
const RESOURCE: &str = "resource";

/// Checks everything that can be checked without types.
///
/// Answers `None` only after it has noted an error, and may have noted errors when it answers something.
pub(crate) fn check<'c>(
    catalog: &'c Catalog,
    requires: Requires,
    handler: Handler,
    errors: &mut Errors,
) -> Option<Checked<'c>> {
    let Requires { action, arguments } = requires;
    let arguments = without_duplicates(arguments, errors);
    check_handler(&handler, errors);
    let action = resolve(catalog, &action?, errors)?;
    let bound = bound_names(&handler);
    let target = target(&action, arguments, &bound, errors)?;
    let needed = needed_names(&target, &bound);
    check_each_is_bound_once(&needed, &bound, errors);
    let parameters = parameters(&handler, needed, errors);
    Some(Checked {
        handler,
        action,
        parameters,
        target,
    })
}

fn without_duplicates(arguments: Vec<Argument>, errors: &mut Errors) -> Vec<Argument> {
    let mut keys = BTreeSet::new();
    arguments
        .into_iter()
        .filter(|argument| {
            let is_new = keys.insert(argument.key.unraw().to_string());
            if !is_new {
                errors.push(argument.key.span(), messages::duplicate(&argument.key));
            }
            is_new
        })
        .collect()
}

fn check_handler(handler: &Handler, errors: &mut Errors) {
    if let Some(receiver) = handler.signature.receiver() {
        errors.push(receiver.self_token.span, messages::METHOD);
    }
    for attribute in &handler.attributes {
        if let Some(last) = attribute.path().segments.last()
            && last.ident == "requires"
        {
            errors.push(last.ident.span(), messages::SECOND_ATTRIBUTE);
        }
    }
}

fn resolve<'c>(catalog: &'c Catalog, path: &Path, errors: &mut Errors) -> Option<Resolved<'c>> {
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
        Ok((home, entry)) => Some(Resolved {
            service: service
                .cloned()
                .unwrap_or_else(|| Ident::new(&home.prefix, Span::call_site())),
            name: name.clone(),
            entry,
        }),
        Err(error) => {
            let culprit = service
                .filter(|service| catalog.service(&service.to_string()).is_none())
                .unwrap_or(name);
            errors.push(culprit.span(), messages::unknown_action(&error));
            None
        }
    }
}

/// The names that the handler's parameters bind, in the order of writing.
fn bound_names(handler: &Handler) -> Vec<Ident> {
    typed(handler)
        .flat_map(|parameter| bind::names(&parameter.pat))
        .collect()
}

fn typed(handler: &Handler) -> impl Iterator<Item = &PatType> {
    handler
        .signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        })
}

fn target<'c>(
    action: &Resolved<'c>,
    arguments: Vec<Argument>,
    bound: &[Ident],
    errors: &mut Errors,
) -> Option<Target<'c>> {
    let (mut given, named): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.key == RESOURCE);
    let suggested = check_keys(action, &named, given.is_empty(), errors);
    let entry = action.entry;
    let span = action.name.span();
    match (given.pop(), entry.resources.as_slice()) {
        (Some(given), []) => {
            errors.push(given.key.span(), messages::no_resource_types(&action.name));
            None
        }
        (Some(given), _) => Some(Target::Given(given.value)),
        (None, []) => Some(Target::All),
        (None, [only]) if entry.whole_arn.is_none() => {
            let (values, missing) = fill(entry, only, named, bound);
            let missing: Vec<String> = missing
                .into_iter()
                .filter(|field| !suggested.contains(field))
                .collect();
            if !missing.is_empty() {
                errors.push(span, messages::unbound(entry, only, &missing, bound));
            }
            Some(Target::Fields {
                resource: only,
                values,
            })
        }
        (None, types) => {
            errors.push(span, messages::resource_needed(entry, types));
            None
        }
    }
}

/// Refuses keys that the action has no use for.
///
/// Answers the fields that were probably meant: to complain that nothing binds them would be the same mistake again.
fn check_keys(
    action: &Resolved<'_>,
    named: &[Argument],
    is_named_by_fields: bool,
    errors: &mut Errors,
) -> BTreeSet<String> {
    let entry = action.entry;
    let mut suggested = BTreeSet::new();
    let placeholders = || entry.resources.iter().flat_map(|resource| &resource.fields);
    let fields: BTreeSet<String> = placeholders().map(|field| field.field()).collect();
    for Argument { key, value: _ } in named {
        let name = key.unraw().to_string();
        let placeholder = placeholders().find(|placeholder| placeholder.field() == name);
        let Some(placeholder) = placeholder else {
            let options = fields.iter().map(String::as_str).chain([RESOURCE]);
            let near = nearest(&name, options);
            suggested.extend(near.iter().map(ToString::to_string));
            errors.push(
                key.span(),
                messages::unknown_key(key, &action.name, &fields, &near),
            );
            continue;
        };
        if let Some(Binding::Pinned(value)) = entry.binding(placeholder) {
            errors.push(key.span(), messages::pinned(key, &action.name, value));
        } else if !is_named_by_fields {
            errors.push(key.span(), messages::field_beside_resource(key));
        }
    }
    suggested
}

/// Finds a value for each field of the resource type, and the fields that nothing fills.
fn fill(
    action: &Action,
    resource: &ResourceType,
    mut named: Vec<Argument>,
    bound: &[Ident],
) -> (Vec<Value>, Vec<String>) {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for placeholder in &resource.fields {
        let field = placeholder.field();
        if let Some(Binding::Pinned(value)) = action.binding(placeholder) {
            values.push(Value::Fixed(value.to_owned()));
            continue;
        }
        let argument = named
            .iter()
            .position(|argument| argument.key.unraw() == field.as_str());
        let parameter = bound.iter().find(|name| name.unraw() == field.as_str());
        match (argument, parameter) {
            (Some(position), _) => {
                values.push(Value::Expression(named.swap_remove(position).value));
            }
            (None, Some(name)) => values.push(Value::Binding(name.clone())),
            (None, None) => missing.push(field),
        }
    }
    (values, missing)
}

/// The names that have to be taken from the parameters.
fn needed_names(target: &Target<'_>, bound: &[Ident]) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut mention = |expression: &Expr| {
        let mentioned = bind::mentioned(expression);
        let names = bound.iter().map(|name| name.unraw().to_string());
        needed.extend(names.filter(|name| mentioned.contains(name)));
    };
    match target {
        Target::All => {}
        Target::Given(expression) => mention(expression),
        Target::Fields { values, .. } => {
            let mut bindings = Vec::new();
            for value in values {
                match value {
                    Value::Fixed(_) => {}
                    Value::Binding(name) => bindings.push(name.unraw().to_string()),
                    Value::Expression(expression) => mention(expression),
                }
            }
            needed.extend(bindings);
        }
    }
    needed
}

/// Refuses needed names that two parameters bind.
///
/// Where a `macro_rules` wrote one of them, they are two variables to rustc: it says nothing, the check looks at the
/// one, and the body may use the other.
fn check_each_is_bound_once(needed: &BTreeSet<String>, bound: &[Ident], errors: &mut Errors) {
    for needed in needed {
        let mut named = bound.iter().filter(|name| name.unraw() == needed.as_str());
        if let (Some(_), Some(second)) = (named.next(), named.next()) {
            errors.push(second.span(), messages::bound_twice(second));
        }
    }
}

/// Takes the needed names from the parameters, and refuses parameters that cannot be taken early.
fn parameters(
    handler: &Handler,
    mut needed: BTreeSet<String>,
    errors: &mut Errors,
) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for parameter in typed(handler) {
        let mut taken = Vec::new();
        let pattern = bind::keep(&parameter.pat, &mut |name| {
            let is_needed = needed.remove(&name.unraw().to_string());
            if is_needed {
                taken.push(name.clone());
            }
            is_needed
        });
        let Some(name) = taken.first() else { continue };
        check_parameter(parameter, name, &handler.signature.generics, errors);
        parameters.push(Parameter {
            pattern,
            ty: (*parameter.ty).clone(),
        });
    }
    parameters
}

fn check_parameter(parameter: &PatType, name: &Ident, generics: &Generics, errors: &mut Errors) {
    let ty = &*parameter.ty;
    if bind::is_conditional(parameter) {
        errors.push(name.span(), messages::conditional(name));
    }
    if let Some(span) = body_extractor(ty) {
        errors.push(span, messages::reads_body(ty, name));
    }
    let words = words(ty.to_token_stream());
    if let Some(word) = words.iter().find(|word| *word == "impl") {
        errors.push(word.span(), messages::impl_trait(name));
    }
    for generic in &generics.params {
        let generic = match generic {
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
            GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
        };
        if let Some(word) = words.iter().find(|word| *word == generic) {
            errors.push(word.span(), messages::generic(name, generic));
        }
    }
}

/// The place where a type names one of axum's extractors that read the body.
///
/// Known by name: the attribute sees no types. A body under another name is refused by rustc, because it cannot be
/// taken from the parts of a request.
fn body_extractor(ty: &Type) -> Option<Span> {
    let Type::Path(path) = ty else { return None };
    let last = &path.path.segments.last()?.ident;
    [
        "Body",
        "Bytes",
        "Form",
        "Json",
        "Multipart",
        "RawForm",
        "Request",
        "String",
    ]
    .iter()
    .any(|name| last == name)
    .then(|| last.span())
}

/// All words of a type, in brackets or not.
fn words(tokens: TokenStream) -> Vec<Ident> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(word) => vec![word],
            TokenTree::Group(group) => words(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
        })
        .collect()
}
