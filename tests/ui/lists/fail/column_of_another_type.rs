use pinpoint_iam::list::StringColumn;
use pinpoint_iam::mobiletargeting::columns;

fn main() {
    let _ = columns::Campaign {
        application_id: "application_id",
        campaign_id: "id",
        tags: StringColumn::text("tags"),
    };
}
