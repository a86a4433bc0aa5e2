//! Sources of policies for [`pinpoint_iam`] with dependencies that not every application needs.
//!
//! Every part is a feature, and there is no default feature:
//!
//! | Feature | Content |
//! | --- | --- |
//! | `object-store` | whole sets of policies in object storage |
//! | `signed` | sets that are signed with Ed25519 |
//! | `compare` | a check before a set is used: does it newly allow something? |
//! | `lint` | a check before a set is used: does `pinpoint-iam lint` find something? |
//! | `postgres` | policies by principal from PostgreSQL |
