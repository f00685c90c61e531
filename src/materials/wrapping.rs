//! Direct and intermediate key wrapping (`algorithm-suites.md#intermediate-key-wrapping`): what lies between
//! a keyring, which wraps *some* key, and the data key. Keyrings use these steps and know no suite:
//!
//! - to wrap, [`next_key`], then [`add`] what the keyring made of that key; a keyring whose service makes the key itself
//!   calls [`adopt_key`] in the place of `next_key`, if there is no data key yet;
//! - to open, unwrap [`keyring_part`], and give the key to [`open`].

use crate::crypto::{Hash, Hkdf, Secret, gcm_open, gcm_seal, random_secret};
use crate::error::{Check, Error, Part, Result, Rule};
use crate::interop::WRAPPED_DATA_KEY_OVERHEAD;

use super::{EncryptedDataKey, EncryptionMaterials, OpenRequest, OpenedKey, Suite, Wrapping};

/// All zeros: sound only because every key-encryption key is fresh and used once.
const IV: [u8; 12] = [0; 12];

/// The longest field of an encrypted data key, in bytes.
const FIELD_MAX: usize = 0xffff;

/// Draws the key that a keyring is to wrap next: the data key or, for suites with intermediate wrapping, one of its own.
/// Makes the data key if there is none.
///
/// # Errors
/// [`Fault::Host`](crate::error::Fault::Host): the host has no randomness.
///
/// ```
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Suite, wrapping};
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// let key = wrapping::next_key(&mut materials)?;
/// assert_eq!(key.len(), suite.key_len);
/// // The suite wraps intermediate keys: this one is not the data key, which there is now.
/// assert_ne!(key[..], materials.data_key().unwrap()[..]);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn next_key(materials: &mut EncryptionMaterials) -> Result<Secret> {
    let n = materials.suite().key_len;
    if materials.data_key.is_none() {
        materials.data_key = Some(random_secret(n)?);
    }
    match (materials.suite().wrapping, &materials.data_key) {
        (Wrapping::Direct, Some(data_key)) => Ok(data_key.clone()),
        _ => random_secret(n),
    }
}

/// Takes a key that the keyring's service generated and wrapped, for materials that have no data key yet.
///
/// # Errors
/// The key does not have the suite's [`key_len`](Suite::key_len).
///
/// ```
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Suite, wrapping};
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// # let made = fieldseal::crypto::random_secret(32)?;
/// // `made` is the plaintext of GenerateDataKey.
/// wrapping::adopt_key(&mut materials, &made)?;
/// assert!(materials.data_key().is_some());
///
/// let short = made[..16].into();
/// assert!(wrapping::adopt_key(&mut materials, &short).is_err());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn adopt_key(materials: &mut EncryptionMaterials, key: &Secret) -> Result<()> {
    if key.len() != materials.suite().key_len {
        return Err(Error::malformed(Part::KmsResponse, "a data key of the wrong length"));
    }
    materials.data_key = Some(match materials.suite().wrapping {
        Wrapping::Direct => key.clone(),
        Wrapping::Intermediate => random_secret(key.len())?,
    });
    Ok(())
}

/// Adds the encrypted data key: `wrapped` is what the keyring made of `key`, which [`next_key`] or the keyring's service
/// drew; for another key, nothing opens.
///
/// # Errors
/// [`Rule::KeyringFunction`]: `wrapped` is empty. [`Fault::Limit`](crate::error::Fault::Limit): a field has more than
/// 65,535 bytes.
///
/// ```
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Suite, wrapping};
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// let key = wrapping::next_key(&mut materials)?;
/// // What a service or a token would make of the key:
/// let wrapped = key.iter().map(|byte| byte ^ 0x55).collect::<Vec<u8>>();
/// wrapping::add(&mut materials, &key, "token", b"slot 7".to_vec(), &wrapped)?;
/// assert_eq!(materials.encrypted_data_keys()[0].provider_id, "token");
///
/// let empty = wrapping::add(&mut materials, &key, "token", vec![], &[]);
/// assert_eq!(empty.unwrap_err().code(), "KEYRING_CANNOT");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn add(
    materials: &mut EncryptionMaterials,
    key: &Secret,
    provider_id: &str,
    provider_info: Vec<u8>,
    wrapped: &[u8],
) -> Result<()> {
    if wrapped.is_empty() {
        let problem = format!("keyring '{provider_id}' wrapped a key into no bytes");
        return Err(Error::misuse(Rule::KeyringFunction, problem));
    }
    let mut ciphertext = Vec::new();
    if materials.suite().wrapping == Wrapping::Intermediate {
        let data_key =
            materials.data_key.as_ref().ok_or_else(|| Error::bug("no data key to wrap"))?;
        let keys = IntermediateKeys::derive(key)?;
        gcm_seal(&keys.encryption, &IV, materials.aad(), data_key, &mut ciphertext)?;
        materials.symmetric_signing_keys.push(keys.signing);
    }
    ciphertext.extend_from_slice(wrapped);
    let longest = provider_id.len().max(provider_info.len()).max(ciphertext.len());
    if longest > FIELD_MAX {
        let what = "bytes in a field of an encrypted data key";
        return Err(Error::limit(what, FIELD_MAX as u64, longest as u64));
    }
    let provider_id = provider_id.into();
    materials.encrypted_data_keys.push(EncryptedDataKey { provider_id, provider_info, ciphertext });
    Ok(())
}

/// The keyring's part of an encrypted data key's ciphertext.
///
/// # Errors
/// [`Part::EncryptedDataKey`]: there is none.
///
/// ```
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Suite, wrapping};
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// let key = wrapping::next_key(&mut materials)?;
/// wrapping::add(&mut materials, &key, "token", vec![], b"wrapped")?;
/// let edk = &materials.encrypted_data_keys()[0];
/// assert_eq!(wrapping::keyring_part(suite, edk)?, b"wrapped");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn keyring_part<'a>(suite: &Suite, edk: &'a EncryptedDataKey) -> Result<&'a [u8]> {
    edk.ciphertext
        .get(prefix_len(suite)..)
        .filter(|rest| !rest.is_empty())
        .ok_or_else(|| Error::malformed(Part::EncryptedDataKey, "its ciphertext is too short"))
}

/// From the key that the keyring unwrapped to the data key.
///
/// # Errors
/// [`Check::WrappedKey`]: the key does not have the suite's [`key_len`](Suite::key_len), or is not the one that wrapped the
/// data key.
///
/// ```
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, OpenRequest, Suite, wrapping};
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let context = EncryptionContext::new();
/// let mut materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// let key = wrapping::next_key(&mut materials)?;
/// wrapping::add(&mut materials, &key, "token", vec![], b"wrapped")?;
///
/// // On decryption, the token unwraps `key` again:
/// let aad = context.aad()?;
/// let encrypted_data_keys = materials.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &aad, encrypted_data_keys };
/// let opened = wrapping::open(&request, &encrypted_data_keys[0], key)?;
/// assert_eq!(opened.data_key[..], materials.data_key().unwrap()[..]);
///
/// let other = wrapping::open(&request, &encrypted_data_keys[0], vec![1; 32][..].into());
/// assert_eq!(other.err().unwrap().code(), "WRAPPED_KEY_MISMATCH");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn open(request: &OpenRequest<'_>, edk: &EncryptedDataKey, key: Secret) -> Result<OpenedKey> {
    if key.len() != request.suite.key_len {
        return Err(Error::unauthentic(Check::WrappedKey));
    }
    if request.suite.wrapping == Wrapping::Direct {
        return Ok(OpenedKey { data_key: key, symmetric_signing_key: None });
    }
    let wrapped = edk
        .ciphertext
        .get(..prefix_len(request.suite))
        .ok_or_else(|| Error::bug("the keyring's part was longer than the whole"))?;
    let keys = IntermediateKeys::derive(&key)?;
    let mut data_key = Vec::with_capacity(request.suite.key_len);
    gcm_open(&keys.encryption, &IV, request.aad, wrapped, &mut data_key)
        .map_err(|_| Error::unauthentic(Check::WrappedKey))?;
    Ok(OpenedKey { data_key: Secret::new(data_key), symmetric_signing_key: Some(keys.signing) })
}

fn prefix_len(suite: &Suite) -> usize {
    match suite.wrapping {
        Wrapping::Direct => 0,
        Wrapping::Intermediate => suite.key_len + WRAPPED_DATA_KEY_OVERHEAD,
    }
}

struct IntermediateKeys {
    signing: Secret,
    encryption: Secret,
}

impl IntermediateKeys {
    fn derive(intermediate: &Secret) -> Result<Self> {
        let prk = Hkdf::extract(Hash::Sha512, &[], intermediate);
        Ok(Self {
            signing: prk.expand_secret(&[b"AWS_MPL_INTERMEDIATE_KEYWRAP_MAC"], 32)?,
            encryption: prk.expand_secret(&[b"AWS_MPL_INTERMEDIATE_KEYWRAP_ENC"], 32)?,
        })
    }
}

#[cfg(test)]
#[path = "tests/wrapping.rs"]
mod tests;
