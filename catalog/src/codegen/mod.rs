//! From a catalog to Rust.
//!
//! [`render`] is a pure function; the build scripts' part is in [`build`](crate::build). The output holds
//! declarations and no logic: every rule stands in the crate `pinpoint-iam`, to which it refers. Names are fully
//! qualified, because the text is included into modules whose contents are not known here.

mod actions;
mod condition_keys;
mod docs;
mod metadata;
mod resources;
mod writer;

use crate::model::Service;

use self::writer::Writer;

/// The Rust module of one service, as text.
///
/// To be included into a module of its own, for example
/// `pub mod orders { include!(concat!(env!("OUT_DIR"), "/orders.rs")); }`. It refers to the crate `pinpoint-iam` as
/// `::pinpoint_iam`.
pub fn render(service: &Service) -> String {
    let mut writer = Writer::default();
    metadata::write(&mut writer, service);
    actions::write_enum(&mut writer, service);
    actions::write_types(&mut writer, service);
    resources::write(&mut writer, service);
    condition_keys::write(&mut writer, service);
    writer.finish()
}
