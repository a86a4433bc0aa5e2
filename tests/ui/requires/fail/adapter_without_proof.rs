// The types of an adapter contain those of the crate, for the same handler: otherwise the handler could run without a check.

use pinpoint_iam::requires;

mod empty {
    use std::marker::PhantomData;

    pub struct Authorized<H, P, T = ()>(pub PhantomData<(H, P, T)>);
    pub struct Prechecked<H, P>(pub PhantomData<(H, P)>);
    pub struct AfterBody<H, P, B, T = ()>(pub PhantomData<(H, P, B, T)>);
}

mod of_others {
    use pinpoint_iam::web;

    pub trait Another {
        type Handler;
    }

    impl<H> Another for H {
        type Handler = super::public;
    }

    pub struct Authorized<H, P, T = ()>(pub web::Authorized<<H as Another>::Handler, P, T>);
}

struct Path<T>(T);
struct Json<T>(T);

#[allow(non_camel_case_types)]
struct public;

#[requires(mobileanalytics::PutEvents, adapter = empty)]
async fn without_parameters() {}

#[requires(GetApp, adapter = empty)]
async fn get_app(Path(application_id): Path<String>) {}

#[requires(GetCampaign, adapter = empty)]
async fn after_body(Path(application_id): Path<String>, Json(campaign_id): Json<String>) {}

#[requires(mobileanalytics::PutEvents, adapter = of_others)]
async fn of_another_handler() {}

fn main() {}
