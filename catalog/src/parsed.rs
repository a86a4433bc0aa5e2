//! The parsed form of a catalog: the model of a service as text that is read without parsing TOML.
//!
//! The macros of `pinpoint-iam` read catalogs in each compiler process that expands them, with code that cargo builds
//! without optimization. Parsing the TOML of the built-in catalogs and checking it takes 126 million instructions there, and
//! reading the parsed form 6 million. It only exists for catalogs that have passed all checks, and is not checked again.
//!
//! It consists of numbers and texts, in the order of the model's fields. A number ends with a line feed. A text is its
//! length in bytes, a blank, its bytes and a line feed. A list or an optional value starts with the number of its elements,
//! an enum with the number of its variant.
//!
//! `catalog/data/parsed/` contains the built-in catalogs in this form, and a [`CatalogBundle`](crate::CatalogBundle) those
//! of a package.

use std::sync::Arc;

use crate::model::{
    AccessLevel, Action, ConditionKey, DependentAction, IdFormat, Lifecycle, LifecycleState,
    Placeholder, ResourceType, Route, Service, Source, SourceVariant,
};
use crate::template::{ArnTemplate, Component, Piece};

/// Writes a service.
pub(crate) fn write(service: &Service) -> String {
    let mut writer = Writer {
        text: String::new(),
        resources: &service.resources,
    };
    let Service {
        prefix,
        name,
        documentation,
        partitions,
        event_sources,
        file,
        fingerprint,
        sources,
        condition_keys,
        resources,
        actions,
    } = service;
    prefix.write(&mut writer);
    name.write(&mut writer);
    documentation.write(&mut writer);
    partitions.write(&mut writer);
    event_sources.write(&mut writer);
    file.write(&mut writer);
    fingerprint.write(&mut writer);
    sources.write(&mut writer);
    condition_keys.write(&mut writer);
    resources.len().write(&mut writer);
    for resource in resources {
        (**resource).write(&mut writer);
    }
    actions.write(&mut writer);
    writer.text
}

/// Reads a service; `None` if the text does not contain exactly one.
pub(crate) fn read(text: &str) -> Option<Service> {
    let mut reader = Reader {
        rest: text.as_bytes(),
        resources: Vec::new(),
    };
    let reader = &mut reader;
    let service = Service {
        prefix: Parsed::read(reader)?,
        name: Parsed::read(reader)?,
        documentation: Parsed::read(reader)?,
        partitions: Parsed::read(reader)?,
        event_sources: Parsed::read(reader)?,
        file: Parsed::read(reader)?,
        fingerprint: Parsed::read(reader)?,
        sources: Parsed::read(reader)?,
        condition_keys: Parsed::read(reader)?,
        resources: {
            for _ in 0..reader.number()? {
                let resource = ResourceType::read(reader)?;
                reader.resources.push(Arc::new(resource));
            }
            reader.resources.clone()
        },
        actions: Parsed::read(reader)?,
    };
    reader.rest.is_empty().then_some(service)
}

struct Writer<'s> {
    text: String,
    /// The resource types of the service. Actions refer to them by position.
    resources: &'s [Arc<ResourceType>],
}

struct Reader<'t> {
    rest: &'t [u8],
    /// The resource types that have been read.
    resources: Vec<Arc<ResourceType>>,
}

impl Reader<'_> {
    /// A number, and the byte after it.
    fn number(&mut self) -> Option<u64> {
        let mut number: u64 = 0;
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'0'..=b'9' => {
                    number = number
                        .checked_mul(10)?
                        .checked_add(u64::from(byte - b'0'))?;
                }
                b'\n' | b' ' => return Some(number),
                _ => return None,
            }
        }
    }
}

/// A value that has a parsed form.
trait Parsed: Sized {
    fn write(&self, writer: &mut Writer<'_>);

    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

impl Parsed for u64 {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.text.push_str(&format!("{self}\n"));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number()
    }
}

impl Parsed for usize {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.text.push_str(&format!("{self}\n"));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number()?.try_into().ok()
    }
}

impl Parsed for u16 {
    fn write(&self, writer: &mut Writer<'_>) {
        u64::from(*self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number()?.try_into().ok()
    }
}

impl Parsed for bool {
    fn write(&self, writer: &mut Writer<'_>) {
        u64::from(*self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        match reader.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Parsed for String {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.text.push_str(&format!("{} {self}\n", self.len()));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let length = usize::read(reader)?;
        let (text, rest) = reader.rest.split_at_checked(length)?;
        reader.rest = rest.strip_prefix(b"\n")?;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
}

impl<T: Parsed> Parsed for Option<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        self.is_some().write(writer);
        if let Some(value) = self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match bool::read(reader)? {
            true => Some(T::read(reader)?),
            false => None,
        })
    }
}

impl<T: Parsed> Parsed for Vec<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        self.len().write(writer);
        for element in self {
            element.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut elements = Self::new();
        for _ in 0..reader.number()? {
            elements.push(T::read(reader)?);
        }
        Some(elements)
    }
}

impl Parsed for (String, String) {
    fn write(&self, writer: &mut Writer<'_>) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some((String::read(reader)?, String::read(reader)?))
    }
}

impl Parsed for Arc<Placeholder> {
    fn write(&self, writer: &mut Writer<'_>) {
        (**self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Placeholder::read(reader).map(Self::new)
    }
}

/// A reference to a resource type of the service.
impl Parsed for Arc<ResourceType> {
    fn write(&self, writer: &mut Writer<'_>) {
        let mut resources = writer.resources.iter();
        // An action only has resource types of its service. The end of the list cannot be read.
        let position = resources.position(|resource| resource.name == self.name);
        position.unwrap_or(writer.resources.len()).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let position = usize::read(reader)?;
        reader.resources.get(position).cloned()
    }
}

/// Structs, with all of their fields.
macro_rules! structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl Parsed for $name {
            fn write(&self, writer: &mut Writer<'_>) {
                let Self { $($field),* } = self;
                $($field.write(writer);)*
            }

            fn read(reader: &mut Reader<'_>) -> Option<Self> {
                Some(Self { $($field: Parsed::read(reader)?),* })
            }
        })*
    };
}

structs! {
    Source { name, title, date }
    ConditionKey { name, value_type, summary, rust_name }
    Placeholder { name, parameter, accepts, summary }
    ResourceType { name, type_name, summary, arn, fields, condition_keys }
    ArnTemplate { text, partition, service, region, account, pieces }
    Action {
        name,
        type_name,
        summary,
        access_level,
        resources,
        pinned,
        route,
        target,
        from_request,
        whole_arn,
        whole_arn_from,
        condition_keys,
        required_keys,
        request_tags,
        dependent_actions,
        lifecycle,
        documentation,
        former_names,
        sources,
        seen,
        undocumented,
        note,
    }
    Route { method, path, success_status }
    DependentAction { action, when, only_with_tags, resource, resource_from, source }
    Lifecycle { state, ended, source }
    SourceVariant { source, arn, method }
}

/// Enums, with the numbers of their variants.
macro_rules! enums {
    ($($name:ident { $($number:literal = $variant:ident $(($value:ident))?),* $(,)? })*) => {
        $(impl Parsed for $name {
            fn write(&self, writer: &mut Writer<'_>) {
                match self {
                    $(Self::$variant $(($value))? => {
                        writer.text.push_str(concat!($number, "\n"));
                        $($value.write(writer);)?
                    })*
                }
            }

            fn read(reader: &mut Reader<'_>) -> Option<Self> {
                match reader.number()? {
                    $($number => {
                        $(let $value = Parsed::read(reader)?;)?
                        Some(Self::$variant $(($value))?)
                    })*
                    _ => None,
                }
            }
        })*
    };
}

enums! {
    IdFormat { 0 = Identifier, 1 = Opaque, 2 = OneOf(names) }
    AccessLevel { 0 = List, 1 = Read, 2 = Write, 3 = Tagging, 4 = PermissionsManagement }
    LifecycleState { 0 = Continues, 1 = Ended, 2 = Unclear }
    Component { 0 = FromScope, 1 = Fixed(text) }
    Piece { 0 = Literal(text), 1 = Field(position) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::{Catalog, SourceFile};

    fn parsed(path: &str, text: &str) -> Service {
        let catalog = Catalog::load([SourceFile::new(path, text)]).unwrap();
        catalog.services.into_iter().next().unwrap()
    }

    fn shelf() -> Service {
        parsed("shelf.toml", include_str!("../tests/golden/shelf.toml"))
    }

    /// For all built-in catalogs, independently of the enabled features.
    #[test]
    fn the_committed_form_is_that_of_the_catalogs() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mut names = Vec::new();
        let mut stale = Vec::new();
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "toml") {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let written = write(&parsed(&format!("catalog/data/{name}.toml"), &text));
            let committed = data.join("parsed").join(name);
            if fs::read_to_string(&committed).ok().as_deref() != Some(&written) {
                fs::write(&committed, written).unwrap();
                stale.push(name.to_owned());
            }
            names.push(name.to_owned());
        }
        assert!(
            stale.is_empty(),
            "`catalog/data/parsed` was stale and has been written anew for {stale:?}; review and commit it"
        );
        for entry in fs::read_dir(data.join("parsed")).unwrap() {
            let name = entry.unwrap().file_name();
            let mut names = names.iter();
            assert!(names.any(|own| **own == *name), "{name:?} has no catalog");
        }
        assert!(names.len() >= 3, "{names:?}");
    }

    #[test]
    fn a_service_reads_back() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        for name in ["mobiletargeting", "mobileanalytics", "sms-voice"] {
            let text = fs::read_to_string(data.join(format!("{name}.toml"))).unwrap();
            let service = parsed(name, &text);
            let written = write(&service);
            assert_eq!(read(&written), Some(service), "{name}");
        }
        let shelf = shelf();
        let resource = shelf.resources.first().unwrap();
        let user = |service: &Service| {
            let actions = service.actions.iter();
            let mut resources = actions.flat_map(|action| action.resources.clone());
            resources.find(|used| used == resource).unwrap()
        };
        let read = read(&write(&shelf)).unwrap();
        assert!(Arc::ptr_eq(&user(&read), read.resources.first().unwrap()));
        assert_eq!(read, shelf);
    }

    #[test]
    fn no_part_and_no_longer_text_is_a_service() {
        let text = write(&shelf());
        for (end, _) in text.char_indices() {
            assert_eq!(read(text.get(..end).unwrap()), None, "{end}");
        }
        for further in ["\n", "0\n", &text] {
            assert_eq!(read(&format!("{text}{further}")), None, "{further}");
        }
    }

    #[test]
    fn no_text_panics() {
        let text = write(&shelf());
        for (position, _) in text.char_indices() {
            for other in ["", "9", "99999999999999999999", "\n", "-", "é"] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, other);
                // A changed character in a text is another service.
                let _ = read(&changed);
            }
        }
        for text in ["", "\n", "x", "3 ab\n", "2 abc\n", "1 é\n"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
