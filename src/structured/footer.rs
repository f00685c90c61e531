//! The record's footer, `aws_dbe_foot` (`footer.md`): one tag for each recipient, and a signature.

use crate::crypto::{Hash, Secret, constant_time_eq, hmac};
use crate::error::{Check, Error, Part, Result};
use crate::interop::FOOTER_SIGNATURE_LEN;
use crate::materials::{DecryptionMaterials, EncryptionMaterials};

const TAG_LEN: usize = 48;

/// The footer's bytes over the canonical hash of a record.
pub(super) fn seal(materials: &EncryptionMaterials, hash: &[u8; 48]) -> Result<Vec<u8>> {
    let keys = materials.symmetric_signing_keys();
    if keys.is_empty() || keys.len() != materials.encrypted_data_keys().len() {
        return Err(Error::bug("not one symmetric signing key for each encrypted data key"));
    }
    let mut out = Vec::with_capacity(keys.len() * TAG_LEN + FOOTER_SIGNATURE_LEN);
    for key in keys {
        out.extend_from_slice(&tag(key, hash));
    }
    if let Some(key) = materials.signing_key() {
        out.extend_from_slice(&key.sign(hash)?);
    }
    Ok(out)
}

/// Fails unless the footer `bytes` vouch for the canonical hash: a tag made with our own key, and the
/// signature where the suite signs.
pub(super) async fn check(
    bytes: &[u8],
    recipients: usize,
    materials: &DecryptionMaterials,
    hash: &[u8; 48],
) -> Result<()> {
    let signature_len = if materials.verifying_key.is_some() { FOOTER_SIGNATURE_LEN } else { 0 };
    if bytes.len() != recipients * TAG_LEN + signature_len {
        let (n, want) = (bytes.len(), recipients * TAG_LEN + signature_len);
        return Err(Error::malformed(Part::Footer, format!("it has {n} bytes instead of {want}")));
    }
    let (tags, signature) = bytes.split_at(recipients * TAG_LEN);
    let key = materials
        .symmetric_signing_key
        .as_ref()
        .ok_or_else(|| Error::bug("decryption materials without a symmetric signing key"))?;
    let own = tag(key, hash);
    // No early exit: which recipient we are is not for the clock to tell.
    let tag_ok = tags.chunks_exact(TAG_LEN).fold(false, |ok, t| ok | constant_time_eq(t, &own));
    let signature_ok = match &materials.verifying_key {
        Some(key) => key.verify_fast(hash, signature).await?,
        None => true,
    };
    match tag_ok && signature_ok {
        true => Ok(()),
        false => Err(Error::unauthentic(Check::Signature)),
    }
}

fn tag(key: &Secret, hash: &[u8; 48]) -> Vec<u8> {
    hmac(Hash::Sha384, key, hash)
}
