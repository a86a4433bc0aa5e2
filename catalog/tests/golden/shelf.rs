const _: () = ::pinpoint_iam::__private::assert_generated_by("0.1.0");

/// The catalog's metadata for Book Shelf.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub static SERVICE: ::pinpoint_iam::action::ServiceMetadata = ::pinpoint_iam::action::ServiceMetadata {
    prefix: "shelf",
    name: "Book Shelf",
    documentation: ::core::option::Option::Some("https://shelf.example/iam"),
    partitions: &["acme", "aws"],
    event_sources: &["shelf.amazonaws.com"],
    actions: &ACTIONS,
    resource_types: &[self::resources::Loan::METADATA],
    condition_keys: &[
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "aws:ResourceTag/${TagKey}", summary: "The value of one tag of the book.", value_type: "String" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Copies", summary: "The number of copies.", value_type: "Numeric" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Due", summary: "The day on which the loan ends.", value_type: "Date" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Genre", summary: "The genres of the book.", value_type: "ArrayOfString" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Languages", summary: "The languages of the book.", value_type: "ArrayOfString" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Notes/${type}/by.${Reader}.name", summary: "The notes of one kind.", value_type: "ArrayOfARN" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Owner", summary: "The owner of the book.", value_type: "ARN" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Rating/${Reader}", summary: "The rating by one reader.", value_type: "Numeric" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Restricted", summary: "Whether the book may leave the house.", value_type: "Bool" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Tags", summary: "The label on the back.", value_type: "String" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Terminal", summary: "The terminal of the loan.", value_type: "IPAddress" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:Words/${Reader}", summary: "The words of one reader about the book.", value_type: "ArrayOfString" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:genre-", summary: "The genre that the book had.", value_type: "String" },
        ::pinpoint_iam::action::ConditionKeyMetadata { name: "shelf:type", summary: "The kind of loan.", value_type: "String" },
    ],
    sources: &[
        ::pinpoint_iam::action::SourceMetadata { name: "handbook", title: "The shelf's handbook", date: ::core::option::Option::Some("2026-11-01") },
    ],
};

/// The fingerprint of the catalog that this module was generated from. The macros compare it with that of the file that they read, and know by it that the module is a generated one.
#[doc(hidden)]
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod generated_by_include_catalog {
    pub const FINGERPRINT: ::core::option::Option<::core::primitive::u64> = ::core::option::Option::Some(0x925781eee14b8050);
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
const fn action_0() -> ::pinpoint_iam::action::ActionMetadata {
    ::pinpoint_iam::action::ActionMetadata {
        service: &SERVICE,
        index: 0,
        name: "LendBook",
        summary: "Lends a book to a reader.",
        access_level: ::core::option::Option::Some(::pinpoint_iam::action::AccessLevel::Write),
        resource_types: &[self::resources::Loan::METADATA],
        pinned: &[("Kind", "PRINT")],
        from_request: &[],
        route: ::core::option::Option::Some(self::actions::LendBook::ROUTE),
        target: ::core::option::Option::None,
        whole_arn: ::core::option::Option::None,
        condition_keys: &["aws:ResourceTag/${TagKey}", "shelf:Genre"],
        request_tags: ::core::option::Option::Some("$.tags"),
        dependent_actions: &[::pinpoint_iam::action::DependentAction { action: "post:SendParcel", when: "when the reader lives elsewhere", only_with_tags: false, resource: ::core::option::Option::None, resource_from: &["Loan.Address"], source: "handbook" }],
        lifecycle: ::pinpoint_iam::action::Lifecycle { state: ::pinpoint_iam::action::LifecycleState::Ended, ended: ::core::option::Option::Some("2027-01-01"), source: ::core::option::Option::Some("handbook") },
        documentation: ::core::option::Option::Some("https://shelf.example/iam#lend"),
        former_names: &["GiveBook"],
        sources: &["handbook"],
        seen: &[::pinpoint_iam::action::SourceVariant { source: "handbook", arn: ::core::option::Option::Some("arn:aws:shelf::account:books/*"), method: ::core::option::Option::Some("PUT") }],
        undocumented: false,
        note: ::core::option::Option::Some("The handbook once said \"PUT\"."),
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
const fn action_1() -> ::pinpoint_iam::action::ActionMetadata {
    ::pinpoint_iam::action::ActionMetadata {
        service: &SERVICE,
        index: 1,
        name: "ReadCard",
        summary: "Reads the reader's own card.",
        access_level: ::core::option::Option::None,
        resource_types: &[],
        pinned: &[],
        from_request: &[],
        route: ::core::option::Option::None,
        target: ::core::option::Option::Some("Shelf_20261101.ReadCard"),
        whole_arn: ::core::option::Option::None,
        condition_keys: &[],
        request_tags: ::core::option::Option::None,
        dependent_actions: &[],
        lifecycle: ::pinpoint_iam::action::Lifecycle { state: ::pinpoint_iam::action::LifecycleState::Unclear, ended: ::core::option::Option::None, source: ::core::option::Option::None },
        documentation: ::core::option::Option::None,
        former_names: &[],
        sources: &[],
        seen: &[],
        undocumented: false,
        note: ::core::option::Option::None,
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
const fn action_2() -> ::pinpoint_iam::action::ActionMetadata {
    ::pinpoint_iam::action::ActionMetadata {
        service: &SERVICE,
        index: 2,
        name: "ReadLoan",
        summary: "Reads one loan.",
        access_level: ::core::option::Option::None,
        resource_types: &[self::resources::Loan::METADATA],
        pinned: &[],
        from_request: &[("BookId", "query:book"), ("Kind", "query:kind"), ("ReaderId", "query:reader")],
        route: ::core::option::Option::Some(self::actions::ReadLoan::ROUTE),
        target: ::core::option::Option::None,
        whole_arn: ::core::option::Option::None,
        condition_keys: &[],
        request_tags: ::core::option::Option::None,
        dependent_actions: &[],
        lifecycle: ::pinpoint_iam::action::Lifecycle { state: ::pinpoint_iam::action::LifecycleState::Unclear, ended: ::core::option::Option::None, source: ::core::option::Option::None },
        documentation: ::core::option::Option::None,
        former_names: &[],
        sources: &[],
        seen: &[],
        undocumented: false,
        note: ::core::option::Option::None,
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
const fn action_3() -> ::pinpoint_iam::action::ActionMetadata {
    ::pinpoint_iam::action::ActionMetadata {
        service: &SERVICE,
        index: 3,
        name: "ReadRules",
        summary: "Reads the rules of the house.",
        access_level: ::core::option::Option::None,
        resource_types: &[],
        pinned: &[],
        from_request: &[],
        route: ::core::option::Option::None,
        target: ::core::option::Option::None,
        whole_arn: ::core::option::Option::None,
        condition_keys: &[],
        request_tags: ::core::option::Option::None,
        dependent_actions: &[],
        lifecycle: ::pinpoint_iam::action::Lifecycle { state: ::pinpoint_iam::action::LifecycleState::Unclear, ended: ::core::option::Option::None, source: ::core::option::Option::None },
        documentation: ::core::option::Option::None,
        former_names: &[],
        sources: &[],
        seen: &[],
        undocumented: true,
        note: ::core::option::Option::None,
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
const fn action_4() -> ::pinpoint_iam::action::ActionMetadata {
    ::pinpoint_iam::action::ActionMetadata {
        service: &SERVICE,
        index: 4,
        name: "sort-all",
        summary: "Sorts all books.",
        access_level: ::core::option::Option::None,
        resource_types: &[],
        pinned: &[],
        from_request: &[],
        route: ::core::option::Option::Some(self::actions::SortAll::ROUTE),
        target: ::core::option::Option::None,
        whole_arn: ::core::option::Option::None,
        condition_keys: &[],
        request_tags: ::core::option::Option::None,
        dependent_actions: &[],
        lifecycle: ::pinpoint_iam::action::Lifecycle { state: ::pinpoint_iam::action::LifecycleState::Unclear, ended: ::core::option::Option::None, source: ::core::option::Option::None },
        documentation: ::core::option::Option::None,
        former_names: &[],
        sources: &[],
        seen: &[],
        undocumented: false,
        note: ::core::option::Option::None,
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
static ACTIONS: [::pinpoint_iam::action::ActionMetadata; 5] = [
    action_0(),
    action_1(),
    action_2(),
    action_3(),
    action_4(),
];

/// An action of Book Shelf.
///
/// Displayed and serialized as policies write it, `shelf:` and the name. Read without regard to upper and lower case, with or without the prefix.
///
/// Documentation: <https://shelf.example/iam>
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash, ::core::cmp::PartialOrd, ::core::cmp::Ord)]
#[repr(u16)]
#[non_exhaustive]
pub enum Action {
    /// Lends a book to a reader.
    ///
    /// Access level **Write**; `POST /books/{book-id}/loans/{reader-id}`; acts on [`Loan`].
    LendBook,
    /// Reads the reader's own card.
    ///
    /// Acts on no single resource: the policy's resource has to be `*`.
    ReadCard,
    /// Reads one loan.
    ///
    /// `GET /loans`; acts on [`Loan`].
    ReadLoan,
    /// Reads the rules of the house.
    ///
    /// Acts on no single resource: the policy's resource has to be `*`.
    ReadRules,
    /// Sorts all books.
    ///
    /// `POST /books/`; acts on no single resource: the policy's resource has to be `*`.
    SortAll,
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
impl Action {
    /// Every action, sorted by name.
    pub const ALL: &'static [Self] = &[
        Self::LendBook,
        Self::ReadCard,
        Self::ReadLoan,
        Self::ReadRules,
        Self::SortAll,
    ];

    /// The catalog's metadata for the action.
    pub const fn metadata(self) -> &'static ::pinpoint_iam::action::ActionMetadata {
        match self {
            Self::LendBook => &ACTIONS[0],
            Self::ReadCard => &ACTIONS[1],
            Self::ReadLoan => &ACTIONS[2],
            Self::ReadRules => &ACTIONS[3],
            Self::SortAll => &ACTIONS[4],
        }
    }

    /// The name without the service prefix.
    pub const fn name(self) -> &'static str {
        self.metadata().name
    }

    /// The access level; `None` if no source mentions it.
    pub const fn access_level(self) -> ::core::option::Option<::pinpoint_iam::action::AccessLevel> {
        self.metadata().access_level
    }

    /// The REST route; `None` for an action without one.
    pub const fn route(self) -> ::core::option::Option<::pinpoint_iam::action::Route> {
        self.metadata().route
    }
}

::pinpoint_iam::implement_action_enum!(Action, SERVICE);

/// One type for each action, named like it.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod actions {
    /// Lends a book to a reader.
    ///
    /// - Access level: **Write**
    /// - Route: `POST /books/{book-id}/loans/{reader-id}`, answered with 201 on success
    /// - Acts on: [`Loan`](super::resources::Loan)
    /// - ARN: `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}`
    /// - Fixed: `Kind` is `PRINT`
    /// - Condition keys: `aws:ResourceTag/${TagKey}`, `shelf:Genre`
    /// - Request tags: `$.tags`
    /// - Also needs: `post:SendParcel` when the reader lives elsewhere
    /// - Lifecycle: ended on 2027-01-01
    /// - Former names: `GiveBook`
    ///
    /// The handbook once said "PUT".
    ///
    /// Documentation: <https://shelf.example/iam#lend>
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct LendBook;

    impl ::pinpoint_iam::action::TypedAction for LendBook {
        type Enumeration = super::Action;
        type Sealed = ::pinpoint_iam::__private::Generated;
        const INDEX: usize = 0;
    }

    impl ::pinpoint_iam::action::ActsOn<super::resources::Loan> for LendBook { type Sealed = ::pinpoint_iam::__private::Generated; }

    impl LendBook {
        /// `POST /books/{book-id}/loans/{reader-id}`, which answers 201 on success.
        pub const ROUTE: ::pinpoint_iam::action::Route = ::pinpoint_iam::action::Route {
            method: "POST",
            path: "/books/{book-id}/loans/{reader-id}",
            success_status: 201,
        };
    }

    /// Reads the reader's own card.
    ///
    /// - Access level: no source mentions it
    /// - Operation: `X-Amz-Target: Shelf_20261101.ReadCard`
    /// - Acts on: no single resource: the policy's resource has to be `*`
    /// - Lifecycle: unclear, no source mentions it
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct ReadCard;

    impl ::pinpoint_iam::action::TypedAction for ReadCard {
        type Enumeration = super::Action;
        type Sealed = ::pinpoint_iam::__private::Generated;
        const INDEX: usize = 1;
    }

    impl ::pinpoint_iam::action::ActsOn<::pinpoint_iam::resource::AllResources> for ReadCard { type Sealed = ::pinpoint_iam::__private::Generated; }

    /// Reads one loan.
    ///
    /// - Access level: no source mentions it
    /// - Route: `GET /loans`, answered with 200 on success
    /// - Acts on: [`Loan`](super::resources::Loan)
    /// - ARN: `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}`
    /// - In the request: `BookId` is `query:book`
    /// - In the request: `Kind` is `query:kind`
    /// - In the request: `ReaderId` is `query:reader`
    /// - Lifecycle: unclear, no source mentions it
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct ReadLoan;

    impl ::pinpoint_iam::action::TypedAction for ReadLoan {
        type Enumeration = super::Action;
        type Sealed = ::pinpoint_iam::__private::Generated;
        const INDEX: usize = 2;
    }

    impl ::pinpoint_iam::action::ActsOn<super::resources::Loan> for ReadLoan { type Sealed = ::pinpoint_iam::__private::Generated; }

    impl ReadLoan {
        /// `GET /loans`, which answers 200 on success.
        pub const ROUTE: ::pinpoint_iam::action::Route = ::pinpoint_iam::action::Route {
            method: "GET",
            path: "/loans",
            success_status: 200,
        };
    }

    /// Reads the rules of the house.
    ///
    /// - Access level: no source mentions it
    /// - Route: none, the action has no API operation
    /// - Acts on: no single resource: the policy's resource has to be `*`
    /// - Lifecycle: unclear, no source mentions it
    /// - Undocumented: no reference lists the action
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct ReadRules;

    impl ::pinpoint_iam::action::TypedAction for ReadRules {
        type Enumeration = super::Action;
        type Sealed = ::pinpoint_iam::__private::Generated;
        const INDEX: usize = 3;
    }

    impl ::pinpoint_iam::action::ActsOn<::pinpoint_iam::resource::AllResources> for ReadRules { type Sealed = ::pinpoint_iam::__private::Generated; }

    /// Sorts all books.
    ///
    /// - Name in policies: `sort-all`
    /// - Access level: no source mentions it
    /// - Route: `POST /books/`, answered with 204 on success
    /// - Acts on: no single resource: the policy's resource has to be `*`
    /// - Lifecycle: unclear, no source mentions it
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct SortAll;

    impl ::pinpoint_iam::action::TypedAction for SortAll {
        type Enumeration = super::Action;
        type Sealed = ::pinpoint_iam::__private::Generated;
        const INDEX: usize = 4;
    }

    impl ::pinpoint_iam::action::ActsOn<::pinpoint_iam::resource::AllResources> for SortAll { type Sealed = ::pinpoint_iam::__private::Generated; }

    impl SortAll {
        /// `POST /books/`, which answers 204 on success.
        pub const ROUTE: ::pinpoint_iam::action::Route = ::pinpoint_iam::action::Route {
            method: "POST",
            path: "/books/",
            success_status: 204,
        };
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub use self::actions::*;

/// One type for each resource type, made of validated ids.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod resources {
    /// One loan of a book \[in print\] to a reader.
    ///
    /// - ARN: `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}`
    /// - Condition keys: `aws:ResourceTag/${TagKey}`, `shelf:Copies`, `shelf:Due`, `shelf:Languages`, `shelf:Owner`, `shelf:Restricted`, `shelf:Terminal`, `shelf:Tags`, `shelf:type`, `shelf:Rating/${Reader}`, `shelf:Words/${Reader}`
    #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
    pub struct Loan(::pinpoint_iam::resource::ResourcePart);

    impl Loan {
        /// The catalog's metadata for the resource type.
        pub const METADATA: &'static ::pinpoint_iam::resource::ResourceTypeMetadata = {
            static METADATA: ::pinpoint_iam::resource::ResourceTypeMetadata = ::pinpoint_iam::resource::ResourceTypeMetadata {
                name: "loan",
                type_name: "Loan",
                summary: "One loan of a book [in print] to a reader.",
                arn: "arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}",
                partition: ::pinpoint_iam::resource::ScopeComponent::FromScope,
                service: "shelf",
                region: ::pinpoint_iam::resource::ScopeComponent::Fixed(""),
                account: ::pinpoint_iam::resource::ScopeComponent::FromScope,
                pieces: &[::pinpoint_iam::resource::Piece::Literal("books/"), ::pinpoint_iam::resource::Piece::Field(0), ::pinpoint_iam::resource::Piece::Literal("/"), ::pinpoint_iam::resource::Piece::Field(1), ::pinpoint_iam::resource::Piece::Literal("/loans/"), ::pinpoint_iam::resource::Piece::Field(2)],
                fields: &[
                    ::pinpoint_iam::resource::Field {
                        name: "book_id",
                        placeholder: "BookId",
                        accepts: ::pinpoint_iam::resource::IdFormat::Identifier,
                    },
                    ::pinpoint_iam::resource::Field {
                        name: "kind",
                        placeholder: "Kind",
                        accepts: ::pinpoint_iam::resource::IdFormat::OneOf(&["PRINT", "AUDIO"]),
                    },
                    ::pinpoint_iam::resource::Field {
                        name: "reader_id",
                        placeholder: "ReaderId",
                        accepts: ::pinpoint_iam::resource::IdFormat::Opaque,
                    },
                ],
                condition_keys: &["aws:ResourceTag/${TagKey}", "shelf:Copies", "shelf:Due", "shelf:Languages", "shelf:Owner", "shelf:Restricted", "shelf:Terminal", "shelf:Tags", "shelf:type", "shelf:Rating/${Reader}", "shelf:Words/${Reader}"],
            };
            &METADATA
        };

        /// The resource `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}` with these ids.
        ///
        /// # Errors
        ///
        /// Returns an error that names the first id that is not valid in the ARN. Valid are:
        ///
        /// - `book_id`, the number that the shelf gave to the book: an [identifier](::pinpoint_iam::resource::IdFormat::Identifier), made of characters that mean nothing else in ARNs and policies, so that it fills its own place and no other
        /// - `kind`, the kind of book: one of `PRINT`, `AUDIO`, in this spelling or in lower case
        /// - `reader_id`, the name that the reader chose: [any text](::pinpoint_iam::resource::IdFormat::Opaque), because applications choose these ids; in the ARN it is percent-encoded, so that it fills its own place and no other
        pub fn new(book_id: impl ::core::convert::AsRef<str>, kind: impl ::core::convert::AsRef<str>, reader_id: impl ::core::convert::AsRef<str>) -> ::core::result::Result<Self, ::pinpoint_iam::resource::InvalidId> {
            Self::from_ids(super::ids::Loan {
                book_id: ::core::convert::AsRef::<str>::as_ref(&book_id),
                kind: ::core::convert::AsRef::<str>::as_ref(&kind),
                reader_id: ::core::convert::AsRef::<str>::as_ref(&reader_id),
            })
        }

        /// The resource `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}` with these ids, as [`new`](Self::new) makes it, but each id is given by its name.
        ///
        /// # Errors
        ///
        /// As [`new`](Self::new).
        pub fn from_ids(ids: super::ids::Loan<'_>) -> ::core::result::Result<Self, ::pinpoint_iam::resource::InvalidId> {
            Self::METADATA.fill(&[ids.book_id, ids.kind, ids.reader_id]).map(Self)
        }

        /// Every resource of this type, for a policy: `arn:${Partition}:shelf::${Account}:books/*/*/loans/*`.
        pub fn any() -> ::pinpoint_iam::resource::ResourceSet<Self> {
            ::pinpoint_iam::resource::ResourceSet::any()
        }

        /// The resources of this type with any `reader_id`, for a policy: `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/*`.
        ///
        /// # Errors
        ///
        /// Names the first id that cannot stand in the ARN, as [`new`](Self::new) does.
        pub fn any_in(book_id: impl ::core::convert::AsRef<str>, kind: impl ::core::convert::AsRef<str>) -> ::core::result::Result<::pinpoint_iam::resource::ResourceSet<Self>, ::pinpoint_iam::resource::InvalidId> {
            ::pinpoint_iam::resource::ResourceSet::any_in(Self::METADATA, &[::core::convert::AsRef::<str>::as_ref(&book_id), ::core::convert::AsRef::<str>::as_ref(&kind)])
        }

        /// The number that the shelf gave to the book.
        pub fn book_id(&self) -> &str {
            self.0.field(0)
        }

        /// The kind of book.
        pub fn kind(&self) -> &str {
            self.0.field(1)
        }

        /// The name that the reader chose.
        ///
        /// As the application knows it, decoded.
        pub fn reader_id(&self) -> ::std::borrow::Cow<'_, str> {
            self.0.decoded_field(2)
        }
    }

    impl ::pinpoint_iam::resource::Resource for Loan {
        const TYPE: ::core::option::Option<&'static ::pinpoint_iam::resource::ResourceTypeMetadata> = ::core::option::Option::Some(Self::METADATA);

        fn part(&self) -> ::core::option::Option<&::pinpoint_iam::resource::ResourcePart> {
            ::core::option::Option::Some(&self.0)
        }

        fn from_arn(arn: ::pinpoint_iam::arn::Arn<'_>, scope: &::pinpoint_iam::arn::Scope) -> ::core::result::Result<Self, ::pinpoint_iam::resource::ResourceMismatch> {
            Self::METADATA.parse(arn, scope).map(Self)
        }
    }

    impl ::pinpoint_iam::action::ServiceResource for Loan {
        type Sealed = ::pinpoint_iam::__private::Generated;

        fn service() -> &'static ::pinpoint_iam::action::ServiceMetadata {
            &super::SERVICE
        }
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub use self::resources::*;

/// The ids of each resource type by their names, for `from_ids`.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod ids {
    /// The ids in `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}`.
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
    pub struct Loan<'a> {
        /// The number that the shelf gave to the book.
        pub book_id: &'a str,
        /// The kind of book.
        pub kind: &'a str,
        /// The name that the reader chose.
        pub reader_id: &'a str,
    }
}

/// The condition keys of each resource type that has any.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod resource_keys {
    /// The condition keys of a [`Loan`](super::resources::Loan), for `AuthorizerBuilder::resource_keys`.
    ///
    /// Every key has to be supplied. `None` means that the key is absent.
    #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub struct LoanKeys {
        /// `aws:ResourceTag/${TagKey}`: The value of one tag of the book.
        pub tags: ::pinpoint_iam::guard::Tags,
        /// `shelf:Copies`: The number of copies.
        ///
        /// Type: Numeric.
        pub copies: ::core::option::Option<i64>,
        /// `shelf:Due`: The day on which the loan ends.
        ///
        /// Type: Date.
        pub due: ::core::option::Option<::std::time::SystemTime>,
        /// `shelf:Languages`: The languages of the book.
        ///
        /// Type: ArrayOfString.
        pub languages: ::core::option::Option<::std::vec::Vec<::std::string::String>>,
        /// `shelf:Owner`: The owner of the book.
        ///
        /// Type: ARN.
        pub owner: ::core::option::Option<::std::string::String>,
        /// `shelf:Restricted`: Whether the book may leave the house.
        ///
        /// Type: Bool.
        pub restricted: ::core::option::Option<bool>,
        /// `shelf:Terminal`: The terminal of the loan.
        ///
        /// Type: IPAddress.
        pub terminal: ::core::option::Option<::std::net::IpAddr>,
        /// `shelf:Tags`: The label on the back.
        ///
        /// Type: String.
        pub shelf_tags: ::core::option::Option<::std::string::String>,
        /// `shelf:type`: The kind of loan.
        ///
        /// Type: String.
        pub r#type: ::core::option::Option<::std::string::String>,
        /// `shelf:Rating/${Reader}`: The rating by one reader.
        ///
        /// Type: Numeric. Each element is the complete name of a key, as the function `condition_keys::shelf_rating` returns it, with its value.
        pub rating: ::std::vec::Vec<(::std::string::String, i64)>,
        /// `shelf:Words/${Reader}`: The words of one reader about the book.
        ///
        /// Type: ArrayOfString. Each element is the complete name of a key, as the function `condition_keys::shelf_words` returns it, with its value.
        pub words: ::std::vec::Vec<(::std::string::String, ::std::vec::Vec<::std::string::String>)>,
    }

    impl ::pinpoint_iam::guard::ResourceKeys for LoanKeys {
        type Resource = super::resources::Loan;
        type Sealed = ::pinpoint_iam::__private::Generated;

        fn write(self, keys: &mut ::pinpoint_iam::__private::KeyWriter) {
            keys.tags(&self.tags);
            keys.value("shelf:Copies", self.copies);
            keys.value("shelf:Due", self.due);
            keys.list("shelf:Languages", self.languages);
            keys.value("shelf:Owner", self.owner);
            keys.value("shelf:Restricted", self.restricted);
            keys.value("shelf:Terminal", self.terminal);
            keys.value("shelf:Tags", self.shelf_tags);
            keys.value("shelf:type", self.r#type);
            keys.filled_values("shelf:Rating/${Reader}", self.rating);
            keys.filled_lists("shelf:Words/${Reader}", self.words);
        }
    }

    impl ::pinpoint_iam::guard::KeyedResource for super::resources::Loan {
        type Keys = LoanKeys;
        type Sealed = ::pinpoint_iam::__private::Generated;
    }
}

#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub use self::resource_keys::*;

/// The columns of tables whose rows are resources of one type, for lists.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod columns {
    /// The columns that contain the ids and condition keys of `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}`. It has no default, so that a key that is added to the catalog does not compile until it has a column.
    #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub struct Loan {
        /// The column of the number that the shelf gave to the book. It is never NULL.
        pub book_id: &'static str,
        /// The column of the kind of book. It is never NULL.
        pub kind: &'static str,
        /// The column of the name that the reader chose. It is never NULL.
        pub reader_id: &'static str,
        /// `aws:ResourceTag/${TagKey}`: The value of one tag of the book.
        pub tags: ::pinpoint_iam::list::KeyedColumns,
        /// `shelf:Copies`: The number of copies.
        pub copies: ::pinpoint_iam::list::NumericColumn,
        /// `shelf:Due`: The day on which the loan ends.
        pub due: ::pinpoint_iam::list::DateColumn,
        /// `shelf:Languages`: The languages of the book.
        pub languages: ::pinpoint_iam::list::ListColumn,
        /// `shelf:Owner`: The owner of the book.
        pub owner: ::pinpoint_iam::list::StringColumn,
        /// `shelf:Restricted`: Whether the book may leave the house.
        pub restricted: ::pinpoint_iam::list::BoolColumn,
        /// `shelf:Terminal`: The terminal of the loan.
        pub terminal: ::pinpoint_iam::list::IpAddressColumn,
        /// `shelf:Tags`: The label on the back.
        pub shelf_tags: ::pinpoint_iam::list::StringColumn,
        /// `shelf:type`: The kind of loan.
        pub r#type: ::pinpoint_iam::list::StringColumn,
        /// `shelf:Rating/${Reader}`: The rating by one reader.
        pub rating: ::pinpoint_iam::list::KeyedColumns,
        /// `shelf:Words/${Reader}`: The words of one reader about the book.
        pub words: ::pinpoint_iam::list::KeyedColumns,
    }

    impl ::pinpoint_iam::list::ResourceColumns for Loan {
        type Resource = super::resources::Loan;

        fn ids(&self) -> ::std::vec::Vec<&'static str> {
            <::std::vec::Vec<_> as ::core::convert::From<_>>::from([self.book_id, self.kind, self.reader_id])
        }

        fn keys(&self, keys: &mut ::pinpoint_iam::list::KeyColumns) {
            keys.add_tags(&self.tags);
            keys.add("shelf:Copies", &self.copies);
            keys.add("shelf:Due", &self.due);
            keys.add("shelf:Languages", &self.languages);
            keys.add("shelf:Owner", &self.owner);
            keys.add("shelf:Restricted", &self.restricted);
            keys.add("shelf:Terminal", &self.terminal);
            keys.add("shelf:Tags", &self.shelf_tags);
            keys.add("shelf:type", &self.r#type);
            keys.add_filled(&self.rating);
            keys.add_filled(&self.words);
        }
    }
}

/// The condition keys that the service's actions and resource types list.
#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]
pub mod condition_keys {
    /// The value of one tag of the book.
    ///
    /// `aws:ResourceTag/${TagKey}`, of the type `String`.
    pub fn aws_resource_tag(tag_key: impl ::core::convert::AsRef<str>) -> ::std::string::String {
        ::std::format!("{}{}", "aws:ResourceTag/", ::core::convert::AsRef::<str>::as_ref(&tag_key))
    }

    /// The number of copies.
    ///
    /// `shelf:Copies`, of the type `Numeric`.
    pub const SHELF_COPIES: &str = "shelf:Copies";

    /// The day on which the loan ends.
    ///
    /// `shelf:Due`, of the type `Date`.
    pub const SHELF_DUE: &str = "shelf:Due";

    /// The genres of the book.
    ///
    /// `shelf:Genre`, of the type `ArrayOfString`.
    pub const SHELF_GENRE: &str = "shelf:Genre";

    /// The languages of the book.
    ///
    /// `shelf:Languages`, of the type `ArrayOfString`.
    pub const SHELF_LANGUAGES: &str = "shelf:Languages";

    /// The notes of one kind.
    ///
    /// `shelf:Notes/${type}/by.${Reader}.name`, of the type `ArrayOfARN`.
    pub fn shelf_notes_by_name(r#type: impl ::core::convert::AsRef<str>, reader: impl ::core::convert::AsRef<str>) -> ::std::string::String {
        ::std::format!("{}{}{}{}{}", "shelf:Notes/", ::core::convert::AsRef::<str>::as_ref(&r#type), "/by.", ::core::convert::AsRef::<str>::as_ref(&reader), ".name")
    }

    /// The owner of the book.
    ///
    /// `shelf:Owner`, of the type `ARN`.
    pub const SHELF_OWNER: &str = "shelf:Owner";

    /// The rating by one reader.
    ///
    /// `shelf:Rating/${Reader}`, of the type `Numeric`.
    pub fn shelf_rating(reader: impl ::core::convert::AsRef<str>) -> ::std::string::String {
        ::std::format!("{}{}", "shelf:Rating/", ::core::convert::AsRef::<str>::as_ref(&reader))
    }

    /// Whether the book may leave the house.
    ///
    /// `shelf:Restricted`, of the type `Bool`.
    pub const SHELF_RESTRICTED: &str = "shelf:Restricted";

    /// The label on the back.
    ///
    /// `shelf:Tags`, of the type `String`.
    pub const SHELF_TAGS: &str = "shelf:Tags";

    /// The terminal of the loan.
    ///
    /// `shelf:Terminal`, of the type `IPAddress`.
    pub const SHELF_TERMINAL: &str = "shelf:Terminal";

    /// The words of one reader about the book.
    ///
    /// `shelf:Words/${Reader}`, of the type `ArrayOfString`.
    pub fn shelf_words(reader: impl ::core::convert::AsRef<str>) -> ::std::string::String {
        ::std::format!("{}{}", "shelf:Words/", ::core::convert::AsRef::<str>::as_ref(&reader))
    }

    /// The genre that the book had.
    ///
    /// `shelf:genre-`, of the type `String`.
    pub const SHELF_GENRE_BEFORE: &str = "shelf:genre-";

    /// The kind of loan.
    ///
    /// `shelf:type`, of the type `String`.
    pub const SHELF_TYPE: &str = "shelf:type";
}
