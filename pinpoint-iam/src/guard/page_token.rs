//! Tokens for the next page of a list.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::action::ActsOn;
use crate::denial::Denied;
use crate::guard::{Guard, ListRow, PageQuery};
use crate::list::{Constraint, ResourceColumns};
use crate::resource::Resource;

/// Creates and reads the tokens with which a client requests the next page of a list.
///
/// The [next key](crate::guard::Page::next) of a page can be that of a row that the caller may not see. A token contains
/// it encrypted, so a client learns nothing about the row, not even the length of its key.
///
/// A token is valid only for the same caller, action, scope and query, and only until it expires. It is also rejected
/// after a change of the policies, and after a change of the caller's attributes that changes which rows are selected,
/// because the pages would not be parts of one list. Then the client starts again with the first page. A token grants
/// nothing: every page is selected by the policies of its own request.
///
/// Policies of an asynchronous source are identified by their [revision](crate::freshness::Revision), and others by a
/// checksum. So a token is valid on all instances of a service that have loaded the same policies. All instances need
/// the same secret. Another secret invalidates all tokens.
///
/// ```
/// use pinpoint_iam::guard::{ListRow, PageTokens, TokenPage};
/// use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign, columns};
/// # use pinpoint_iam::list::KeyedColumns;
/// # use pinpoint_iam::resource::InvalidId;
/// use pinpoint_iam::{Denied, Guard};
/// # struct Row { application_id: String, id: String }
/// # impl ListRow for Row {
/// #     type Resource = Campaign;
/// #     type Key = String;
/// #     fn resource(&self) -> Result<Campaign, InvalidId> { Campaign::new(&self.application_id, &self.id) }
/// #     fn key(&self) -> String { self.id.clone() }
/// # }
///
/// async fn search(
///     guard: &Guard<'_>,
///     tokens: &PageTokens,
///     columns: &columns::Campaign,
///     word: &str,
///     token: Option<&str>,
/// ) -> Result<TokenPage<Row>, Denied> {
///     guard
///         .filter_page_by_token(GetCampaign, columns, tokens.request(20, token, word), async |query| {
///             // Rows that contain `word` and fulfil `query`.
/// #           let _ = query;
///             Ok(Vec::new())
///         })
///         .await
/// }
/// ```
#[derive(Clone)]
pub struct PageTokens {
    cipher: XChaCha20Poly1305,
    lifetime: Duration,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl PageTokens {
    /// Creates tokens that are encrypted with `secret`, which must be random, and that expire after one hour.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(secret.into()),
            lifetime: Duration::from_secs(3_600),
            now: Arc::new(SystemTime::now),
        }
    }

    /// Creates tokens that are encrypted with a random secret. They are valid for this process only.
    ///
    /// # Errors
    ///
    /// Fails if the system returns no random numbers.
    pub fn random() -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        Ok(Self::new(&secret))
    }

    /// Sets the time after which a token expires.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Takes the time from `now`, for tests.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Describes a page of at most `size` rows: the first one or, with a token, the one after the page of the token.
    ///
    /// `query` contains the other parameters of the request that select rows, such as a searched word. A token is only
    /// valid for the same text.
    pub const fn request<'r>(
        &'r self,
        size: usize,
        token: Option<&'r str>,
        query: &'r str,
    ) -> PageRequest<'r> {
        PageRequest {
            tokens: self,
            size,
            token,
            query,
        }
    }

    fn seconds(&self) -> u64 {
        let since = (self.now)().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }

    /// Returns the token of a key, which can be read for the same subject.
    fn seal<K: Serialize>(&self, key: &K, subject: &[u8]) -> Result<String, Denied> {
        let expiry = self.seconds().saturating_add(self.lifetime.as_secs());
        let mut text = serde_json::to_vec(&(expiry, key))
            .map_err(|_| Denied::misconfigured("the key of a row cannot be written as JSON"))?;
        // Spaces after a value have no meaning in JSON. The length of the text is visible.
        text.resize(text.len().next_multiple_of(BLOCK), b' ');
        let mut nonce = XNonce::default();
        getrandom::fill(&mut nonce)
            .map_err(|_| Denied::misconfigured("the system returns no random numbers"))?;
        let payload = Payload {
            msg: &text,
            aad: subject,
        };
        let sealed = self.cipher.encrypt(&nonce, payload);
        let sealed = sealed
            .map_err(|_| Denied::misconfigured("the key of a row is too long for a token"))?;
        let token = [nonce.as_slice(), &sealed].concat();
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// Returns the key of a token; `None` if it was made by another secret or for another subject, or has expired.
    fn open<K: DeserializeOwned>(&self, token: &str, subject: &[u8]) -> Option<K> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = token.split_at_checked(XNonce::default().len())?;
        let payload = Payload {
            msg: sealed,
            aad: subject,
        };
        let text = self.cipher.decrypt(nonce.try_into().ok()?, payload).ok()?;
        let (expiry, key): (u64, K) = serde_json::from_slice(&text).ok()?;
        (self.seconds() < expiry).then_some(key)
    }
}

/// The length of a key is rounded up to a multiple of this number of bytes.
const BLOCK: usize = 64;

impl fmt::Debug for PageTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("PageTokens");
        shown
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The page that a client requests, see [`PageTokens::request`].
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'r> {
    tokens: &'r PageTokens,
    size: usize,
    token: Option<&'r str>,
    query: &'r str,
}

/// A page of rows that the caller may see.
#[non_exhaustive]
pub struct TokenPage<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The token of the next page; `None` if this page is the last one.
    pub next: Option<String>,
}

impl<T> fmt::Debug for TokenPage<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenPage")
            .field("rows", &self.rows.len())
            .field("is_last", &self.next.is_none())
            .finish()
    }
}

impl Guard<'_> {
    /// Like [`filter_page`](Self::filter_page), for a client that requests the next page with a token.
    ///
    /// # Errors
    ///
    /// Those of [`filter_page`](Self::filter_page). Fails with 400 if the token is not valid for this request, see
    /// [`PageTokens`].
    pub async fn filter_page_by_token<A, C, T, F, Q, E>(
        &self,
        action: A,
        columns: &C,
        page: PageRequest<'_>,
        fetch: F,
    ) -> Result<TokenPage<T>, E>
    where
        A: ActsOn<T::Resource>,
        C: ResourceColumns<Resource = T::Resource>,
        T: ListRow,
        T::Key: Serialize + DeserializeOwned,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let constraint = self.constraint(action, columns).await?;
        self.page_by_token(action, &constraint, page, fetch).await
    }

    /// Like [`page_of`](Self::page_of), with a token.
    pub(crate) async fn page_by_token<A, T, F, Q, E>(
        &self,
        action: A,
        constraint: &Constraint,
        page: PageRequest<'_>,
        fetch: F,
    ) -> Result<TokenPage<T>, E>
    where
        A: ActsOn<T::Resource>,
        T: ListRow,
        T::Key: Serialize + DeserializeOwned,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let of_authorizer = |denied: Denied| denied.for_authorizer(self.authorizer);
        let PageRequest {
            tokens,
            size,
            token,
            query,
        } = page;
        let subject = self
            .list_subject::<A, T::Resource>(constraint, query)
            .map_err(of_authorizer)?;
        let after = match token {
            None => None,
            Some(token) => match tokens.open(token, &subject) {
                None => return Err(of_authorizer(Denied::invalid_page_token()).into()),
                after => after,
            },
        };
        let page = self.page_of(action, constraint, size, after, fetch).await?;
        let next = page.next.map(|key| tokens.seal(&key, &subject));
        Ok(TokenPage {
            rows: page.rows,
            next: next.transpose().map_err(of_authorizer)?,
        })
    }

    /// Returns what identifies a list: whose it is, which rows it selects, and by which policies.
    fn list_subject<A: ActsOn<R>, R: Resource>(
        &self,
        constraint: &Constraint,
        query: &str,
    ) -> Result<Vec<u8>, Denied> {
        let principal = self.principal;
        let caller = (
            format!("{:?}", principal.kind()),
            principal.arn(),
            principal.name(),
        );
        let scope = self.scope;
        let scope = [scope.partition(), scope.region(), scope.account()];
        let resource_type = R::TYPE.map(|known| known.type_name);
        let selected = format!("{constraint:?}");
        let action = A::METADATA.to_string();
        let policies = self.state.identity();
        serde_json::to_vec(&(
            caller,
            action,
            resource_type,
            scope,
            policies,
            selected,
            query,
        ))
        .map_err(|_| Denied::misconfigured("a list cannot be identified"))
    }
}
