//! Generates the declaration of a handler's requirements, as data and as documentation.

use pinpoint_iam_catalog::ResourceType;
use proc_macro2::TokenStream;
use syn::Expr;
use syn::ext::IdentExt;

use super::check_expr;
use crate::paths::Root;
use crate::requirement::{Combinator, Requirement};
use crate::requires::check::{
    CheckExpr, Clause, Dependent, DependentCheck, Handler, PathParameter, Resolved, Target, Value,
};
use crate::requires::parse::Function;
use crate::written::{self, written};

/// The data about a function for documents and audits. `handler` contains what a web framework extracts for it.
///
/// It contains no code of the user, and is created as text, which the compiler reads faster than this macro, which is not
/// optimized, would create its tokens.
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
            format!("{root}::web::Requirement::All({})", list(each))
        }
    };
    let after_body = handler.is_some_and(|handler| handler.body.is_some());
    let parameters = handler.map_or(&[][..], |handler| &handler.path_parameters);
    let parameters = parameters.iter().map(|parameter| {
        let parameter = match parameter {
            PathParameter::Single(name) => format!("Single({name:?})"),
            PathParameter::Tuple(names) => format!("Tuple(&{names:?})"),
            PathParameter::Named(names) => format!("Named(&{names:?})"),
        };
        format!("{root}::web::PathParameter::{parameter}")
    });
    let text = format!(
        "{root}::web::Declaration {{
            handler: {name:?},
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            access: {root}::web::Access::Requires {{
                requirement: {requirement},
                after_body: {after_body},
            }},
            path_parameters: {},
        }}",
        list(parameters)
    );
    written::code(&text)
}

/// A slice.
fn list(elements: impl Iterator<Item = String>) -> String {
    let mut text = String::from("&[");
    for element in elements {
        text.push_str(&element);
        text.push(',');
    }
    text.push(']');
    text
}

fn requirement(tree: &Requirement<CheckExpr<'_>>, root: &Root) -> String {
    match tree {
        Requirement::Leaf(check) => {
            let action = metadata(&check.action, root);
            let resource = binding(check, root);
            let keys = keys(check);
            let dependents = check.dependents.iter();
            let dependents = list(dependents.map(|dependent| self::dependent(dependent, root)));
            format!(
                "{root}::web::Requirement::Action({root}::web::ActionRequirement {{
                    action: {action},
                    resource: {resource},
                    keys: {keys},
                    dependents: {dependents},
                }})"
            )
        }
        Requirement::Several(several) => {
            let each = several.entries.iter().map(|entry| requirement(entry, root));
            let kind = match several.kind {
                Combinator::All => "All",
                Combinator::Any => "Any",
            };
            format!("{root}::web::Requirement::{kind}({})", list(each))
        }
    }
}

/// The metadata of an action.
fn metadata(action: &Resolved<'_>, root: &Root) -> String {
    let Resolved {
        hidden_module,
        name,
        ..
    } = action;
    format!("<{hidden_module}::actions::{name} as {root}::action::TypedAction>::METADATA")
}

/// The names of the condition keys that the attribute supplies.
fn keys(check: &CheckExpr<'_>) -> String {
    let names = check.keys.iter().map(|key| &key.field.key.name);
    list(names.map(|name| format!("{name:?}")))
}

/// A dependent action that is checked together with its action.
fn dependent(dependent: &Dependent<'_>, root: &Root) -> String {
    let only_with_tags = dependent.entry.only_with_tags;
    let (action, resource, keys) = match &dependent.check {
        DependentCheck::InCatalog(check) => (
            metadata(&check.action, root),
            binding(check, root),
            keys(check),
        ),
        DependentCheck::Outside { arn, .. } => {
            let text = written(arn);
            (
                check_expr::outside(root, &dependent.entry.action).to_string(),
                format!("{root}::web::ResourceBinding::WholeArn({text:?})"),
                list(std::iter::empty()),
            )
        }
    };
    format!(
        "{root}::web::DependentRequirement {{
            action: {action},
            only_with_tags: {only_with_tags},
            resource: {resource},
            keys: {keys},
        }}"
    )
}

/// A description of how the handler names the resource.
fn binding(check: &CheckExpr<'_>, root: &Root) -> String {
    let module = &check.action.hidden_module;
    let metadata = |resource: &ResourceType| {
        format!("{module}::resources::{}::METADATA", resource.type_name())
    };
    let binding = match &check.target {
        Target::All => "All".to_owned(),
        Target::Created(created) => format!("Created({})", metadata(created)),
        Target::Given(expression) => {
            let text = written(expression);
            match constructed(&check.action, expression) {
                None => format!("Resource({text:?})"),
                Some(resource) => format!("Constructed({}, {text:?})", metadata(resource)),
            }
        }
        Target::WholeArn(value) => {
            let text = match value {
                Value::Fixed(text) => text.clone(),
                Value::Binding(name) => name.unraw().to_string(),
                Value::Expression(expression) | Value::Elements(expression) => written(expression),
            };
            format!("WholeArn({text:?})")
        }
        Target::Fields { resource, values } => {
            let fields = resource.fields.iter().zip(values).map(|(field, value)| {
                let field = field.field();
                let from = match value {
                    Value::Fixed(text) => format!("Pinned({text:?})"),
                    Value::Binding(name) => format!("Parameter({:?})", name.unraw().to_string()),
                    Value::Expression(expression) | Value::Elements(expression) => {
                        format!("Expression({:?})", written(expression))
                    }
                };
                format!(
                    "{root}::web::FieldBinding {{ field: {field:?}, from: {root}::web::BindingSource::{from} }}"
                )
            });
            format!("Fields({})", list(fields))
        }
    };
    format!("{root}::web::ResourceBinding::{binding}")
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
