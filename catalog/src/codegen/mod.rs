//! Generates Rust code from a catalog.
//!
//! [`render`] is a pure function; [`build`](crate::build) contains the functions for build scripts. The output consists
//! of declarations and has no logic: all rules are in the crate `pinpoint-iam`, to which it refers. Names are fully
//! qualified, because the code is included into modules with unknown contents.

mod actions;
mod columns;
mod condition_keys;
mod docs;
mod metadata;
mod resource_keys;
mod resources;
mod writer;

use crate::model::Service;

pub use self::metadata::MARKER;
use self::writer::Writer;

/// The Rust module of one service, as source code.
///
/// Include it in a separate module, for example `pub mod orders { include!(concat!(env!("OUT_DIR"), "/orders.rs")); }`.
/// It refers to the crate `pinpoint-iam` as `::pinpoint_iam`.
pub fn render(service: &Service) -> String {
    let mut writer = Writer::default();
    metadata::write(&mut writer, service);
    actions::write_enum(&mut writer, service);
    actions::write_types(&mut writer, service);
    resources::write(&mut writer, service);
    resource_keys::write(&mut writer, service);
    columns::write(&mut writer, service);
    condition_keys::write(&mut writer, service);
    writer.finish()
}
