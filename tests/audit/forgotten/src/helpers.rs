/// Returns any handler.
pub fn make() -> fn() {
    || {}
}

fn inside() {
    async fn local() {}

    use axum::routing::get as read;

    let _ = read(local); // says nothing
    let _ = read(super::super_mounted); // says nothing
}
