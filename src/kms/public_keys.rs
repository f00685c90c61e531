//! The client's public keys: fetched once for each key id, by one call at a time; pinned by their
//! fingerprints, and kept beyond the client by a store of the caller's.

use core::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::crypto::{PublicKeyInfo, sha256};
use crate::error::{Error, Fault, Part, PinMismatch, Result};
use crate::host::LocalFuture;
use crate::util::single_flight::{SharedFetch, Waiter};
use crate::util::text;

use super::arn::{KmsArn, KmsKeyId, KmsResource, mrk_match};
use super::types::GetPublicKeyResponse;

/// SHA-256 of a SubjectPublicKeyInfo.
pub(super) type Fingerprint = [u8; 32];

/// Public keys beyond the life of a client: a file, the browser's storage. Its failures are its own
/// to report: a key that it does not give is fetched.
///
/// ```
/// use std::cell::RefCell;
/// use std::collections::HashMap;
/// use std::rc::Rc;
///
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::host::LocalFuture;
/// use fieldseal::kms::{
///     GetPublicKeyRequest, GetPublicKeyResponse, KmsClient, KmsConfig, PublicKeyStore,
/// };
/// # use fieldseal_doctest::RSA_KEY;
///
/// /// In earnest, a file or a database.
/// #[derive(Default)]
/// struct Store(RefCell<HashMap<String, GetPublicKeyResponse>>);
///
/// impl PublicKeyStore for Store {
///     fn load(&self, key_id: &str) -> LocalFuture<'_, Option<GetPublicKeyResponse>> {
///         let kept = self.0.borrow().get(key_id).cloned();
///         Box::pin(async { kept })
///     }
///
///     fn save(&self, key_id: &str, key: &GetPublicKeyResponse) {
///         self.0.borrow_mut().insert(key_id.into(), key.clone());
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// # let network = fieldseal_doctest::network();
/// let store = Rc::new(Store::default());
/// let client = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let config = KmsConfig { public_key_store: Some(store.clone()), ..client.into() };
/// let kms = KmsClient::new(config, network)?;
/// assert!(store.load(RSA_KEY).await.is_none());
///
/// let request = GetPublicKeyRequest { key_id: RSA_KEY.into(), ..Default::default() };
/// let key = kms.get_public_key(request).await?;
/// assert_eq!(store.load(RSA_KEY).await, Some(key.clone()));
/// store.save("alias/shop", &key); // the client does so for each key that it fetched
/// # Ok(())
/// # });
/// ```
pub trait PublicKeyStore {
    /// The key kept for this key id. It is checked before it is used: its form, that it is the key
    /// that was asked for where `key_id` is a key ARN, and its fingerprint against the pins.
    fn load(&self, key_id: &str) -> LocalFuture<'_, Option<GetPublicKeyResponse>>;

    /// Keeps a key that was fetched; nobody waits for it.
    fn save(&self, key_id: &str, key: &GetPublicKeyResponse);
}

/// Checks a key that a store gave.
pub(super) fn check_stored(
    key_id: &str,
    mut key: GetPublicKeyResponse,
    pins: &[(String, Fingerprint)],
) -> Result<GetPublicKeyResponse> {
    if !KmsKeyId::parse(key_id)?.is_alias() && !same(key_id, &key.key_id) {
        let problem = format!("the store returned another key for '{key_id}'");
        return Err(Error::malformed(Part::Key, problem));
    }
    key.public_key = PublicKeyInfo::parse(&key.public_key)?.der;
    check_pins(key_id, &key.key_id, &key.public_key, pins)?;
    Ok(key)
}

/// Fails if a pin for the key that was asked for, or for the one that came, names another
/// fingerprint.
pub(super) fn check_pins(
    key_id: &str,
    arn: &str,
    der: &[u8],
    pins: &[(String, Fingerprint)],
) -> Result<()> {
    let mut of_key = pins.iter().filter(|(pin, _)| same(pin, key_id) || same(pin, arn));
    let found = sha256(der);
    match of_key.find(|(_, pinned)| *pinned != found) {
        None => Ok(()),
        Some((_, pinned)) => Err(Error::from(Fault::PinnedKey(Box::new(PinMismatch {
            key_id: key_id.to_owned(),
            pinned: hex(pinned),
            found: hex(&found),
        })))),
    }
}

/// Whether a pin for `pin` holds for the key `id`: by the same words, as the key id within the ARN,
/// or as the ARN of a related multi-Region key, which has the same key material.
fn same(pin: &str, id: &str) -> bool {
    let within = |arn: &str, id: &str| {
        KmsArn::parse(arn).is_ok_and(|arn| match arn.resource() {
            KmsResource::Key => arn.id() == id,
            KmsResource::Alias => id.strip_prefix("alias/") == Some(arn.id()),
        })
    };
    within(id, pin) || within(pin, id) || mrk_match(pin, id)
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    text::hex(bytes)
}

pub(super) fn parse_fingerprint(text: &str) -> Option<Fingerprint> {
    let mut digits = text.chars().map(|c| c.to_digit(16));
    let mut fingerprint = [0; 32];
    for byte in &mut fingerprint {
        *byte = u8::try_from(digits.next()?? * 16 + digits.next()??).ok()?;
    }
    digits.next().is_none().then_some(fingerprint)
}

pub(super) type Fetched = Result<Rc<GetPublicKeyResponse>>;

/// Public keys by the key id they were asked for.
#[derive(Clone, Default)]
pub(super) struct PublicKeys(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// By key id. A client sees few keys: they are searched one by one.
    known: Vec<(String, Rc<GetPublicKeyResponse>)>,
    in_flight: Vec<Entry>,
    started: u64,
}

struct Entry {
    key_id: String,
    number: u64,
    grant_tokens: Vec<String>,
    flight: Weak<SharedFetch<Fetched>>,
}

impl PublicKeys {
    /// The public key of `key_id`: known, from the call in flight, or from `fetch`.
    pub(super) async fn get(
        &self,
        key_id: &str,
        grant_tokens: &[String],
        fetch: impl Fn() -> LocalFuture<'static, Result<GetPublicKeyResponse>>,
    ) -> Fetched {
        loop {
            if let Some((_, key)) = self.0.borrow().known.iter().find(|(id, _)| id == key_id) {
                return Ok(Rc::clone(key));
            }
            let (flight, same_tokens) = match self.in_flight(key_id, grant_tokens) {
                Some(found) => found,
                None => (self.start(key_id, grant_tokens, fetch()), true),
            };
            match flight.await {
                // A refusal of other grant tokens says nothing about ours.
                Err(_) if !same_tokens => {}
                done => return done,
            }
        }
    }

    /// Forgets a key, and the call in flight for it: it will not be remembered.
    pub(super) fn forget(&self, key_id: &str) {
        let mut state = self.0.borrow_mut();
        state.known.retain(|(id, _)| id != key_id);
        state.in_flight.retain(|entry| entry.key_id != key_id);
    }

    fn in_flight(&self, key_id: &str, grant_tokens: &[String]) -> Option<(Waiter<Fetched>, bool)> {
        let state = self.0.borrow();
        let entry = state.in_flight.iter().find(|entry| entry.key_id == key_id)?;
        let flight = entry.flight.upgrade()?;
        Some((flight.join(), entry.grant_tokens == grant_tokens))
    }

    fn start(
        &self,
        key_id: &str,
        grant_tokens: &[String],
        call: LocalFuture<'static, Result<GetPublicKeyResponse>>,
    ) -> Waiter<Fetched> {
        let mut state = self.0.borrow_mut();
        state.started += 1;
        let number = state.started;
        let keys = Rc::clone(&self.0);
        let key_id = key_id.to_owned();
        let id = key_id.clone();
        let flight = SharedFetch::new(Box::pin(async move {
            let fetched = call.await.map(Rc::new);
            let mut state = keys.borrow_mut();
            // Not ours any more: forgotten since, and perhaps asked for again.
            if let Some(at) = state.in_flight.iter().position(|entry| entry.number == number) {
                state.in_flight.remove(at);
                if let Ok(fetched) = &fetched {
                    state.known.push((id, Rc::clone(fetched)));
                }
            }
            fetched
        }) as LocalFuture<'static, Fetched>);
        // One fetch for each key id: whoever gave up on an earlier one has no claim to it.
        state.in_flight.retain(|entry| entry.key_id != key_id);
        state.in_flight.push(Entry {
            key_id,
            number,
            grant_tokens: grant_tokens.to_vec(),
            flight: Rc::downgrade(&flight),
        });
        flight.join()
    }
}
