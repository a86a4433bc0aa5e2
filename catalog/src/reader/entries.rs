//! The entries of a catalog file, with their positions. Only the TOML types have been checked.

use std::ops::Range;

use toml::Spanned;

use super::table::Table;
use crate::names;

/// A string and its bytes in the file.
pub(crate) type Text = Spanned<String>;

/// A whole file.
pub(crate) struct ServiceEntry {
    pub(crate) format: Option<Spanned<u16>>,
    pub(crate) prefix: Option<Text>,
    pub(crate) name: Option<Text>,
    pub(crate) documentation: Option<Text>,
    pub(crate) partitions: Vec<Text>,
    pub(crate) event_sources: Vec<Text>,
    pub(crate) sources: Vec<SourceEntry>,
    pub(crate) condition_keys: Vec<ConditionKeyEntry>,
    pub(crate) placeholders: Vec<PlaceholderEntry>,
    pub(crate) resources: Vec<ResourceEntry>,
    pub(crate) actions: Vec<ActionEntry>,
}

/// `[sources.<name>]`
pub(crate) struct SourceEntry {
    pub(crate) name: Text,
    pub(crate) title: Option<Text>,
    pub(crate) date: Option<Text>,
}

/// `[condition-keys.<name>]`
pub(crate) struct ConditionKeyEntry {
    pub(crate) name: Text,
    pub(crate) value_type: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) rust_name: Option<Text>,
}

/// `[placeholders.<name>]`
pub(crate) struct PlaceholderEntry {
    pub(crate) name: Text,
    pub(crate) parameter: Option<Text>,
    pub(crate) accepts: Option<Text>,
    pub(crate) values: Vec<Text>,
    pub(crate) summary: Option<Text>,
}

/// `[resources.<name>]`
pub(crate) struct ResourceEntry {
    pub(crate) name: Text,
    pub(crate) summary: Option<Text>,
    pub(crate) arn: Option<Text>,
    pub(crate) type_name: Option<Text>,
    pub(crate) condition_keys: Vec<Text>,
}

/// `[actions.<name>]`
pub(crate) struct ActionEntry {
    pub(crate) name: Text,
    pub(crate) summary: Option<Text>,
    pub(crate) access_level: Option<Text>,
    pub(crate) type_name: Option<Text>,
    pub(crate) resources: Vec<Text>,
    pub(crate) pinned: Vec<(Text, Text)>,
    pub(crate) route: Option<Text>,
    pub(crate) success_status: Option<Spanned<u16>>,
    pub(crate) target: Option<Text>,
    pub(crate) from_request: Vec<(Text, Text)>,
    pub(crate) whole_arn: Option<Text>,
    pub(crate) whole_arn_from: Option<Text>,
    pub(crate) condition_keys: Vec<Text>,
    pub(crate) required_keys: Vec<Text>,
    pub(crate) request_tags: Option<Text>,
    pub(crate) dependent_actions: Vec<DependentActionEntry>,
    pub(crate) lifecycle: Option<LifecycleEntry>,
    pub(crate) documentation: Option<Text>,
    pub(crate) former_names: Vec<Text>,
    pub(crate) sources: Vec<Text>,
    pub(crate) seen: Vec<SourceVariantEntry>,
    pub(crate) undocumented: bool,
    pub(crate) note: Option<Text>,
    /// Whether a part of the entry could not be read and is missing here.
    pub(crate) misread: bool,
}

/// An element of `dependent-actions`.
pub(crate) struct DependentActionEntry {
    pub(crate) action: Option<Text>,
    pub(crate) when: Option<Text>,
    pub(crate) only_with_tags: bool,
    pub(crate) resource: Option<Text>,
    pub(crate) resource_from: Vec<Text>,
    pub(crate) source: Option<Text>,
}

/// `lifecycle`
pub(crate) struct LifecycleEntry {
    pub(crate) span: Range<usize>,
    pub(crate) state: Option<Text>,
    pub(crate) ended: Option<Text>,
    pub(crate) source: Option<Text>,
}

/// An element of `seen`.
pub(crate) struct SourceVariantEntry {
    pub(crate) span: Range<usize>,
    pub(crate) source: Option<Text>,
    pub(crate) arn: Option<Text>,
    pub(crate) method: Option<Text>,
}

impl ServiceEntry {
    pub(crate) fn read(mut table: Table<'_>) -> Self {
        table.require_table("service");
        table.require_table("actions");
        let format = table.required_number("format");
        let (mut prefix, mut name, mut documentation) = (None, None, None);
        let (mut partitions, mut event_sources) = (Vec::new(), Vec::new());
        if let Some(mut service) = table.table("service") {
            prefix = service.required_text("prefix");
            name = service.required_text("name");
            documentation = service.text("documentation");
            partitions = service.texts("partitions");
            event_sources = service.texts("event-sources");
            service.finish();
        }
        let entry = Self {
            format,
            prefix,
            name,
            documentation,
            partitions,
            event_sources,
            sources: read_all(&mut table, "sources", "source", SourceEntry::read),
            condition_keys: read_all(
                &mut table,
                "condition-keys",
                "condition key",
                ConditionKeyEntry::read,
            ),
            placeholders: read_all(
                &mut table,
                "placeholders",
                "placeholder",
                PlaceholderEntry::read,
            ),
            resources: read_all(
                &mut table,
                "resources",
                "resource type",
                ResourceEntry::read,
            ),
            actions: read_all(&mut table, "actions", "action", ActionEntry::read),
        };
        table.finish();
        entry
    }
}

fn read_all<T>(
    table: &mut Table<'_>,
    key: &'static str,
    kind: &str,
    read: impl Fn(Text, &mut Table<'_>) -> T,
) -> Vec<T> {
    table
        .named_tables(key, kind)
        .into_iter()
        .map(|(name, mut table)| {
            let entry = read(name, &mut table);
            table.finish();
            entry
        })
        .collect()
}

impl SourceEntry {
    fn read(name: Text, table: &mut Table<'_>) -> Self {
        Self {
            name,
            title: table.required_text("title"),
            date: table.text("date"),
        }
    }
}

impl ConditionKeyEntry {
    /// The name of the generated item, and whether it is a function. A constant and a function may have the same words.
    pub(crate) fn rust_name(&self) -> (String, bool) {
        let name = match &self.rust_name {
            Some(name) => name.get_ref().clone(),
            None => names::condition_key_words(self.name.get_ref()).join("_"),
        };
        (name, self.name.get_ref().contains("${"))
    }

    fn read(name: Text, table: &mut Table<'_>) -> Self {
        Self {
            name,
            value_type: table.required_text("type"),
            summary: table.required_text("summary"),
            rust_name: table.text("rust-name"),
        }
    }
}

impl PlaceholderEntry {
    fn read(name: Text, table: &mut Table<'_>) -> Self {
        Self {
            name,
            parameter: table.required_text("parameter"),
            accepts: table.text("accepts"),
            values: table.texts("values"),
            summary: table.required_text("summary"),
        }
    }
}

impl ResourceEntry {
    /// The name of the generated type: the `type-name`, or the resource type's name in camel case.
    pub(crate) fn type_name(&self) -> String {
        match &self.type_name {
            Some(name) => name.get_ref().clone(),
            None => names::type_name(self.name.get_ref()),
        }
    }

    fn read(name: Text, table: &mut Table<'_>) -> Self {
        Self {
            name,
            summary: table.required_text("summary"),
            arn: table.required_text("arn"),
            type_name: table.text("type-name"),
            condition_keys: table.texts("condition-keys"),
        }
    }
}

impl ActionEntry {
    /// The name of the generated type: the `type-name`, or the action's name in camel case.
    pub(crate) fn type_name(&self) -> String {
        match &self.type_name {
            Some(name) => name.get_ref().clone(),
            None => names::type_name(self.name.get_ref()),
        }
    }

    fn read(name: Text, table: &mut Table<'_>) -> Self {
        Self {
            name,
            summary: table.required_text("summary"),
            access_level: table.text("access-level"),
            type_name: table.text("type-name"),
            resources: table.texts("resources"),
            pinned: table.named_texts("pinned"),
            route: table.text("route"),
            success_status: table.number("success-status"),
            target: table.text("target"),
            from_request: table.named_texts("from-request"),
            whole_arn: table.text("whole-arn"),
            whole_arn_from: table.text("whole-arn-from"),
            condition_keys: table.texts("condition-keys"),
            required_keys: table.texts("required-keys"),
            request_tags: table.text("request-tags"),
            dependent_actions: table
                .tables("dependent-actions")
                .into_iter()
                .map(DependentActionEntry::read)
                .collect(),
            lifecycle: table.table("lifecycle").map(LifecycleEntry::read),
            documentation: table.text("documentation"),
            former_names: table.texts("former-names"),
            sources: table.texts("sources"),
            seen: table
                .tables("seen")
                .into_iter()
                .map(SourceVariantEntry::read)
                .collect(),
            undocumented: table.flag("undocumented"),
            note: table.text("note"),
            // Evaluated last, after every key has been read.
            misread: table.is_misread(),
        }
    }
}

impl DependentActionEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            action: table.required_text("action"),
            when: table.required_text("when"),
            only_with_tags: table.flag("only-with-tags"),
            resource: table.text("resource"),
            resource_from: table.texts("resource-from"),
            source: table.required_text("source"),
        };
        table.finish();
        entry
    }
}

impl LifecycleEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            span: table.span(),
            state: table.required_text("state"),
            ended: table.text("ended"),
            source: table.text("source"),
        };
        table.finish();
        entry
    }
}

impl SourceVariantEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            span: table.span(),
            source: table.required_text("source"),
            arn: table.text("arn"),
            method: table.text("method"),
        };
        table.finish();
        entry
    }
}
