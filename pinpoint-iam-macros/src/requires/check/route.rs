//! The values that a handler extracts from the path.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericArgument, Member, Pat, PatType, PathArguments, Type};

use super::{CheckExpr, Target, Value};

/// The names that one `Path(..)` of a handler gives to path parameters.
pub(crate) enum PathParameter {
    /// A single parameter.
    Single(String),
    /// Parameters in order; the name of a parameter without one is empty.
    Tuple(Vec<String>),
    /// Parameters by name.
    Named(Vec<String>),
}

/// The values that a parameter of the handler extracts from the path, as far as its pattern shows them.
pub(super) fn path_parameter(parameter: &PatType) -> Option<PathParameter> {
    let Type::Path(ty) = &*parameter.ty else {
        return None;
    };
    let last = ty
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Path")?;
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    };
    match &*parameter.pat {
        Pat::TupleStruct(pattern) => match pattern.elems.iter().collect::<Vec<_>>().as_slice() {
            [only] => names(only, inner),
            _ => None,
        },
        _ => None,
    }
}

/// The names of a tuple in the order of the actions' routes, if no route has them in the written order. A tuple is
/// filled by position.
///
/// Only names that the check uses directly are compared. A value that is used in an expression of the attribute may
/// have any name.
pub(super) fn another_order<'a, 'c: 'a>(
    parameter: &PathParameter,
    questions: impl Iterator<Item = &'a CheckExpr<'c>>,
) -> Option<Vec<String>> {
    let PathParameter::Tuple(written) = parameter else {
        return None;
    };
    let mut another = None;
    for question in questions {
        let CheckExpr { action, target, .. } = question;
        let (Some(route), Target::Fields { values, .. }) = (&action.entry.route, target) else {
            continue;
        };
        let is_bound = |name: &String| {
            values.iter().any(
                |value| matches!(value, Value::Binding(bound) if bound.unraw() == name.as_str()),
            )
        };
        let placeholders: Vec<String> = route
            .parameters()
            .map(|parameter| parameter.replace('-', "_"))
            .collect();
        let is_shared = |name: &&String| {
            is_bound(name) && placeholders.contains(name) && written.contains(name)
        };
        let written: Vec<&String> = written.iter().filter(is_shared).collect();
        let ordered: Vec<&String> = placeholders.iter().filter(is_shared).collect();
        match (written.len() > 1, written == ordered) {
            (false, _) => {}
            (true, true) => return None,
            (true, false) => another = Some(ordered.into_iter().cloned().collect()),
        }
    }
    another
}

fn names(pattern: &Pat, ty: Option<&Type>) -> Option<PathParameter> {
    match pattern {
        Pat::Paren(inner) => names(&inner.pat, ty),
        // A whole tuple: the pattern does not contain the names.
        Pat::Ident(_) if matches!(ty, Some(Type::Tuple(_))) => None,
        Pat::Ident(_) => Some(PathParameter::Single(name(pattern))),
        Pat::Tuple(tuple) => positions(tuple.elems.iter(), ty),
        Pat::TupleStruct(newtype) if newtype.elems.len() == 1 => match newtype.elems.first()? {
            only @ Pat::Ident(_) => Some(PathParameter::Single(name(only))),
            _ => None,
        },
        Pat::TupleStruct(tuple) => positions(tuple.elems.iter(), None),
        Pat::Struct(fields) => Some(PathParameter::Named(
            fields
                .fields
                .iter()
                .map(|field| match &field.member {
                    Member::Named(name) => name.unraw().to_string(),
                    Member::Unnamed(index) => index.to_token_stream().to_string(),
                })
                .collect(),
        )),
        _ => None,
    }
}

/// The names of a tuple. A `..` represents as many names as the type shows.
fn positions<'p>(
    patterns: impl Iterator<Item = &'p Pat>,
    ty: Option<&Type>,
) -> Option<PathParameter> {
    let patterns: Vec<&Pat> = patterns.collect();
    let mut positions = Vec::new();
    for pattern in &patterns {
        if let Pat::Rest(_) = pattern {
            let Some(Type::Tuple(tuple)) = ty else {
                return None;
            };
            let skipped = (tuple.elems.len() + 1).checked_sub(patterns.len())?;
            positions.extend(std::iter::repeat_n(String::new(), skipped));
        } else {
            positions.push(name(pattern));
        }
    }
    Some(PathParameter::Tuple(positions))
}

/// The name that a pattern binds; empty for a pattern with no name or several names.
fn name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(binding) => binding.ident.unraw().to_string(),
        _ => String::new(),
    }
}
