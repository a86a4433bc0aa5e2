//! Converts ARN formats of the service reference into templates of a catalog.

use crate::names;

/// A template, and the differences between it and the format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) arn: String,
    pub(super) placeholders: Vec<TemplatePlaceholder>,
    /// Sentences about the changes. The name of the resource type is appended to each.
    pub(super) changes: Vec<String>,
}

/// A placeholder of the resource component.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplatePlaceholder {
    pub(super) name: String,
    /// Whether its values may contain characters that are not valid in identifiers.
    pub(super) is_opaque: bool,
}

/// Returns the formats in one text of the reference. Some entries list two of them in one text.
pub(super) fn formats(text: &str) -> Vec<String> {
    let mut formats: Vec<String> = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        match formats.last_mut() {
            Some(last) if !part.starts_with("arn:") => {
                last.push(',');
                last.push_str(part);
            }
            _ => formats.push(part.to_owned()),
        }
    }
    formats
}

/// Returns the template for `format`, or the reason why it cannot be written.
pub(super) fn template(format: &str) -> Result<Template, String> {
    let mut template = Template::default();
    let mut rest = format;
    let mut component = || -> Option<&str> {
        let end = split_end(rest, &[':'])?;
        let (before, after) = (rest.get(..end)?, rest.get(end + 1..)?);
        rest = after;
        Some(before)
    };
    let five = (
        component(),
        component(),
        component(),
        component(),
        component(),
    );
    let (Some(scheme), Some(partition), Some(service), Some(region), Some(account)) = five else {
        return Err("it has fewer than six components".to_owned());
    };
    if scheme != "arn" {
        return Err("it does not start with `arn:`".to_owned());
    }
    if service.is_empty() || !service.chars().all(is_identifier) {
        return Err(format!("its service, `{service}`, is not fixed"));
    }
    template.arn = "arn".to_owned();
    template.scope("Partition", partition)?;
    template.arn.push(':');
    template.arn.push_str(service);
    template.scope("Region", region)?;
    template.scope("Account", account)?;
    template.arn.push(':');
    template.resource(rest)?;
    Ok(template)
}

impl Template {
    /// Adds the partition, region or account. Anything that is not fixed becomes the deployment's own value, because a
    /// service decides only about resources of its own deployment.
    fn scope(&mut self, name: &str, written: &str) -> Result<(), String> {
        self.arn.push(':');
        if written == format!("${{{name}}}") || written.chars().all(is_identifier) {
            self.arn.push_str(written);
            return Ok(());
        }
        let is_one_placeholder = written
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .is_some_and(|inner| !inner.contains(['$', '{', '}']));
        if written != "*" && !is_one_placeholder {
            return Err(format!(
                "`{written}` is not a valid {}",
                name.to_ascii_lowercase()
            ));
        }
        self.changes
            .push(format!("`{written}` is written as `${{{name}}}`"));
        self.arn.push_str(&format!("${{{name}}}"));
        Ok(())
    }

    fn resource(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err("it has no resource component".to_owned());
        }
        let mut rest = text;
        while let Some(end) = split_end(rest, &['/', ':']) {
            let (segment, after) = rest.split_at(end);
            self.segment(segment)?;
            let mut characters = after.chars();
            self.arn.extend(characters.next());
            rest = characters.as_str();
        }
        self.segment(rest)
    }

    /// Adds the text between two separators: a fixed start, and at most one placeholder. If it contains several
    /// placeholders, they become one, because nothing but a separator shows where a value ends.
    fn segment(&mut self, segment: &str) -> Result<(), String> {
        let start = segment.find(['$', '{']).unwrap_or(segment.len());
        let (fixed, filled) = segment.split_at(start);
        let is_literal = |character: char| is_identifier(character) || character == '*';
        if let Some(wrong) = fixed.chars().find(|found| !is_literal(*found)) {
            return Err(format!("it contains `{}`", wrong.escape_debug()));
        }
        self.arn.push_str(fixed);
        if filled.is_empty() {
            return Ok(());
        }
        let parts = parts(filled)?;
        let name = match parts.as_slice() {
            [Part::Placeholder(name)] => names::capitalized(name),
            _ => names::capitalized(filled),
        };
        let name = match name.chars().next() {
            None => return Err(format!("`{filled}` has no name")),
            Some(first) if first.is_ascii_digit() => format!("Id{name}"),
            Some(_) => name,
        };
        let is_opaque = parts
            .windows(2)
            .any(|pair| matches!(pair, [Part::Placeholder(_), Part::Placeholder(_)]))
            || parts.iter().any(|part| match part {
                Part::Text(text) => !text.chars().all(is_identifier),
                Part::Placeholder(_) => false,
            });
        if parts.len() > 1 {
            self.changes.push(format!(
                "`{filled}` is written as one placeholder, `{name}`, because nothing shows where its first value ends"
            ));
        }
        let name = self.unused(name);
        self.arn.push_str(&format!("${{{name}}}"));
        self.placeholders
            .push(TemplatePlaceholder { name, is_opaque });
        Ok(())
    }

    /// Returns `name`, with a number appended if the template already contains it.
    fn unused(&mut self, name: String) -> String {
        let is_used = |name: &str| {
            let mut placeholders = self.placeholders.iter();
            placeholders.any(|known| known.name == name)
        };
        if !is_used(&name) {
            return name;
        }
        let mut number = 2;
        while is_used(&format!("{name}{number}")) {
            number += 1;
        }
        self.changes.push(format!(
            "the second `${{{name}}}` is written as `${{{name}{number}}}`"
        ));
        format!("{name}{number}")
    }
}

enum Part<'t> {
    Placeholder(&'t str),
    Text(&'t str),
}

/// Splits a text into `${Name}` or `{Name}` and the text between them.
fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(['$', '{']).unwrap_or(rest.len());
        let (fixed, filled) = rest.split_at(start);
        if fixed.contains(['*', '}']) {
            return Err(format!(
                "`{text}` has a wildcard or brace after a placeholder"
            ));
        }
        if !fixed.is_empty() {
            parts.push(Part::Text(fixed));
        }
        if filled.is_empty() {
            break;
        }
        let inside = filled.strip_prefix('$').unwrap_or(filled);
        let Some((name, after)) = inside
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
        else {
            return Err(format!("`{text}` has a placeholder without an end"));
        };
        parts.push(Part::Placeholder(name));
        rest = after;
    }
    Ok(parts)
}

/// Returns the position of the first of `separators` outside a placeholder.
fn split_end(text: &str, separators: &[char]) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            other if depth == 0 && separators.contains(&other) => return Some(index),
            _ => {}
        }
    }
    None
}

/// Returns whether a character is valid in an identifier and in a fixed component.
fn is_identifier(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_become_templates() {
        for (format, arn, placeholders, changes) in [
            (
                "arn:${Partition}:shop:${Region}:${Account}:orders/${order-id}",
                "arn:${Partition}:shop:${Region}:${Account}:orders/${OrderId}",
                "OrderId",
                0,
            ),
            (
                "arn:${Partition}:shop::aws:orders/o-${Id}/*",
                "arn:${Partition}:shop::aws:orders/o-${Id}/*",
                "Id",
                0,
            ),
            (
                "arn:${Partition}:shop:${Region}:${AccountId}:orders",
                "arn:${Partition}:shop:${Region}:${Account}:orders",
                "",
                1,
            ),
            (
                "arn:aws:shop:*:*:orders:${Account}",
                "arn:aws:shop:${Region}:${Account}:orders:${Account}",
                "Account",
                2,
            ),
            (
                "arn:${Partition}:shop:::${A}-${B}/${A}",
                "arn:${Partition}:shop:::${AB}/${A}",
                "AB A",
                1,
            ),
            (
                "arn:${Partition}:shop:::x/${A}+${B}",
                "arn:${Partition}:shop:::x/${AB}",
                "AB!",
                1,
            ),
            (
                "arn:${Partition}:shop:::${A}${B}",
                "arn:${Partition}:shop:::${AB}",
                "AB!",
                1,
            ),
            (
                "arn:${Partition}:shop:::${Server}-{Date-of-it}:${A}-end",
                "arn:${Partition}:shop:::${ServerDateOfIt}:${AEnd}",
                "ServerDateOfIt AEnd",
                2,
            ),
            (
                "arn:${Partition}:shop:::${A}/${A}/${a}",
                "arn:${Partition}:shop:::${A}/${A2}/${A3}",
                "A A2 A3",
                2,
            ),
            (
                "arn:${Partition}:shop:::${3D:Id}",
                "arn:${Partition}:shop:::${Id3DId}",
                "Id3DId",
                0,
            ),
        ] {
            let found = template(format).unwrap();
            assert_eq!(found.arn, arn);
            let names: Vec<String> = found
                .placeholders
                .iter()
                .map(|placeholder| {
                    let mark = if placeholder.is_opaque { "!" } else { "" };
                    format!("{}{mark}", placeholder.name)
                })
                .collect();
            assert_eq!(names.join(" "), placeholders, "{format}");
            assert_eq!(found.changes.len(), changes, "{:?}", found.changes);
        }
    }

    #[test]
    fn what_is_not_a_template_has_a_reason() {
        for (format, reason) in [
            ("*", "it has fewer than six components"),
            ("", "it has fewer than six components"),
            ("orn:a:b:c:d:e", "it does not start with `arn:`"),
            (
                "arn:a:${Vendor}:c:d:e",
                "its service, `${Vendor}`, is not fixed",
            ),
            ("arn:a:b:c-*:d:e", "`c-*` is not a valid region"),
            ("arn:a:b:c:${A}${B}:e", "`${A}${B}` is not a valid account"),
            ("arn:a:b:c:d:", "it has no resource component"),
            ("arn:a:b:c:d:e f", "it contains ` `"),
            ("arn:a:b:c:d:${}", "`${}` has no name"),
            ("arn:a:b:c:d:${A", "`${A` has a placeholder without an end"),
            ("arn:a:b:c:d:$A", "`$A` has a placeholder without an end"),
            (
                "arn:a:b:c:d:${A}*",
                "`${A}*` has a wildcard or brace after a placeholder",
            ),
        ] {
            assert_eq!(template(format), Err(reason.to_owned()), "{format}");
        }
    }

    #[test]
    fn one_text_may_contain_several_formats() {
        assert_eq!(formats("arn:a:b"), ["arn:a:b"]);
        assert_eq!(formats("arn:a:b, arn:c:d,x"), ["arn:a:b", "arn:c:d,x"]);
        assert_eq!(formats("*"), ["*"]);
    }
}
