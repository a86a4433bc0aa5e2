//! Parameters that the check reads.

use actix_web::dev::{ConnectionInfo, PeerAddr};
use actix_web::http::{Method, Uri};
use actix_web::{FromRequest, HttpRequest, web};

use super::path::Path;

/// Parameters that can be extracted before the body is read.
///
/// Any extractor of actix-web may read the body, and its type does not show whether it does. Implement this trait for
/// your own extractor if it binds a placeholder and does not read the body: `impl BeforeBody for Known {}`. For the
/// check, the extractor receives an empty body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken before the body is read",
    label = "the check of the action needs this parameter",
    note = "take the ids of the resource from the path, the query or a header",
    note = "for an extractor of your own that does not read the body, write `impl pinpoint_iam::web::actix::BeforeBody for {Self} {{}}`"
)]
pub trait BeforeBody: FromRequest {}

impl<T> BeforeBody for web::Path<T> where Self: FromRequest {}
impl<T> BeforeBody for Path<T> where Self: FromRequest {}
impl<T> BeforeBody for web::Query<T> where Self: FromRequest {}
impl<T> BeforeBody for web::Header<T> where Self: FromRequest {}
impl<T: ?Sized> BeforeBody for web::Data<T> where Self: FromRequest {}
impl<T: Clone + 'static> BeforeBody for web::ReqData<T> {}
impl<T: BeforeBody> BeforeBody for Option<T> {}
impl<T: BeforeBody, E> BeforeBody for Result<T, E> where Self: FromRequest {}
impl BeforeBody for HttpRequest {}
impl BeforeBody for Method {}
impl BeforeBody for Uri {}
impl BeforeBody for ConnectionInfo {}
impl BeforeBody for PeerAddr {}
impl BeforeBody for () {}

macro_rules! several {
    ($($one:ident)+) => {
        impl<$($one: BeforeBody + 'static),+> BeforeBody for ($($one,)+) {}
    };
}

several!(A);
several!(A B);
several!(A B C);
several!(A B C D);
several!(A B C D E);
several!(A B C D E F);
several!(A B C D E F G);
several!(A B C D E F G H);
several!(A B C D E F G H I);
several!(A B C D E F G H I J);
several!(A B C D E F G H I J K);
several!(A B C D E F G H I J K L);
several!(A B C D E F G H I J K L M);
several!(A B C D E F G H I J K L M N);
several!(A B C D E F G H I J K L M N O);
