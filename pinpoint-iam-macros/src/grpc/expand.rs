//! Generates the implementation with its checks, and the list of its methods.
//!
//! ```text
//! const _: () = {
//!     fn __checked_get_campaign<'a>(service: &'a dyn __Bodies, request: Request<GetCampaignRequest>) -> __Boxed<'a, ..> {
//!         .. the future that checks the request and then calls `__body_get_campaign` ..
//!     }
//!
//!     trait __Bodies: HasAuthorizer + Sync {
//!         fn __body_get_campaign(&self, passed: (Request<GetCampaignRequest>, ())) -> __Boxed<'_, ..>;
//!     }
//!     impl __Bodies for Service {
//!         fn __body_get_campaign(&self, passed: (Request<GetCampaignRequest>, ())) -> __Boxed<'_, ..> {
//!             Box::pin(async move {
//!                 let (request, _) = passed;
//!                 { .. the body as it was written .. }
//!             })
//!         }
//!     }
//!
//!     impl Campaigns for Service {
//!         fn get_campaign<..>(&self, request: Request<GetCampaignRequest>) -> Pin<Box<dyn Future<..> + Send + ..>> {
//!             __checked_get_campaign(self, request)
//!         }
//!     }
//! };
//!
//! impl ::pinpoint_iam::web::tonic::GuardedService<CampaignsServer<Service>> for Service { .. }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, GenericParam, Meta, Pat, PatIdent, Type};

use super::async_trait;
use super::parse::{Arguments, Item, Service};
use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::messages;
use crate::paths::{self, Root};
use crate::public;
use crate::requires::parse::{Function, span_of};
use crate::requires::{self, Assertion, BoxedMethod, Method, OfService, SeparateBody};

/// The attribute for conditional compilation.
const CONDITIONS: &[&str] = &["cfg"];

/// Attributes that apply to a body, too, if it is beside the implementation.
const LINTS: &[&str] = &["allow", "deny", "forbid", "warn"];

/// What the methods of an implementation have in common.
struct Implementation {
    /// The type of the generated server.
    server: TokenStream,
    /// Whether the implementation has parameters.
    is_generic: bool,
    /// Whether the methods are generated as `#[async_trait]` would generate them.
    is_boxed: bool,
    /// The type of the service, if bodies may be beside the implementation.
    service: Option<Type>,
}

impl Implementation {
    /// The method as `#[async_trait]` would generate it, if the methods are generated so.
    fn boxed(&self, function: &Function) -> Option<BoxedMethod> {
        let service = self.service.as_ref();
        let service = service.filter(|_| !expects_lints(&function.attributes));
        let boxed = self
            .is_boxed
            .then(|| BoxedMethod::of(&function.signature, service));
        boxed.flatten()
    }
}

/// Checks the methods, and generates the code that replaces the implementation. It lacks the methods with errors.
pub(super) fn expand(
    catalogs: &Catalogs,
    root: &Root,
    arguments: Arguments,
    service: Service,
    errors: &mut Errors,
) -> TokenStream {
    let Service {
        mut attributes,
        generics,
        service,
        self_type,
        items,
    } = service;
    let Arguments { server, names } = arguments;
    let server = quote!(#server<#self_type>);
    let functions = items.iter().filter_map(|item| match item {
        Item::Method(function) => Some(function.signature.ident.unraw().to_string()),
        Item::Other(_) => None,
    });
    let functions: Vec<String> = functions.collect();
    let mut named = BTreeSet::new();
    for (function, _) in &names {
        if !functions.contains(&function.unraw().to_string()) {
            let fault = messages::unknown_service_method(function, &functions);
            errors.push(function.span(), fault);
        }
        if !named.insert(function.unraw()) {
            errors.push(function.span(), messages::named_twice(function));
        }
    }
    let mut function_of: BTreeMap<String, Ident> = BTreeMap::new();
    let is_generic = !generics.params.is_empty();
    let replaced = async_trait::replaceable(&attributes, &generics, &items, root);
    let replaced = replaced.map(|position| attributes.remove(position));
    let implementation = Implementation {
        server,
        is_generic,
        is_boxed: replaced.is_some(),
        service: (!is_generic && generics.where_clause.is_none() && !expects_lints(&attributes))
            .then(|| self_type.clone()),
    };
    let mut code = Vec::new();
    let mut checks = TokenStream::new();
    let mut has_separate_checks = false;
    let (mut declared_bodies, mut bodies) = (TokenStream::new(), TokenStream::new());
    let mut methods = Vec::new();
    let mut publics = Vec::new();
    let mut assertions = TokenStream::new();
    let mut asserted = BTreeSet::new();
    for item in items {
        let function = match item {
            Item::Other(tokens) => {
                code.push(tokens);
                continue;
            }
            Item::Method(function) => function,
        };
        let own = function.signature.ident.unraw();
        let given = names.iter().find(|(name, _)| name.unraw() == own);
        let name = match given {
            Some((_, given)) => given.value(),
            None => upper_camel_case(&own.to_string()),
        };
        // The same function with different `#[cfg]` is one method.
        let other = function_of.entry(name.clone()).or_insert(own.clone());
        if *other != own {
            let place = given.map_or(function.signature.ident.span(), |(_, given)| given.span());
            errors.push(place, messages::same_service_method(&name, other, &own));
        }
        let conditions = attributes_of(CONDITIONS, &function.attributes);
        let lints = attributes_of(LINTS, &function.attributes);
        let public = function.attributes.iter().map(Attribute::path);
        let public = public.filter(|path| paths::is_attribute(path, "public", root));
        publics.extend(public.cloned());
        if let Some(Method {
            code: method,
            check,
            body,
            declaration,
            assertions: of_method,
        }) = method(catalogs, root, *function, &implementation, &name, errors)
        {
            code.push(method);
            // The compiler evaluates one assertion of each kind instead of one for each method. An assertion of a method
            // with conditions applies only under these conditions.
            has_separate_checks |= !check.is_empty() && body.is_some();
            if !check.is_empty() {
                checks.extend(quote!(#conditions #lints #check));
            }
            if let Some(SeparateBody {
                declaration,
                definition,
                ..
            }) = body
            {
                declared_bodies.extend(quote!(#conditions #lints #declaration));
                bodies.extend(quote!(#conditions #lints #definition));
            }
            for Assertion { key, code } in of_method {
                if asserted.insert((conditions.to_string(), key)) {
                    let code = code();
                    assertions.extend(quote!(#conditions #code));
                }
            }
            methods.push(quote! {
                #conditions
                #root::web::tonic::Method {
                    name: #name,
                    declaration: #declaration,
                }
            });
        }
    }
    // The expansion removes these attributes. Naming them once more requires their import, as on a handler, and uses it.
    publics.extend(replaced.iter().map(|attribute| attribute.path().clone()));
    let mut seen = BTreeSet::new();
    publics.retain(|path| seen.insert(path.to_token_stream().to_string()));
    let server = &implementation.server;
    let where_clause = &generics.where_clause;
    let conditions = attributes_of(CONDITIONS, &attributes);
    let lints = attributes_of(LINTS, &attributes);
    // `__guarded` requires these of its service.
    let bounds = has_separate_checks
        .then(|| quote!(: #root::web::tonic::HasAuthorizer + ::core::marker::Sync));
    let separate_bodies = (!bodies.is_empty()).then(|| {
        quote! {
            #lints
            trait __Bodies #bounds {
                #declared_bodies
            }
            #lints
            impl __Bodies for #self_type {
                #bodies
            }
        }
    });
    let id_traits = requires::id_traits(root);
    quote! {
        #conditions
        const _: () = {
            #[allow(unused_imports)]
            #id_traits
            #checks
            #separate_bodies

            #(#attributes)*
            impl #generics #service for #self_type #where_clause {
                #(#code)*
            }
        };

        #conditions
        const _: () = {
            #(
                #[allow(unused_imports)]
                use #publics as _;
            )*
            #assertions
        };

        #conditions
        impl #generics #root::web::tonic::GuardedService<#server> for #self_type #where_clause {
            type Sealed = #root::__private::Generated;

            fn methods() -> &'static [#root::web::tonic::Method] {
                &[#(#methods),*]
            }

            fn into_server(self) -> #server {
                <#server>::new(self)
            }
        }
    }
}

/// The method with its check, or with its reason for being public. Returns `None` only after it has reported an error.
fn method<'c>(
    catalogs: &'c Catalogs,
    root: &Root,
    mut function: Function,
    implementation: &Implementation,
    name: &str,
    errors: &mut Errors,
) -> Option<Method<'c>> {
    let is = |attribute: &Attribute, name: &str| paths::is_attribute(attribute.path(), name, root);
    let is_guarded = function.attributes.iter().any(|one| is(one, "requires"));
    let (public, others) = std::mem::take(&mut function.attributes)
        .into_iter()
        .partition::<Vec<_>, _>(|attribute| is(attribute, "public"));
    function.attributes = others;
    let place = function.signature.ident.span();
    match (is_guarded, public.as_slice()) {
        (false, []) => {
            errors.push(place, messages::unguarded_method(&function.signature.ident));
            None
        }
        (true, [public, ..]) => {
            errors.push(span_of(public.path()), messages::PUBLIC_AND_REQUIRED);
            None
        }
        (false, [_, second, ..]) => {
            errors.push(span_of(second.path()), messages::PUBLIC_TWICE);
            None
        }
        (false, [public]) => public_method(root, &function, public, implementation, errors),
        (true, []) => {
            let Some(request) = request(&mut function, implementation, name, root) else {
                errors.push(place, messages::NO_REQUEST_PARAMETER);
                return None;
            };
            requires::method(catalogs, root, function, request, errors)
        }
    }
}

/// Names the parameter with the request, and returns what the check needs of it. `None` if there is no such parameter.
fn request(
    function: &mut Function,
    implementation: &Implementation,
    name: &str,
    root: &Root,
) -> Option<OfService> {
    let Implementation {
        server, is_generic, ..
    } = implementation;
    let boxed = implementation.boxed(function);
    let generics = &function.signature.generics.params;
    let has_types = generics
        .iter()
        .any(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    // These may contain `#[cfg]`, which would have to be on the function too.
    let mut attributes = function.attributes.iter();
    let has_conditions = attributes.any(|one| one.path().is_ident("cfg_attr"));
    let mut checks = function.attributes.iter();
    let check_depends_on_method = checks
        .any(|one| paths::is_attribute(one.path(), "requires", root) && depends_on_method(one));
    let is_separate = !is_generic && !has_types && !has_conditions && !check_depends_on_method;
    let mut inputs = function.signature.inputs.iter_mut();
    let Some(FnArg::Receiver(_)) = inputs.next() else {
        return None;
    };
    let Some(FnArg::Typed(parameter)) = inputs.next() else {
        return None;
    };
    let (request, pattern) = match &*parameter.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            (pattern.ident.clone(), pattern.clone())
        }
        Pat::Wild(_) => {
            let request = Ident::new("__request", Span::mixed_site());
            (request.clone(), plain(request))
        }
        _ => return None,
    };
    *parameter.pat = Pat::Ident(plain(request.clone()));
    Some(OfService {
        server: server.clone(),
        name: name.to_owned(),
        request,
        pattern,
        separate: (is_separate && !depends_on_method(&parameter.ty))
            .then(|| (*parameter.ty).clone()),
        boxed,
    })
}

/// Whether code may mean something else outside of the method: it contains `self`, `Self` or a lifetime.
fn depends_on_method(code: &impl ToTokens) -> bool {
    let text = code.to_token_stream().to_string();
    ["self", "Self", "'"].iter().any(|word| text.contains(word))
}

/// The attributes with these names.
fn attributes_of(names: &[&str], attributes: &[Attribute]) -> TokenStream {
    let is_one = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    let found = attributes.iter().filter(is_one);
    quote!(#(#found)*)
}

/// Whether an attribute expects a lint, so that the compiler reports code elsewhere that does not cause it.
fn expects_lints(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| one.path().is_ident("expect"))
}

/// The pattern that only binds a name.
fn plain(ident: Ident) -> PatIdent {
    PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: None,
        ident,
        subpat: None,
    }
}

/// A method that everyone may call.
fn public_method(
    root: &Root,
    function: &Function,
    attribute: &Attribute,
    implementation: &Implementation,
    errors: &mut Errors,
) -> Option<Method<'static>> {
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    };
    let is_empty = arguments.is_empty();
    let reason = match public::reason(arguments) {
        Ok(reason) => reason,
        Err(error) => {
            // Without arguments, the error is at the attribute.
            let place = if is_empty {
                span_of(attribute.path())
            } else {
                error.span()
            };
            errors.push(place, error);
            return None;
        }
    };
    let Function {
        signature, body, ..
    } = function;
    let boxed = implementation.boxed(function);
    let (method, separate) = match (boxed, signature.inputs.last()) {
        (Some(boxed), Some(FnArg::Typed(parameter))) => boxed.unchecked(&parameter.pat, body, root),
        _ => (quote!(#signature #body), None),
    };
    Some(Method {
        code: function.documented(&public::documentation(&reason), &method),
        declaration: public::declaration(&reason, &signature.ident, root),
        check: TokenStream::new(),
        body: separate,
        assertions: Vec::new(),
    })
}

/// The name of a method of a service from that of its function: `GetCampaign` from `get_campaign`.
fn upper_camel_case(function: &str) -> String {
    let words = function.split('_').filter(|word| !word.is_empty());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}
