//! Finds files by their paths and URLs.

use std::collections::BTreeMap;

use datafusion::datasource::listing::ListingTableUrl;
use datafusion::error::Result;
use datafusion::execution::context::DataFilePaths;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectMeta, ObjectStoreExt as _};
use futures::TryStreamExt as _;

use crate::error::{execution, plan};

/// The files at a path or URL, which are in one object store.
pub(crate) struct Found {
    pub(crate) store: ObjectStoreUrl,
    /// The files in the order of their names.
    pub(crate) objects: Vec<ObjectMeta>,
}

/// Finds the files at a path or URL: a file, a directory that ends with `/`, or a pattern. It is an error if there are none.
pub(crate) async fn find(address: &str, runtime: &RuntimeEnv) -> Result<Found> {
    let url = ListingTableUrl::parse(address)?;
    let store_url = url.object_store();
    let store = runtime.object_store(&store_url)?;
    let found = store.list(Some(url.prefix()));
    let mut objects: Vec<_> = match url.is_collection() || url.get_glob().is_some() {
        true => found.try_collect().await?,
        false => {
            vec![store.head(url.prefix()).await?]
        }
    };
    objects.retain(|object| url.contains(&object.location, false));
    if objects.is_empty() {
        return Err(plan(format!("there are no log files at `{address}`")));
    }
    objects.sort_by(|one, other| one.location.cmp(&other.location));
    Ok(Found {
        store: store_url,
        objects,
    })
}

/// Files in Parquet of one object store. DataFusion reads a file once that occurs several times.
pub(crate) struct ParquetFiles(Vec<ListingTableUrl>);

impl DataFilePaths for ParquetFiles {
    fn to_urls(self) -> Result<Vec<ListingTableUrl>> {
        Ok(self.0)
    }
}

/// Finds files in Parquet, which DataFusion reads from one store at a time. DataFusion would leave out an address without
/// files if there are others, and files of 0 bytes; both are errors.
pub(crate) async fn parquet_files(
    addresses: &[String],
    runtime: &RuntimeEnv,
) -> Result<Vec<ParquetFiles>> {
    let mut by_store = BTreeMap::<String, Vec<ListingTableUrl>>::new();
    for address in addresses {
        let Found { store, objects } = find(address, runtime).await?;
        for object in objects {
            let url = object_url(&store, &object.location)?;
            if object.size == 0 {
                let shown = url.as_str().escape_debug();
                return Err(execution(format!(
                    "`{shown}` is empty, and not a file in Parquet"
                )));
            }
            let of_store = by_store.entry(store.as_str().to_owned());
            of_store.or_default().push(url);
        }
    }
    Ok(by_store.into_values().map(ParquetFiles).collect())
}

/// The URL of a file. It contains no pattern, whatever the name of the file is.
fn object_url(store: &ObjectStoreUrl, path: &Path) -> Result<ListingTableUrl> {
    let store = ListingTableUrl::parse(store.as_str())?;
    let mut url = store.get_url().clone();
    url.path_segments_mut()
        .map_err(|()| plan(format!("`{store}` is not the URL of a store")))?
        .pop_if_empty()
        .extend(path.as_ref().split('/'));
    ListingTableUrl::try_new(url, None)
}
