use pinpoint_iam::Scope;
use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::policy::Document;

fn main() {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let _ = Document::builder(&scope).allow(GetCampaign).build();
}
