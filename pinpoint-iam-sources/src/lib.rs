//! Sources of policies for [`pinpoint_iam`](https://docs.rs/pinpoint-iam) whose dependencies not every application
//! needs.
//!
//! Every part is a feature, and there is no default feature:
//!
//! | Feature | Content |
//! | --- | --- |
//! | `signed` | [`Signed`](https://docs.rs/pinpoint-iam-sources/latest/pinpoint_iam_sources/struct.Signed.html): sets of policies that are signed with Ed25519 |
//! | `postgres` | [`postgres`](https://docs.rs/pinpoint-iam-sources/latest/pinpoint_iam_sources/postgres/): policies by principal from PostgreSQL, with its notifications |
//! | `sign` | the program `pinpoint-iam-sign`, which writes and signs manifests |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "_manifest")]
mod manifest;

#[cfg(feature = "signed")]
mod keys;

#[cfg(feature = "postgres")]
pub mod postgres;

#[cfg(feature = "signed")]
mod signed;

#[cfg(feature = "signed")]
pub use keys::{InvalidKey, SigningKey, VerificationKey};
#[cfg(feature = "_manifest")]
pub use manifest::{InvalidManifest, MANIFEST, Manifest, SIGNATURE};
#[cfg(feature = "signed")]
pub use signed::Signed;
