//! The widgets, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Keyed by tenant, shop and name, so that a tenant's request never finds another tenant's widget.
type Widgets = BTreeMap<[String; 3], Value>;

#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Widgets>>);

impl Store {
    pub(crate) fn list(&self, tenant: &str, shop: &str) -> Vec<String> {
        let widgets = self.widgets();
        let of_shop = widgets.keys().filter(|[t, s, _]| t == tenant && s == shop);
        of_shop.map(|[_, _, name]| name.clone()).collect()
    }

    pub(crate) fn read(&self, tenant: &str, shop: &str, name: &str) -> Option<Value> {
        self.widgets().get(&key(tenant, shop, name)).cloned()
    }

    pub(crate) fn write(&self, tenant: &str, shop: &str, name: &str, widget: Value) {
        self.widgets().insert(key(tenant, shop, name), widget);
    }

    pub(crate) fn remove(&self, tenant: &str, shop: &str, name: &str) {
        self.widgets().remove(&key(tenant, shop, name));
    }

    fn widgets(&self) -> MutexGuard<'_, Widgets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(tenant: &str, shop: &str, name: &str) -> [String; 3] {
    [tenant, shop, name].map(str::to_owned)
}
