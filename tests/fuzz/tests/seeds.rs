//! Every fuzz target's property holds on its seeds.

#![expect(clippy::expect_used, reason = "a test whose set-up fails has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use pinpoint_iam_fuzz::{check, seeds};

/// Returns the names of the fuzz targets.
fn targets() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let files = fs::read_dir(folder).expect("the folder of the fuzz targets");
    files
        .map(|file| {
            let name = file.expect("a file").file_name();
            let name = name.to_string_lossy();
            name.trim_end_matches(".rs").to_owned()
        })
        .collect()
}

#[test]
fn every_target_has_a_check_and_seeds() {
    let seeds = seeds::seeds().expect("the seeds");
    let seeded: BTreeSet<String> = seeds.iter().map(|seed| seed.target.to_owned()).collect();
    let targets = targets();
    assert_eq!(targets, seeded);
    for target in &targets {
        assert!(check(target).is_some(), "`{target}` has no check");
    }
}

#[test]
fn every_check_passes_on_its_seeds() {
    let mut failed = BTreeMap::new();
    for seed in seeds::seeds().expect("the seeds") {
        let check = check(seed.target).expect("the check of a target");
        if catch_unwind(|| check(&seed.data)).is_err() {
            failed
                .entry(seed.target)
                .or_insert_with(Vec::new)
                .push(seed.name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
