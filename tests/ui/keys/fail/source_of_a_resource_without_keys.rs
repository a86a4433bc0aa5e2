use pinpoint_iam::Authorizer;
use pinpoint_iam::guard::KeysUnavailable;
use pinpoint_iam_keys::archive::Link;

fn main() {
    let _ = Authorizer::builder()
        .resource_keys(|link: Link| async move { Err(KeysUnavailable::new(link.link_id())) });
}
