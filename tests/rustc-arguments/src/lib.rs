//! With which arguments the compiler was called.
//!
//! Cargo decides where the dependencies of a crate are, and only the compiler learns it. A test that compiles more crates
//! against the same dependencies, without building any of them again, has to know it too. A procedural macro runs in the
//! compiler and sees its arguments.

use proc_macro::{Delimiter, Group, Literal, Punct, Spacing, TokenStream, TokenTree};

/// The arguments of the compiler that compiles the crate, as `&[&str]`. Arguments that are not Unicode are left out.
#[proc_macro]
pub fn rustc_arguments(_: TokenStream) -> TokenStream {
    let arguments = std::env::args_os().filter_map(|argument| argument.into_string().ok());
    let elements = arguments.flat_map(|argument| {
        let comma = Punct::new(',', Spacing::Alone);
        [
            TokenTree::from(Literal::string(&argument)),
            TokenTree::from(comma),
        ]
    });
    let list = Group::new(Delimiter::Bracket, elements.collect());
    let reference = Punct::new('&', Spacing::Alone);
    [TokenTree::from(reference), TokenTree::from(list)]
        .into_iter()
        .collect()
}
