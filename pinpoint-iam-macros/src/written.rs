//! Formats tokens as text, with the original spacing, and reads text as tokens.

use proc_macro2::{Delimiter, LexError, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// The text of `tokens` on one line, for people.
///
/// Spaces are at the same positions as in the file. Between tokens that do not come from the same place of a file, for
/// example if another macro has combined them, they are at the positions where rustfmt would put them.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut pieces = Vec::new();
    flatten(tokens.to_token_stream(), &mut pieces);
    spaced(&pieces)
}

/// The code with this text, at the place of the attribute.
pub(crate) fn code(text: &str) -> TokenStream {
    // `proc_macro2` would read the text once more before the compiler does.
    let code = if proc_macro::is_available() {
        let code: Result<proc_macro::TokenStream, _> = text.parse();
        code.map(TokenStream::from)
            .map_err(|error| error.to_string())
    } else {
        text.parse().map_err(|error: LexError| error.to_string())
    };
    code.unwrap_or_else(|error| quote!(::core::compile_error!(#error)))
}

/// A token. Operators of several characters, such as `::`, are one piece.
struct Piece {
    text: String,
    place: Option<Place>,
    /// Whether the next character belongs to this operator.
    is_joint: bool,
}

/// The position of a token in its file.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    file: String,
    /// Line and column.
    start: (usize, usize),
    end: (usize, usize),
}

fn flatten(tokens: TokenStream, pieces: &mut Vec<Piece>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                // `syn` gives the span of the whole group to both delimiters.
                let whole = (!open.is_empty()).then(|| place(group.span())).flatten();
                if !open.is_empty() {
                    pieces.push(Piece {
                        text: open.to_owned(),
                        place: whole.clone().map(|whole| Place {
                            end: (whole.start.0, whole.start.1 + 1),
                            ..whole
                        }),
                        is_joint: false,
                    });
                }
                flatten(group.stream(), pieces);
                if !close.is_empty() {
                    pieces.push(Piece {
                        text: close.to_owned(),
                        place: whole.map(|whole| Place {
                            start: (whole.end.0, whole.end.1.saturating_sub(1)),
                            ..whole
                        }),
                        is_joint: false,
                    });
                }
            }
            TokenTree::Punct(punct) => {
                let is_joint = punct.spacing() == Spacing::Joint;
                let piece = Piece::new(punct.as_char(), punct.span());
                match pieces.last_mut() {
                    Some(last) if last.is_joint => {
                        last.text.push_str(&piece.text);
                        last.is_joint = is_joint;
                        if let (Some(place), Some(next)) = (&mut last.place, piece.place) {
                            place.end = next.end;
                        }
                    }
                    _ => pieces.push(Piece { is_joint, ..piece }),
                }
            }
            other => {
                let span = other.span();
                // The apostrophe of a lifetime is joined to its name.
                match pieces.last_mut() {
                    Some(last) if last.is_joint && last.text == "'" => {
                        last.text.push_str(&other.to_string());
                        last.is_joint = false;
                        last.place = place(span);
                    }
                    _ => pieces.push(Piece::new(other, span)),
                }
            }
        }
    }
}

impl Piece {
    fn new(text: impl ToString, span: Span) -> Self {
        Self {
            text: text.to_string(),
            place: place(span),
            is_joint: false,
        }
    }
}

/// The position of a token; `None` outside the compiler.
fn place(span: Span) -> Option<Place> {
    if !proc_macro::is_available() {
        return None;
    }
    let span = span.unwrap();
    let end = span.end();
    let place = Place {
        file: span.file(),
        start: (span.line(), span.column()),
        end: (end.line(), end.column()),
    };
    // Editors that do not know positions return the same one for every token.
    (place.start != place.end).then_some(place)
}

fn spaced(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let previous = index.checked_sub(1).and_then(|index| pieces.get(index));
        if let Some(previous) = previous {
            let is_on_new_line = matches!((&previous.place, &piece.place), (Some(previous), Some(next))
                if previous.file == next.file && next.start.0 > previous.end.0);
            if is_on_new_line && previous.text == "," && is_closing(&piece.text) {
                // The comma is only there because the list spans several lines.
                text.pop();
            } else if is_apart(previous, piece, is_on_new_line) {
                text.push(' ');
            }
        }
        text.push_str(&piece.text);
    }
    text
}

fn is_apart(previous: &Piece, next: &Piece, is_on_new_line: bool) -> bool {
    if let (Some(previous), Some(next)) = (&previous.place, &next.place)
        && previous.file == next.file
        && previous.end.0 == next.start.0
        && previous.end.1 <= next.start.1
    {
        return previous.end.1 < next.start.1;
    }
    if is_on_new_line && previous.text == "{" || next.text == "}" {
        return true;
    }
    let is_tight_after = ["(", "[", ".", "::", "&", "!", "'"].contains(&previous.text.as_str());
    let is_tight_before = [")", "]", ",", ";", "?", ".", "::", ":"].contains(&next.text.as_str());
    let is_name = previous
        .text
        .ends_with(|last: char| last.is_alphanumeric() || last == '_');
    let is_call = ["(", "[", "!"].contains(&next.text.as_str())
        && (is_name || [")", "]", ">", "?", "!"].contains(&previous.text.as_str()));
    !(is_tight_after || is_tight_before || is_call)
}

fn is_closing(text: &str) -> bool {
    [")", "]", "}"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_code_does_not_compile() {
        assert_eq!(code("f(1)").to_string(), quote!(f(1)).to_string());
        let broken = code("f(1").to_string();
        assert!(broken.contains("compile_error"), "{broken}");
    }

    #[test]
    fn tokens_without_a_place_are_spaced_by_custom() {
        for (tokens, expected) in [
            (
                quote!(Document::new(folder_id, document_id)?),
                "Document::new(folder_id, document_id)?",
            ),
            (quote!(body.tags), "body.tags"),
            (quote!(&order.to[0]), "&order.to[0]"),
            (quote!(a == b && c), "a == b && c"),
            (quote!(format!("x-{id}")), "format!(\"x-{id}\")"),
            (quote!(&'static str), "&'static str"),
            (quote!(|id: u8| { id }), "| id: u8 | { id }"),
        ] {
            assert_eq!(written(tokens), expected);
        }
    }

    /// Pieces of a text that has no spaces within tokens and no adjacent letters.
    fn placed(text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (line, text) in text.lines().enumerate() {
            for (column, character) in text.char_indices().filter(|(_, found)| *found != ' ') {
                pieces.push(Piece {
                    text: character.to_string(),
                    place: Some(Place {
                        file: "x.rs".to_owned(),
                        start: (line, column),
                        end: (line, column + 1),
                    }),
                    is_joint: false,
                });
            }
        }
        pieces
    }

    #[test]
    fn tokens_with_a_place_keep_their_spaces() {
        for (text, expected) in [
            ("f(a,b) ?", "f(a,b) ?"),
            ("a-b", "a-b"),
            ("a  -  b", "a - b"),
            ("f(\n    a,\n    b,\n)?", "f(a, b)?"),
            ("a\n    .f()\n    .g()", "a.f().g()"),
            ("a +\n b", "a + b"),
            ("f(a, )", "f(a, )"),
        ] {
            assert_eq!(spaced(&placed(text)), expected);
        }
    }
}
