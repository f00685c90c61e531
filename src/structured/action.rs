//! Crypto actions and their legend bytes (`structures.md#crypto-action`, `header.md#encrypt-legend-bytes`).

/// What happens to a field of a record; [`encrypt`](super::encrypt) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CryptoAction {
    /// Encrypted and signed.
    EncryptAndSign,
    /// In plaintext, signed, and part of the encryption context.
    SignAndIncludeInEncryptionContext,
    /// In plaintext and signed.
    SignOnly,
    /// In plaintext and not signed: anyone may change it.
    DoNothing,
}

impl CryptoAction {
    /// Whether the record's signature covers the field.
    pub(crate) fn is_signed(self) -> bool {
        self != Self::DoNothing
    }

    /// The byte in the header's legend; unsigned fields have none.
    pub(super) fn legend(self) -> Option<u8> {
        match self {
            Self::EncryptAndSign => Some(b'e'),
            Self::SignAndIncludeInEncryptionContext => Some(b'c'),
            Self::SignOnly => Some(b's'),
            Self::DoNothing => None,
        }
    }

    /// The action of a legend byte.
    pub(super) fn from_legend(byte: u8) -> Option<Self> {
        match byte {
            b'e' => Some(Self::EncryptAndSign),
            b'c' => Some(Self::SignAndIncludeInEncryptionContext),
            b's' => Some(Self::SignOnly),
            _ => None,
        }
    }
}
