//! What the core asks of its host: HTTP, time, credentials, RSA private keys. The core does no I/O of its own.
//!
//! Ports are traits that return boxed local futures, so that one core serves a browser (promises), Node and
//! native tests. Randomness is the one host service that is not here: it comes from `getrandom`, whose
//! backends are that port already.

use core::any::Any;
use core::fmt;
use std::rc::Rc;

use crate::crypto::Secret;
use crate::error::Result;

pub use crate::util::LocalFuture;

/// A request to the HTTP port. Always a POST; bodies may hold plaintext data keys and are wiped on
/// drop.
///
/// `Debug` shows neither the values of headers nor the URL's query: they may be credentials.
pub struct HttpRequest {
    /// Absolute URL.
    pub url: String,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Secret,
    /// The port gives up after this many milliseconds, waits of its own included, and answers
    /// [`HttpFailure::TimedOut`] or [`HttpFailure::NotSent`].
    pub timeout_ms: u32,
    /// The port stops reading the body of a longer response, and answers this many bytes of it and
    /// one more.
    pub max_response_bytes: usize,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpRequest")
            .field("url", &self.url.split('?').next())
            .field("headers", &names)
            .field("body", &self.body)
            .field("timeout_ms", &self.timeout_ms)
            .field("max_response_bytes", &self.max_response_bytes)
            .finish()
    }
}

/// A response of the HTTP port, whatever its status.
#[derive(Debug)]
pub struct HttpResponse {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Secret,
}

/// Why no response came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFailure {
    /// No connection, or it broke, with the host's words.
    Unreachable(String),
    /// The time limit passed.
    TimedOut,
    /// The time limit passed while other requests of the client were before this one.
    NotSent,
}

/// AWS credentials, as `@aws-sdk/credential-providers` gives them. `Debug` shows neither key nor
/// token.
pub struct Credentials {
    /// Access key id. Not a secret.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token of temporary credentials.
    pub session_token: Option<String>,
    /// Unix time in milliseconds after which they are not to be used.
    pub expires_at_ms: Option<u64>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("temporary", &self.session_token.is_some())
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// HTTP and time, as the KMS client needs them.
pub trait Network {
    /// Sends one request.
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>>;
    /// Unix time in milliseconds.
    fn now_ms(&self) -> u64;
    /// Waits.
    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()>;
}

/// Time and work in the background, as caches need them.
pub trait CacheHost {
    /// Milliseconds from some moment by a clock that nobody sets. It may stop while the machine sleeps.
    fn monotonic_ms(&self) -> u64;
    /// Unix time in milliseconds, by a clock that may be set.
    fn unix_ms(&self) -> u64;
    /// Waits. A process may end although such a wait has not.
    fn sleep_ms(&self, ms: u32) -> LocalFuture<'static, ()>;
    /// Runs `work` to its end, whether or not anybody waits for it (`spawn_local` of an executor).
    /// It must not be polled before this call returns.
    fn spawn(&self, work: LocalFuture<'static, ()>);

    /// Keeps what the operation in progress uses of the host for as long as the result lives: others may wait for what it
    /// fetches when it has ended.
    fn hold(&self) -> Rc<dyn Any> {
        Rc::new(())
    }
}

/// Fetches credentials; called again when they are about to expire.
pub trait CredentialsProvider {
    /// Current credentials.
    fn credentials(&self) -> LocalFuture<'_, Result<Credentials>>;
}
