//! Measures, under a counting allocator, the memory of many principals with shared managed policies; for the target
//! `principals`.

use std::hint::black_box;

use allocation_counter::measure;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::resident_bytes;
use pinpoint_iam_benches::workload::many_principals::ManyPrincipals;
use serde_json::json;

fn main() -> Result<(), Failure> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let [principals, policies, attached] = numbers[..] else {
        return Err("expected `PRINCIPALS POLICIES ATTACHED`".into());
    };
    let many_principals = ManyPrincipals::new(principals, policies, attached);
    let before = resident_bytes()?;
    let mut loaded = None;
    let loading = measure(|| loaded = Some(many_principals.authorizer()));
    let authorizer = loaded.ok_or("nothing was loaded")??;
    let resident = resident_bytes()?.saturating_sub(before);
    let mut allowed = Ok(0);
    let deciding = measure(|| allowed = many_principals.ask_all(&authorizer));
    let allowed = allowed?;
    let resident_after = resident_bytes()?.saturating_sub(before);
    drop(black_box(authorizer));
    println!(
        "{}",
        json!({
            "principals": principals,
            "policies": policies,
            "attached": attached,
            "heap": loading.bytes_current,
            "heap_at_most": loading.bytes_max,
            "resident": resident,
            "heap_after_decisions": loading.bytes_current + deciding.bytes_current,
            "resident_after_decisions": resident_after,
            "allowed": allowed,
        })
    );
    Ok(())
}
