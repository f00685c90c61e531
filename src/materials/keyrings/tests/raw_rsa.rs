//! What hosts make of wrapped keys.

use super::*;
use crate::aws::tests::host::block_on;
use crate::crypto::{RawRsa, Secret};
use crate::materials::{EncryptionContext, Suite};

/// A host that decrypts everything to these bytes.
struct Host(Vec<u8>);

impl RsaPrivateKey for Host {
    fn decrypt<'a>(&'a self, _: RsaPadding, _: &'a [u8]) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async { Ok(Secret::new(self.0.clone())) })
    }

    fn decrypt_raw<'a>(&'a self, _: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>> {
        Box::pin(async {
            Ok(RawRsa { encoded: Secret::new(self.0.clone()), rejection_secret: Secret::zeros(32) })
        })
    }
}

fn opened(padding: RsaPadding, host: Vec<u8>) -> Result<Vec<u8>> {
    let (namespace, name) = ("ns".to_owned(), "k".to_owned());
    let keyring = RawRsaKeyring::new(namespace, name, padding, None, Some(Rc::new(Host(host))))?;
    let edk = EncryptedDataKey {
        provider_id: "ns".into(),
        provider_info: b"k".to_vec(),
        ciphertext: vec![1; 256],
    };
    let opened = block_on(keyring.open(OpenRequest {
        suite: Suite::by_id(0x0178).unwrap(),
        context: &EncryptionContext::new(),
        aad: &[],
        encrypted_data_keys: &[edk],
    }));
    opened.map(|opened| opened.data_key.to_vec())
}

#[test]
fn a_host_that_takes_keys_for_numbers_loses_no_zeros() {
    for zeros in [0, 1, 2, 31, 32] {
        let key = [vec![0; zeros], vec![7; 32 - zeros]].concat();
        assert_eq!(opened(RsaPadding::OaepSha256, vec![7; 32 - zeros]), Ok(key));
    }
    assert!(opened(RsaPadding::OaepSha256, vec![7; 33]).is_err());
}

#[test]
fn pkcs1_is_unpadded_here() {
    let encoded = |at: usize| {
        let mut encoded = vec![9; 256];
        encoded[0] = 0;
        encoded[1] = 2;
        encoded[at] = 0;
        encoded
    };
    assert_eq!(opened(RsaPadding::Pkcs1, encoded(223)), Ok(vec![9; 32]));
    // A bad padding opens, too: with another key.
    let other = opened(RsaPadding::Pkcs1, encoded(222)).unwrap();
    assert_eq!(other.len(), 32);
    assert_ne!(other, [9; 32]);
    // The whole modulus must come: a shorter number tells about itself.
    assert!(opened(RsaPadding::Pkcs1, encoded(223)[1..].to_vec()).is_err());
}
