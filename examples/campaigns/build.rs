//! Generates Rust from `catalog/`.

fn main() -> std::process::ExitCode {
    pinpoint_iam_catalog::build()
}
