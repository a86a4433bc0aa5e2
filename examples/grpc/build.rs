//! Generates the service from its definition, and keeps the descriptors for a test.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(["campaigns.proto"], ["proto"])?;
    let output = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let encoded = protox::Compiler::new(["proto"])?
        .open_file("campaigns.proto")?
        .encode_file_descriptor_set();
    fs::write(output.join("descriptors.bin"), encoded)?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
