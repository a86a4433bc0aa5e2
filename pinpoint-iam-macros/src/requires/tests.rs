//! Tests of all stages together, without a compiler.

use proc_macro2::TokenStream;
use quote::quote;

use pinpoint_iam_catalog::{Catalog, SourceFile};

use super::{attribute, with_catalogs};
use crate::catalogs::Catalogs;

fn expanded(arguments: TokenStream, item: TokenStream) -> String {
    attribute(arguments, item, &|| None).to_string()
}

/// The messages of the `compile_error!`s in an expansion.
fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    let output = attribute(arguments, item, &|| None);
    let mut messages = Vec::new();
    let mut tokens = output.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if token.to_string() == "compile_error" {
            tokens.next();
            let text: syn::LitStr = syn::parse2(match tokens.next() {
                Some(proc_macro2::TokenTree::Group(group)) => group.stream(),
                other => panic!("{other:?}"),
            })
            .unwrap();
            messages.push(text.value());
        }
    }
    messages
}

fn handler() -> TokenStream {
    quote! {
        async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) {}
    }
}

#[test]
fn what_the_check_looks_at_comes_out_of_the_proof_and_the_rest_is_kept() {
    let output = expanded(
        quote!(GetCampaign),
        quote! {
            #[doc = "Reads."]
            #[tracing::instrument]
            pub(crate) async fn get_campaign<S: Clone>(
                Path((application_id, campaign_id)): Path<(String, String)>,
                State(state): State<S>,
            ) -> impl IntoResponse
            where
                S: Send,
            {
                not checked: by anybody
            }
        },
    );
    let expected = quote! {
        pub(crate) async fn get_campaign<S: Clone>(
            ::pinpoint_iam::web::Authorized {
                parameters: (Path((application_id, campaign_id)),),
                ..
            }: ::pinpoint_iam::web::Authorized<get_campaign, (Path<(String, String)>,)>,
            State(state): State<S>
        ) -> impl IntoResponse
        where
            S: Send,
        {
            #[allow(clippy::all, clippy::pedantic)]
            let _ = (&application_id, &campaign_id,);
            not checked: by anybody
        }
    };
    assert!(output.contains(&expected.to_string()), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn the_check_takes_only_what_it_needs() {
    let output = expanded(
        quote!(GetCampaign, campaign_id = query.campaign),
        quote! {
            async fn get_campaign(
                State(db): State<Db>,
                Path(Ids { mut application_id, tenant }): Path<Ids>,
                Query(query): Query<Wanted>,
                Json(body): Json<Body>,
            ) {}
        },
    );
    let header = quote! {
        impl ::pinpoint_iam::web::Requires<(Path<Ids>, Query<Wanted>,)> for get_campaign
    };
    let patterns =
        quote!(let (Path(Ids { application_id, tenant: _ }), Query(query),) = __parameters;);
    let check = quote! {
        ::pinpoint_iam::__private::check(
            &__guard,
            ::pinpoint_iam::mobiletargeting::actions::GetCampaign,
            {
                use ::pinpoint_iam::__private::{IdByDisplay as _, IdByReference as _, NoId as _};
                ::pinpoint_iam::mobiletargeting::resources::Campaign::from_ids(
                    ::pinpoint_iam::mobiletargeting::ids::Campaign {
                        application_id: ::core::convert::AsRef::<::core::primitive::str>::as_ref(&(&&::pinpoint_iam::__private::Id(application_id)).__id()),
                        campaign_id: ::core::convert::AsRef::<::core::primitive::str>::as_ref(&(&&::pinpoint_iam::__private::Id(&(query.campaign))).__id())
                    }
                )
            }
        )
    };
    for expected in [header, patterns, check] {
        assert!(
            output.contains(&expected.to_string()),
            "{expected}\n\nin\n\n{output}"
        );
    }
}

/// A `return` in an expression would otherwise skip the check.
#[test]
fn only_reading_a_value_needs_no_closure() {
    for (expression, is_enclosed) in [
        (quote!(query), false),
        (quote!(query.campaign), false),
        (quote!(&query.campaign.id), false),
        (quote!((query.campaign).id()), false),
        (quote!(query.campaign?), true),
        (quote!(query.campaign()?.id), true),
        (quote!(query.or(return Ok(()))), true),
        (quote!((&query.first?).id()), true),
        (quote!(id_of(query)), true),
        (quote!(id_of!(query)), true),
        (quote!({ return Ok(()) }), true),
        (quote!(*query), true),
        (quote!(query[0]), true),
        (quote!("c1"), true),
    ] {
        let output = expanded(
            quote!(GetCampaign, campaign_id = #expression),
            quote!(
                async fn get_campaign(
                    Path(application_id): Path<String>,
                    Query(query): Query<Wanted>,
                ) {
                }
            ),
        );
        let enclosed = quote! {
            || -> ::core::result::Result<
                ::pinpoint_iam::mobiletargeting::resources::Campaign,
                ::pinpoint_iam::guard::Denied
            >
        };
        let is_found = output.contains(&enclosed.to_string());
        assert_eq!(is_found, is_enclosed, "{expression}: {output}");
    }
}

#[test]
fn fixed_values_are_literals() {
    let output = expanded(
        quote!(GetEmailTemplate),
        quote!(
            async fn read(Path(template_name): Path<String>) {}
        ),
    );
    assert!(output.contains("template_type : \"EMAIL\""), "{output}");
}

#[test]
fn an_action_without_resource_types_is_checked_against_everything() {
    let output = expanded(
        quote!(mobileanalytics::PutEvents),
        quote!(
            async fn put() {}
        ),
    );
    let check = quote! {
        __guard.check(
            ::pinpoint_iam::mobileanalytics::actions::PutEvents,
            &::pinpoint_iam::resource::AllResources
        )
    };
    assert!(output.contains(&check.to_string()), "{output}");
    assert!(output.contains("Authorized < put , () >"), "{output}");
}

#[test]
fn conditions_of_the_handler_hold_for_what_belongs_to_it() {
    let output = expanded(
        quote!(mobileanalytics::PutEvents),
        quote!(
            #[cfg(unix)]
            async fn put() {}
        ),
    );
    assert_eq!(output.matches("# [cfg (unix)]").count(), 4, "{output}");
}

#[test]
fn the_row_for_rustdoc_fills_in_what_is_fixed() {
    let output = expanded(
        quote!(GetEmailTemplate),
        quote!(
            async fn read(Path(template_name): Path<String>) {}
        ),
    );
    assert!(
        output.contains("**Requires** `mobiletargeting:GetEmailTemplate` (Read) on `arn:"),
        "{output}"
    );
    assert!(output.contains("/EMAIL`"), "{output}");
}

#[test]
fn a_name_that_two_parameters_bind_is_refused_where_the_check_needs_it() {
    let item = quote!(
        async fn get(Path(application_id): Path<String>, Query(application_id): Query<String>) {}
    );
    let expected = "the check needs `application_id`, but two parameters have this name\n\
                    help: rename the one that does not identify the resource";
    assert_eq!(errors(quote!(GetApp), item.clone()), [expected]);
    assert_eq!(
        errors(
            quote!(GetApp, application_id = application_id),
            item.clone()
        ),
        [expected]
    );
    let output = expanded(quote!(GetApp, application_id = "a1"), item);
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn the_cases_of_a_pattern_bind_a_name_once() {
    let output = expanded(
        quote!(GetApp),
        quote!(
            async fn get((A(application_id) | B(application_id)): Id, state: S) {}
        ),
    );
    assert!(
        output.contains("let ((A (application_id) | B (application_id)) ,) ="),
        "{output}"
    );
}

#[test]
fn no_more_parameters_than_the_frameworks_take() {
    let of = |number: usize| {
        let parameters = (0..number).map(|number| {
            let name = quote::format_ident!("p{number}");
            quote!(#name: State<Db>)
        });
        errors(
            quote!(mobileanalytics::PutEvents),
            quote!(
                async fn put(#(#parameters),*) {}
            ),
        )
    };
    assert_eq!(of(15), [""; 0]);
    let messages = of(16);
    assert!(
        matches!(messages.as_slice(), [only] if only.contains("at most 15 parameters")),
        "{messages:?}"
    );
}

#[test]
fn all_mistakes_are_reported_and_the_item_stays() {
    let item = handler();
    let output = expanded(
        quote!(
            GetCampaign,
            colour = 1,
            application_id = a,
            application_id = b
        ),
        item.clone(),
    );
    assert!(output.starts_with(&item.to_string()), "{output}");
    assert!(!output.contains("Authorized"), "{output}");
    let messages = errors(
        quote!(
            GetCampaign,
            colour = 1,
            application_id = a,
            application_id = b
        ),
        item,
    );
    assert_eq!(messages.len(), 2, "{messages:?}");
}

#[test]
fn broken_arguments_do_not_hide_each_other() {
    let messages = errors(
        quote!(GetCampagin, application_id = , resource 5),
        handler(),
    );
    assert_eq!(messages.len(), 3, "{messages:?}");
}

#[test]
fn wrong_arguments_are_refused() {
    for (arguments, expected) in [
        (quote!(), "needs an action"),
        (quote!(,), "expected an action name"),
        (quote!(application_id = a), "needs an action"),
        (quote!("GetCampaign"), "remove the quotes"),
        (quote!(mobiletargeting:GetCampaign), "two colons"),
        (quote!(all()), "would allow every request"),
        (quote!(any()), "would deny every request"),
        (quote!(any(GetCampaign, all())), "would allow every request"),
        (quote!(all(GetCampaign)), "`all` with a single action"),
        (
            quote!(any(all(GetCampaign, GetApp))),
            "`any` with a single action",
        ),
        (quote!(all(GetCampaign, GetCampaign)), "duplicate action"),
        (
            quote!(any(
                GetApp, GetApp, GetApp, GetApp, GetApp, GetApp, GetApp, GetApp, GetApp
            )),
            "nest them",
        ),
        (
            quote!(all(GetCampaign, campaign_id = c)),
            "unexpected argument",
        ),
        (
            quote!(all(GetCampaign, GetApp,,)),
            "expected an action name",
        ),
        (quote!(all(GetCampaign GetApp)), "expected `,`"),
        (
            quote!(all(GetCampaign, GetApp), all(GetApp, GetApps)),
            "unexpected second action `all(..)`",
        ),
        (
            quote!(all(GetCampaign, GetApp), segment_id = s),
            "a placeholder of these actions",
        ),
        (
            quote!(all(GetCampaign, GetApp), aplication_id = s),
            "did you mean `application_id`",
        ),
        (
            quote!(all(GetCampaign, GetApp), guarrd = s),
            "did you mean `guard`",
        ),
        (
            quote!(
                all(mobileanalytics::PutEvents, mobileanalytics::GetReports),
                resource = x
            ),
            "these actions do not support",
        ),
        (
            quote!(all(GetCampaign, GetApp), request_tags = x),
            "these actions do not accept tags",
        ),
        (
            quote!(GetCampaign, request_tags = none),
            "`GetCampaign` does not accept tags",
        ),
        (
            quote!(all(GetCampaign, GetApp), resource = c, application_id = d),
            "already provides",
        ),
        (
            quote!(
                all(GetCampaign(resource = c), GetApp(application_id = d)),
                application_id = e
            ),
            "overrides it",
        ),
        (
            quote!(all(GetEmailTemplate, GetSmsTemplate), template_type = e),
            "fixes ",
        ),
        (
            quote!(GetCampaign(campaign_id = c), campaign_id = d),
            "duplicate argument",
        ),
        (
            quote!(all(GetCampaign(campaign_id = c, campaign_id = d), GetApp)),
            "duplicate argument",
        ),
        (quote!(GetCampaign()), "expected arguments in"),
        (quote!(GetCampaign(c)), "expected `name = expression` as"),
        (quote!(GetCampaign(permit = p)), "out of the parentheses"),
        (quote!(GetCampaign(guard = g)), "out of the parentheses"),
        (quote!(GetCampaign, r#permit = p), "unknown argument"),
        (quote!(GetCampaign, r#guard = p), "unknown argument"),
        (
            quote!(GetCampaign, permit = p, permit = q),
            "duplicate argument",
        ),
        (
            quote!(GetCampaign, guard = p, guard = q),
            "duplicate argument",
        ),
        (
            quote!(any(GetCampaign, GetApp), permit = p),
            "cannot be used with `any`",
        ),
        (quote!(UpdateCampaign), "or `request_tags = none`"),
        (
            quote!(all(UpdateCampaign, GetApp)),
            "or `request_tags = none`",
        ),
        (quote!(GetCampaign<T>), "unexpected delimiter"),
        (quote!(GetCampaign[T]), "unexpected delimiter"),
        (quote!(GetCampaign { T }), "unexpected delimiter"),
        (quote!(GetCampaign, GetSegment), "unexpected second action"),
        (quote!(GetCampaign GetSegment), "expected `,`"),
        (quote!(::GetCampaign), "not a valid action path"),
        (quote!(a::b::GetCampaign), "not a valid action path"),
        (
            quote!(elsewhere::GetCampaign),
            "unknown service `elsewhere`",
        ),
        (quote!(getcampaign), "write `GetCampaign`"),
        (quote!(GetCampagin), "did you mean `GetCampaign`"),
        (
            quote!(GetCampaign, resource = c, campaign_id = d),
            "already provides",
        ),
        (
            quote!(GetCampaign, segment_id = s),
            "it has `application_id` and `campaign_id`",
        ),
        (
            quote!(GetCampaign, resourse = s),
            "did you mean `resource`?",
        ),
        (
            quote!(ListTagsForResource),
            "or `resource = expression` of type",
        ),
        (
            quote!(ListTagsForResource, application_id = x),
            "it has `resource_arn`",
        ),
        (
            quote!(ListTagsForResource, resource_arn = x, resource = y),
            "already provides",
        ),
        (
            quote!(mobileanalytics::PutEvents, resource = x),
            "does not support resource-level permissions",
        ),
        (quote!(mobileanalytics::PutEvents, app = x), "it has none"),
        (quote!(GetEmailTemplate, template_type = x), "to `EMAIL`"),
    ] {
        let messages = errors(arguments.clone(), handler());
        assert!(
            messages.iter().any(|message| message.contains(expected)),
            "{arguments}: {messages:?}"
        );
    }
}

#[test]
fn several_resource_types_need_a_resource() {
    let catalog = Catalog::load([SourceFile {
        path: "shop.toml".into(),
        text: r#"
            format = 1
            [service]
            prefix = "shop"
            name = "Shop"
            documentation = "https://example.com/"
            [sources.own]
            title = "Our own"
            date = "2026-11-23"
            [placeholders.OrderId]
            parameter = "order-id"
            summary = "an order"
            [resources.order]
            arn = "arn:${Partition}:shop:${Region}:${Account}:orders/${OrderId}"
            summary = "An order."
            [resources.parcel]
            arn = "arn:${Partition}:shop:${Region}:${Account}:parcels/${OrderId}"
            summary = "A parcel."
            [actions.Track]
            summary = "Tells where it is."
            access-level = "Read"
            resources = ["order", "parcel"]
            lifecycle = { state = "continues", source = "own" }
            sources = ["own"]
        "#
        .into(),
    }]);
    let catalogs = Catalogs::of(catalog.unwrap());
    let item = quote!(
        async fn track(Path(order_id): Path<String>) {}
    );
    let refused = with_catalogs(&catalogs, quote!(Track), item.clone(), &|| None).to_string();
    for expected in [
        "compile_error",
        "`Track` has several resource types",
        "of type `Order` or `Parcel`",
    ] {
        assert!(refused.contains(expected), "{refused}");
    }
    let guarded = with_catalogs(
        &catalogs,
        quote!(Track, resource = order(order_id)),
        item,
        &|| None,
    );
    let legal = quote!((
        ::pinpoint_iam::shop::resources::Order,
        ::pinpoint_iam::shop::resources::Parcel
    ));
    assert!(
        guarded.to_string().contains(&legal.to_string()),
        "{guarded}"
    );
}

#[test]
fn a_mistyped_field_is_reported_once() {
    let messages = errors(
        quote!(GetCampaign, aplication_id = path.app),
        quote!(
            async fn get(Path(path): Path<Ids>, Query(campaign_id): Query<String>) {}
        ),
    );
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("did you mean `application_id`?"),
        "{messages:?}"
    );
}

#[test]
fn unfit_items_are_refused() {
    for (item, expected) in [
        (
            quote!(
                struct Handler;
            ),
            "found `struct`",
        ),
        (
            quote!(
                pub const LIMIT: u8 = 1;
            ),
            "found `const`",
        ),
        (
            quote!(
                unsafe impl Send for X {}
            ),
            "found `unsafe`",
        ),
        (
            quote!(
                extern "C" {
                    fn handler();
                }
            ),
            "found `extern`",
        ),
        (quote!(), "found another item"),
        (
            quote!(
                async fn handler();
            ),
            "with a body",
        ),
        (
            quote!(
                async fn handler(&self) {}
            ),
            "free functions",
        ),
        (
            quote!(
                async fn handler(Json(all): Json<Vec<Self>>) {}
            ),
            "free functions",
        ),
        (
            quote!(
                async fn handler(self: Arc<Self>) {}
            ),
            "free functions",
        ),
        (
            quote!(
                #[requires(GetApp)]
                async fn handler() {}
            ),
            "needs `application_id`",
        ),
        (
            quote!(
                #[::pinpoint_iam::requires]
                async fn handler() {}
            ),
            "needs an action",
        ),
        (
            quote!(
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                #[requires(GetApps)]
                async fn handler() {}
            ),
            "combine them",
        ),
    ] {
        let messages = errors(quote!(mobileanalytics::PutEvents), item.clone());
        assert!(
            messages.iter().any(|message| message.contains(expected)),
            "{item}: {messages:?}"
        );
    }
}

#[test]
fn parameters_that_cannot_be_taken_early_are_refused() {
    for (item, expected) in [
        (
            quote!(
                async fn f(Json(application_id): Json<String>, state: State<S>) {}
            ),
            "`Json`, which reads the body",
        ),
        (
            quote!(
                async fn f(application_id: String, state: State<S>) {}
            ),
            "`String`, which reads the body",
        ),
        (
            quote!(
                async fn f(application_id: impl Id) {}
            ),
            "cannot be `impl Trait`",
        ),
        (
            quote!(
                async fn f<T>(Path(application_id): Path<T>) {}
            ),
            "the generic `T`",
        ),
        (
            quote!(
                async fn f<'a>(application_id: Id<'a>) {}
            ),
            "the generic `a`",
        ),
        (
            quote!(
                async fn f<const N: usize>(application_id: Id<N>) {}
            ),
            "the generic `N`",
        ),
        (
            quote!(
                async fn f(#[cfg(unix)] application_id: Id) {}
            ),
            "`#[cfg]` removes it",
        ),
        (
            quote!(
                async fn f(Path(app): Path<String>) {}
            ),
            "needs `application_id`",
        ),
        (
            quote!(
                async fn f(Path(aplication_id): Path<String>) {}
            ),
            "add `application_id = aplication_id`",
        ),
        (
            quote!(
                async fn f(ids!(application_id): Ids) {}
            ),
            "needs `application_id`",
        ),
    ] {
        let messages = errors(quote!(GetApp), item.clone());
        assert!(
            messages.iter().any(|message| message.contains(expected)),
            "{item}: {messages:?}"
        );
    }
}

#[test]
fn ids_are_given_by_their_names() {
    let shelf = include_str!("../../../catalog/tests/golden/shelf.toml");
    let swapped = shelf.replace(
        "${BookId}/${Kind}/loans/${ReaderId}",
        "${ReaderId}/${Kind}/loans/${BookId}",
    );
    assert_ne!(shelf, swapped);
    for (text, fields) in [
        (shelf, ["book_id", "kind", "reader_id"]),
        (&swapped, ["reader_id", "kind", "book_id"]),
    ] {
        let catalog = Catalog::load([SourceFile::new("shelf.toml", text)]).unwrap();
        let output = with_catalogs(
            &Catalogs::of(catalog),
            quote!(ReadLoan),
            quote!(
                async fn read(Path((book_id, kind, reader_id)): Path<(String, String, String)>) {}
            ),
            &|| None,
        );
        let fields = fields.map(|field| quote::format_ident!("{field}"));
        let expected = quote! {
            ids::Loan { #(#fields: ::core::convert::AsRef::<::core::primitive::str>::as_ref(&(&&::pinpoint_iam::__private::Id(#fields)).__id())),* }
        };
        let output = output.to_string();
        assert!(output.contains(&expected.to_string()), "{output}");
    }
}

#[test]
fn fields_of_a_value_fill_what_nothing_else_fills() {
    let output = expanded(
        quote!(GetCampaign, campaign_id = "c1", fields_of = path),
        quote!(
            async fn get_campaign(Path(path): Path<Ids>) {}
        ),
    );
    assert!(output.contains("(path) . application_id"), "{output}");
    assert!(!output.contains("(path) . campaign_id"), "{output}");
    let output = expanded(
        quote!(GetApp, fields_of = path),
        quote!(
            async fn get_app(Path(application_id): Path<String>, Query(path): Query<Ids>) {}
        ),
    );
    assert!(!output.contains("(path) . application_id"), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

/// The ids of a resource that is created in another one are among those of the other one, and a whole ARN does not state them.
#[test]
fn a_resource_in_the_one_of_a_whole_arn_has_to_be_named() {
    let text = |arn: &str| {
        format!(
            r#"
            format = 1
            [service]
            prefix = "shop"
            name = "Shop"
            documentation = "https://example.com/"
            [sources.own]
            title = "Our own"
            date = "2026-11-23"
            [placeholders.OrderId]
            parameter = "order-id"
            summary = "an order"
            [placeholders.ParcelId]
            parameter = "parcel-id"
            summary = "a parcel"
            [resources.order]
            arn = "arn:${{Partition}}:shop:${{Region}}:${{Account}}:orders/${{OrderId}}"
            summary = "An order."
            [resources.parcel]
            arn = "arn:${{Partition}}:shop:${{Region}}:${{Account}}:{arn}"
            summary = "A parcel."
            [actions.AddParcel]
            summary = "Adds a parcel."
            access-level = "Write"
            resources = ["order"]
            target = "Shop.AddParcel"
            whole-arn = "order-arn"
            whole-arn-from = "$.OrderArn"
            dependent-actions = [
                {{ action = "shop:Weigh", resource = "parcel", source = "own", when = "always" }},
            ]
            sources = ["own"]
            [actions.Weigh]
            summary = "Weighs a parcel."
            access-level = "Read"
            resources = ["parcel"]
            sources = ["own"]
            "#
        )
    };
    for (arn, is_accepted) in [
        ("parcels/${ParcelId}", true),
        ("orders/${OrderId}/parcels/${ParcelId}", false),
    ] {
        let catalog = Catalog::load([SourceFile::new("shop.toml", text(arn))]).unwrap();
        let output = with_catalogs(
            &Catalogs::of(catalog),
            quote!(AddParcel, order_arn = body.order_arn, dependents(Weigh)),
            quote!(
                async fn add(Json(body): Json<Parcel>) {}
            ),
            &|| None,
        );
        let output = output.to_string();
        assert_eq!(!output.contains("compile_error"), is_accepted, "{output}");
        assert_eq!(
            output.contains("check_created_anew"),
            is_accepted,
            "{output}"
        );
    }
}
