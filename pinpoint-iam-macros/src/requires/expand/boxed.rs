//! A function that returns a boxed future, as `#[async_trait]` writes it.
//!
//! ```text
//! fn purge<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>> {
//!     Box::pin(async move { .. })
//! }
//! ```
//!
//! The check belongs into the `async` block. It is then made when the future is awaited, and can wait for resource tags.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

/// The parts of such a function.
pub(super) struct BoxedFuture {
    /// The path of `Box::pin`.
    pub(super) pin: TokenStream,
    /// The body of the `async` block.
    pub(super) body: Group,
    /// The output of the future.
    pub(super) output: Type,
}

impl BoxedFuture {
    /// The parts of the function with this return type and body; `None` where it is of another form.
    pub(super) fn of(returned: &ReturnType, body: &Group) -> Option<Self> {
        let output = output(returned)?;
        let mut pin: Vec<TokenTree> = body.stream().into_iter().collect();
        let Some(TokenTree::Group(arguments)) = pin.pop() else {
            return None;
        };
        let is_path = pin.iter().all(|token| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => punct.as_char() == ':',
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        });
        let ends_with_pin = matches!(pin.last(), Some(TokenTree::Ident(word)) if word == "pin");
        if !is_path || !ends_with_pin || arguments.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
        match arguments.as_slice() {
            [
                TokenTree::Ident(first),
                TokenTree::Ident(second),
                TokenTree::Group(body),
            ] if first == "async" && second == "move" && body.delimiter() == Delimiter::Brace => {
                Some(Self {
                    pin: pin.into_iter().collect(),
                    body: body.clone(),
                    output,
                })
            }
            _ => None,
        }
    }
}

/// `T` of `Pin<Box<dyn Future<Output = T>>>`.
fn output(returned: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, returned) = returned else {
        return None;
    };
    let Type::TraitObject(future) = argument(argument(returned, "Pin")?, "Box")? else {
        return None;
    };
    let future = future.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    })?;
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    })
}

/// The argument of the type called `name`.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(ty) = ty else {
        return None;
    };
    let last = ty.path.segments.last().filter(|last| last.ident == name)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(argument) => Some(argument),
            _ => None,
        },
        _ => None,
    }
}
