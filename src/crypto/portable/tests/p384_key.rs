//! ECDSA against RFC 6979 appendix A.2.6 and the crate.

use core::convert::Infallible;
use core::result::Result;

use p384::ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use p384::ecdsa::{Signature, SigningKey, VerifyingKey};
use p384::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha384};

use super::*;
use crate::crypto::hex::hex;
use crate::crypto::seeded::{Seeded, cases};
use fieldseal_arithmetic::curve384::uncompressed;

const KEY: &str = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8\
                   96d5724e4c70a825f872c9ea60d2edf5";

const P: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
                 ffffffff0000000000000000ffffffff";

/// Random bytes that are known.
struct Known([u8; FIELD_LEN]);

impl TryRng for Known {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Known {}

fn key(bytes: &[u8]) -> (PrivateKey, SigningKey) {
    (PrivateKey::from_bytes(bytes.first_chunk().unwrap()).unwrap(), {
        SigningKey::from_slice(bytes).unwrap()
    })
}

fn signed(key: &PrivateKey, digest: &[u8; FIELD_LEN], added: &[u8]) -> Signature {
    let [r, s] = key.sign_with(digest, added).unwrap();
    Signature::from_scalars(r, s).unwrap()
}

fn digest(message: &[u8]) -> [u8; FIELD_LEN] {
    Sha384::digest(message).into()
}

#[test]
fn signs_as_rfc_6979_says() {
    let (key, _) = key(&hex(KEY));
    for (message, signature) in [
        (
            "sample",
            "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c\
             81a648152e44acf96e36dd1e80fabe46\
             99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f\
             a329c145786e679e7b82c71a38628ac8",
        ),
        (
            "test",
            "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb\
             0542a7f0812998da8f1dd3ca3cf023db\
             ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0\
             6a739f040649a667bf3b828246baa5a5",
        ),
    ] {
        let signature_made = signed(&key, &digest(message.as_bytes()), &[]);
        assert_eq!(signature_made.to_bytes().to_vec(), hex(signature));
    }
}

/// Keys and hedged signatures of both are the same.
#[test]
fn agrees_with_the_crate() {
    let mut random = Seeded::new();
    for _ in 0..cases(60) {
        let bytes: [u8; FIELD_LEN] = random.array();
        let Some(own) = PrivateKey::from_bytes(&bytes) else { continue };
        let theirs = SigningKey::from_slice(&bytes).unwrap();
        let public = theirs.verifying_key().to_sec1_point(true);
        assert_eq!(own.public_compressed(), public.as_bytes());

        let digest = digest(&random.bytes(200));
        let added: [u8; FIELD_LEN] = random.array();
        let signature = signed(&own, &digest, &added);
        let expected: Signature = theirs.sign_prehash_with_rng(&mut Known(added), &digest).unwrap();
        assert_eq!(signature, expected);

        theirs.verifying_key().verify_prehash(&digest, &signature).unwrap();
    }
}

/// Keys that are small multiples of G, or their negatives.
#[test]
fn small_keys_and_digests_at_the_edges() {
    let order = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc529";
    let mut keys: Vec<Vec<u8>> = (1..=17).map(|n| [&[0; 47], &[n][..]].concat()).collect();
    keys.extend((0x6c..=0x72).map(|n| hex(&format!("{order}{n:x}"))));
    for bytes in keys {
        let (own, theirs) = key(&bytes);
        let public = theirs.verifying_key();
        assert_eq!(own.public_compressed(), public.to_sec1_point(true).as_bytes());
        for digest in [[0; FIELD_LEN], [0xff; FIELD_LEN], digest(&bytes)] {
            let signature = signed(&own, &digest, &[]);
            public.verify_prehash(&digest, &signature).unwrap();
        }
    }
}

#[test]
fn refuses_what_is_no_private_key() {
    let order = hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                     581a0db248b0a77aecec196accc52973");
    for bad in [&[0; FIELD_LEN][..], &[0xff; FIELD_LEN], &order] {
        assert!(PrivateKey::from_bytes(bad.first_chunk().unwrap()).is_none());
    }
}

#[test]
fn points_are_read_as_the_crate_reads_them() {
    let mut known = 0;
    let mut random = Seeded::new();
    for i in 0..cases(120) {
        let mut x: [u8; FIELD_LEN] = random.array();
        if i < 8 {
            // p - 7 to p.
            x = hex(P).try_into().unwrap();
            x[FIELD_LEN - 1] -= 7 - i as u8;
        } else if i < 16 {
            x = [0; FIELD_LEN];
            x[FIELD_LEN - 1] = i as u8 - 8;
        }
        for tag in [2, 3] {
            let sec1 = [&[tag], &x[..]].concat();
            let theirs = VerifyingKey::from_sec1_bytes(&sec1).ok();
            let expected = theirs.map(|key| key.to_sec1_point(false).as_bytes().to_vec());
            let own = uncompressed(&sec1).map(|point| point.to_vec());
            assert_eq!(own, expected, "{sec1:02x?}");
            if let Some(point) = own {
                assert_eq!(uncompressed(&point).unwrap().to_vec(), point);
                for at in [0, 1, 96] {
                    let mut other = point.clone();
                    other[at] ^= 4;
                    assert_eq!(uncompressed(&other), None);
                }
                known += 1;
            }
        }
        for tag in [0, 1, 4, 5, 6, 7, 0xff] {
            assert_eq!(uncompressed(&[&[tag], &x[..]].concat()), None);
        }
    }
    // About half of the numbers are on the curve.
    assert!(known > 20, "{known}");
}

/// Signatures of the crate and what may be taken for one: verdicts of both.
#[test]
fn verifies_as_the_crate_does() {
    let mut random = Seeded::new();
    let (mut good, mut bad) = (0, 0);
    for round in 0..cases(30) {
        let Ok(theirs) = SigningKey::from_slice(&random.array::<FIELD_LEN>()) else { continue };
        let point = theirs.verifying_key().to_sec1_point(false);
        // Every other digest is beyond the order.
        let mut digest = digest(&random.bytes(200));
        digest[..24].fill(if round % 2 == 0 { 0xff } else { round as u8 });
        let signature: Signature =
            theirs.sign_prehash_with_rng(&mut Known(random.array()), &digest).unwrap();
        let mut check = |digest: &[u8; FIELD_LEN], signature: &[u8]| {
            let expected = Signature::from_slice(signature)
                .is_ok_and(|one| theirs.verifying_key().verify_prehash(digest, &one).is_ok());
            assert_eq!(verify(point.as_bytes(), digest, signature), expected, "{signature:02x?}");
            *if expected { &mut good } else { &mut bad } += 1;
        };
        let bytes = signature.to_bytes().to_vec();
        check(&digest, &bytes);
        let other = Signature::from_scalars(signature.r(), -signature.s()).unwrap();
        check(&digest, &other.to_bytes());
        let swapped = [&bytes[FIELD_LEN..], &bytes[..FIELD_LEN]].concat();
        check(&digest, &swapped);
        let mut changed = bytes.clone();
        changed[round * 3 % (2 * FIELD_LEN)] ^= 1 << (round % 8);
        check(&digest, &changed);
        let mut other_digest = digest;
        other_digest[round % FIELD_LEN] ^= 1;
        check(&other_digest, &bytes);
    }
    assert!(good >= 50 && bad >= 75, "{good} {bad}");
}

#[test]
fn refuses_numbers_out_of_range_and_points_that_are_none() {
    let order = hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                     581a0db248b0a77aecec196accc52973");
    let (own, theirs) = key(&hex(KEY));
    let point = theirs.verifying_key().to_sec1_point(false);
    let point = point.as_bytes();
    let digest = digest(b"sample");
    let good = signed(&own, &digest, &[]).to_bytes().to_vec();
    assert!(verify(point, &digest, &good));
    let (r, s) = good.split_at(FIELD_LEN);
    let zero = [0; FIELD_LEN];
    for (r, s) in [(&zero[..], s), (r, &zero), (&order, s), (r, &order), (&[0xff; 48], s), (&[], s)]
    {
        assert!(!verify(point, &digest, &[r, s].concat()));
    }
    assert!(!verify(point, &digest, &[&good[..], &[0]].concat()));
    assert!(!verify(point, &digest, &good[..95]));
    assert!(!verify(&[4; 97], &digest, &good));
    assert!(!verify(&[], &digest, &good));
}
