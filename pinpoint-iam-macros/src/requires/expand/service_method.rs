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
//! its lifetimes. With them, the compiler proves for each method whose future contains the service that the service is
//! `Sync`, which takes long. Without them, it proves this once. A future that contains the service is therefore created by a
//! method of a trait within the method.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, Lifetime, Pat, ReturnType, Safety, Signature, Type};

use super::without_attributes;
use crate::paths::Root;

/// A method of a service that returns a boxed future.
pub(crate) struct BoxedMethod {
    /// The `self` of the method.
    pub(crate) this: Ident,
    /// The output of the future.
    output: Group,
    name: Ident,
    message: Group,
    /// The type of the service, unless the implementation has parameters or conditions.
    service: Option<Group>,
}

/// Code as one token, which takes less time to insert into other code.
fn one_token(code: &impl ToTokens) -> Group {
    Group::new(Delimiter::None, code.to_token_stream())
}

impl BoxedMethod {
    /// The method with this signature of a service, whose type is given unless the implementation has parameters or
    /// conditions. `None` if it is not `async fn name(&self, message: Message) -> Output`, or if one of the types contains a
    /// lifetime or has to be inferred.
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

    /// The method without a check.
    pub(crate) fn unchecked(&self, pattern: &Pat, body: &Group, root: &Root) -> TokenStream {
        let request = Ident::new("__request", Span::mixed_site());
        let start = quote!(let #pattern = #request;);
        self.method(&request, &request.to_token_stream(), &start, body, root)
    }

    /// The method with the parameter `request`. Its future contains the value of `owned` under the same name, and runs the
    /// statements of `start` before the body.
    pub(crate) fn method(
        &self,
        request: &Ident,
        owned: &TokenStream,
        start: &TokenStream,
        body: &Group,
        root: &Root,
    ) -> TokenStream {
        let Self {
            this,
            output,
            name,
            message,
            service,
        } = self;
        let written = body.to_string();
        let (inner_attributes, body) = without_attributes(body);
        let of_self = Lifetime::new("'life0", Span::mixed_site());
        let of_future = Lifetime::new("'async_trait", Span::mixed_site());
        let returned = Ident::new("__returned", Span::mixed_site());
        // The first statement determines the type of the block before its `return` and `?` are analyzed. The second one
        // moves the request into the future, even if the pattern binds nothing.
        let future = quote! {
            #inner_attributes
            let #request = #owned;
            ::std::boxed::Box::pin(async move {
                #[allow(unreachable_code)]
                if let ::core::option::Option::Some(#returned) = ::core::option::Option::None::<#output> {
                    return #returned;
                }
                let #request = #request;
                #start
                let #returned: #output = #body;
                #[allow(unreachable_code)]
                #returned
            })
        };
        let created = match service {
            // In another trait, `Self` does not have the types of the service. The compiler writes the text of the code, which
            // takes less time than reading its tokens here. Where a longer word contains one of these, both forms are right.
            Some(service)
                if written.contains("self")
                    && !written.contains("Self")
                    && ![message.to_string(), output.to_string(), start.to_string()]
                        .iter()
                        .any(|code| code.contains("Self")) =>
            {
                let signature = quote! {
                    fn __body(&#this, #request: #message) -> #root::web::tonic::__Boxed<'_, #output>
                };
                let signature = one_token(&signature);
                quote! {
                    trait __Body {
                        #signature;
                    }
                    impl __Body for #service {
                        #signature {
                            #future
                        }
                    }
                    __Body::__body(#this, #request)
                }
            }
            _ => future,
        };
        quote! {
            fn #name<#of_self, #of_future>(
                &#of_self #this,
                #request: #message,
            ) -> #root::web::tonic::__Boxed<#of_future, #output>
            where
                #of_self: #of_future,
                Self: #of_future,
            {
                #created
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
