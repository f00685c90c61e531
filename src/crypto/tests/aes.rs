//! AES-GCM test cases of McGrew and Viega (NIST submission), CTR example F.5.5 of SP 800-38A.

use super::*;
use crate::crypto::hex::hex;
use crate::error::Fault;

fn hex_array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

struct Case {
    key: &'static str,
    iv: &'static str,
    aad: &'static str,
    plaintext: &'static str,
    sealed: &'static str,
}

const ZERO_IV: &str = "000000000000000000000000";
const IV: &str = "cafebabefacedbaddecaf888";
const AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const TEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

/// Test cases 1, 2, 4, 7, 8, 10, 13, 14 and 16.
const CASES: [Case; 9] = [
    Case {
        key: "00000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "",
        sealed: "58e2fccefa7e3061367f1d57a4e7455a",
    },
    Case {
        key: "00000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "00000000000000000000000000000000",
        sealed: "0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf",
    },
    Case {
        key: "feffe9928665731c6d6a8f9467308308",
        iv: IV,
        aad: AAD,
        plaintext: TEXT,
        sealed: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                 21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
                 5bc94fbc3221a5db94fae95ae7121a47",
    },
    Case {
        key: "000000000000000000000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "",
        sealed: "cd33b28ac773f74ba00ed1f312572435",
    },
    Case {
        key: "000000000000000000000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "00000000000000000000000000000000",
        sealed: "98e7247c07f0fe411c267e4384b0f600 2ff58d80033927ab8ef4d4587514f0fb",
    },
    Case {
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c",
        iv: IV,
        aad: AAD,
        plaintext: TEXT,
        sealed: "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c\
                 7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710\
                 2519498e80f1478f37ba55bd6d27618c",
    },
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "",
        sealed: "530f8afbc74536b9a963b4f1c4cb738b",
    },
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        iv: ZERO_IV,
        aad: "",
        plaintext: "00000000000000000000000000000000",
        sealed: "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919",
    },
    Case {
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        iv: IV,
        aad: AAD,
        plaintext: TEXT,
        sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                 76fc6ece0f4e1768cddf8853bb2d551b",
    },
];

const KEY: [u8; 32] = [7; 32];
const NONCE: [u8; 12] = [9; 12];

fn sealed(plaintext: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    gcm_seal(&KEY, &NONCE, b"aad", plaintext, &mut out).unwrap();
    out
}

/// Opens with `out` holding three bytes before, and checks that a failure leaves nothing behind.
fn open(key: &[u8], iv: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut out = b"was".to_vec();
    match gcm_open(key, iv, aad, sealed, &mut out) {
        Ok(()) => Some(out.strip_prefix(b"was").unwrap().to_vec()),
        Err(TagMismatch) => {
            assert_eq!(out, b"was");
            None
        }
    }
}

#[test]
fn seals_and_opens_the_nist_cases() {
    for case in &CASES {
        let (key, iv, aad) = (hex(case.key), hex_array(case.iv), hex(case.aad));
        let mut out = b"head".to_vec();
        gcm_seal(&key, &iv, &aad, &hex(case.plaintext), &mut out).unwrap();
        assert_eq!(out.strip_prefix(b"head").unwrap(), hex(case.sealed));
        assert_eq!(open(&key, &iv, &aad, &hex(case.sealed)).unwrap(), hex(case.plaintext));
    }
}

#[test]
fn refuses_every_changed_bit() {
    let good = sealed(b"plaintext");
    assert_eq!(open(&KEY, &NONCE, b"aad", &good).unwrap(), b"plaintext");
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&KEY, &NONCE, b"aad", &bad), None, "bit {bit}");
    }
}

#[test]
fn refuses_every_other_length() {
    let good = sealed(b"plaintext");
    for len in 0..good.len() {
        assert_eq!(open(&KEY, &NONCE, b"aad", &good[..len]), None, "cut to {len}");
        assert_eq!(open(&KEY, &NONCE, b"aad", &good[good.len() - len..]), None, "last {len}");
    }
    assert_eq!(open(&KEY, &NONCE, b"aad", &[&good[..], &[0]].concat()), None);
}

#[test]
fn refuses_another_key_nonce_or_aad() {
    let good = sealed(b"plaintext");
    assert_eq!(open(&[8; 32], &NONCE, b"aad", &good), None);
    assert_eq!(open(&KEY[..24], &NONCE, b"aad", &good), None);
    assert_eq!(open(&KEY[..16], &NONCE, b"aad", &good), None);
    assert_eq!(open(&KEY, &[8; 12], b"aad", &good), None);
    assert_eq!(open(&KEY, &NONCE, b"aae", &good), None);
    assert_eq!(open(&KEY, &NONCE, b"", &good), None);
}

#[test]
fn refuses_keys_that_aes_does_not_have() {
    let good = sealed(b"plaintext");
    for len in [0, 1, 15, 17, 31, 33, 64] {
        let key = vec![7; len];
        let mut out = b"was".to_vec();
        let error = gcm_seal(&key, &NONCE, b"aad", b"plaintext", &mut out).unwrap_err();
        assert!(matches!(error.fault(), Fault::Bug(_)));
        assert_eq!(out, b"was");
        assert_eq!(open(&key, &NONCE, b"aad", &good), None);
    }
}

const CTR_KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

#[test]
fn ctr_keystream_is_that_of_sp_800_38a() {
    let plaintext = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    let ciphertext = hex("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
         2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
    let want: Vec<u8> = plaintext.iter().zip(&ciphertext).map(|(a, b)| a ^ b).collect();
    let prefix = hex_array("f0f1f2f3f4f5f6f7f8f9fafb");
    for len in [0, 1, 15, 16, 17, 44, 63, 64] {
        let mut got = vec![0xaa; len];
        ctr_keystream(&hex_array(CTR_KEY), &prefix, 0xfcfd_feff, &mut got);
        assert_eq!(got, want[..len], "{len} bytes");
    }
}

#[test]
fn ctr_keystream_crosses_groups_and_counts_in_32_bits() {
    let keystream = |counter, out: &mut [u8]| {
        ctr_keystream(&hex_array(CTR_KEY), b"AwsDbeField,", counter, out);
    };
    for start in [5, u32::MAX - 3, u32::MAX] {
        let mut got = [0; 16 * 11 + 5];
        keystream(start, &mut got);
        for (i, chunk) in got.chunks(16).enumerate() {
            let mut one = [0; 16];
            keystream(start.wrapping_add(i as u32), &mut one);
            assert_eq!(chunk, &one[..chunk.len()], "block {i} from {start:x}");
        }
    }
}
