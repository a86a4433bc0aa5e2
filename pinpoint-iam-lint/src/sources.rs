//! The condition keys that the sources of a service supply.

use pinpoint_iam_core::__private::{GLOBAL_KEYS, GlobalKey, Quoted, Supplier, nearest};
use pinpoint_iam_core::context::{ConditionKey, covers};
use serde::Deserialize;
use toml::Spanned;

/// The condition keys that a service supplies: the table `sources` of the file `pinpoint-iam.toml`.
///
/// [`Config::sources`](crate::Config::sources) returns it, and [`Linter::with_sources`](crate::Linter::with_sources)
/// enables the rule `key-without-source`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySources {
    supplied: Vec<ConditionKey>,
    absent: Vec<ConditionKey>,
    is_outside_aws: bool,
}

impl KeySources {
    /// Whether the key is declared as supplied or as absent.
    pub(crate) fn declares(&self, key: &ConditionKey) -> bool {
        let mut declared = self.supplied.iter().chain(&self.absent);
        declared.any(|declared| covers(declared, key))
    }

    /// Whether the library itself supplies a global key, or the preset for services outside AWS does.
    pub(crate) const fn has_global(&self, key: &GlobalKey) -> bool {
        match key.supplier {
            Supplier::Principal
            | Supplier::UniqueId
            | Supplier::Request
            | Supplier::RequestTags => true,
            Supplier::Organization | Supplier::ServiceNames | Supplier::Resource => false,
            Supplier::Application => self.is_outside_aws && key.outside_aws.is_some(),
        }
    }
}

/// The table as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SourcesTable {
    keys: Vec<Spanned<String>>,
    absent: Vec<Spanned<String>>,
    outside_aws: bool,
}

impl SourcesTable {
    /// Checks the names. The error has the offset of the name.
    pub(crate) fn into_sources(self) -> Result<KeySources, (usize, String)> {
        Ok(KeySources {
            supplied: names(&self.keys)?,
            absent: names(&self.absent)?,
            is_outside_aws: self.outside_aws,
        })
    }
}

fn names(names: &[Spanned<String>]) -> Result<Vec<ConditionKey>, (usize, String)> {
    let named = |name: &Spanned<String>| {
        let key = condition_key(name.get_ref());
        key.map_err(|message| (name.span().start, message))
    };
    names.iter().map(named).collect()
}

/// Checks the name of a condition key, or the start of such names up to a `/`.
fn condition_key(name: &str) -> Result<ConditionKey, String> {
    let shown = Quoted(name);
    let (prefix, rest) = name.split_once(':').unwrap_or_default();
    if prefix.is_empty() || rest.is_empty() {
        return Err(format!(
            "{shown} is not a condition key; write its prefix and a colon, as in `aws:SourceIp`"
        ));
    }
    let key = ConditionKey::new(name);
    if prefix.eq_ignore_ascii_case("aws") && GlobalKey::of(key.folded()).is_none() {
        // A service may have keys of its own with this prefix.
        if let Some(near) = nearest(name, GLOBAL_KEYS.iter().map(|key| key.name)) {
            return Err(format!(
                "AWS has no condition key {shown}; did you mean `{near}`?"
            ));
        }
    }
    Ok(key)
}
