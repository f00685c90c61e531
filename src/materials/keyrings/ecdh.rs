//! ECDH keyrings (`raw-ecdh-keyring.md`, `key-agreement-schemas.md`): wrap with a key derived from the secret
//! that sender and recipient share. One wire format, whoever does the agreement: the host (raw) or KMS
//! ([`super::AwsKmsEcdhKey`]).

use core::cell::OnceCell;
use std::rc::Rc;

use crate::crypto::{
    EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, GCM_TAG_LEN, Hash, Secret,
    constant_time_eq, gcm_open, gcm_seal, kdf_ctr, random_array,
};
use crate::error::{Check, Error, Fault, Part, Result, Rule};
use crate::host::LocalFuture;
use crate::interop::{ECDH_CURVE_NAMES, ECDH_KDF_LABEL, ecdh_wrapping_aad};
use crate::util::text;
use crate::wire::{Reader, put_bytes32};

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{Opener, first_opened};

const RAW: &str = "raw-ecdh";
const KMS: &str = "aws-kms-ecdh";
/// First byte of the provider info, and last part of the fixed info.
const VERSION: u8 = 1;
const KDF: &[u8] = b"HMAC_SHA384";
const SALT_LEN: usize = 32;
const KEY_LEN: usize = 32;
/// All zeros: sound only because the salt is fresh, and with it every wrapping key.
const IV: [u8; 12] = [0; 12];

/// Who agrees with whom.
enum Scheme {
    /// Our key and one other; both may seal, and each opens what either sealed.
    Static { own: Own, peer: EcdhPublicKey },
    /// A new pair for each data key, and the recipient's key. Cannot open.
    Ephemeral { pairs: Rc<dyn EphemeralEcdh>, recipient: EcdhPublicKey },
    /// Our key, whoever the sender. Cannot seal.
    Discovery { own: Own },
}

/// A private key, and its public half once it was asked for.
struct Own {
    key: Rc<dyn EcdhPrivateKey>,
    public: OnceCell<EcdhPublicKey>,
}

impl Own {
    fn new(key: Rc<dyn EcdhPrivateKey>) -> Self {
        Self { key, public: OnceCell::new() }
    }

    async fn public(&self, curve: EcdhCurve) -> Result<&EcdhPublicKey> {
        if let Some(public) = self.public.get() {
            return Ok(public);
        }
        let public = self.key.public_key().await?;
        if public.curve() != curve {
            let (found, wanted) = (public.curve().name(), curve.name());
            let problem = format!("a private key of {found} where {wanted} is needed");
            return Err(Error::malformed(Part::Key, problem));
        }
        Ok(self.public.get_or_init(|| public))
    }
}

/// Wraps data keys by ECDH (SP 800-56A), with keys that the host or KMS holds.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, Secret};
/// use fieldseal::kms::KmsClient;
/// use fieldseal::materials::{
///     AwsKmsEcdhKey, EcdhKeyring, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, Suite,
/// };
/// # use fieldseal::{error::Result, host::LocalFuture};
/// # use fieldseal_doctest::P256_KEY;
/// # use p256::elliptic_curve::sec1::ToSec1Point;
/// #
/// # struct Key(p256::SecretKey);
/// #
/// # impl Key {
/// #     fn random() -> Result<Self> {
/// #         let scalar = fieldseal::crypto::random_secret(32)?;
/// #         Ok(Self(p256::SecretKey::from_slice(&scalar).expect("nearly every number")))
/// #     }
/// #
/// #     fn public(&self) -> Result<EcdhPublicKey> {
/// #         let point = self.0.public_key().to_sec1_point(true);
/// #         EcdhPublicKey::from_compressed(EcdhCurve::P256, point.as_bytes())
/// #     }
/// #
/// #     fn secret(&self, peer: &EcdhPublicKey) -> Secret {
/// #         let peer = p256::PublicKey::from_sec1_bytes(&peer.compressed()).unwrap();
/// #         let shared = p256::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), peer.as_affine());
/// #         shared.raw_secret_bytes()[..].into()
/// #     }
/// # }
/// #
/// # impl EcdhPrivateKey for Key {
/// #     fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
/// #         Box::pin(async { self.public() })
/// #     }
/// #     fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
/// #         Box::pin(async { Ok(self.secret(peer)) })
/// #     }
/// # }
/// #
/// # struct Pairs;
/// #
/// # impl EphemeralEcdh for Pairs {
/// #     fn agree<'a>(
/// #         &'a self,
/// #         peer: &'a EcdhPublicKey,
/// #     ) -> LocalFuture<'a, Result<(EcdhPublicKey, Secret)>> {
/// #         Box::pin(async { Key::random().and_then(|key| Ok((key.public()?, key.secret(peer)))) })
/// #     }
/// # }
///
/// # fieldseal_doctest::run(async {
/// # let (alice, bob) = (Rc::new(Key::random()?), Rc::new(Key::random()?));
/// // `alice` and `bob` have a private key each, and know each other's public key.
/// let sender = EcdhKeyring::raw_static(alice.clone(), bob.public_key().await?);
/// let recipient = EcdhKeyring::raw_static(bob.clone(), alice.public_key().await?);
///
/// let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
/// let materials = || EncryptionMaterials::new(suite, context.clone(), vec![], None);
/// let sealed = sender.wrap(materials()?).await?;
/// let request = OpenRequest {
///     suite,
///     context: &context,
///     aad: &[],
///     encrypted_data_keys: sealed.encrypted_data_keys(),
/// };
/// let key = recipient.open(request).await?.data_key;
/// assert_eq!(key[..], sealed.data_key().unwrap()[..]);
///
/// // Whoever has `bob`'s public key may seal for him; `Pairs` makes a key pair for each time.
/// let anybody = EcdhKeyring::raw_ephemeral(Rc::new(Pairs), bob.public_key().await?);
/// let sealed = anybody.wrap(materials()?).await?;
/// let request = OpenRequest { encrypted_data_keys: sealed.encrypted_data_keys(), ..request };
/// let for_bob = EcdhKeyring::raw_discovery(EcdhCurve::P256, bob.clone());
/// assert!(for_bob.open(request).await.is_ok());
/// assert!(anybody.open(request).await.is_err());
///
/// // The same with a private key that does not leave KMS.
/// # let network = fieldseal_doctest::network();
/// let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let kms = KmsClient::new(config.into(), network)?;
/// let own = || AwsKmsEcdhKey::new(kms.clone(), P256_KEY.into(), EcdhCurve::P256, None, vec![]);
/// let keyring = EcdhKeyring::kms_static(own()?, bob.public_key().await?);
/// let sealed = keyring.wrap(materials()?).await?;
/// let request = OpenRequest { encrypted_data_keys: sealed.encrypted_data_keys(), ..request };
/// assert!(for_bob.open(request).await.is_ok());
///
/// let sender = EcdhKeyring::raw_static(bob, own()?.public_key().await?);
/// let sealed = sender.wrap(materials()?).await?;
/// let request = OpenRequest { encrypted_data_keys: sealed.encrypted_data_keys(), ..request };
/// assert!(EcdhKeyring::kms_discovery(own()?).open(request).await.is_ok());
/// # Ok(())
/// # });
/// ```
pub struct EcdhKeyring {
    provider_id: &'static str,
    /// What it is, for errors.
    name: String,
    curve: EcdhCurve,
    scheme: Scheme,
}

impl EcdhKeyring {
    /// `RawPrivateKeyToStaticPublicKey`: `own` and `peer` seal for each other.
    pub fn raw_static(own: Rc<dyn EcdhPrivateKey>, peer: EcdhPublicKey) -> Self {
        let curve = peer.curve();
        Self::raw(curve, Scheme::Static { own: Own::new(own), peer })
    }

    /// `EphemeralPrivateKeyToStaticPublicKey`: seals for `recipient`, and opens nothing.
    pub fn raw_ephemeral(pairs: Rc<dyn EphemeralEcdh>, recipient: EcdhPublicKey) -> Self {
        Self::raw(recipient.curve(), Scheme::Ephemeral { pairs, recipient })
    }

    /// `PublicKeyDiscovery`: opens what anybody sealed for `own`, and seals nothing.
    pub fn raw_discovery(curve: EcdhCurve, own: Rc<dyn EcdhPrivateKey>) -> Self {
        Self::raw(curve, Scheme::Discovery { own: Own::new(own) })
    }

    fn raw(curve: EcdhCurve, scheme: Scheme) -> Self {
        let name = format!("the raw ECDH keyring on {}", curve.name());
        Self { provider_id: RAW, name, curve, scheme }
    }

    /// `KmsPrivateKeyToStaticPublicKey`: a KMS key and `peer` seal for each other.
    pub fn kms_static(own: super::AwsKmsEcdhKey, peer: EcdhPublicKey) -> Self {
        let (name, curve) = (own.to_string(), peer.curve());
        let scheme = Scheme::Static { own: Own::new(Rc::new(own)), peer };
        Self { provider_id: KMS, name, curve, scheme }
    }

    /// `KmsPublicKeyDiscovery`: opens what anybody sealed for a KMS key, and seals nothing.
    pub fn kms_discovery(own: super::AwsKmsEcdhKey) -> Self {
        let (name, curve) = (own.to_string(), own.curve());
        let scheme = Scheme::Discovery { own: Own::new(Rc::new(own)) };
        Self { provider_id: KMS, name, curve, scheme }
    }

    /// Sender, recipient and their secret for a data key to be sealed.
    async fn agree_to_seal(&self) -> Result<(Vec<u8>, Vec<u8>, Secret)> {
        match &self.scheme {
            Scheme::Static { own, peer } => {
                let sender = own.public(self.curve).await?.compressed();
                Ok((sender, peer.compressed(), own.key.agree(peer).await?))
            }
            Scheme::Ephemeral { pairs, recipient } => {
                let (sender, secret) = pairs.agree(recipient).await?;
                Ok((sender.compressed(), recipient.compressed(), secret))
            }
            Scheme::Discovery { .. } => {
                let problem =
                    format!("{} has a discovery scheme, which can only decrypt", self.name);
                Err(Error::misuse(Rule::Keyring, problem))
            }
        }
    }

    /// The secret of an encrypted data key that this keyring's key can open.
    async fn agree_to_open(&self, edk: &EncryptedDataKey, ends: &Ends<'_>) -> Result<Secret> {
        let Some(own) = self.own() else {
            let problem = format!(
                "{} has an ephemeral scheme, which can only encrypt; to decrypt, use a discovery \
                 scheme with the recipient's private key",
                self.name
            );
            return Err(Error::misuse(Rule::Keyring, problem));
        };
        let ours = own.public(self.curve).await?;
        if !self.fits(ends, ours) {
            return Err(self.others(edk, ends));
        }
        if let Scheme::Static { peer, .. } = &self.scheme {
            return own.key.agree(peer).await;
        }
        let sender = EcdhPublicKey::from_compressed(self.curve, ends.sender).map_err(|_| {
            let problem = "the sender's public key in its provider info is not a point";
            Error::malformed(Part::EncryptedDataKey, problem)
        })?;
        own.key.agree(&sender).await
    }

    /// The private key, where there is one of its own.
    fn own(&self) -> Option<&Own> {
        match &self.scheme {
            Scheme::Static { own, .. } | Scheme::Discovery { own } => Some(own),
            Scheme::Ephemeral { .. } => None,
        }
    }

    /// Whether an agreement between these ends is one of ours.
    fn fits(&self, ends: &Ends<'_>, ours: &EcdhPublicKey) -> bool {
        let ours = ours.compressed();
        match &self.scheme {
            Scheme::Static { peer, .. } => {
                let (mine, theirs, pair) =
                    (&ours[..], &peer.compressed()[..], (ends.sender, ends.recipient));
                pair == (mine, theirs) || pair == (theirs, mine)
            }
            _ => ends.recipient == ours,
        }
    }

    fn others(&self, edk: &EncryptedDataKey, ends: &Ends<'_>) -> Error {
        let mut expected = self.name.clone();
        if ends.recipient.len() == self.curve.compressed_len()
            && let Some(ours) = self.own().and_then(|own| own.public.get())
        {
            expected += &format!(" with the public key {}", hex(&ours.compressed()));
        }
        if let Scheme::Static { peer, .. } = &self.scheme {
            expected += &format!(" and the other side's {}", hex(&peer.compressed()));
        }
        let key_id = format!("of sender {} for {}", hex(ends.sender), hex(ends.recipient));
        Fault::NotMine { provider_id: edk.provider_id.clone(), key_id, expected }.into()
    }
}

impl Opener for EcdhKeyring {
    /// Also one that cannot be read: it is an error of its own. Before the own public key is known, everybody else's on
    /// this curve; the first of them makes it known.
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        if ![RAW, KMS].contains(&edk.provider_id.as_str()) {
            return false;
        }
        let Ok(ends) = Ends::read(&edk.provider_info) else { return true };
        ends.recipient.len() == self.curve.compressed_len()
            && self.own().and_then(|own| own.public.get()).is_none_or(|ours| self.fits(&ends, ours))
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        match Ends::read(&edk.provider_info) {
            Ok(ends) if [RAW, KMS].contains(&edk.provider_id.as_str()) => self.others(edk, &ends),
            _ => super::not_mine(edk, &*self.name),
        }
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let ends = Ends::read(&edk.provider_info)?;
            let secret = self.agree_to_open(edk, &ends).await?;
            let wrapped = wrapping::keyring_part(request.suite, edk)?;
            let mut parts = Reader::new(wrapped, Part::EncryptedDataKey);
            let salt = parts.array()?;
            let commitment = parts.take(KEY_LEN)?;
            let sealed = parts.take(parts.remaining())?;
            let keys = Keys::derive(self.curve, &secret, &ends, request.aad, &salt)?;
            if !constant_time_eq(commitment, keys.commitment()) {
                return Err(Error::unauthentic(Check::WrappedKey));
            }
            let mut key = Vec::with_capacity(sealed.len());
            gcm_open(keys.wrapping(), &IV, keys.aad(), sealed, &mut key)
                .map_err(|_| Error::unauthentic(Check::WrappedKey))?;
            wrapping::open(&request, edk, Secret::new(key))
        })
    }
}

impl Keyring for EcdhKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let (sender, recipient, secret) = self.agree_to_seal().await?;
            let ends = Ends { sender: &sender, recipient: &recipient };
            let key = wrapping::next_key(&mut materials)?;
            let salt = random_array()?;
            let keys = Keys::derive(self.curve, &secret, &ends, materials.aad(), &salt)?;
            let mut wrapped = Vec::with_capacity(SALT_LEN + KEY_LEN + key.len() + GCM_TAG_LEN);
            wrapped.extend_from_slice(&salt);
            wrapped.extend_from_slice(keys.commitment());
            gcm_seal(keys.wrapping(), &IV, keys.aad(), &key, &mut wrapped)?;
            wrapping::add(&mut materials, &key, self.provider_id, ends.write()?, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        first_opened(request, self)
    }
}

/// Both ends of an agreement, as compressed points: the provider info (`raw-ecdh-keyring.md`).
struct Ends<'a> {
    sender: &'a [u8],
    recipient: &'a [u8],
}

impl<'a> Ends<'a> {
    /// The recipient comes first here.
    fn read(info: &'a [u8]) -> Result<Self> {
        let mut r = Reader::new(info, Part::EncryptedDataKey);
        if r.u8()? != VERSION {
            return Err(r.error("its provider info is of another version than 1"));
        }
        let (recipient, sender) = (r.bytes32()?, r.bytes32()?);
        r.end()?;
        if recipient.len() != sender.len() {
            return Err(r.error("its provider info names keys of two curves"));
        }
        Ok(Self { sender, recipient })
    }

    fn write(&self) -> Result<Vec<u8>> {
        let mut info = vec![VERSION];
        put_bytes32(&mut info, self.recipient, Part::EncryptedDataKey)?;
        put_bytes32(&mut info, self.sender, Part::EncryptedDataKey)?;
        Ok(info)
    }
}

/// What is derived from a shared secret.
struct Keys {
    fixed_info: Vec<u8>,
    derived: Secret,
}

impl Keys {
    fn derive(
        curve: EcdhCurve,
        secret: &[u8],
        ends: &Ends<'_>,
        context: &[u8],
        salt: &[u8; SALT_LEN],
    ) -> Result<Self> {
        // Leading zeros count: a host that drops them would derive other keys, once in 256 times.
        if secret.len() != curve.field_len() {
            let problem = format!(
                "a shared secret on {} has {} bytes, not {}",
                curve.name(),
                curve.field_len(),
                secret.len()
            );
            return Err(Error::host(problem));
        }
        // The sender comes first here.
        let both = [ends.sender, ends.recipient].concat();
        let name = ECDH_CURVE_NAMES[curve as usize].as_bytes();
        let parts = [ECDH_KDF_LABEL.as_bytes(), name, KDF, &both, &[VERSION], context];
        let fixed_info = parts.join(&0);
        let derived = kdf_ctr(Hash::Sha384, secret, &fixed_info, salt, 2 * KEY_LEN)?;
        Ok(Self { fixed_info, derived })
    }

    fn commitment(&self) -> &[u8] {
        &self.derived[..KEY_LEN]
    }

    fn wrapping(&self) -> &[u8] {
        &self.derived[KEY_LEN..]
    }

    fn aad(&self) -> &[u8] {
        ecdh_wrapping_aad(&self.fixed_info)
    }
}

/// The first bytes of a compressed point: enough to tell keys apart in an error.
fn hex(point: &[u8]) -> String {
    text::hex(point.get(..9).unwrap_or(point)) + "…"
}
