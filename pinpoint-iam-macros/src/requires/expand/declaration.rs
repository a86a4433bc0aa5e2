//! Generates the declaration of a handler's requirements, as data and as documentation.

use pinpoint_iam_catalog::ResourceType;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;
use syn::ext::IdentExt;

use super::check_expr;
use crate::paths::{self, Root};
use crate::requirement::{Combinator, Requirement};
use crate::requires::check::{
    CheckExpr, Clause, Dependent, DependentCheck, Handler, PathParameter, Resolved, Target, Value,
};
use crate::requires::parse::Function;
use crate::written::written;

/// The data about a function for documents and audits. `handler` contains what a web framework extracts for it.
pub(super) fn declaration(
    function: &Function,
    clauses: &[Clause<'_>],
    handler: Option<&Handler>,
    root: &Root,
) -> TokenStream {
    let name = function.signature.ident.unraw().to_string();
    let requirement = match clauses {
        [only] => requirement(&only.requirement, root),
        several => {
            let each = several
                .iter()
                .map(|clause| requirement(&clause.requirement, root));
            quote!(#root::web::Requirement::All(&[#(#each),*]))
        }
    };
    let after_body = handler.is_some_and(|handler| handler.body.is_some());
    let parameters = handler.map_or(&[][..], |handler| &handler.path_parameters);
    let parameters = parameters.iter().map(|parameter| {
        let parameter = match parameter {
            PathParameter::Single(name) => quote!(Single(#name)),
            PathParameter::Tuple(names) => quote!(Tuple(&[#(#names),*])),
            PathParameter::Named(names) => quote!(Named(&[#(#names),*])),
        };
        quote!(#root::web::PathParameter::#parameter)
    });
    quote! {
        #root::web::Declaration {
            handler: #name,
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            access: #root::web::Access::Requires {
                requirement: #requirement,
                after_body: #after_body,
            },
            path_parameters: &[#(#parameters),*],
        }
    }
}

fn requirement(tree: &Requirement<CheckExpr<'_>>, root: &Root) -> TokenStream {
    match tree {
        Requirement::Leaf(check) => {
            let action = check_expr::path(&check.action);
            let resource = binding(check, root);
            let keys = keys(check);
            let dependents = check.dependents.iter();
            let dependents = dependents.map(|dependent| self::dependent(dependent, root));
            quote! {
                #root::web::Requirement::Action(#root::web::ActionRequirement {
                    action: <#action as #root::action::TypedAction>::METADATA,
                    resource: #resource,
                    keys: #keys,
                    dependents: &[#(#dependents),*],
                })
            }
        }
        Requirement::Several(several) => {
            let each = several.entries.iter().map(|entry| requirement(entry, root));
            match several.kind {
                Combinator::All => quote!(#root::web::Requirement::All(&[#(#each),*])),
                Combinator::Any => quote!(#root::web::Requirement::Any(&[#(#each),*])),
            }
        }
    }
}

/// The names of the condition keys that the attribute supplies.
fn keys(check: &CheckExpr<'_>) -> TokenStream {
    let names = check.keys.iter().map(|key| &key.field.key.name);
    quote!(&[#(#names),*])
}

/// A dependent action that is checked together with its action.
fn dependent(dependent: &Dependent<'_>, root: &Root) -> TokenStream {
    let only_with_tags = dependent.entry.only_with_tags;
    let (action, resource, keys) = match &dependent.check {
        DependentCheck::InCatalog(check) => {
            let action = check_expr::path(&check.action);
            (
                quote!(<#action as #root::action::TypedAction>::METADATA),
                binding(check, root),
                keys(check),
            )
        }
        DependentCheck::Outside { arn, .. } => {
            let text = written(arn);
            (
                check_expr::outside(root, &dependent.entry.action),
                quote!(#root::web::ResourceBinding::WholeArn(#text)),
                quote!(&[]),
            )
        }
    };
    quote! {
        #root::web::DependentRequirement {
            action: #action,
            only_with_tags: #only_with_tags,
            resource: #resource,
            keys: #keys,
        }
    }
}

/// A description of how the handler names the resource.
fn binding(check: &CheckExpr<'_>, root: &Root) -> TokenStream {
    match &check.target {
        Target::All => quote!(#root::web::ResourceBinding::All),
        Target::Created(created) => {
            let created = paths::resource(&check.action.hidden_module, created.type_name());
            quote!(#root::web::ResourceBinding::Created(#created::METADATA))
        }
        Target::Given(expression) => {
            let text = written(expression);
            match constructed(&check.action, expression) {
                None => quote!(#root::web::ResourceBinding::Resource(#text)),
                Some(resource) => {
                    let resource =
                        paths::resource(&check.action.hidden_module, resource.type_name());
                    quote! {
                        #root::web::ResourceBinding::Constructed(#resource::METADATA, #text)
                    }
                }
            }
        }
        Target::WholeArn(value) => {
            let text = match value {
                Value::Fixed(text) => text.clone(),
                Value::Binding(name) => name.unraw().to_string(),
                Value::Expression(expression) | Value::Elements(expression) => written(expression),
            };
            quote!(#root::web::ResourceBinding::WholeArn(#text))
        }
        Target::Fields { resource, values } => {
            let fields = resource.fields.iter().zip(values).map(|(field, value)| {
                let field = field.field();
                let from = match value {
                    Value::Fixed(text) => quote!(Pinned(#text)),
                    Value::Binding(name) => {
                        let name = name.unraw().to_string();
                        quote!(Parameter(#name))
                    }
                    Value::Expression(expression) | Value::Elements(expression) => {
                        let text = written(expression);
                        quote!(Expression(#text))
                    }
                };
                quote!(#root::web::FieldBinding { field: #field, from: #root::web::BindingSource::#from })
            });
            quote!(#root::web::ResourceBinding::Fields(&[#(#fields),*]))
        }
    }
}

/// The resource type whose constructor `expression` calls: `Document::new(folder_id, document_id)?`.
///
/// Documents then name only that type. Other expressions can have every type on which the action acts.
fn constructed<'c>(action: &Resolved<'c>, expression: &Expr) -> Option<&'c ResourceType> {
    let call = match expression {
        Expr::Try(inner) => return constructed(action, &inner.expr),
        Expr::Paren(inner) => return constructed(action, &inner.expr),
        Expr::Group(inner) => return constructed(action, &inner.expr),
        Expr::Reference(inner) => return constructed(action, &inner.expr),
        Expr::MethodCall(inner) if inner.method == "map_err" => {
            return constructed(action, &inner.receiver);
        }
        Expr::Call(call) => call,
        _ => return None,
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let mut segments = function.path.segments.iter().rev();
    let (name, of) = (segments.next()?, segments.next()?);
    if name.ident != "new" {
        return None;
    }
    let mut resources = action.entry.resources.iter();
    resources
        .find(|resource| of.ident == resource.type_name())
        .map(AsRef::as_ref)
}

/// The line at the end of the function's rustdoc.
pub(super) fn documentation(clauses: &[Clause<'_>]) -> String {
    let each: Vec<String> = clauses
        .iter()
        .map(|clause| described(&clause.requirement, clauses.len() > 1))
        .collect();
    format!("**Requires** {}", each.join(" **and** "))
}

fn described(tree: &Requirement<CheckExpr<'_>>, in_brackets: bool) -> String {
    match tree {
        Requirement::Leaf(check) => described_action(check),
        Requirement::Several(several) => {
            let each = several.entries.iter().map(|entry| described(entry, true));
            let word = match several.kind {
                Combinator::All => " **and** ",
                Combinator::Any => " **or** ",
            };
            let all = each.collect::<Vec<_>>().join(word);
            if in_brackets { format!("({all})") } else { all }
        }
    }
}

fn described_action(check: &CheckExpr<'_>) -> String {
    let action = &check.action;
    let entry = action.entry;
    let level = entry
        .access_level
        .map_or_else(String::new, |level| format!(" ({})", level.name()));
    let arns: Vec<String> = entry
        .resources
        .iter()
        .map(|resource| format!("`{}`", entry.arn(resource)))
        .collect();
    let on = if arns.is_empty() {
        "`*`".to_owned()
    } else {
        arns.join(" or ")
    };
    let each = check.each.map_or("", |_| "each ");
    let dependents = check.dependents.iter().map(|dependent| {
        let only = if dependent.entry.only_with_tags {
            " for requests with tags"
        } else {
            ""
        };
        format!(" with `{}`{only}", dependent.entry.action)
    });
    format!(
        "`{}:{}`{level} on {each}{on}{}",
        action.service.prefix,
        entry.name,
        dependents.collect::<String>()
    )
}
