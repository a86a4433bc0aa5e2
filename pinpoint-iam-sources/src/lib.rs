//! Sources of policies for [`pinpoint_iam`](https://docs.rs/pinpoint-iam) whose dependencies not every application
//! needs.
//!
//! Every part is a feature, and there is no default feature:
//!
//! | Feature | Content |
//! | --- | --- |
//! | `object-store` | [`ObjectSource`](https://docs.rs/pinpoint-iam-sources/latest/pinpoint_iam_sources/struct.ObjectSource.html): sets of policies in S3, Google Cloud Storage, Azure, on HTTP servers, in files or in memory |
//! | `signed` | [`Signed`](https://docs.rs/pinpoint-iam-sources/latest/pinpoint_iam_sources/struct.Signed.html): sets of policies that are signed with Ed25519 |
//! | `postgres` | [`postgres`](https://docs.rs/pinpoint-iam-sources/latest/pinpoint_iam_sources/postgres/): policies by principal from PostgreSQL, with its notifications |
//! | `sign` | the program `pinpoint-iam-sign`, which writes and signs manifests |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "_archive")]
mod archive;

#[cfg(feature = "_manifest")]
mod manifest;

#[cfg(feature = "signed")]
mod keys;

#[cfg(feature = "object-store")]
mod objects;

#[cfg(feature = "postgres")]
pub mod postgres;

#[cfg(feature = "signed")]
mod signed;

#[cfg(feature = "_archive")]
pub use archive::{InvalidArchive, SetLimits, read_archive};

#[cfg(feature = "signed")]
pub use keys::{InvalidKey, SigningKey, VerificationKey};
#[cfg(feature = "_manifest")]
pub use manifest::{InvalidManifest, MANIFEST, Manifest, SIGNATURE};
#[cfg(feature = "object-store")]
pub use object_store;
#[cfg(feature = "object-store")]
pub use objects::ObjectSource;
#[cfg(feature = "signed")]
pub use signed::Signed;
