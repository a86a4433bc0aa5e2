//! The arguments with which the compiler was called.
//!
//! Cargo decides where the dependencies of a crate are, and passes this only to the compiler. A test that compiles more
//! crates with the same dependencies, without building them again, needs it too. A procedural macro runs in the
//! compiler and can read its arguments.

use proc_macro::{Delimiter, Group, Literal, Punct, Spacing, TokenStream, TokenTree};

/// Returns the arguments of the compiler that compiles the crate, as `&[&str]`. Arguments that are not Unicode are
/// omitted.
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
