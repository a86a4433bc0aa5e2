//! Arguments that several commands have.

use std::path::PathBuf;

use clap::Args;
use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::parse_kind;

use crate::failure::{Failure, read};

/// The kind of the policies.
#[derive(Debug, Args)]
pub(crate) struct KindArgument {
    /// What the policies are attached to: identity, identity-inline, resource, trust, boundary, session, scp, rcp, or
    /// another name of a policy kind.
    #[arg(long, default_value = "identity", value_parser = kind)]
    pub(crate) kind: PolicyKind,
}

/// The catalogs of services.
#[derive(Debug, Args)]
pub(crate) struct CatalogArguments {
    /// The catalog of a service, in addition to the built-in ones; can be repeated.
    #[arg(long = "catalog", value_name = "CATALOG.TOML")]
    catalogs: Vec<PathBuf>,
}

impl CatalogArguments {
    /// The built-in catalogs and those in files.
    pub(crate) fn load(&self) -> Result<Catalog, Failure> {
        let builtin = Catalog::builtin().map_err(|faults| Failure::new(faults.to_string()))?;
        if self.catalogs.is_empty() {
            return Ok(builtin.clone());
        }
        let mut files = Vec::new();
        for path in &self.catalogs {
            files.push(SourceFile::new(path.display().to_string(), read(path)?));
        }
        let own =
            Catalog::load(files).map_err(|faults| Failure::new(faults.report().to_string()))?;
        Ok(own.beside(builtin))
    }
}

/// Parses the name of a policy kind.
pub(crate) fn kind(name: &str) -> Result<PolicyKind, String> {
    parse_kind(name).map_err(|error| {
        format!("{error}, and the aliases `identity`, `identity-inline` and `trust`")
    })
}
