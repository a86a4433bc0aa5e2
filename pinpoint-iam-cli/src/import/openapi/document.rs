//! Reads OpenAPI documents, and resolves their references.

use serde_json::Value;

/// The most references that lead to one value. Longer chains are circular or hostile.
const MOST_REFERENCES: usize = 16;

/// An OpenAPI document of a version 3.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

/// A value of the document with its JSON pointer.
#[derive(Clone, Debug)]
pub(super) struct Located<'d> {
    pub(super) value: &'d Value,
    /// The pointer at which the value was reached, as a fragment: `#/paths/~1pets`.
    pub(super) pointer: String,
}

impl Document {
    /// Parses JSON or YAML. The error is a message.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // An OpenAPI document is an object, and YAML is written with braces only by programs, which write JSON.
        let root: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| error.to_string())?
        } else {
            serde_saphyr::from_str(text).map_err(|error| error.to_string())?
        };
        let document = Self { root };
        match document.root.get("openapi") {
            Some(Value::String(version)) if version.starts_with("3.") => Ok(document),
            // YAML reads an unquoted `3.1` as a number.
            Some(Value::Number(version)) if version.to_string().starts_with("3.") => Ok(document),
            _ if document.root.get("swagger").is_some() => Err(
                "the document is one of Swagger 2; convert it to OpenAPI 3 first".to_owned(),
            ),
            _ => Err(
                "this is not an OpenAPI document of a version 3; it must contain `\"openapi\": \"3..\"`"
                    .to_owned(),
            ),
        }
    }

    pub(super) fn root(&self) -> Located<'_> {
        Located {
            value: &self.root,
            pointer: "#".to_owned(),
        }
    }

    /// Follows the references of a value. The error is the reason why one cannot be followed.
    pub(super) fn resolve<'d>(&'d self, located: Located<'d>) -> Result<Located<'d>, String> {
        let pointer = located.pointer;
        let mut value = located.value;
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = value.get("$ref") else {
                return Ok(Located { value, pointer });
            };
            let Some(reference) = reference.as_str() else {
                return Err("`$ref` is not a text".to_owned());
            };
            let shown = reference.escape_debug();
            let Some(fragment) = reference.strip_prefix('#') else {
                return Err(format!(
                    "`{shown}` is a reference to another document; write its content in its place"
                ));
            };
            value = self
                .root
                .pointer(&decoded(fragment))
                .ok_or_else(|| format!("nothing is at `{shown}`"))?;
        }
        Err("its references lead to each other".to_owned())
    }
}

impl<'d> Located<'d> {
    /// The member called `name`.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        Some(Self {
            value: self.value.get(name)?,
            pointer: format!("{}/{}", self.pointer, escaped(name)),
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&'d str> {
        self.value.get(name)?.as_str()
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Vec<(&'d str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members
            .map(|(name, value)| {
                let pointer = format!("{}/{}", self.pointer, escaped(name));
                (name.as_str(), Self { value, pointer })
            })
            .collect()
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Vec<Self> {
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        elements
            .map(|(index, value)| Self {
                value,
                pointer: format!("{}/{index}", self.pointer),
            })
            .collect()
    }
}

/// A name as a token of a JSON pointer.
fn escaped(name: &str) -> String {
    let name = name.replace('~', "~0").replace('/', "~1");
    name.escape_debug().to_string()
}

/// Decodes the percent-encoding of a fragment. What is not valid remains as it is.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                after.get(2..).unwrap_or_default()
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| fragment.to_owned())
}
