//! Generates the modules of the built-in services from their catalogs.

fn main() -> std::process::ExitCode {
    pinpoint_iam_catalog::build_builtin()
}
