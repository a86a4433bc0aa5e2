use pinpoint_iam::Authorizer;
use pinpoint_iam_keys::archive::{Document, DocumentKeys};

fn main() {
    let _ = Authorizer::builder().resource_keys(|document: Document| async move {
        drop(document);
        Ok(DocumentKeys {})
    });
}
