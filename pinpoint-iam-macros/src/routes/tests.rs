//! Tests of all stages together, without a compiler.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Framework, expression};

fn expanded(arguments: TokenStream) -> String {
    expression(Framework::Axum, arguments).to_string()
}

#[test]
fn each_handler_is_named_as_a_type_and_as_a_function() {
    let output = expanded(quote![campaigns::get_campaign, get::<Db>]);
    for expected in [
        quote!(mount::<__Handler, _, _, _>(routes, campaigns::get_campaign,)),
        quote!(mount::<(get), _, _, _>(routes, get::<Db>,)),
        quote!(
            use campaigns::get_campaign as __Handler;
        ),
    ] {
        let expected = expected.to_string();
        let expected = expected.trim_end_matches(')').trim_end();
        assert!(output.contains(expected), "{expected} in {output}");
    }
    assert_eq!(output.matches("let routes").count(), 3, "{output}");
}

#[test]
fn places_go_along_as_they_are_written() {
    for (entry, method, path) in [
        (
            quote!(health),
            quote!(::core::option::Option::None),
            quote!(::core::option::Option::None),
        ),
        (
            quote!("GET  /healthz" => health),
            quote!(::core::option::Option::Some("GET")),
            quote!(::core::option::Option::Some("/healthz")),
        ),
        (
            quote!("/healthz" => health),
            quote!(::core::option::Option::None),
            quote!(::core::option::Option::Some("/healthz")),
        ),
        (
            quote!("PATCH" => health),
            quote!(::core::option::Option::Some("PATCH")),
            quote!(::core::option::Option::None),
        ),
    ] {
        let output = expanded(entry);
        let expected = quote!(RouteOverride { method: #method, path: #path }).to_string();
        assert!(output.contains(&expected), "{expected} in {output}");
    }
}

#[test]
fn each_framework_has_its_list() {
    let of = |framework| expression(framework, quote!(health)).to_string();
    assert!(of(Framework::Axum).contains(":: web :: axum :: Routes"));
    assert!(of(Framework::Actix).contains(":: web :: actix :: Routes"));
}

#[test]
fn conditions_stand_on_the_statement() {
    let output = expanded(quote!(
        #[cfg(unix)]
        #[cfg(test)]
        health
    ));
    assert!(
        output.contains("# [cfg (unix)] # [cfg (test)] let routes"),
        "{output}"
    );
}

#[test]
fn what_is_no_route_is_an_error_and_mounts_nothing() {
    for (list, expected) in [
        (quote!(|| async {}), "a closure cannot have"),
        (quote!(async || {}), "a closure cannot have"),
        (quote!("GET /" => move || async {}), "a closure cannot have"),
        (quote!(health()), "remove the parentheses"),
        (quote!(health health), "expected `,`"),
        (quote!("GET /" health), "expected `=>`"),
        (quote!("GET /" =>), "expected a handler name"),
        (quote!(1 => health), "expected a handler name"),
        (
            quote!(
                #[doc = "x"]
                health
            ),
            "only `#[cfg(..)]`",
        ),
        (quote!(Vec::<u8>::health), "as in `Vec::health::<u8>`"),
        (quote!("" => health), "expected a method, a path or both"),
        (quote!("get /" => health), "did you mean `GET`"),
        (quote!("BREW" => health), "the methods are"),
        (quote!("GET x/y" => health), "does not start with `/`"),
        (quote!("x/y" => health), "does not start with `/`"),
        (quote!("/#x" => health), "contains `#`"),
        (quote!("GET / x" => health), "found `GET / x`"),
    ] {
        let output = expanded(list.clone());
        assert!(output.contains("compile_error"), "{list}: {output}");
        assert!(output.contains(expected), "{list}: {output}");
        assert!(!output.contains("mount"), "{list}: {output}");
    }
}

#[test]
fn mistakes_do_not_hide_each_other() {
    let output = expanded(quote![health(), "get /" => health, || (), health]);
    assert_eq!(output.matches("compile_error").count(), 3, "{output}");
}
