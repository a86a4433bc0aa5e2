use pinpoint_iam::guard::AllowedActions;
use pinpoint_iam::mobiletargeting::{Campaign, DeleteSegment};

fn shows_button(allowed: &AllowedActions<Campaign>) -> bool {
    allowed.contains(DeleteSegment)
}

fn main() {}
