//! Catalogs by file or by the name of a built-in service.

use std::path::Path;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_catalog::{Catalog, Service, SourceFile, nearest};
use pinpoint_iam_tools::metadata::metadata;

use crate::failure::{Failure, read};

/// The catalogs that a command is about, next to the built-in ones.
pub(crate) struct Catalogs {
    /// Everything that is known. The chosen services are the first.
    catalog: Catalog,
    chosen: usize,
    texts: Vec<String>,
}

impl Catalogs {
    /// The services that the command is about.
    pub(crate) fn services(&self) -> &[Service] {
        let services = self.catalog.services();
        services.get(..self.chosen).unwrap_or(services)
    }

    /// The text of one of the chosen catalogs.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.texts.get(index).map(String::as_str)
    }

    /// The catalogs as a whole, for their messages.
    pub(super) const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The metadata of every known service. That of the chosen services is first.
    pub(crate) fn metadata(&self) -> Vec<&'static ServiceMetadata> {
        self.catalog.services().iter().map(metadata).collect()
    }

    /// The number of the services that the command is about.
    pub(super) const fn chosen(&self) -> usize {
        self.chosen
    }
}

/// Finds catalogs, each of which is a file or the prefix of a built-in service.
pub(crate) fn find(names: &[String]) -> Result<Catalogs, Failure> {
    let builtin = Catalog::builtin().map_err(|faults| Failure::new(faults.to_string()))?;
    let (mut files, mut texts) = (Vec::new(), Vec::new());
    for name in names {
        let path = Path::new(name);
        let text = match builtin.service(name) {
            Some(service) if !path.exists() => builtin_text(service)?.to_owned(),
            None if is_prefix(name) && !path.exists() => return Err(unknown(name, builtin)),
            _ => read(path)?,
        };
        texts.push(text.clone());
        files.push(SourceFile::new(name, text));
    }
    // They are loaded together, as those of one crate.
    let own = Catalog::load(files).map_err(|faults| Failure::new(faults.report().to_string()))?;
    let chosen = own.services().len();
    Ok(Catalogs {
        catalog: own.beside(builtin),
        chosen,
        texts,
    })
}

/// Returns the metadata of catalogs, each of which is a file or the prefix of a built-in service.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<&'static ServiceMetadata>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let catalogs = find(names)?;
    Ok(catalogs.services().iter().map(metadata).collect())
}

/// The text of the catalog of a built-in service.
fn builtin_text(service: &Service) -> Result<&'static str, Failure> {
    Catalog::builtin_text(&service.prefix)
        .ok_or_else(|| Failure::new(format!("error: no catalog of `{}`", service.prefix)))
}

/// Whether a text looks like the prefix of a service and not like a path.
fn is_prefix(name: &str) -> bool {
    !name.contains(['/', '\\', '.'])
}

fn unknown(name: &str, builtin: &Catalog) -> Failure {
    let prefixes: Vec<&str> = builtin
        .services()
        .iter()
        .map(|service| service.prefix.as_str())
        .collect();
    let near = nearest(name, prefixes.iter().copied());
    let hint = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "write the path of a catalog, or one of `{}`",
            prefixes.join("`, `")
        ),
    };
    Failure::usage(format!(
        "error: `{}` is neither a file nor a built-in service; {hint}",
        name.escape_debug()
    ))
}
