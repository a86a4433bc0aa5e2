//! The rules for catalog files: converts parsed entries to the validated model.
//!
//! An invalid entry does not produce a model. Entries that refer to it are not reported for that reason, because
//! references are checked against the names in the file.

mod action;
mod binding;
mod place;
mod references;
mod resource;
mod route;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use self::references::Names;
use crate::error::Reporter;
use crate::fingerprint;
use crate::model::{ConditionKey, Placeholder, ResourceType, Service, Source};
use crate::names::{self, KeyPiece, key_pieces};
use crate::reader::entries::{ConditionKeyEntry, ServiceEntry, SourceEntry, Text};
use crate::template::is_scope_byte;

/// The format that this version supports.
const FORMAT: u16 = 1;

/// Checks a file; `None` if it has errors, all of which are reported.
pub(crate) fn service(
    entry: ServiceEntry,
    others: &[Service],
    reporter: &Reporter<'_>,
) -> Option<Service> {
    let ServiceEntry {
        format,
        prefix,
        name,
        documentation,
        partitions,
        event_sources,
        sources,
        condition_keys,
        placeholders,
        resources,
        actions,
    } = entry;
    let format = format.filter(|format| check_format(format, reporter));
    let prefix = prefix.filter(|prefix| check_prefix(prefix, others, reporter));
    check_link(documentation.as_ref(), reporter);
    let partitions = check_partitions(&partitions, reporter);
    let event_sources = check_event_sources(&event_sources, prefix.as_ref(), reporter);

    let mut scope = Scope {
        reporter,
        partitions: partitions.clone().unwrap_or_default(),
        sources: Names::of("source", sources.iter().map(|entry| &entry.name)),
        condition_keys: Names::of(
            "condition key",
            condition_keys.iter().map(|entry| &entry.name),
        ),
        placeholders: Names::of("placeholder", placeholders.iter().map(|entry| &entry.name)),
        resources: Names::of("resource type", resources.iter().map(|entry| &entry.name)),
        checked_placeholders: BTreeMap::new(),
        checked_resources: BTreeMap::new(),
    };
    for names in [
        &scope.sources,
        &scope.condition_keys,
        &scope.placeholders,
        &scope.resources,
    ] {
        names.check_duplicates(reporter);
    }
    resource::check_type_names(&resources, &actions, reporter);
    action::check_names(&actions, reporter);
    route::check_collisions(&actions, reporter);
    check_constant_names(&condition_keys, reporter);

    let sources: Vec<_> = sources
        .into_iter()
        .map(|entry| source(entry, &scope))
        .collect();
    let condition_keys: Vec<_> = condition_keys
        .into_iter()
        .map(|entry| condition_key(entry, &scope))
        .collect();
    for entry in placeholders {
        if let Some(placeholder) = resource::placeholder(entry, &scope) {
            scope
                .checked_placeholders
                .insert(placeholder.name.clone(), Arc::new(placeholder));
        }
    }
    let resources: Vec<_> = resources
        .into_iter()
        .map(|entry| {
            let resource = Arc::new(resource::resource_type(entry, &scope)?);
            scope
                .checked_resources
                .insert(resource.name.clone(), Arc::clone(&resource));
            Some(resource)
        })
        .collect();
    let actions: Vec<_> = actions
        .into_iter()
        .map(|entry| action::action(entry, &scope))
        .collect();

    format?;
    Some(Service {
        prefix: prefix?.into_inner(),
        name: name?.into_inner(),
        documentation: into_text(documentation),
        partitions: partitions?,
        event_sources: event_sources?,
        file: reporter.file().to_owned(),
        fingerprint: fingerprint::of(reporter.text()),
        sources: sources.into_iter().collect::<Option<_>>()?,
        condition_keys: condition_keys.into_iter().collect::<Option<_>>()?,
        resources: resources.into_iter().collect::<Option<_>>()?,
        actions: actions.into_iter().collect::<Option<_>>()?,
    })
}

/// The definitions to which the entries of a file may refer.
pub(crate) struct Scope<'a> {
    reporter: &'a Reporter<'a>,
    /// Empty for the partitions of AWS.
    partitions: Vec<String>,
    sources: Names,
    condition_keys: Names,
    placeholders: Names,
    resources: Names,
    checked_placeholders: BTreeMap<String, Arc<Placeholder>>,
    checked_resources: BTreeMap<String, Arc<ResourceType>>,
}

impl Scope<'_> {
    fn report(&self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.reporter.report(span, message, hint);
    }
}

fn check_format(format: &Spanned<u16>, reporter: &Reporter<'_>) -> bool {
    let known = *format.get_ref() == FORMAT;
    if !known {
        reporter.report(
            &format.span(),
            format!("unknown catalog format {}", format.get_ref()),
            format!("this version reads the format {FORMAT}"),
        );
    }
    known
}

fn check_prefix(prefix: &Text, others: &[Service], reporter: &Reporter<'_>) -> bool {
    let text = prefix.get_ref();
    if !names::is_kebab_case(text) {
        reporter.report(
            &prefix.span(),
            format!("`{text}` cannot be a service prefix"),
            "use lower-case letters, digits and single hyphens, a letter first",
        );
        return false;
    }
    if names::is_keyword(text) {
        reporter.report(
            &prefix.span(),
            format!("the service prefix `{text}` would become the name of a Rust module, and Rust keeps the word"),
            format!("use a more specific name, such as `{text}-service`"),
        );
        return false;
    }
    if others.iter().any(|other| other.prefix == *text) {
        reporter.report(
            &prefix.span(),
            format!("another file already describes the service `{text}`"),
            "keep one file for each service",
        );
        return false;
    }
    true
}

/// The partitions of the service's ARNs; reports names that are not valid in an ARN.
fn check_partitions(partitions: &[Text], reporter: &Reporter<'_>) -> Option<Vec<String>> {
    let mut good = true;
    for (index, partition) in partitions.iter().enumerate() {
        let text = partition.get_ref();
        if !text.bytes().all(is_scope_byte) {
            reporter.report(
                &partition.span(),
                format!("`{text}` cannot be a partition"),
                "use ASCII letters, digits, `-`, `_` and `.`",
            );
            good = false;
        }
        if partitions
            .iter()
            .take(index)
            .any(|other| other == partition)
        {
            reporter.report(
                &partition.span(),
                format!("the partition `{text}` is listed twice"),
                "name it once",
            );
            good = false;
        }
    }
    good.then(|| {
        let names = partitions.iter().map(Spanned::get_ref);
        names.cloned().collect()
    })
}

/// The event sources of the service: by default the one that most services of AWS have. Reports names that are not
/// hosts.
fn check_event_sources(
    event_sources: &[Text],
    prefix: Option<&Text>,
    reporter: &Reporter<'_>,
) -> Option<Vec<String>> {
    let mut good = true;
    for (index, event_source) in event_sources.iter().enumerate() {
        let text = event_source.get_ref();
        if !text.contains('.') || !text.split('.').all(names::is_kebab_case) {
            reporter.report(
                &event_source.span(),
                format!("`{text}` cannot be an event source"),
                "write the `eventSource` of CloudTrail, such as `pinpoint.amazonaws.com`",
            );
            good = false;
        }
        if event_sources
            .iter()
            .take(index)
            .any(|other| other == event_source)
        {
            reporter.report(
                &event_source.span(),
                format!("the event source `{text}` is listed twice"),
                "name it once",
            );
            good = false;
        }
    }
    good.then(|| match event_sources {
        [] => prefix
            .map(|prefix| format!("{}.amazonaws.com", prefix.get_ref()))
            .into_iter()
            .collect(),
        named => named.iter().map(Spanned::get_ref).cloned().collect(),
    })
}

/// Two condition keys must not result in the same Rust name.
fn check_constant_names(keys: &[ConditionKeyEntry], reporter: &Reporter<'_>) {
    let mut known: BTreeMap<(String, bool), &Text> = BTreeMap::new();
    for entry in keys {
        let name = &entry.name;
        let rust_name = entry.rust_name();
        let constant = rust_name.0.clone();
        let first = *known.entry(rust_name).or_insert(name);
        // Keys that differ only in case have already been reported as duplicates.
        if !first.get_ref().eq_ignore_ascii_case(name.get_ref()) {
            reporter.report(
                &name.span(),
                format!(
                    "the condition keys `{}` and `{}` would both become `{constant}` in Rust",
                    first.get_ref(),
                    name.get_ref(),
                ),
                "give one of them another name: `rust-name = \"…\"`",
            );
        }
    }
}

fn source(entry: SourceEntry, scope: &Scope<'_>) -> Option<Source> {
    let SourceEntry { name, title, date } = entry;
    let date_is_good = date.as_ref().is_none_or(|date| check_date(date, scope));
    let source = Source {
        name: name.into_inner(),
        title: title?.into_inner(),
        date: into_text(date),
    };
    date_is_good.then_some(source)
}

fn condition_key(entry: ConditionKeyEntry, scope: &Scope<'_>) -> Option<ConditionKey> {
    let (item, _) = entry.rust_name();
    let ConditionKeyEntry {
        name,
        value_type,
        summary,
        rust_name,
    } = entry;
    let name_is_good = check_condition_key_name(&name, scope)
        & rust_name.is_none_or(|rust_name| check_rust_name(&rust_name, scope));
    let value_type = value_type
        .filter(|value_type| one_of(value_type, "type of a condition key", &VALUE_TYPES, scope));
    let key = ConditionKey {
        name: name.into_inner(),
        value_type: value_type?.into_inner(),
        summary: summary?.into_inner(),
        rust_name: item,
    };
    name_is_good.then_some(key)
}

/// The value types in AWS's tables, and lists of them.
const VALUE_TYPES: [&str; 14] = [
    "String",
    "Bool",
    "Numeric",
    "Date",
    "ARN",
    "IPAddress",
    "Binary",
    "ArrayOfString",
    "ArrayOfBool",
    "ArrayOfNumeric",
    "ArrayOfDate",
    "ArrayOfARN",
    "ArrayOfIPAddress",
    "ArrayOfBinary",
];

/// A key has the form `service:Name`, optionally with parts that requests fill in: `aws:ResourceTag/${TagKey}`.
fn check_condition_key_name(name: &Text, scope: &Scope<'_>) -> bool {
    let text = name.get_ref();
    let good = is_condition_key(text);
    if !good {
        scope.report(
            &name.span(),
            format!("`{text}` is not a valid name of a condition key"),
            "write it as `service:Name` or `service:Name/${Part}`",
        );
    }
    good
}

fn is_condition_key(text: &str) -> bool {
    let pieces = key_pieces(text);
    let mut fixed = String::new();
    let mut arguments: Vec<String> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            KeyPiece::Literal(literal) => fixed.push_str(literal),
            KeyPiece::Placeholder(part) => {
                let follows_another = index
                    .checked_sub(1)
                    .and_then(|before| pieces.get(before))
                    .is_some_and(|before| matches!(before, KeyPiece::Placeholder(_)));
                let argument = names::words(part).join("_");
                // The argument of the generated function; other keywords are written as raw identifiers.
                if follows_another
                    || !names::is_action_name(part)
                    || part.contains('-')
                    || ["self", "super", "crate"].contains(&argument.as_str())
                    || arguments.contains(&argument)
                {
                    return false;
                }
                arguments.push(argument);
                fixed.push('A');
            }
        }
    }
    // The service may be the host name of an identity provider.
    fixed.split_once(':').is_some_and(|(service, rest)| {
        service.starts_with(|first: char| first.is_ascii_lowercase())
            && rest.starts_with(|first: char| first.is_ascii_alphabetic())
            && fixed
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
    })
}

/// Reports a name that is not valid for a generated function.
fn check_rust_name(name: &Text, scope: &Scope<'_>) -> bool {
    let text = name.get_ref();
    let good = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !names::is_keyword(text);
    if !good {
        scope.report(
            &name.span(),
            format!("`{text}` cannot be the Rust name of a condition key"),
            "use lower-case letters, digits and `_`, a letter first, as in `aws_resource_tag`",
        );
    }
    good
}

/// Converts a range in a string to the bytes of the file.
///
/// The result is exact for strings on one line without escapes, the usual form of templates. It assumes that one byte,
/// the quotation mark, precedes the string.
fn within(text: &Text, range: &Range<usize>) -> Range<usize> {
    let span = text.span();
    if span.len() == text.get_ref().len() + 2 {
        span.start + 1 + range.start..span.start + 1 + range.end
    } else {
        span
    }
}

/// Reports a value that is not one of `allowed`.
fn one_of(text: &Text, what: &str, allowed: &[&str], scope: &Scope<'_>) -> bool {
    let good = allowed.contains(&text.get_ref().as_str());
    if !good {
        let near = scope
            .reporter
            .nearest(text.get_ref(), allowed.iter().copied());
        scope.report(
            &text.span(),
            format!("unknown {what} `{}`", text.get_ref()),
            names::did_you_mean(&near).unwrap_or_else(|| format!("write {}", names::list(allowed))),
        );
    }
    good
}

/// Reports a value that is not a calendar date.
fn check_date(date: &Text, scope: &Scope<'_>) -> bool {
    let good = is_date(date.get_ref());
    if !good {
        scope.report(
            &date.span(),
            format!("`{}` is not a valid date", date.get_ref()),
            "write a day of the calendar as `YYYY-MM-DD`",
        );
    }
    good
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, length| {
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Reports a link that a browser cannot open.
fn check_link(link: Option<&Text>, reporter: &Reporter<'_>) -> bool {
    let Some(link) = link else { return true };
    let text = link.get_ref();
    let good = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    }) && text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"<>`\"\\".contains(&byte));
    if !good {
        reporter.report(
            &link.span(),
            format!("`{}` is not a valid link", text.escape_debug()),
            "write an address that starts with `https://`",
        );
    }
    good
}

fn into_text(text: Option<Text>) -> Option<String> {
    text.map(Spanned::into_inner)
}
