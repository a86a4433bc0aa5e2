//! Generates the expressions that call a guard.
//!
//! INVARIANT: the value of a generated expression is the guard's own result. Expressions of the attribute are placed in
//! closures that create a resource or tags. A `return` or `?` in them can therefore at most deny; it cannot skip the
//! check. Compositions are tuples of closures, so that their grouping cannot be lost.

use pinpoint_iam_catalog::{KeyField, KeyShape, ResourceType};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use crate::paths::{self, Module, Root};
use crate::requirement::{Combinator, Requirement};
use crate::requires::check::{
    CheckExpr, Dependent, DependentCheck, RequestTags, Resolved, SuppliedKey, Target, Value,
};
use crate::requires::parse::EachKind;

/// The time at which the check is performed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// All values are known.
    Final,
    /// The body has not been read yet, and the check is repeated after it.
    BeforeBody,
}

/// The variables of values that an action shares with its dependent actions.
#[derive(Clone, Default)]
struct Known {
    /// The condition keys for the tags of the request.
    tags: Option<Ident>,
    resource: Option<Ident>,
}

/// Generates the checks of one guard.
pub(super) struct Writer<'a> {
    pub(super) root: &'a Root,
    /// The variable that contains a `&Guard`.
    pub(super) guard: &'a Ident,
    pub(super) stage: Stage,
    /// Whether the names of parameters refer to references.
    pub(super) has_references: bool,
    /// Whether [`id_traits`] surround the check.
    pub(super) has_id_traits: bool,
}

impl Writer<'_> {
    /// The check of a requirement, and the type of its proof if that is not `()`.
    pub(super) fn requirement(
        &self,
        tree: &Requirement<CheckExpr<'_>>,
        proves: bool,
    ) -> (TokenStream, Option<TokenStream>) {
        match tree {
            Requirement::Leaf(check) => self.check(check, proves),
            Requirement::Several(several) => {
                let entries = several.entries.iter();
                let each = entries.map(|entry| self.requirement(entry, proves));
                self.several(several.kind, each)
            }
        }
    }

    /// Several checks combined into one.
    pub(super) fn several(
        &self,
        kind: Combinator,
        each: impl Iterator<Item = (TokenStream, Option<TokenStream>)>,
    ) -> (TokenStream, Option<TokenStream>) {
        let root = self.root;
        let (checks, proofs): (Vec<_>, Vec<_>) = each.unzip();
        let checks = checks
            .iter()
            .map(|check| quote!(|| -> ::core::result::Result<_, #root::guard::Denied> { #check }));
        let checks = quote!((#(#checks,)*));
        match kind {
            Combinator::All => {
                let proofs = proofs
                    .into_iter()
                    .map(|proof| proof.unwrap_or_else(|| quote!(())));
                (
                    quote!(#root::__private::Checks::all(#checks)),
                    Some(quote!((#(#proofs,)*))),
                )
            }
            Combinator::Any => (quote!(#root::__private::Checks::any(#checks)), None),
        }
    }

    /// The check of an action, with those of its dependent actions.
    fn check(&self, check: &CheckExpr<'_>, proves: bool) -> (TokenStream, Option<TokenStream>) {
        let mut known = Known::default();
        if check.dependents.is_empty() {
            return self.action(check, &known, proves);
        }
        let root = self.root;
        let mut start = TokenStream::new();
        // Evaluated once, so that the action and its dependent actions are checked with the same values.
        if let RequestTags::Expression(expression) = &check.request_tags
            && !(check.tags_are_late && self.stage == Stage::BeforeBody)
        {
            let tags = Ident::new("__tags", Span::mixed_site());
            let made = self.tags(expression);
            start.extend(quote!(let #tags = #made?;));
            known.tags = Some(tags);
        }
        let needs_resource = |dependent: &Dependent<'_>| match &dependent.check {
            DependentCheck::InCatalog(check) => matches!(check.target, Target::Created(_)),
            DependentCheck::Outside { .. } => false,
        };
        if !matches!(check.target, Target::WholeArn(_))
            && check.dependents.iter().any(needs_resource)
            && !(check.resource_is_late && self.stage == Stage::BeforeBody)
        {
            let resource = Ident::new("__resource", Span::mixed_site());
            let made = self.resource(check);
            start.extend(quote!(let #resource = #made?;));
            known.resource = Some(resource);
        }
        let (asked, proof) = self.action(check, &known, proves);
        let dependents = check.dependents.iter();
        let dependents =
            dependents.filter_map(|dependent| self.dependent(dependent, check, &known));
        let asked = quote! {{
            use #root::__private::Borrowed as _;
            #start
            #root::__private::with_dependents(
                || -> ::core::result::Result<_, #root::guard::Denied> { #asked },
                &[#(&|| -> ::core::result::Result<(), #root::guard::Denied> { #dependents }),*],
            )
        }};
        (asked, proof)
    }

    /// The check of a dependent action; `None` if it waits for the body.
    fn dependent(
        &self,
        dependent: &Dependent<'_>,
        of: &CheckExpr<'_>,
        known: &Known,
    ) -> Option<TokenStream> {
        let root = self.root;
        let check = match &dependent.check {
            DependentCheck::InCatalog(check) => check,
            // Only the body shows whether the request names a resource at all.
            DependentCheck::Outside { is_late: true, .. } if self.stage == Stage::BeforeBody => {
                return None;
            }
            DependentCheck::Outside { arn, .. } => {
                let guard = self.guard;
                let action = outside(root, &dependent.entry.action);
                let named_arn = paths::located(quote!(#root::__private::named_arn), arn.span());
                let given = quote_spanned!(arn.span()=> #named_arn(&(#arn)));
                let arn = made(root, &quote!(_), &given);
                return Some(quote! {
                    #root::__private::check_outside(#guard, #action, &#arn?)
                });
            }
        };
        let asked = match &check.target {
            Target::Created(created) => {
                let action = path(&check.action);
                let guard = self.guard_for(check, known);
                match &known.resource {
                    None if matches!(of.target, Target::WholeArn(_))
                        && self.stage != Stage::BeforeBody =>
                    {
                        let created =
                            paths::resource(&check.action.hidden_module, created.type_name());
                        let of = path(&of.action);
                        quote! {
                            #root::__private::check_created_anew(
                                &#guard, #action, #created::METADATA, #of,
                            )
                        }
                    }
                    None => quote!(#root::__private::precheck(&#guard, #action)),
                    Some(resource) => {
                        let created =
                            paths::resource(&check.action.hidden_module, created.type_name());
                        let of = path(&of.action);
                        quote! {
                            #root::__private::check_created(
                                &#guard, #action, #created::METADATA, #of, #resource.__borrowed(),
                            )
                        }
                    }
                }
            }
            _ => {
                self.action(
                    check,
                    &Known {
                        resource: None,
                        ..known.clone()
                    },
                    false,
                )
                .0
            }
        };
        if !dependent.entry.only_with_tags {
            return Some(asked);
        }
        // Without the tags, it is not known whether it is needed.
        let tags = known.tags.as_ref()?;
        Some(quote! {
            if #root::__private::has_tags(&#tags) {
                #asked
            } else {
                ::core::result::Result::Ok(())
            }
        })
    }

    /// The resource of an action, for its dependent actions.
    fn resource(&self, check: &CheckExpr<'_>) -> TokenStream {
        let root = self.root;
        match &check.target {
            Target::Fields { resource, values } => {
                let module = &check.action.hidden_module;
                let new = self.new_resource(module, resource, values);
                made(
                    root,
                    &paths::resource(module, resource.type_name()),
                    &quote!(#new?),
                )
            }
            Target::Given(expression) => made(root, &quote!(_), &quote!(#expression)),
            // INVARIANT: the resource of an action with a whole ARN is not needed, because a resource that such an action
            // creates shares no ids with it.
            Target::All | Target::WholeArn(_) | Target::Created(_) => {
                made(root, &quote!(_), &quote!(#root::resource::AllResources))
            }
        }
    }

    /// The guard with everything that the attribute supplies for the check.
    fn guard_for(&self, check: &CheckExpr<'_>, known: &Known) -> TokenStream {
        let guard = self.guard_with_tags(check, known);
        self.guard_with_row(check, self.guard_with_keys(check, guard))
    }

    /// The check of one action.
    fn action(
        &self,
        check: &CheckExpr<'_>,
        known: &Known,
        proves: bool,
    ) -> (TokenStream, Option<TokenStream>) {
        let root = self.root;
        let action = path(&check.action);
        let guard = self.guard_for(check, known);
        let proof = proves.then(|| match check.each {
            None => quote!(#root::guard::Permit<#action>),
            Some(_) => quote!(::std::vec::Vec<#root::guard::Permit<#action>>),
        });
        if check.resource_is_late && self.stage == Stage::BeforeBody {
            return (quote!(#root::__private::precheck(&#guard, #action)), proof);
        }
        if let Some(kind) = check.each {
            return (self.each(check, kind, &guard, proves), proof);
        }
        let ask = |method: &str, proof: &str| {
            Ident::new(if proves { proof } else { method }, Span::call_site())
        };
        let asked = match (&check.target, &known.resource) {
            (Target::All | Target::Created(_), _) => {
                let ask = ask("check", "authorize");
                quote!(#guard.#ask(#action, &#root::resource::AllResources))
            }
            (Target::Fields { .. }, Some(resource)) => {
                let ask = ask("check", "authorize");
                quote!(#guard.#ask(#action, &#resource))
            }
            (Target::Fields { resource, values }, None) => {
                let ask = ask("check", "authorize");
                let module = &check.action.hidden_module;
                let may_leave = values
                    .iter()
                    .any(|value| matches!(value, Value::Expression(value) if !is_access(value)));
                let new = self.new_resource(module, resource, values);
                let resource = paths::resource(module, resource.type_name());
                if may_leave {
                    let made = made(root, &resource, &quote!(#new?));
                    quote!(#guard.#ask(#action, &#made?))
                } else {
                    // Parameters and their fields cannot return early. Without the closure and its `?`, the compiler
                    // has less work.
                    quote!(#root::__private::#ask(&#guard, #action, #new))
                }
            }
            (Target::WholeArn(given), _) => {
                let ask = ask("check_arn", "authorize_arn");
                let text = self.value(given);
                let asked = match given {
                    Value::Expression(_) => {
                        let made = made(
                            root,
                            &quote!(::std::string::String),
                            &quote!(::std::string::String::from(#text)),
                        );
                        quote!(#guard.#ask(#action, &#made?))
                    }
                    Value::Fixed(_) | Value::Binding(_) | Value::Elements(_) => {
                        quote!(#guard.#ask(#action, #text))
                    }
                };
                self.with_id_traits(asked)
            }
            (Target::Given(expression), known) => {
                let ask = ask("check", "authorize");
                let known = known.as_ref();
                given(root, &guard, &ask, &check.action, expression, known)
            }
        };
        (asked, proof)
    }

    /// The check of a list of resources.
    ///
    /// The list is created in a closure that returns the resources, so that a `return` or `?` in its expression cannot skip
    /// the check.
    fn each(
        &self,
        check: &CheckExpr<'_>,
        kind: EachKind,
        guard: &TokenStream,
        proves: bool,
    ) -> TokenStream {
        let root = self.root;
        let action = path(&check.action);
        let element = Ident::new("__element", Span::mixed_site());
        let (list, resource) = match &check.target {
            Target::Fields { resource, values } => {
                let list = values.iter().find_map(|value| match value {
                    Value::Elements(list) => Some(list),
                    _ => None,
                });
                let module = &check.action.hidden_module;
                (list, self.new_resource(module, resource, values))
            }
            Target::Given(list) => {
                let copied = quote_spanned!(list.span()=> ::core::clone::Clone::clone(#element));
                (Some(list), quote!(#root::__private::Checked::Ok(#copied)))
            }
            // INVARIANT: `each` is not accepted for other targets.
            Target::All | Target::WholeArn(_) | Target::Created(_) => (None, TokenStream::new()),
        };
        let Some(list) = list else {
            return quote!(::core::compile_error!("`each` has no list"));
        };
        let list = quote_spanned!(list.span()=> (#list).__list());
        let ask = match (kind, proves) {
            (EachKind::All, false) => quote!(each),
            (EachKind::All, true) => quote!(authorize_each),
            (EachKind::Allowed, _) => quote!(authorize_each_allowed),
            (EachKind::UntilDenied, _) => quote!(authorize_each_until_denied),
        };
        quote! {
            #root::__private::#ask(
                &#guard,
                #action,
                (|| -> ::core::result::Result<_, #root::guard::Denied> {
                    use #root::__private::List as _;
                    ::core::result::Result::Ok(#root::__private::resources(
                        #list,
                        |#element| -> ::core::result::Result<_, #root::guard::Denied> {
                            ::core::result::Result::Ok(#resource?)
                        },
                    )?)
                })()?,
            )
        }
    }

    /// A resource created from its ids. The ids are passed by name, so that their order in the catalog does not matter.
    fn new_resource(
        &self,
        module: &Module,
        resource: &ResourceType,
        values: &[Value],
    ) -> TokenStream {
        let ty = paths::resource(module, resource.type_name());
        if values.is_empty() {
            return quote!(#ty::new());
        }
        let ids = paths::ids(module, resource.type_name());
        let each = resource.fields.iter().zip(values).map(|(field, value)| {
            let field = Ident::new(&field.field(), Span::call_site());
            let value = self.value(value);
            quote!(#field: #value)
        });
        self.with_id_traits(quote!(#ty::from_ids(#ids { #(#each),* })))
    }

    /// An expression with the traits in scope that convert ids to text.
    fn with_id_traits(&self, expression: TokenStream) -> TokenStream {
        if self.has_id_traits {
            return expression;
        }
        let traits = id_traits(self.root);
        quote!({ #traits #expression })
    }

    /// A string that names a part of a resource, with the span of the user's code.
    fn value(&self, value: &Value) -> TokenStream {
        let id = |place: Span, value: TokenStream| {
            let root = self.root;
            let ty = paths::located(quote!(#root::__private::Id), place);
            let id = quote_spanned!(place=> (&&#ty(#value)).__id());
            quote!(::core::convert::AsRef::<::core::primitive::str>::as_ref(&#id))
        };
        match value {
            Value::Fixed(text) => quote!(#text),
            Value::Elements(list) => {
                let element = Ident::new("__element", Span::mixed_site());
                id(list.span(), quote!(#element))
            }
            Value::Binding(name) if self.has_references => id(name.span(), quote!(#name)),
            Value::Binding(name) => id(name.span(), quote_spanned!(name.span()=> &#name)),
            Value::Expression(expression) => {
                let place = expression.span();
                id(place, quote_spanned!(place=> &(#expression)))
            }
        }
    }

    /// The guard with the tags of the request, if they can be known.
    fn guard_with_tags(&self, check: &CheckExpr<'_>, known: &Known) -> TokenStream {
        let root = self.root;
        let guard = self.guard;
        match (&check.request_tags, &known.tags) {
            (RequestTags::NotTaken, _) | (RequestTags::OfAction, None) => quote!(#guard),
            (RequestTags::Expression(_), _)
                if check.tags_are_late && self.stage == Stage::BeforeBody =>
            {
                quote!(#guard)
            }
            (RequestTags::None, _) => {
                quote!(#guard.clone().with_request_tags(#root::__private::no_request_tags()))
            }
            (RequestTags::Expression(_) | RequestTags::OfAction, Some(tags)) => {
                quote!(#guard.clone().with_request_tags(&#tags))
            }
            (RequestTags::Expression(expression), None) => {
                let tags = self.tags(expression);
                quote!(#guard.clone().with_request_tags(&#tags?))
            }
        }
    }

    /// The condition keys for the tags that an expression returns.
    fn tags(&self, expression: &Expr) -> TokenStream {
        let root = self.root;
        let given = quote_spanned! {expression.span()=>
            #root::__private::request_tags(&(#expression))
        };
        made(root, &quote!(_), &given)
    }
}

impl Writer<'_> {
    /// The guard with the condition keys of the request that the attribute supplies.
    fn guard_with_keys(&self, check: &CheckExpr<'_>, guard: TokenStream) -> TokenStream {
        if check.keys.is_empty() {
            return guard;
        }
        let root = self.root;
        let names = check.keys.iter().map(|key| &key.field.key.name);
        let names = quote!(&[#(#names),*]);
        if check.keys_are_late && self.stage == Stage::BeforeBody {
            return quote!(#guard.clone().with_handler_keys(#names, ::core::option::Option::None));
        }
        let writer = Ident::new("__keys", Span::mixed_site());
        let values = check.keys.iter().map(|SuppliedKey { field, value }| {
            let name = &field.key.name;
            let place = value.span();
            let key_type = key_type(root, field);
            match (field.shape, field.key.is_list()) {
                (KeyShape::Filled, is_list) => {
                    let method = if is_list {
                        "filled_lists"
                    } else {
                        "filled_values"
                    };
                    let method = Ident::new(method, place);
                    quote_spanned!(place=> #writer.#method(#name, #value);)
                }
                _ => quote_spanned! {place=>
                    #root::__private::write_key::<#key_type, _>(&(#value), #name, #writer);
                },
            }
        });
        quote! {
            #guard.clone().with_handler_keys(
                #names,
                ::core::option::Option::Some(&#root::__private::handler_keys(
                    |#writer| -> ::core::result::Result<(), #root::guard::Denied> {
                        #(#values)*
                        ::core::result::Result::Ok(())
                    }
                )?)
            )
        }
    }

    /// The guard with the row of the resource.
    fn guard_with_row(&self, check: &CheckExpr<'_>, guard: TokenStream) -> TokenStream {
        let root = self.root;
        let Some(row) = &check.row else {
            return guard;
        };
        if check.row_is_late && self.stage == Stage::BeforeBody {
            return quote!(#guard.clone().with_row(::core::option::Option::None));
        }
        let action = paths::located(path(&check.action), row.span());
        let own_row = paths::located(quote!(#root::__private::own_row), row.span());
        let given = quote_spanned!(row.span()=> #own_row(&(#row), #action)?);
        let row = made(root, &quote!(_), &given);
        quote!(#guard.clone().with_row(::core::option::Option::Some(&#row?)))
    }
}

/// The type of a condition key.
fn key_type(root: &Root, field: &KeyField<'_>) -> TokenStream {
    let name = match field.key.value_type.trim_start_matches("ArrayOf") {
        "Numeric" => "Numeric",
        "Bool" => "Bool",
        "Date" => "Date",
        "IPAddress" => "IpAddress",
        _ => "String",
    };
    let name = Ident::new(name, Span::call_site());
    match field.key.is_list() {
        true => {
            quote!(#root::__private::key_types::ListOf<#root::__private::key_types::#name>)
        }
        false => quote!(#root::__private::key_types::#name),
    }
}

/// Imports of the traits that convert ids to text.
pub(crate) fn id_traits(root: &Root) -> TokenStream {
    quote!(use #root::__private::{IdByDisplay as _, IdByReference as _, NoId as _};)
}

/// The metadata of an action of a service without a catalog, `iam:PassRole`.
pub(super) fn outside(root: &Root, action: &str) -> TokenStream {
    let (prefix, name) = action.split_once(':').unwrap_or_default();
    quote! {{
        const SERVICE: &#root::action::ServiceMetadata =
            &#root::action::ServiceMetadata::without_catalog(#prefix);
        const ACTION: &#root::action::ActionMetadata =
            &#root::action::ActionMetadata::without_catalog(SERVICE, #name);
        ACTION
    }}
}

/// The type and value of an action.
pub(super) fn path(action: &Resolved<'_>) -> TokenStream {
    paths::action(&action.module, &action.name)
}

/// Whether an expression only reads a value: a variable, or a field or the result of a method of one. It contains no
/// `return`, `break` or `?`, with which it could leave the function.
fn is_access(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_) => true,
        Expr::Field(field) => is_access(&field.base),
        Expr::Group(inner) => is_access(&inner.expr),
        Expr::MethodCall(call) => call.args.is_empty() && is_access(&call.receiver),
        Expr::Paren(inner) => is_access(&inner.expr),
        Expr::Reference(inner) => is_access(&inner.expr),
        _ => false,
    }
}

/// A closure around an expression that is called immediately, so that a `?` in the expression denies.
pub(super) fn made(root: &Root, ty: &TokenStream, expression: &TokenStream) -> TokenStream {
    quote! {
        (|| -> ::core::result::Result<#ty, #root::guard::Denied> {
            ::core::result::Result::Ok(#expression)
        })()
    }
}

/// The check of a resource that the user passes by value or by reference.
///
/// It includes the types in the catalog, so that the compiler's message can name them.
fn given(
    root: &Root,
    guard: &TokenStream,
    ask: &Ident,
    action: &Resolved<'_>,
    expression: &Expr,
    known: Option<&Ident>,
) -> TokenStream {
    let path = path(action);
    let legal: Vec<TokenStream> = action
        .entry
        .resources
        .iter()
        .map(|resource| paths::resource(&action.hidden_module, resource.type_name()))
        .collect();
    let legal = match legal.as_slice() {
        [only] => quote!(#only),
        several => quote!((#(#several),*)),
    };
    let place = expression.span();
    if let Some(known) = known {
        let borrowed = quote_spanned!(place=> #known.__borrowed());
        return quote! {
            #root::__private::ResourceOf::<#path, #legal>::#ask(#borrowed, &#guard, #path)
        };
    }
    let made = made(root, &quote!(_), &quote!(#expression));
    let resource = Ident::new("resource", Span::mixed_site().located_at(place));
    let borrowed = quote_spanned!(place=> #resource.__borrowed());
    quote! {
        {
            use #root::__private::Borrowed as _;
            let #resource = #made?;
            #root::__private::ResourceOf::<#path, #legal>::#ask(#borrowed, &#guard, #path)
        }
    }
}
