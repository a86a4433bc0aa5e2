//! Makes a fixed list whose instructions can be counted; for the target `instructions`.

use std::hint::black_box;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::lists::{ActionLists, Caller, campaigns, filter};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let caller = Caller::load()?;
    let guard = caller.guard();
    let mut list: Box<dyn FnMut() -> Result<usize, Failure>> = match arguments.as_slice() {
        [kind, count] if kind == "filter" => {
            let campaigns = campaigns(count.parse()?)?;
            let mut copies = vec![campaigns; 2];
            let guard = &guard;
            Box::new(move || {
                let campaigns = copies.pop().ok_or("only two rounds have resources")?;
                let kept = filter(guard, campaigns)?;
                let count = kept.len();
                // The caller of the filter still needs them.
                std::mem::forget(kept);
                Ok(count)
            })
        }
        [kind] if kind == "actions" => {
            let list = ActionLists::of_app()?;
            let guard = &guard;
            Box::new(move || list.run(guard))
        }
        _ => return Err("expected `filter COUNT` or `actions`".into()),
    };
    // Do not count what is created on first use.
    list()?;
    println!("{} allowed", counted(&mut *list)?);
    Ok(())
}

/// The function whose instructions are counted, by its name.
#[inline(never)]
fn counted(list: &mut dyn FnMut() -> Result<usize, Failure>) -> Result<usize, Failure> {
    black_box(black_box(list)())
}
