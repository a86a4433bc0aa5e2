//! Makes Rust of `catalog/`.

fn main() -> std::process::ExitCode {
    pinpoint_iam_catalog::build()
}
