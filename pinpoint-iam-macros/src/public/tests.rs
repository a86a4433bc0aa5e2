//! Tests of all stages together, without a compiler.

use proc_macro2::TokenStream;
use quote::quote;

use super::attribute;

fn expanded(arguments: TokenStream, item: TokenStream) -> String {
    attribute(arguments, item, &|| None).to_string()
}

#[test]
fn the_function_stays_and_gets_a_type() {
    let item = quote! {
        pub(crate) async fn health(state: State<Db>) -> impl IntoResponse { not checked: by anybody }
    };
    let output = expanded(
        quote!("health check"),
        quote!(#[doc = "Says so."] #[cfg(unix)] #item),
    );
    assert!(output.contains(&item.to_string()), "{output}");
    assert!(output.contains("**Public**: health check"), "{output}");
    assert_eq!(output.matches("# [cfg (unix)]").count(), 5, "{output}");
    assert!(output.contains("pub (crate) struct health { }"), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn a_function_is_known_by_its_type_unless_it_is_generic() {
    for (item, is_generic) in [
        (
            quote!(
                async fn f() {}
            ),
            false,
        ),
        (
            quote!(
                async fn f<'a>(text: &'a str) {}
            ),
            false,
        ),
        (
            quote!(
                fn f() -> impl Future {}
            ),
            false,
        ),
        (
            quote!(
                async fn f<T>() {}
            ),
            true,
        ),
        (
            quote!(
                async fn f<const N: usize>() {}
            ),
            true,
        ),
        (
            quote!(
                async fn f(State(x): State<impl Clone>) {}
            ),
            true,
        ),
    ] {
        let output = expanded(quote!("any"), item.clone());
        let is_taken = output.contains("(_ : :: pinpoint_iam :: web :: Public < f >");
        assert_eq!(is_taken, is_generic, "{item}");
        assert_eq!(output.contains("is_function"), !is_generic, "{item}");
    }
}

#[test]
fn what_is_refused_comes_back_with_an_error() {
    let handler = quote!(
        async fn health() {}
    );
    for (arguments, item, expected) in [
        (quote!(), handler.clone(), "needs a reason"),
        (quote!(""), handler.clone(), "the reason is empty"),
        (quote!(" \n"), handler.clone(), "the reason is empty"),
        (quote!(1), handler.clone(), "as a string literal"),
        (quote!("a" "b"), handler.clone(), "accepts only a reason"),
        (
            quote!(reason = "a"),
            handler.clone(),
            "unknown argument `reason`",
        ),
        (
            quote!("a"),
            quote!(
                struct Health;
            ),
            "functions with a body",
        ),
        (
            quote!("a"),
            quote!(
                async fn health();
            ),
            "functions with a body",
        ),
        (
            quote!("a"),
            quote!(
                async fn health(&self) {}
            ),
            "free functions",
        ),
        (
            quote!("a"),
            quote!(
                #[pinpoint_iam::requires(GetApps)]
                async fn health() {}
            ),
            "cannot have both",
        ),
        (
            quote!("a"),
            quote!(
                async fn health(_: ::guard::web::Authorized<health, ()>) {}
            ),
            "cannot have both",
        ),
        (
            quote!("a"),
            quote!(
                #[public("b")]
                async fn health() {}
            ),
            "duplicate `#[public]`",
        ),
    ] {
        let output = expanded(arguments, item.clone());
        assert!(output.starts_with(&item.to_string()), "{output}");
        assert!(output.contains("compile_error"), "{output}");
        assert!(output.contains(expected), "{output}");
        assert!(!output.contains("PublicHandler"), "{output}");
    }
}

#[test]
fn mistakes_of_reason_and_handler_are_told_together() {
    let output = expanded(
        quote!(),
        quote!(
            #[requires(GetApps)]
            async fn health(&self) {}
        ),
    );
    assert_eq!(output.matches("compile_error").count(), 3, "{output}");
}
