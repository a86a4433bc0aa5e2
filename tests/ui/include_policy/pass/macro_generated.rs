//! The path is relative to the file that contains it, regardless of the macros that pass it on.

use pinpoint_iam::policy::Document;

macro_rules! policies {
    ($($name:ident: $path:literal),*; $kind:expr) => {
        $(fn $name() -> Document {
            ::pinpoint_iam::include_policy!($path, kind = $kind)
        })*
    };
}

policies!(reader: "reader.json", again: "../pass/reader.json"; "session");

fn main() {
    assert_eq!(reader(), again());
}
