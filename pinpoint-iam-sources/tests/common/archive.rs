//! Archives of sets of policies.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use pinpoint_iam::source::PolicyFiles;
use tar::{Builder, Header};

/// An archive as `tar -cz` creates it.
pub(crate) fn archive(files: &PolicyFiles) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, text) in files.iter() {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder
            .append_data(&mut header, format!("./{name}"), text.as_bytes())
            .unwrap();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}
