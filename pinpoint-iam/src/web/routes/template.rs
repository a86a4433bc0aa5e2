//! Parses the paths of routes.

/// The placeholders of a path, and its shape.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template<'p> {
    /// The names, in the order of the path.
    pub(super) names: Vec<&'p str>,
    /// The path without the names of its placeholders. Two paths of one shape match the same requests.
    pub(super) shape: String,
}

/// The reason why a path cannot be parsed, and a hint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) hint: String,
}

impl<'p> Template<'p> {
    /// Parses a path in the notation of [`MountedRoute::path`](super::MountedRoute::path).
    pub(super) fn parse(path: &'p str) -> Result<Self, Unreadable> {
        let Some(behind_slash) = path.strip_prefix('/') else {
            let hint = format!("write `/{path}`");
            return unreadable(path, "does not start with `/`", hint);
        };
        if let Some(other) = path
            .chars()
            .find(|character| "?#".contains(*character) || character.is_control())
        {
            let message = format!("contains `{}`", other.escape_debug());
            return unreadable(path, &message, "remove this character");
        }
        let mut template = Self {
            names: Vec::new(),
            shape: String::new(),
        };
        let mut segments = behind_slash.split('/').peekable();
        while let Some(segment) = segments.next() {
            template.shape.push('/');
            template.read(path, segment, segments.peek().is_none())?;
        }
        Ok(template)
    }

    fn read(&mut self, path: &str, segment: &'p str, is_last: bool) -> Result<(), Unreadable> {
        if segment.starts_with([':', '*']) {
            let name = segment.trim_start_matches([':', '*']);
            let hint = format!("write `{{{name}}}` for a placeholder");
            return unreadable(path, &format!("has the segment `{segment}`"), hint);
        }
        let Some((before, name, behind)) = placeholder(segment) else {
            if literal(segment).contains(['{', '}']) {
                let hint = "close each placeholder in its segment, and write `{{` for a brace";
                return unreadable(path, "has an unmatched brace", hint);
            }
            self.shape.push_str(segment);
            return Ok(());
        };
        if literal(before).contains('}') {
            let hint = "open each placeholder in its segment, and write `}}` for a brace";
            return unreadable(path, "has an unmatched brace", hint);
        }
        if !behind.is_empty() {
            let message = format!("has `{behind}` after a placeholder in the same segment");
            return unreadable(path, &message, "end the segment with the placeholder");
        }
        let (name, is_rest) = match name.strip_prefix('*') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() || name.contains(['{', '*', ':']) {
            let message = format!("has the invalid placeholder `{{{name}}}`");
            return unreadable(
                path,
                &message,
                "write only a name, as in `{application-id}`",
            );
        }
        if is_rest && !is_last {
            let message =
                format!("continues after `{{*{name}}}`, which matches the rest of the path");
            return unreadable(path, &message, "make the placeholder the last segment");
        }
        // Parameter names do not distinguish `-` from `_`.
        if self
            .names
            .iter()
            .any(|other| other.replace('-', "_") == name.replace('-', "_"))
        {
            let message = format!("has two placeholders `{{{name}}}`");
            return unreadable(path, &message, "rename one of them");
        }
        self.names.push(name);
        self.shape.push_str(before);
        self.shape.push_str(if is_rest { "{*}" } else { "{}" });
        Ok(())
    }
}

/// Fills the placeholders of a path by name. Unparsable parts remain unchanged.
#[cfg(feature = "testing")]
pub(super) fn fill(path: &str, value: impl Fn(&str) -> String) -> String {
    let unescaped = |text: &str| text.replace("{{", "{").replace("}}", "}");
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, name, behind)) = placeholder(rest) {
        filled.push_str(&unescaped(before));
        filled.push_str(&value(name.trim_start_matches('*')));
        rest = behind;
    }
    filled.push_str(&unescaped(rest));
    filled
}

/// The first placeholder of a segment, with the text before and after it.
fn placeholder(segment: &str) -> Option<(&str, &str, &str)> {
    let mut start = 0;
    loop {
        let brace = start + segment.get(start..)?.find('{')?;
        let inside = segment.get(brace.checked_add(1)?..)?;
        if let Some(behind_escape) = inside.strip_prefix('{') {
            start = segment.len().checked_sub(behind_escape.len())?;
            continue;
        }
        let (name, behind) = inside.split_once('}')?;
        return Some((segment.get(..brace)?, name, behind));
    }
}

/// Unescapes doubled braces in the literal text of a path.
fn literal(text: &str) -> String {
    text.replace("{{", "").replace("}}", "")
}

fn unreadable<T>(path: &str, message: &str, hint: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable {
        message: format!("the path `{path}` {message}"),
        hint: hint.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_named_in_order() {
        for (path, names, shape) in [
            ("/", &[][..], "/"),
            ("/v1/apps", &[], "/v1/apps"),
            ("/v1/apps/", &[], "/v1/apps/"),
            ("/{b}/x/{a}", &["b", "a"], "/{}/x/{}"),
            ("/v{version}/x", &["version"], "/v{}/x"),
            ("/files/{*rest}", &["rest"], "/files/{*}"),
            ("/{{x}}/{y}", &["y"], "/{{x}}/{}"),
            ("/{{{y}", &["y"], "/{{{}"),
        ] {
            let template = Template::parse(path).unwrap();
            assert_eq!(template.names, names, "{path}");
            assert_eq!(template.shape, shape, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (path, message) in [
            ("", "does not start"),
            ("v1", "does not start"),
            ("/a?b", "contains `?`"),
            ("/a\nb", "contains `\\n`"),
            ("/:id", "has the segment `:id`"),
            ("/*", "has the segment `*`"),
            ("/{id", "unmatched brace"),
            ("/id}", "unmatched brace"),
            ("/x}{id}", "unmatched brace"),
            ("/{a/b}", "unmatched brace"),
            ("/{}", "invalid placeholder"),
            ("/{*}", "invalid placeholder"),
            ("/{id:[0-9]+}", "invalid placeholder"),
            ("/{id}.json", "`.json` after a placeholder"),
            ("/{a}{b}", "`{b}` after a placeholder"),
            ("/{*rest}/x", "continues after `{*rest}`"),
            ("/{id}/{id}", "two placeholders `{id}`"),
            ("/{app-id}/{app_id}", "two placeholders `{app_id}`"),
        ] {
            let fault = Template::parse(path).unwrap_err();
            assert!(fault.message.contains(message), "{path}: {}", fault.message);
            assert!(!fault.hint.is_empty());
        }
    }
}
