//! A method of a service as `#[async_trait]` generates it.
//!
//! ```text
//! fn get_campaign<'life0, 'async_trait>(&'life0 self, request: Request<GetCampaignRequest>)
//!     -> Pin<Box<dyn Future<Output = Result<Response<Campaign>, Status>> + Send + 'async_trait>>
//! where
//!     'life0: 'async_trait,
//!     Self: 'async_trait,
//! ```
//!
//! The signature has to be that of `#[async_trait]`, because tonic declares its traits with it. The signature has bounds on
//! its lifetimes. With them, the compiler takes longer to prove for each method whose future contains the service that the
//! service is `Sync`. A body that uses the service is therefore in a function without such bounds, of a trait beside the
//! implementation that has such a function for each of these methods.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{FnArg, Lifetime, Pat, ReturnType, Safety, Signature, Type};

use super::without_attributes;
use crate::paths::Root;

/// A method of a service that returns a boxed future.
pub(crate) struct BoxedMethod {
    /// The `self` of the method.
    pub(crate) this: Ident,
    /// The output of the future.
    pub(crate) output: Group,
    name: Ident,
    pub(crate) message: Group,
    /// The type of the service, if the body may be beside the implementation.
    service: Option<Group>,
}

/// The body of a method, as a function of the trait `__Bodies` beside the implementation.
pub(crate) struct SeparateBody {
    /// The function.
    pub(crate) path: TokenStream,
    /// The item of the trait.
    pub(crate) declaration: TokenStream,
    /// The item of its implementation for the service.
    pub(crate) definition: TokenStream,
}

/// Code as one token, which takes less time to insert into other code.
fn one_token(code: &impl ToTokens) -> Group {
    Group::new(Delimiter::None, code.to_token_stream())
}

impl BoxedMethod {
    /// The method with this signature. `service` is the type of the service, if its body may be beside the
    /// implementation. `None` if it is not `async fn name(&self, message: Message) -> Output`, or if one of the types
    /// contains a lifetime or has to be inferred.
    pub(crate) fn of(signature: &Signature, service: Option<&Type>) -> Option<Self> {
        let mut inputs = signature.inputs.iter();
        let (Some(FnArg::Receiver(receiver)), Some(FnArg::Typed(message)), None) =
            (inputs.next(), inputs.next(), inputs.next())
        else {
            return None;
        };
        let receiver: Vec<TokenTree> = receiver.to_token_stream().into_iter().collect();
        let [TokenTree::Punct(_), TokenTree::Ident(this)] = receiver.as_slice() else {
            return None;
        };
        let ReturnType::Type(_, output) = &signature.output else {
            return None;
        };
        let name = signature.ident.clone();
        let is_plain = signature.asyncness.is_some()
            && signature.constness.is_none()
            && signature.abi.is_none()
            && matches!(signature.safety, Safety::Default)
            && signature.generics.params.is_empty()
            && signature.generics.where_clause.is_none()
            && message.attrs.is_empty();
        let (message, output) = (one_token(&message.ty), one_token(output));
        (is_plain && is_owned(message.stream()) && is_owned(output.stream())).then(|| Self {
            this: this.clone(),
            output,
            name,
            message,
            service: service.map(one_token),
        })
    }

    /// The method without a check, and its body if that is beside the implementation.
    pub(crate) fn unchecked(
        &self,
        pattern: &Pat,
        body: &Group,
        root: &Root,
    ) -> (TokenStream, Option<SeparateBody>) {
        let request = Ident::new("__request", Span::mixed_site());
        let start = quote!(let #pattern = #request;);
        let separate = self.separate_body(&request, &self.message, &start, body, root);
        let code = match &separate {
            Some(SeparateBody { path, .. }) => {
                let this = &self.this;
                self.method(&request, &quote!(#path(#this, #request)), root)
            }
            None => {
                let future = self.future(&request, &request.to_token_stream(), &start, body);
                self.method(&request, &future, root)
            }
        };
        (code, separate)
    }

    /// The body as a function beside the implementation, which gets `parameter` and runs the statements of `start` before
    /// the body. `None` if the body does not use the service, or may mean something else there.
    pub(crate) fn separate_body(
        &self,
        parameter: &Ident,
        ty: &impl ToTokens,
        start: &TokenStream,
        body: &Group,
        root: &Root,
    ) -> Option<SeparateBody> {
        let service = self.service.as_ref()?;
        // In another trait, `Self` does not have the types of the service. The compiler writes the text of the code, which
        // takes less time than reading its tokens here. Where a longer word contains one of these, both forms are right.
        let written = body.to_string();
        let is_separate = written.contains("self")
            && !written.contains("Self")
            && ![
                self.message.to_string(),
                self.output.to_string(),
                start.to_string(),
            ]
            .iter()
            .any(|code| code.contains("Self"));
        if !is_separate {
            return None;
        }
        let Self {
            this, output, name, ..
        } = self;
        let name = format_ident!("__body_{}", name.unraw());
        let signature = one_token(&quote! {
            fn #name(&#this, #parameter: #ty) -> #root::web::tonic::__Boxed<'_, #output>
        });
        let future = self.future(parameter, &parameter.to_token_stream(), start, body);
        Some(SeparateBody {
            path: quote!(<#service as __Bodies>::#name),
            declaration: quote!(#signature;),
            definition: quote!(#signature { #future }),
        })
    }

    /// The future, which contains the value of `owned` as `parameter`, and runs the statements of `start` before the body.
    pub(crate) fn future(
        &self,
        parameter: &Ident,
        owned: &TokenStream,
        start: &TokenStream,
        body: &Group,
    ) -> TokenStream {
        let output = &self.output;
        let (inner_attributes, body) = without_attributes(body);
        let returned = Ident::new("__returned", Span::mixed_site());
        // The first statement determines the type of the block before its `return` and `?` are analyzed. The second one
        // moves the request into the future, even if the pattern binds nothing.
        quote! {
            #inner_attributes
            let #parameter = #owned;
            ::std::boxed::Box::pin(async move {
                #[allow(unreachable_code)]
                if let ::core::option::Option::Some(#returned) = ::core::option::Option::None::<#output> {
                    return #returned;
                }
                let #parameter = #parameter;
                #start
                let #returned: #output = #body;
                #[allow(unreachable_code)]
                #returned
            })
        }
    }

    /// The method with the parameter `request`, which creates a future by `code`.
    pub(crate) fn method(&self, request: &Ident, code: &TokenStream, root: &Root) -> TokenStream {
        let Self {
            this,
            output,
            name,
            message,
            ..
        } = self;
        let of_self = Lifetime::new("'life0", Span::mixed_site());
        let of_future = Lifetime::new("'async_trait", Span::mixed_site());
        quote! {
            fn #name<#of_self, #of_future>(
                &#of_self #this,
                #request: #message,
            ) -> #root::web::tonic::__Boxed<#of_future, #output>
            where
                #of_self: #of_future,
                Self: #of_future,
            {
                #code
            }
        }
    }
}

/// Whether a type contains no lifetime, no reference, and nothing to infer.
fn is_owned(code: TokenStream) -> bool {
    code.into_iter().all(|token| match token {
        TokenTree::Ident(word) => word != "_" && word != "impl",
        TokenTree::Group(group) => is_owned(group.stream()),
        TokenTree::Punct(punct) => !matches!(punct.as_char(), '\'' | '&' | '!'),
        TokenTree::Literal(_) => true,
    })
}
