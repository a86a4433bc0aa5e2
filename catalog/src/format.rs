//! The format of catalog files.
//!
//! A catalog file is TOML 1.1 and describes one service. Keys are written with hyphens; a key that is not listed here
//! is a fault, and so is an empty text.
//!
//! # Example
//!
//! ```
//! use pinpoint_iam_catalog::{Catalog, SourceFile};
//!
//! let text = r#"
//! format = 1
//!
//! [service]
//! prefix = "orders"
//! name = "Order Desk"
//!
//! [placeholders.OrderId]
//! parameter = "order-id"
//! summary = "the number on the receipt"
//!
//! [resources.order]
//! arn = "arn:${Partition}:orders:${Region}:${Account}:orders/${OrderId}"
//! summary = "One order."
//!
//! [actions.GetOrder]
//! summary = "Reads one order."
//! access-level = "Read"
//! resources = ["order"]
//! route = "GET /orders/{order-id}"
//! success-status = 200
//! "#;
//! let catalog = Catalog::load([SourceFile::new("orders.toml", text)])?;
//! let (_, action) = catalog.resolve(None, "GetOrder")?;
//! assert_eq!(action.resources[0].fields[0].field(), "order_id");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The file
//!
//! | Key | Holds |
//! |---|---|
//! | `format` | `1`, the version of this format |
//! | `[service]` | `prefix`, the part of an action's name before the colon, in lower case; `name`; `documentation`, a link (optional) |
//! | `[sources.<name>]` | where facts come from: `title`; `date`, `YYYY-MM-DD` (optional). Entries refer to sources by these names |
//! | `[condition-keys."<key>"]` | `type`, one of `String`, `ArrayOfString`, `Bool`, `Numeric`, `Date`, `ARN`, `IPAddress`, `Binary`; `summary`. A key whose last part the request fills in is written `aws:ResourceTag/${TagKey}` |
//! | `[placeholders.<Name>]` | see [Placeholders](#placeholders) |
//! | `[resources.<name>]` | see [Resource types](#resource-types) |
//! | `[actions.<Name>]` | see [Actions](#actions) |
//!
//! # Placeholders
//!
//! A placeholder stands in ARN templates as `${Name}`.
//!
//! | Key | Holds |
//! |---|---|
//! | `parameter` | the path parameter that fills it, `order-id`; in Rust the argument `order_id` |
//! | `accepts` | `identifier` (what it is without this key) for ids that the service gives out: ASCII letters, digits, `-`, `_`, `.`; or `opaque` for ids that others choose: any text, which stands in the ARN percent-encoded |
//! | `values` | instead of `accepts`, a closed list of names, compared without case and written as spelled here |
//! | `summary` | what the value is, as part of a sentence: `the number on the receipt` |
//!
//! # Resource types
//!
//! | Key | Holds |
//! |---|---|
//! | `arn` | the template, `arn:${Partition}:orders:${Region}:${Account}:orders/${OrderId}` |
//! | `summary` | one sentence |
//! | `type-name` | the name of the Rust type, where the name of the resource type with capitals is taken (optional) |
//! | `condition-keys` | condition keys that belong to the resource type (optional) |
//!
//! A template has six components. Partition, region and account are `${Partition}`, `${Region}` and `${Account}`, or
//! fixed. In the resource component, text that follows a placeholder starts with `/` or `:`: no value holds these, so
//! the end of a value can always be found, and two different resources never share an ARN. A `*` in a template is an
//! asterisk of the resource's own ARN.
//!
//! # Actions
//!
//! | Key | Holds |
//! |---|---|
//! | `summary` | one sentence |
//! | `access-level` | `List`, `Read`, `Write`, `Tagging` or `Permissions management`; absent where no source says |
//! | `resources` | the resource types that it acts on; absent for an action that is checked against `*` |
//! | `route`, `success-status` | `GET /orders/{order-id}` and `200`; both absent for an action without an API operation |
//! | `pinned` | placeholders that the action fills with a fixed value: `{ TemplateType = "EMAIL" }` |
//! | `whole-arn` | a path parameter that holds the whole ARN, instead of the placeholders one by one |
//! | `condition-keys` | condition keys that requests may carry |
//! | `request-tags` | where the request's tags stand: `$.tags` in the body, `query:tagKeys` in the query |
//! | `companions` | other actions that the caller needs: a list of `{ action, when, resource-from, source }`, `resource-from` being optional |
//! | `lifecycle` | `{ state, ended, source }`, `state` being `continues`, `ended` or `unclear`; `ended` is the day, for that state only |
//! | `documentation` | a link |
//! | `former-names` | names under which older documents know the action |
//! | `sources` | the sources that list it |
//! | `seen` | what a source says where it differs from the entry: a list of `{ source, arn, method }` |
//! | `undocumented` | `true` where no reference lists the action |
//! | `note` | a remark on disputed or surprising facts |
//!
//! When an action with a route is called, everything in its ARN must be known: each placeholder of each of its resource
//! types is a parameter of the path, or pinned, or the path holds the whole ARN.
//!
//! # What else is checked
//!
//! Names that differ in their capitals only, since IAM compares without case; names that cannot be Rust names or would
//! become the same one; references to what is not there, with the nearest name; two routes that one request would fit;
//! dates and links. Every fault is reported, with file, line, column and a hint.
