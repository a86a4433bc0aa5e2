//! Determines which parameters the check uses, and when they are available.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Expr, FnArg, GenericArgument, GenericParam, Generics, Ident, PatType, Path, PathArguments,
    PathSegment, Signature, Type,
};

use super::{
    CheckExpr, Clause, DependentCheck, Handler, Parameter, RequestTags, Target, Value, route,
};
use crate::errors::Errors;
use crate::messages;
use crate::requires::bind;
use crate::requires::parse::Function;

/// The frameworks accept 16 parameters. One of them is the check.
const MOST_PARAMETERS: usize = 15;

/// Extractors that read the body, by name, because the attribute cannot see types.
const BODY_EXTRACTORS: [&str; 10] = [
    "Body",
    "Bytes",
    "Form",
    "Json",
    "Multipart",
    "Payload",
    "Protobuf",
    "RawForm",
    "Request",
    "String",
];

/// Extractors that do not read the body: those of axum, axum-extra and actix-web, and our own.
const PARTS_EXTRACTORS: [&str; 39] = [
    "Authorized",
    "Cached",
    "ConnectInfo",
    "ConnectionInfo",
    "CookieJar",
    "Data",
    "Extension",
    "Extensions",
    "Header",
    "HeaderMap",
    "Host",
    "HttpRequest",
    "InferredContentType",
    "MatchedPath",
    "Method",
    "NestedPath",
    "OptionalPath",
    "OptionalQuery",
    "OriginalUri",
    "Parts",
    "Path",
    "PeerAddr",
    "Permit",
    "Prechecked",
    "Principal",
    "PrivateCookieJar",
    "Query",
    "QString",
    "RawPathParams",
    "RawQuery",
    "ReqData",
    "Scheme",
    "SignedCookieJar",
    "State",
    "ThinData",
    "TypedHeader",
    "Uri",
    "Version",
    "WebSocketUpgrade",
];

/// The names that the function's parameters bind, in order of appearance.
pub(super) fn bound_names(function: &Function) -> Vec<Ident> {
    typed(function)
        .flat_map(|parameter| bind::names(&parameter.pat))
        .collect()
}

fn typed(function: &Function) -> impl Iterator<Item = &PatType> {
    let inputs = function.signature.inputs.iter();
    inputs.filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}

/// Rejects names that two parameters bind, if the check needs them.
///
/// If a `macro_rules` wrote one of them, they are two different variables for rustc, which reports nothing. The check
/// would then use one of them, while the body might use the other.
///
/// Returns the names that the check needs.
pub(super) fn check_names(
    clauses: &[Clause<'_>],
    bound: &[Ident],
    errors: &mut Errors,
) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    for question in questions(clauses) {
        needed.extend(all_names(question, bound));
    }
    for needed in &needed {
        let mut named = bound.iter().filter(|name| name.unraw() == needed.as_str());
        if let (Some(_), Some(second)) = (named.next(), named.next()) {
            errors.push(second.span(), messages::bound_twice(second));
        }
    }
    needed
}

/// The arguments of the attributes that apply to a handler.
pub(super) struct OfHandler {
    pub(super) caller: Option<Expr>,
    pub(super) adapter: Option<Path>,
}

/// Takes the needed names from the parameters of a handler, and determines which checks wait for the body.
pub(super) fn of_handler(
    function: &Function,
    clauses: &mut [Clause<'_>],
    OfHandler { caller, adapter }: OfHandler,
    bound: &[Ident],
    errors: &mut Errors,
) -> Handler {
    let mut needed = check_names(clauses, bound, errors);
    let identifying = caller
        .as_ref()
        .map_or_else(BTreeSet::new, |caller| mentioned(caller, bound));
    needed.extend(identifying.iter().cloned());
    check_generics(&function.signature, errors);
    check_order(function, clauses, errors);
    let mut handler = Handler {
        before_body: Vec::new(),
        body: None,
        caller,
        adapter,
        path_parameters: typed(function).filter_map(route::path_parameter).collect(),
    };
    let mut late = BTreeSet::new();
    let mut callers = Vec::new();
    let mut parameters = typed(function).enumerate().peekable();
    while let Some((position, parameter)) = parameters.next() {
        let mut taken = Vec::new();
        let pattern = bind::retain_bindings(&parameter.pat, &mut |name| {
            let is_needed = needed.remove(&name.unraw().to_string());
            if is_needed {
                taken.push(name.clone());
            }
            is_needed
        });
        let ty = (*parameter.ty).clone();
        let Some(name) = taken.first() else {
            if tells_who_asks(&ty) && !bind::is_conditional(parameter) {
                callers.push(Parameter {
                    position,
                    pattern,
                    ty,
                });
            }
            continue;
        };
        check_parameter(parameter, name, &function.signature.generics, errors);
        let is_last = parameters.peek().is_none();
        if is_last && !leaves_the_body_alone(&ty) {
            late.extend(taken.iter().map(|name| name.unraw().to_string()));
            for name in &taken {
                if identifying.contains(&name.unraw().to_string()) {
                    errors.push(name.span(), messages::caller_after_body(name));
                }
            }
            handler.body = Some(Parameter {
                position,
                pattern,
                ty,
            });
        } else {
            if let Some(span) = body_extractor(&ty) {
                errors.push(span, messages::reads_body(&ty, name));
            }
            handler.before_body.push(Parameter {
                position,
                pattern,
                ty,
            });
        }
    }
    // Other extractors that the check needs could change these parameters, so these come first.
    callers.append(&mut handler.before_body);
    handler.before_body = callers;
    // The parameters that the check uses are part of its proof, which counts as one parameter.
    let inputs = &function.signature.inputs;
    if inputs.len().saturating_sub(handler.before_body.len()) > MOST_PARAMETERS
        && let Some(last) = inputs.last()
    {
        errors.push(last.span(), messages::too_many_parameters(MOST_PARAMETERS));
    }
    let is_late = |names: BTreeSet<String>| !names.is_disjoint(&late);
    for clause in clauses {
        clause.requirement.for_each(&mut |question| {
            set_late(question, bound, &is_late);
            let (resource_is_late, tags_are_late) =
                (question.resource_is_late, question.tags_are_late);
            for dependent in &mut question.dependents {
                match &mut dependent.check {
                    DependentCheck::InCatalog(check) => {
                        set_late(check, bound, &is_late);
                        if let Target::Created(_) = check.target {
                            check.resource_is_late = resource_is_late;
                        }
                        if let RequestTags::OfAction = check.request_tags {
                            check.tags_are_late = tags_are_late;
                        }
                    }
                    DependentCheck::Outside { arn, is_late: late } => {
                        *late = is_late(mentioned(arn, bound));
                    }
                }
            }
        });
    }
    handler
}

/// Determines which parts of a check come from the body.
fn set_late(
    question: &mut CheckExpr<'_>,
    bound: &[Ident],
    is_late: &impl Fn(BTreeSet<String>) -> bool,
) {
    question.resource_is_late = is_late(resource_names(question, bound));
    question.tags_are_late = is_late(tag_names(question, bound));
    question.keys_are_late = is_late(key_names(question, bound));
    question.row_is_late = is_late(row_names(question, bound));
}

/// Rejects a tuple that names the placeholders of the action's route in a different order.
fn check_order(function: &Function, clauses: &[Clause<'_>], errors: &mut Errors) {
    for parameter in typed(function) {
        let Some(path) = route::path_parameter(parameter) else {
            continue;
        };
        let Some(ordered) = route::another_order(&path, questions(clauses)) else {
            continue;
        };
        let bound = bind::names(&parameter.pat);
        let mut misplaced = bound
            .iter()
            .filter(|name| ordered.contains(&name.unraw().to_string()))
            .zip(&ordered)
            .filter(|(name, ordered)| name.unraw() != ordered.as_str());
        if let Some((first, _)) = misplaced.next() {
            errors.push(first.span(), messages::another_order(&ordered));
        }
    }
}

/// Rejects generics with the name of the handler: inside the handler, the name of its check would refer to them.
pub(crate) fn check_generics(signature: &Signature, errors: &mut Errors) {
    let handler = signature.ident.unraw();
    for parameter in &signature.generics.params {
        let name = match parameter {
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
            GenericParam::Lifetime(_) => continue,
        };
        if name.unraw() == handler {
            errors.push(name.span(), messages::generic_named_like_handler(name));
        }
    }
}

fn questions<'a, 'c>(clauses: &'a [Clause<'c>]) -> impl Iterator<Item = &'a CheckExpr<'c>> {
    let leaves = clauses.iter().map(|clause| clause.requirement.leaves());
    leaves.flatten()
}

/// The names of parameters that an expression mentions.
fn mentioned(expression: &Expr, bound: &[Ident]) -> BTreeSet<String> {
    let mentioned = bind::mentioned(expression);
    let names = bound.iter().map(|name| name.unraw().to_string());
    names.filter(|name| mentioned.contains(name)).collect()
}

/// The names of parameters that a check needs, also for dependent actions.
fn all_names(question: &CheckExpr<'_>, bound: &[Ident]) -> BTreeSet<String> {
    let mut names = resource_names(question, bound);
    names.extend(tag_names(question, bound));
    names.extend(key_names(question, bound));
    names.extend(row_names(question, bound));
    for dependent in &question.dependents {
        names.extend(match &dependent.check {
            DependentCheck::InCatalog(check) => all_names(check, bound),
            DependentCheck::Outside { arn, .. } => mentioned(arn, bound),
        });
    }
    names
}

/// The names of parameters that determine the resource.
fn resource_names(question: &CheckExpr<'_>, bound: &[Ident]) -> BTreeSet<String> {
    let of_value = |value: &Value| match value {
        Value::Fixed(_) => BTreeSet::new(),
        Value::Binding(name) => [name.unraw().to_string()].into(),
        Value::Expression(expression) | Value::Elements(expression) => mentioned(expression, bound),
    };
    match &question.target {
        Target::All | Target::Created(_) => BTreeSet::new(),
        Target::Fields { values, .. } => values.iter().flat_map(of_value).collect(),
        Target::WholeArn(value) => of_value(value),
        Target::Given(expression) => mentioned(expression, bound),
    }
}

/// The names of parameters that determine the tags of the request.
fn tag_names(question: &CheckExpr<'_>, bound: &[Ident]) -> BTreeSet<String> {
    match &question.request_tags {
        RequestTags::NotTaken | RequestTags::None | RequestTags::OfAction => BTreeSet::new(),
        RequestTags::Expression(expression) => mentioned(expression, bound),
    }
}

/// The names of parameters that determine the condition keys of the request.
fn key_names(question: &CheckExpr<'_>, bound: &[Ident]) -> BTreeSet<String> {
    let keys = question.keys.iter();
    keys.flat_map(|key| mentioned(&key.value, bound)).collect()
}

/// The names of parameters that determine the row of the resource.
fn row_names(question: &CheckExpr<'_>, bound: &[Ident]) -> BTreeSet<String> {
    let row = question.row.iter();
    row.flat_map(|row| mentioned(row, bound)).collect()
}

fn check_parameter(parameter: &PatType, name: &Ident, generics: &Generics, errors: &mut Errors) {
    if bind::is_conditional(parameter) {
        errors.push(name.span(), messages::conditional(name));
    }
    let words = words(parameter.ty.to_token_stream());
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

/// The span at which a type names an extractor that is known to read the body.
///
/// rustc rejects a body with another name, because it cannot be extracted from the parts of a request.
fn body_extractor(ty: &Type) -> Option<Span> {
    let name = innermost(ty)?;
    let is_known = BODY_EXTRACTORS.iter().any(|known| name == known);
    is_known.then(|| name.span())
}

/// Whether the type is known not to read the body, so that it can be extracted before the body is read.
///
/// For other types, the check waits until the handler receives them. This is never too early, even if they read the
/// body.
fn leaves_the_body_alone(ty: &Type) -> bool {
    innermost(ty).is_some_and(|name| PARTS_EXTRACTORS.iter().any(|known| name == known))
}

/// Whether the type is the caller or the scope that the check uses, as stored in the request's extensions.
///
/// The check uses them without naming a parameter. Another extractor could change them before the handler reads them.
fn tells_who_asks(ty: &Type) -> bool {
    let extension = innermost_segment(ty)
        .filter(|extension| extension.ident == "Extension" || extension.ident == "ReqData");
    let inner = extension.and_then(first_argument);
    inner
        .and_then(last_segment)
        .is_some_and(|inner| inner.ident == "Principal" || inner.ident == "Scope")
}

/// The name of the extractor: the name of the type, also inside an `Option` or `Result`.
fn innermost(ty: &Type) -> Option<&Ident> {
    innermost_segment(ty).map(|segment| &segment.ident)
}

fn innermost_segment(ty: &Type) -> Option<&PathSegment> {
    let last = last_segment(ty)?;
    let is_wrapper = last.ident == "Option" || last.ident == "Result";
    match first_argument(last).filter(|_| is_wrapper) {
        Some(inner) => innermost_segment(inner),
        None => Some(last),
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn first_argument(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// All identifiers in a type, including those in brackets.
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
