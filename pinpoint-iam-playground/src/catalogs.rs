//! The built-in catalogs and the own one.

use std::sync::OnceLock;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_catalog::{Action, Catalog, Service, SourceFile};
use pinpoint_iam_lint::global_condition_keys;
use pinpoint_iam_tools::editor::{OpenDocument, Text, catalog_diagnostics};
use pinpoint_iam_tools::metadata::metadata;
use serde::Deserialize;
use serde_json::{Value, json};

/// The last own catalog, so that a keystroke in a policy does not parse it again.
#[derive(Debug, Default)]
pub(crate) struct Catalogs {
    last: Option<Own>,
}

#[derive(Debug)]
struct Own {
    text: String,
    /// The catalog next to the built-in ones; `None` if it has errors.
    catalog: Option<Catalog>,
    /// The prefixes of its services.
    prefixes: Vec<String>,
    metadata: OnceLock<Vec<&'static ServiceMetadata>>,
}

/// The name of the own catalog in messages.
const NAME: &str = "catalog.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    catalog: Option<String>,
}

fn builtin() -> Result<&'static Catalog, String> {
    Catalog::builtin().map_err(|errors| errors.to_string())
}

/// The metadata of the built-in services.
fn builtin_metadata() -> Result<&'static [&'static ServiceMetadata], String> {
    static METADATA: OnceLock<Vec<&'static ServiceMetadata>> = OnceLock::new();
    let services = builtin()?.services().iter();
    Ok(METADATA.get_or_init(|| services.map(metadata).collect()))
}

impl Catalogs {
    /// All catalogs. An own one with errors is left out, and its findings report why.
    pub(crate) fn known(&mut self, own: Option<&str>) -> Result<&Catalog, String> {
        let own = match own {
            None => None,
            Some(text) => self.own(text)?.catalog.as_ref(),
        };
        match own {
            Some(catalog) => Ok(catalog),
            None => builtin(),
        }
    }

    /// The metadata of all services. It is never freed, so it is computed once for a service of an own catalog.
    pub(crate) fn metadata(
        &mut self,
        own: Option<&str>,
    ) -> Result<&[&'static ServiceMetadata], String> {
        let builtin = builtin_metadata()?;
        let Some(text) = own else { return Ok(builtin) };
        let own = self.own(text)?;
        let Some(catalog) = &own.catalog else {
            return Ok(builtin);
        };
        let of = |service: &Service| {
            let mut builtin = builtin.iter().copied();
            match own.prefixes.contains(&service.prefix) {
                true => Some(metadata(service)),
                false => builtin.find(|known| known.prefix == service.prefix),
            }
        };
        let services = catalog.services().iter();
        Ok(own
            .metadata
            .get_or_init(|| services.filter_map(of).collect()))
    }

    fn own(&mut self, text: &str) -> Result<&Own, String> {
        let last = self.last.take().filter(|last| last.text == text);
        let own = match last {
            Some(last) => last,
            None => {
                let own = Catalog::load([SourceFile::new(NAME, text)]).ok();
                let services = own.iter().flat_map(|own| own.services());
                let prefixes = services.map(|service| service.prefix.clone()).collect();
                let builtin = builtin()?;
                Own {
                    text: text.to_owned(),
                    catalog: own.map(|own| own.beside(builtin)),
                    prefixes,
                    metadata: OnceLock::new(),
                }
            }
        };
        Ok(self.last.insert(own))
    }
}

/// The findings in the own catalog, and what all catalogs contain, for the request builder.
pub(crate) fn catalog(catalogs: &mut Catalogs, input: &Input) -> Result<Value, String> {
    let own = input.catalog.as_deref();
    let findings = own.map_or_else(Vec::new, |text| {
        catalog_diagnostics(&OpenDocument {
            uri: NAME,
            path: NAME,
            text: &Text::new(text.to_owned()),
        })
    });
    let services = catalogs.known(own)?.services().iter();
    Ok(json!({
        "findings": findings,
        "services": services.map(service).collect::<Vec<_>>(),
        "global-keys": global_condition_keys().collect::<Vec<_>>(),
    }))
}

fn service(service: &Service) -> Value {
    let actions = service.actions().iter();
    let keys = service.condition_keys().iter();
    json!({
        "prefix": service.prefix,
        "name": service.name,
        "partitions": service.partitions,
        "actions": actions.map(action).collect::<Vec<_>>(),
        "condition-keys": keys
            .map(|key| json!({
                "name": key.name,
                "type": key.value_type,
                "summary": key.summary,
            }))
            .collect::<Vec<_>>(),
    })
}

fn action(action: &Action) -> Value {
    let resources = action.resources.iter();
    json!({
        "name": action.name,
        "summary": action.summary,
        "level": action.access_level.map(|level| level.name()),
        "resources": resources
            .map(|resource| json!({"name": resource.name, "arn": action.arn(resource)}))
            .collect::<Vec<_>>(),
        "condition-keys": action.condition_keys,
    })
}
