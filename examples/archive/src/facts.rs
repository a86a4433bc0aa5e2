//! The facts about documents: for one check from its row, for a list from its columns.

use pinpoint_iam::Scope;
use pinpoint_iam::guard::{KeysFuture, KeysUnavailable, ListRow, ResourceKeySource};
use pinpoint_iam::list::StringColumn;
use pinpoint_iam::resource::InvalidId;

use crate::archive::{self, DocumentKeys, columns};
use crate::store::{Document, Store};

impl Document {
    /// The keys on which decisions about the document depend.
    fn keys(self) -> DocumentKeys {
        DocumentKeys {
            classification: Some(self.classification),
            folder_id: Some(self.folder_id),
            owner: Some(self.owner),
            state: Some(self.state),
        }
    }
}

impl ResourceKeySource<archive::Document> for Store {
    /// A document that does not exist has no keys.
    fn keys<'a>(
        &'a self,
        documents: Vec<archive::Document>,
        scope: &'a Scope,
    ) -> KeysFuture<'a, archive::Document> {
        Box::pin(async move {
            let mut found = Vec::new();
            for document in documents {
                let row = self
                    .document(scope.account(), document.document_id())
                    .map_err(KeysUnavailable::new)?;
                let keys = row.map_or(NOTHING, Document::keys);
                found.push((document, keys));
            }
            Ok(found)
        })
    }
}

const NOTHING: DocumentKeys = DocumentKeys {
    classification: None,
    folder_id: None,
    owner: None,
    state: None,
};

/// The columns with the same facts, for conditions of a `WHERE` clause.
pub(crate) fn columns() -> columns::Document {
    columns::Document {
        document_id: "id",
        classification: StringColumn::text("classification"),
        folder_id: StringColumn::text("folder_id"),
        owner: StringColumn::text("owner"),
        state: StringColumn::text("state"),
    }
}

impl ListRow for Document {
    type Resource = archive::Document;
    type Key = String;

    fn resource(&self) -> Result<archive::Document, InvalidId> {
        archive::Document::new(&self.id)
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
