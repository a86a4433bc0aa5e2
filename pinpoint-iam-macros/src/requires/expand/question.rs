//! The tokens that ask a guard.
//!
//! INVARIANT: what is written is an expression whose value is the guard's own answer. Expressions of the attribute
//! stand in closures that make a resource or tags, so that a `return` or `?` in them can at most refuse; it cannot skip
//! the question. Compositions are tuples of closures, so that no bracket of theirs can get lost.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use crate::paths;
use crate::requires::check::{Question, RequestTags, Resolved, Target, Value};
use crate::requires::tree::{Kind, Tree};

/// When the question is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Everything is known.
    Final,
    /// The body is not read yet, and the question will be asked again behind it.
    BeforeBody,
}

/// Writes questions to one guard.
pub(super) struct Writer<'a> {
    /// The variable that holds a `&Guard`.
    pub(super) guard: &'a Ident,
    pub(super) stage: Stage,
    /// Whether the names of parameters stand for references to them.
    pub(super) has_references: bool,
}

impl Writer<'_> {
    /// What a requirement asks, and the type of what it proves.
    pub(super) fn requirement(
        &self,
        tree: &Tree<Question<'_>>,
        proves: bool,
    ) -> (TokenStream, TokenStream) {
        match tree {
            Tree::Leaf(question) => self.question(question, proves),
            Tree::Several(several) => {
                let entries = several.entries.iter();
                let each = entries.map(|entry| self.requirement(entry, proves));
                self.several(several.kind, each)
            }
        }
    }

    /// Several questions as one.
    pub(super) fn several(
        &self,
        kind: Kind,
        each: impl Iterator<Item = (TokenStream, TokenStream)>,
    ) -> (TokenStream, TokenStream) {
        let root = paths::root();
        let (questions, proofs): (Vec<_>, Vec<_>) = each.unzip();
        let questions = questions.iter().map(
            |question| quote!(|| -> ::core::result::Result<_, #root::guard::Denied> { #question }),
        );
        let questions = quote!((#(#questions,)*));
        match kind {
            Kind::All => (
                quote!(#root::expansion::Several::all(#questions)),
                quote!((#(#proofs,)*)),
            ),
            Kind::Any => (
                quote!(#root::expansion::Several::any(#questions)),
                quote!(()),
            ),
        }
    }

    fn question(&self, question: &Question<'_>, proves: bool) -> (TokenStream, TokenStream) {
        let root = paths::root();
        let action = path(&question.action);
        let guard = self.guard_with_tags(question);
        let proof = if proves {
            quote!(#root::guard::Permit<#action>)
        } else {
            quote!(())
        };
        if question.resource_is_late && self.stage == Stage::BeforeBody {
            return (quote!(#root::expansion::foresee(&#guard, #action)), proof);
        }
        let ask = |method: &str, proof: &str| {
            Ident::new(if proves { proof } else { method }, Span::call_site())
        };
        let asked = match &question.target {
            Target::All => {
                let ask = ask("check", "authorize");
                quote!(#guard.#ask(#action, &#root::resource::AllResources))
            }
            Target::Fields { resource, values } => {
                let ask = ask("check", "authorize");
                let resource =
                    paths::resource(&question.action.hidden_module, resource.type_name());
                let has_expression = values
                    .iter()
                    .any(|value| matches!(value, Value::Expression(_)));
                let values = values.iter().map(|value| self.value(value));
                let new = quote!(#resource::new(#(#values),*)?);
                let resource = if has_expression {
                    let made = made(&resource, &new);
                    quote!(#made?)
                } else {
                    // Names of parameters lead nowhere. The compiler has less to do without the closure.
                    new
                };
                quote!(#guard.#ask(#action, &#resource))
            }
            Target::WholeArn(given) => {
                let ask = ask("check_arn", "authorize_arn");
                let text = self.value(given);
                match given {
                    Value::Expression(_) => {
                        let made = made(
                            &quote!(::std::string::String),
                            &quote!(::std::string::String::from(#text)),
                        );
                        quote!(#guard.#ask(#action, &#made?))
                    }
                    Value::Fixed(_) | Value::Binding(_) => quote!(#guard.#ask(#action, #text)),
                }
            }
            Target::Given(expression) => {
                let ask = ask("ask", "prove");
                given(&guard, &ask, &question.action, expression)
            }
        };
        (asked, proof)
    }

    /// A text that names a part of a resource, with the span of what the user wrote.
    fn value(&self, value: &Value) -> TokenStream {
        let root = paths::root();
        match value {
            Value::Fixed(text) => quote!(#text),
            Value::Binding(name) => {
                let borrow = (!self.has_references).then(|| quote!(&));
                quote_spanned!(name.span()=> #root::expansion::Text::text(#borrow #name))
            }
            Value::Expression(expression) => {
                quote_spanned!(expression.span()=> #root::expansion::Text::text(&(#expression)))
            }
        }
    }

    /// The guard that knows the tags of the request, where they can be known.
    fn guard_with_tags(&self, question: &Question<'_>) -> TokenStream {
        let root = paths::root();
        let guard = self.guard;
        match &question.request_tags {
            RequestTags::NotTaken => quote!(#guard),
            RequestTags::Expression(_)
                if question.tags_are_late && self.stage == Stage::BeforeBody =>
            {
                quote!(#guard)
            }
            RequestTags::None => {
                quote!(#guard.with_request_tags(#root::expansion::no_request_tags()))
            }
            RequestTags::Expression(expression) => {
                let given = quote_spanned! {expression.span()=>
                    #root::expansion::request_tags(&(#expression))
                };
                let tags = made(&quote!(_), &given);
                quote!(#guard.with_request_tags(&#tags?))
            }
        }
    }
}

/// The type and value of an action.
pub(super) fn path(action: &Resolved<'_>) -> TokenStream {
    paths::action(&action.module, &action.name)
}

/// An immediate closure around an expression, whose `?` refuses.
pub(super) fn made(ty: &TokenStream, expression: &TokenStream) -> TokenStream {
    let root = paths::root();
    quote! {
        (|| -> ::core::result::Result<#ty, #root::guard::Denied> {
            ::core::result::Result::Ok(#expression)
        })()
    }
}

/// The check of a resource that the user hands over, by value or by reference.
///
/// The types that the catalog lists go along, so that the message can name them.
fn given(
    guard: &TokenStream,
    ask: &Ident,
    action: &Resolved<'_>,
    expression: &Expr,
) -> TokenStream {
    let root = paths::root();
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
    let made = made(&quote!(_), &quote!(#expression));
    let place = expression.span();
    let resource = Ident::new("resource", Span::mixed_site().located_at(place));
    let borrowed = quote_spanned!(place=> #resource.__borrowed());
    quote! {
        {
            use #root::expansion::Borrowed as _;
            let #resource = #made?;
            #root::expansion::Fits::<#path, #legal>::#ask(#borrowed, &#guard, #path)
        }
    }
}
