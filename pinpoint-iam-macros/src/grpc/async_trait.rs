//! Implementations that need no `#[async_trait]`, because this attribute generates what that one would.
//!
//! `#[async_trait]` parses every body and writes it once more, which takes the compiler longer than the check of the
//! method. It remains where a method or an attribute has another form than those of tonic's services.

use syn::{Attribute, GenericParam, Generics, Meta};

use super::parse::Item;
use crate::paths::{self, Root};
use crate::requires::BoxedMethod;

/// Attributes that do not change the item.
const INERT: &[&str] = &[
    "allow", "cfg", "deny", "doc", "expect", "forbid", "inline", "warn",
];

/// The position of `#[async_trait]` if the implementation can be generated without it.
pub(super) fn replaceable(
    attributes: &[Attribute],
    generics: &Generics,
    items: &[Item],
    root: &Root,
) -> Option<usize> {
    let is_async_trait = |attribute: &&Attribute| {
        let last = attribute.path().segments.last();
        matches!(attribute.meta, Meta::Path(_))
            && last.is_some_and(|segment| segment.ident == "async_trait")
    };
    let position = attributes
        .iter()
        .position(|attribute| is_async_trait(&attribute))?;
    let mut others = attributes.iter().enumerate();
    let is_alone = others.all(|(index, one)| index == position || is_inert(one));
    let has_lifetimes = generics
        .params
        .iter()
        .any(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
    let is_ours = |attribute: &Attribute| {
        let mut names = ["requires", "public"].into_iter();
        names.any(|name| paths::is_attribute(attribute.path(), name, root))
    };
    let is_plain = |item: &Item| match item {
        Item::Other(_) => true,
        Item::Method(function) => {
            let mut attributes = function.attributes.iter();
            attributes.all(|one| is_inert(one) || is_ours(one))
                && BoxedMethod::of(&function.signature, None).is_some()
        }
    };
    (is_alone && !has_lifetimes && items.iter().all(is_plain)).then_some(position)
}

fn is_inert(attribute: &Attribute) -> bool {
    INERT.iter().any(|name| attribute.path().is_ident(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::parse::Service;

    fn is_replaced(above: &str, generics: &str, items: &str) -> bool {
        let text = format!("{above} impl {generics} Notes for Service {{ {items} }}");
        let service: Service = syn::parse_str(&text).unwrap();
        let found = replaceable(
            &service.attributes,
            &service.generics,
            &service.items,
            &paths::root(),
        );
        found.is_some()
    }

    #[test]
    fn the_forms_of_tonic_are_replaced() {
        let method =
            "async fn f(&self, request: Request<A>) -> Result<Response<Self::B>, Status> {}";
        let documented = format!("/// Text.\n #[requires(GetApp)] #[cfg(unix)] {method}");
        for above in [
            "#[async_trait]",
            "#[tonic::async_trait]",
            "#[cfg(unix)] #[::tonic::async_trait] #[allow(dead_code)]",
        ] {
            for items in [
                method,
                &documented,
                &format!("type B = C<'static>; {method}"),
            ] {
                assert!(is_replaced(above, "", items), "{above} {items}");
                assert!(is_replaced(above, "<T: Send>", items), "{above} {items}");
            }
        }
        let public = "#[public(\"reason\")] async fn f(&self, _: Request<A>) -> Result<B, C> {}";
        assert!(is_replaced("#[async_trait]", "", public));
    }

    #[test]
    fn other_forms_keep_the_attribute() {
        let method = "async fn f(&self, request: Request<A>) -> Result<B, C> {}";
        for above in [
            "",
            "#[async_trait(?Send)]",
            "#[cfg_attr(unix, async_trait)]",
            "#[other::trait_variant]",
            "#[async_trait] #[mutates]",
            "#[cfg_attr(unix, mutates)] #[async_trait]",
            "#[async_trait] #[async_trait]",
        ] {
            assert!(!is_replaced(above, "", method), "{above}");
        }
        assert!(!is_replaced("#[async_trait]", "<'a>", method));
        for other in [
            "fn f(&self, request: A) -> B {}",
            "async unsafe fn f(&self, request: A) -> B {}",
            "const async fn f(&self, request: A) -> B {}",
            "async extern \"C\" fn f(&self, request: A) -> B {}",
            "async fn f<T>(&self, request: A) -> B {}",
            "async fn f(&self, request: A) -> B where A: Send {}",
            "async fn f(request: A) -> B {}",
            "async fn f(self, request: A) -> B {}",
            "async fn f(&mut self, request: A) -> B {}",
            "async fn f(&'a self, request: A) -> B {}",
            "async fn f(self: Arc<Self>, request: A) -> B {}",
            "async fn f(#[cfg(unix)] &self, request: A) -> B {}",
            "async fn f(&self) -> B {}",
            "async fn f(&self, request: A, other: A) -> B {}",
            "async fn f(&self, #[cfg(unix)] request: A) -> B {}",
            "async fn f(&self, request: &A) -> B {}",
            "async fn f(&self, request: A<'a>) -> B {}",
            "async fn f(&self, request: A<'_>) -> B {}",
            "async fn f(&self, request: A<(&A, A)>) -> B {}",
            "async fn f(&self, request: A<_>) -> B {}",
            "async fn f(&self, request: impl A) -> B {}",
            "async fn f(&self, request: a!()) -> B {}",
            "async fn f(&self, request: A) {}",
            "async fn f(&self, request: A) -> &B {}",
            "async fn f(&self, request: A) -> impl B {}",
            "#[instrument] async fn f(&self, request: A) -> B {}",
            "#[cfg_attr(unix, instrument)] async fn f(&self, request: A) -> B {}",
        ] {
            assert!(!is_replaced("#[async_trait]", "", other), "{other}");
            let both = format!("{method} {other}");
            assert!(!is_replaced("#[async_trait]", "", &both), "{other}");
        }
    }
}
