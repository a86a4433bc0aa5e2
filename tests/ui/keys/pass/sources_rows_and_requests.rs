use axum::Json;
use axum::extract::Path;
use pinpoint_iam::guard::KeyedRow;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::{Authorizer, requires};
use pinpoint_iam_keys::archive::{Document, DocumentKeys};

#[derive(serde::Deserialize)]
struct Row {
    id: String,
}

impl KeyedRow for Row {
    type Resource = Document;

    fn resource(&self) -> Result<Document, InvalidId> {
        Document::new(&self.id)
    }

    fn keys(&self) -> DocumentKeys {
        DocumentKeys {
            classification: None,
        }
    }
}

#[requires(GetDocument, keys = row)]
async fn get(Path(document_id): Path<String>, Json(row): Json<Row>) {
    drop((document_id, row));
}

#[requires(all(GetDocument, CopyDocument(keys(copies = 2, labels = vec!["old"]))), keys(target_folder = to))]
async fn copy(Path((document_id, to)): Path<(String, String)>) {
    drop((document_id, to));
}

#[requires(MoveDocument(keys(target_folder = None::<&str>)))]
async fn move_nowhere(Path(document_id): Path<String>) {
    drop(document_id);
}

fn main() {
    let _ = (get, copy, move_nowhere);
    let _ = Authorizer::builder().resource_keys(|document: Document| async move {
        Ok(DocumentKeys {
            classification: Some(document.document_id().to_owned()),
        })
    });
}
