//! The functions as WebAssembly exports.

use wasm_bindgen::prelude::wasm_bindgen;

/// A session of the page.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Playground(crate::Session);

#[wasm_bindgen]
impl Playground {
    /// Creates a session.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls a function with JSON, and returns JSON.
    pub fn call(&mut self, function: &str, input: &str) -> String {
        self.0.call(function, input)
    }
}
