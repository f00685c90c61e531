//! How requests are authenticated, and the cache of credentials.

use core::cell::RefCell;
use core::fmt;
use std::rc::{Rc, Weak};

use crate::crypto::Secret;
use crate::error::{Error, Fault, Result};
use crate::host::{Credentials, CredentialsProvider, LocalFuture};
use crate::util::single_flight::SharedFetch;

use super::sigv4::SigningKeys;

/// Credentials are fetched anew this long before they expire: a call with its retries must not
/// outlive them. Those that live no longer, when half of their time is over.
const REFRESH_BEFORE_MS: u64 = 5 * 60 * 1000;
/// A provider that failed is asked again after this long, while the credentials hold.
const ASK_AGAIN_MS: u64 = 30 * 1000;

/// How requests are authenticated; [`ClientConfig`](super::ClientConfig) has an example.
#[derive(Clone, Default)]
pub enum Auth {
    /// Not at all, or by the client's own headers.
    #[default]
    None,
    /// AWS Signature Version 4.
    SigV4(Rc<dyn CredentialsProvider>),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::SigV4(_) => "SigV4",
        })
    }
}

/// Credentials that never change.
///
/// ```
/// use fieldseal::aws::StaticCredentials;
/// use fieldseal::host::CredentialsProvider;
///
/// # fieldseal_doctest::run(async {
/// let (key_id, secret) = ("ASIAIOSFODNN7EXAMPLE", b"secret"[..].into());
/// let credentials = StaticCredentials::new(key_id, secret, Some("token".into()));
/// let given = credentials.credentials(false).await?;
/// assert_eq!(given.access_key_id, key_id);
/// assert!(!format!("{given:?}").contains("secret"));
/// # Ok(())
/// # });
/// ```
#[derive(Clone)]
pub struct StaticCredentials {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Option<String>,
}

impl StaticCredentials {
    /// Long-term credentials, or temporary ones with their session token.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: Secret,
        session_token: Option<String>,
    ) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key, session_token }
    }
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticCredentials({})", self.access_key_id)
    }
}

impl CredentialsProvider for StaticCredentials {
    fn credentials(&self, _: bool) -> LocalFuture<'_, Result<Credentials>> {
        let copy = Credentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: self.session_token.clone(),
            expires_at_ms: None,
        };
        Box::pin(core::future::ready(Ok(copy)))
    }
}

type Shared = core::result::Result<Rc<SigningKeys>, NoCredentials>;

/// The credentials of one client. At most one fetch is in flight; clones share them.
#[derive(Clone)]
pub(super) struct CredentialCache {
    provider: Rc<dyn CredentialsProvider>,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    flight: Weak<SharedFetch<Shared>>,
}

struct Known {
    keys: Rc<SigningKeys>,
    /// Unix milliseconds.
    expires_at: u64,
    refresh_at: u64,
}

impl CredentialCache {
    pub(super) fn new(provider: Rc<dyn CredentialsProvider>) -> Self {
        Self { provider, state: Rc::default() }
    }

    /// Credentials that will do for one call made now (Unix milliseconds).
    pub(super) async fn current(&self, now_ms: u64) -> Shared {
        if let Some(keys) = self.known(now_ms, |known| known.refresh_at) {
            return Ok(keys);
        }
        let fetched = self.fetch(now_ms, false).await;
        // A provider that fails now may be back before they expire.
        match self.known(now_ms, |known| known.expires_at) {
            Some(keys) if fetched.is_err() => Ok(keys),
            _ => fetched,
        }
    }

    /// Credentials other than `refused`, if the provider has any.
    pub(super) async fn other_than(
        &self,
        refused: &Rc<SigningKeys>,
        now_ms: u64,
    ) -> core::result::Result<Option<Rc<SigningKeys>>, NoCredentials> {
        let known = self.unless(refused);
        let fresh = match known {
            Some(keys) => keys,
            None => self.fetch(now_ms, true).await?,
        };
        let same = fresh.access_key_id == refused.access_key_id
            && fresh.session_token == refused.session_token;
        Ok((!same).then_some(fresh))
    }

    /// The known credentials, after forgetting `refused` ones: another call may have replaced them
    /// already.
    fn unless(&self, refused: &Rc<SigningKeys>) -> Option<Rc<SigningKeys>> {
        let mut state = self.state.borrow_mut();
        if state.known.as_ref().is_some_and(|known| Rc::ptr_eq(&known.keys, refused)) {
            state.known = None;
        }
        state.known.as_ref().map(|known| Rc::clone(&known.keys))
    }

    fn known(&self, now_ms: u64, until: fn(&Known) -> u64) -> Option<Rc<SigningKeys>> {
        let state = self.state.borrow();
        state.known.as_ref().filter(|known| now_ms < until(known)).map(|k| Rc::clone(&k.keys))
    }

    async fn fetch(&self, now_ms: u64, force_refresh: bool) -> Shared {
        let in_flight = self.state.borrow().flight.upgrade();
        let flight = in_flight.unwrap_or_else(|| {
            let flight = SharedFetch::new(self.start(now_ms, force_refresh));
            self.state.borrow_mut().flight = Rc::downgrade(&flight);
            flight
        });
        flight.join().await
    }

    fn start(&self, now_ms: u64, force_refresh: bool) -> LocalFuture<'static, Shared> {
        let provider = Rc::clone(&self.provider);
        let state = Rc::clone(&self.state);
        Box::pin(async move {
            let result = provider.credentials(force_refresh).await;
            let mut state = state.borrow_mut();
            // Completed: who comes now starts anew.
            state.flight = Weak::new();
            let credentials = match result.map_err(NoCredentials::Provider) {
                Ok(credentials) => match problem_of(&credentials) {
                    None => credentials,
                    Some(problem) => return Err(NoCredentials::Unusable(problem)),
                },
                Err(error) => {
                    if let Some(known) = &mut state.known {
                        known.refresh_at = (now_ms + ASK_AGAIN_MS).min(known.expires_at);
                    }
                    return Err(error);
                }
            };
            let expires_at = credentials.expires_at_ms.unwrap_or(u64::MAX);
            let left = expires_at.saturating_sub(now_ms);
            let early = if left > REFRESH_BEFORE_MS { REFRESH_BEFORE_MS } else { left / 2 };
            let refresh_at = expires_at - early;
            let keys = Rc::new(SigningKeys::from(credentials));
            state.known = Some(Known { keys: Rc::clone(&keys), expires_at, refresh_at });
            Ok(keys)
        })
    }
}

/// Why the credentials cannot sign a request, if so.
fn problem_of(credentials: &Credentials) -> Option<&'static str> {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if !word(&credentials.access_key_id) || credentials.access_key_id.contains(['/', ',']) {
        return Some("the provider's access key id is empty or malformed");
    }
    if credentials.secret_access_key.is_empty() {
        return Some("the provider's secret access key is empty");
    }
    if credentials.session_token.as_deref().is_some_and(|token| !word(token)) {
        return Some("the provider's session token is empty or malformed");
    }
    None
}

/// Why there are no credentials. Calls share a fetch, and so this.
#[derive(Clone)]
pub(super) enum NoCredentials {
    /// Those that the provider gave cannot sign a request.
    Unusable(&'static str),
    Provider(Error),
}

impl NoCredentials {
    /// The message of the call that needed them.
    ///
    /// # Errors
    /// The provider's own, where the caller's own code is at fault: that says more.
    pub(super) fn message(self) -> Result<String> {
        let error = match self {
            Self::Unusable(problem) => return Ok(problem.to_owned()),
            Self::Provider(error) => error,
        };
        match error.into_fault() {
            misuse @ Fault::Misuse { .. } => Err(misuse.into()),
            Fault::Host(reason) => Ok(format!("no credentials: {reason}")),
            other => Ok(format!("no credentials: {}", Error::from(other))),
        }
    }
}
