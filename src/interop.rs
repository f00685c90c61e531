//! Every place where the written specification and the deployed libraries differ, and what interoperates.
//!
//! Each entry says what the text demands, what the libraries do, and which committed vector proves it:
//! remove the entry's effect and that vector fails.

use crate::crypto::Hash;

/// Header commitment. Text (`header.md`): HMAC-SHA384. Libraries: HMAC-SHA512, first 32 bytes.
/// Proof: every positive vector, `db000` first.
pub(crate) const COMMITMENT_HASH: Hash = Hash::Sha512;

/// Length of the ECDSA P-384 signature in a record's footer. Text (`footer.md`): 96 bytes. Libraries: DER of
/// exactly 103 bytes; readers cut the footer by that number. Proof: `db001`.
pub(crate) const FOOTER_SIGNATURE_LEN: usize = 103;

/// Length of the wrapped data key in front of an intermediate-wrapped encrypted data key. Text
/// (`algorithm-suites.md`): data key length + 12. Libraries: + 16, the GCM tag. Proof: `db000`.
pub(crate) const WRAPPED_DATA_KEY_OVERHEAD: usize = 16;

/// The length written into the canonical path of an attribute name. Text (`header.md`): "length of the key".
/// Libraries: UTF-16 code units, although the bytes that follow are UTF-8. Proof: `db018`.
pub(crate) fn path_key_len(name: &str) -> u64 {
    // ASCII names, nearly all there are, have as many bytes as code units.
    let n = if name.is_ascii() { name.len() } else { name.encode_utf16().count() };
    n as u64
}

/// The table name in the encryption context of header version 2. Text (`encrypt-item.md`): "DynamoDB Table
/// Name". Libraries: the logical table name, as in version 1. Proof: `db022`.
pub(crate) const TABLE_NAME_KEY: &str = "aws-crypto-table-name";

/// Default suite of `ESDK.FORBID_ENCRYPT_ALLOW_DECRYPT`. Text (`commitment-policy.md`): the suite without key
/// derivation (00 78). Libraries: 03 78. Proof: the material providers library's `Defaults.dfy`; it is only
/// reached through that policy.
pub(crate) const FORBID_COMMITMENT_DEFAULT_SUITE: u16 = 0x0378;

/// Whether attributes whose configured action is DO_NOTHING must be well-formed. Text (`encrypt-item.md`,
/// `ddb-item-conversion.md`): every attribute of the item is converted. Libraries: all but these; attributes
/// that are unsigned without an action of their own are converted. Proof: the cases of `official-random.json`
/// that are named "DO_NOTHING" and "unsigned".
pub(crate) const CONVERTS_DO_NOTHING: bool = false;

/// What version 4.0.0 of the Encryption SDK for .NET got wrong in headers: the message id in key derivation, and the
/// form of an empty context that is only authenticated. Text (`decrypt.md`): refuse, as no header tag fits. Libraries:
/// on a header tag that does not match, try both at once. Proof: `message/tests.rs` writes such a header as that version
/// did, by the reference library's description of it.
#[cfg(feature = "messages")]
pub(crate) fn net_4_0_0(commits: bool, message_id: &[u8]) -> (&[u8], Vec<u8>) {
    (if commits { message_id } else { &[] }, vec![0, 0])
}

/// The most partitions of a searched table. Text (`search-config.md`): 255. Libraries: fewer than that. Proof:
/// `tests/interop/differences.mjs`.
#[cfg(feature = "search")]
pub(crate) const MAX_PARTITIONS: u8 = 254;

/// What of an encrypted part of a compound beacon is hashed. Text (`beacons.md#part-value`): prefix and value. Libraries: the value.
/// Proof: `bc214`.
#[cfg(feature = "search")]
pub(crate) fn hashed_of_part<'v>(_prefix: &str, value: &'v str) -> &'v str {
    value
}

/// How long a storm-tracking cache waits for a fetch in flight by default. Text
/// (`storm-tracking-cryptographic-materials-cache.md`): 20 s, which its own rule forbids: no longer than the
/// grace period, by default 10 s. Libraries: 10 s. Proof: the tests of the cache's settings.
#[cfg(feature = "branch-keys")]
pub(crate) const STORM_IN_FLIGHT_TTL_MS: u64 = 10_000;

/// First part of the ECDH keyrings' fixed info. Text (`key-agreement-schemas.md`): upper case. Libraries: lower
/// case. Proof: `db042` to `db046`, which an ECDH keyring opens.
#[cfg(feature = "ecdh")]
pub(crate) const ECDH_KDF_LABEL: &str = "ecdh-key-derivation";

/// The curves' names in the ECDH keyrings' fixed info, in the order of `EcdhCurve`. Text (`raw-ecdh-keyring.md`):
/// none; it also says P512 for P-521 and gives the compressed lengths 32, 48 and 56 instead of 33, 49 and 67.
/// Proof: the same, for each curve.
#[cfg(feature = "ecdh")]
pub(crate) const ECDH_CURVE_NAMES: [&str; 3] = ["p256", "p384", "p521"];

/// What the wrapped key of an ECDH keyring is bound to. Text (`raw-ecdh-keyring.md`): the context, the fixed info
/// and the version, one after another. Libraries: the fixed info, which ends with the other two. Proof: the same.
#[cfg(feature = "ecdh")]
pub(crate) fn ecdh_wrapping_aad(fixed_info: &[u8]) -> &[u8] {
    fixed_info
}
