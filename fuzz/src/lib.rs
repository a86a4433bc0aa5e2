//! What several fuzz targets share.

pub mod asked;
pub mod attached;
pub mod place;
