//! Catalogs: the facts of the built-in ones, and the code that is generated from catalogs.

mod catalog_facts;
mod catalog_schema;
pub mod generated_code;
mod own_catalog;
mod sms_voice;
