//! Permits as extractors.

use std::fmt;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest, web};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::authorizer;
use super::decision::{CheckFuture, Refusal, at_once};
use crate::action::TypedAction;
use crate::denial::Denied;
use crate::guard::{Guard, Permit};
use crate::web::adapter::{caller, keep_keys};
use crate::web::caller::{PERMIT, log_denial};

/// Checks that the caller may perform `A` on the resource that the route's parameters identify. The parameters must
/// have the names in the catalog, `{campaign-id}` or `{campaign_id}`, in the same order. A route with another order
/// responds 500, because a tuple in `Path` would then contain other ids than the permit.
///
/// An action that acts on several resource types does not compile here, because such parameters do not determine the
/// type. Place the permit before parameters whose errors a denied caller must not see.
impl<A: TypedAction> FromRequest for Permit<A> {
    type Error = Error;
    type Future = CheckFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> CheckFuture<Self> {
        const { Self::assert_named_by_route() };
        let mut own = request.clone();
        let asked = authorizer(request).and_then(|authorizer| {
            let caller = caller(&authorizer, &mut own)?;
            match at_once(web::Path::<Parameters>::extract(request)) {
                Some(Ok(parameters)) => Ok((authorizer, caller, parameters.into_inner())),
                Some(Err(_)) | None => Err(Denied::unreadable().for_authorizer(&authorizer)),
            }
        });
        let (authorizer, mut caller, parameters) = match asked {
            Ok(asked) => asked,
            Err(denied) => return CheckFuture::made(Err(denied.into())),
        };
        let check = move |guard: &Guard<'_>| guard.authorize_parameters(parameters.iter());
        match caller.check_without_waiting(&authorizer, request.headers(), &check) {
            Some(outcome) => CheckFuture::made(outcome.map_err(logged)),
            None => CheckFuture::waiting(request, payload, Refusal::IsAnAnswer, async move {
                let outcome = caller
                    .check_with_keys(&authorizer, own.headers(), check)
                    .await;
                keep_keys(&caller, &mut own);
                outcome.map_err(logged)
            }),
        }
    }
}

/// Logs a denial, and converts it.
fn logged(denied: Denied) -> Error {
    log_denial(&denied, None, PERMIT);
    denied.into()
}

/// The path parameters by name, decoded, in the order of the path. Names may be duplicated.
struct Parameters(Vec<(Name, String)>);

struct Name(String);

impl Parameters {
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let pairs = self.0.iter();
        pairs.map(|(Name(name), value)| (name.as_str(), value.as_str()))
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Parameters;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("path parameters")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Parameters, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Parameters(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a path parameter")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.to_owned()))
            }
        }

        // Parameter names in actix-web are always identifiers.
        deserializer.deserialize_identifier(Text)
    }
}
