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
use crate::util::date::http_date_ms;

pub use crate::util::LocalFuture;

/// A request to the host's HTTP client ([`Network`]). Always a POST; bodies may hold plaintext data keys and are wiped on
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

/// A response of the host's HTTP client ([`Network`]), whatever its status.
#[derive(Debug)]
pub struct HttpResponse {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Secret,
}

/// Why no response came; [`Network`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFailure {
    /// No connection, or it broke, with the host's words.
    Unreachable(String),
    /// The time limit passed.
    TimedOut,
    /// The time limit passed while other requests of the client were before this one.
    NotSent,
}

/// AWS credentials, as `@aws-sdk/credential-providers` gives them; a [`CredentialsProvider`] fetches them. `Debug` shows
/// neither key nor token.
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

/// HTTP and time, as the clients of KMS and DynamoDB need them.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::crypto::Secret;
/// use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
/// use fieldseal::kms::{DescribeKeyRequest, KmsClient};
///
/// /// Your HTTP client and clock. This one is offline, but for one host.
/// struct Host;
///
/// impl Network for Host {
///     fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpResponse, HttpFailure>> {
///         Box::pin(async move {
///             if !request.url.starts_with("http://localhost:4566/") {
///                 return Err(HttpFailure::Unreachable("no route to the host".into()));
///             }
///             assert_eq!(request.timeout_ms, 10_000); // give up then: HttpFailure::TimedOut
///             let body = Secret::new(br#"{"__type":"NotFoundException"}"#.to_vec());
///             Ok(HttpResponse { status: 400, headers: vec![], body })
///         })
///     }
///
///     fn now_ms(&self) -> u64 {
///         1_772_323_200_000
///     }
///
///     fn sleep_ms(&self, _: u32) -> LocalFuture<'_, ()> {
///         Box::pin(async {}) // waits before a request is sent again
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let mut config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let describe = || DescribeKeyRequest { key_id: "alias/shop".into(), ..Default::default() };
///
/// let kms = KmsClient::new(config.clone().into(), Rc::new(Host))?;
/// assert_eq!(kms.describe_key(describe()).await.unwrap_err().code(), "KMS_UNREACHABLE");
///
/// config.endpoint = Some("http://localhost:4566".into());
/// let kms = KmsClient::new(config.into(), Rc::new(Host))?;
/// assert_eq!(kms.describe_key(describe()).await.unwrap_err().code(), "KMS_KEY_NOT_FOUND");
///
/// // What the client does with a host, a test may do, too.
/// assert_eq!(Host.now_ms(), 1_772_323_200_000);
/// Host.sleep_ms(100).await;
/// assert_eq!(Host.read_date("Sun, 01 Mar 2026 00:00:00 GMT"), Some(1_772_323_200_000));
/// let request = HttpRequest {
///     url: "https://elsewhere".into(),
///     headers: vec![("x-amz-target".into(), "TrentService.Decrypt".into())],
///     body: Secret::default(),
///     timeout_ms: 10_000,
///     max_response_bytes: 1 << 20,
/// };
/// assert!(matches!(Host.send(request).await, Err(HttpFailure::Unreachable(_))));
/// # Ok(())
/// # });
/// ```
pub trait Network {
    /// Sends one request.
    ///
    /// # Errors
    /// [`HttpFailure`] if no response came.
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>>;
    /// Unix time in milliseconds: requests are signed with it.
    fn now_ms(&self) -> u64;
    /// Waits for `ms` milliseconds.
    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()>;
    /// The Unix time in milliseconds of a date as HTTP's headers have it. Hosts that can read one need not leave it to the core.
    fn read_date(&self, text: &str) -> Option<u64> {
        http_date_ms(text)
    }
}

/// Time and work in the background, as caches need them.
///
/// ```
/// use std::cell::RefCell;
/// use std::rc::Rc;
/// use std::time::Instant;
///
/// use fieldseal::host::{CacheHost, LocalFuture};
/// use fieldseal::materials::cache::{CacheConfig, MaterialsCache};
///
/// /// A host whose work in the background waits for the program's own loop.
/// struct Host {
///     start: Instant,
///     work: RefCell<Vec<LocalFuture<'static, ()>>>,
/// }
///
/// impl CacheHost for Host {
///     fn monotonic_ms(&self) -> u64 {
///         self.start.elapsed().as_millis() as u64
///     }
///
///     fn unix_ms(&self) -> u64 {
///         let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
///         now.unwrap_or_default().as_millis() as u64
///     }
///
///     fn sleep_ms(&self, _: u32) -> LocalFuture<'static, ()> {
///         Box::pin(std::future::pending()) // in earnest, a timer of the executor
///     }
///
///     fn spawn(&self, work: LocalFuture<'static, ()>) {
///         self.work.borrow_mut().push(work);
///     }
/// }
///
/// let host = Rc::new(Host { start: Instant::now(), work: RefCell::default() });
/// let cache = MaterialsCache::new(CacheConfig::default(), host.clone(), None)?;
/// assert!(cache.is_empty());
///
/// assert!(host.monotonic_ms() <= host.monotonic_ms());
/// assert!(host.unix_ms() > 1_700_000_000_000);
/// host.spawn(host.sleep_ms(1000));
/// assert_eq!(host.work.borrow().len(), 1);
/// let _for_as_long_as_it_lives = host.hold(); // nothing, by default
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub trait CacheHost {
    /// Milliseconds from some moment by a clock that nobody sets. It may stop while the machine sleeps.
    fn monotonic_ms(&self) -> u64;
    /// Unix time in milliseconds, by a clock that may be set.
    fn unix_ms(&self) -> u64;
    /// Waits for `ms` milliseconds. A process may end although such a wait has not.
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
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::aws::{Auth, ClientConfig};
/// use fieldseal::error::Result;
/// use fieldseal::host::{Credentials, CredentialsProvider, LocalFuture};
///
/// /// Asks your own service for temporary credentials.
/// struct Provider;
///
/// impl CredentialsProvider for Provider {
///     fn credentials(&self, _force_refresh: bool) -> LocalFuture<'_, Result<Credentials>> {
///         Box::pin(async {
///             Ok(Credentials {
///                 access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
///                 secret_access_key: b"secret"[..].into(),
///                 session_token: Some("token".into()),
///                 expires_at_ms: Some(1_772_326_800_000),
///             })
///         })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let auth = Auth::SigV4(Rc::new(Provider));
/// let config = ClientConfig { auth, region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// assert!(!format!("{config:?}").contains("secret"));
/// assert_eq!(Provider.credentials(false).await?.access_key_id, "ASIAIOSFODNN7EXAMPLE");
/// # Ok(())
/// # });
/// ```
pub trait CredentialsProvider {
    /// Current credentials. With `force_refresh`, the service refused the last ones: what the provider has kept is of no use.
    ///
    /// # Errors
    /// Why there are none: [`Error::host`](crate::error::Error::host) with the reason. The call fails with `KMS_CREDENTIALS` then.
    fn credentials(&self, force_refresh: bool) -> LocalFuture<'_, Result<Credentials>>;
}
