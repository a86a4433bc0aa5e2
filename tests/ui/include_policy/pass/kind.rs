use pinpoint_iam::include_policy;
use pinpoint_iam::policy::Effect;

fn main() {
    let boundary = include_policy!("reader.json", kind = "boundary");
    assert_eq!(boundary.statements().len(), 3);
    let resource_based = include_policy!("resource_based.json", kind = "resource",);
    assert_eq!(resource_based.statements()[0].effect(), Effect::Allow);
}
