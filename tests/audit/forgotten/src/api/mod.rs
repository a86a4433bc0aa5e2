pub mod campaigns;

/// No attribute.
pub async fn create_app() {}

/// No attribute either.
pub async fn from_glob() {}
