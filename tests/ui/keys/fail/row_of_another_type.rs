use axum::Json;
use axum::extract::Path;
use pinpoint_iam::guard::KeyedRow;
use pinpoint_iam::requires;
use pinpoint_iam::resource::InvalidId;
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
async fn not_a_row(Path(document_id): Path<String>, Json(row): Json<String>) {
    drop((document_id, row));
}

#[requires(GetFolder, keys = row)]
async fn row_of_another_resource(Path(folder_id): Path<String>, Json(row): Json<Row>) {
    drop((folder_id, row));
}

fn main() {}
