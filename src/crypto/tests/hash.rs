//! FIPS 180-4 examples, RFC 4231 (HMAC), RFC 5869 (HKDF; its inputs under SHA-384 and SHA-512 too).

use super::*;
use crate::crypto::hex::hex;
use crate::error::Fault;

#[test]
fn digests() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc").to_vec(), hex(abc));
    let abc = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
               8086072ba1e7cc2358baeca134c825a7";
    assert_eq!(sha384(b"abc").to_vec(), hex(abc));
    let empty = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da\
                 274edebfe76f65fbd51ad2f14898b95b";
    assert_eq!(sha384(b"").to_vec(), hex(empty));
}

#[test]
fn a_sink_digests_what_it_is_given_in_pieces() {
    let mut sink = HashSink::new(Hash::Sha384);
    for piece in [&b"a"[..], b"", b"bc"] {
        sink.put(piece);
    }
    let mut digest = [0; 48];
    sink.finish(&mut digest);
    assert_eq!(digest, sha384(b"abc"));
    let mut other = HashSink::new(Hash::Sha384);
    other.put(b"abd");
    other.finish(&mut digest);
    assert_ne!(digest, sha384(b"abc"));
}

#[test]
fn hmac_of_rfc_4231() {
    let long = [0xaa; 131];
    let cases: [(&[u8], &[u8], [&str; 3]); 3] = [
        (
            &[0x0b; 20],
            b"Hi There",
            [
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ],
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            [
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ],
        ),
        (
            &long,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            [
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6\
                 0c2ef6ab4030fe8296248df163f44952",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                 6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ],
        ),
    ];
    for (key, data, tags) in cases {
        for (hash, tag) in [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().zip(tags) {
            assert_eq!(hmac(hash, key, data), hex(tag));
            assert_eq!(hmac(hash, key, data).len(), hash.output_len());
            let (front, back) = data.split_at(3);
            assert_eq!(hmac_parts(hash, key, &[front, b"", back]), hex(tag));
            assert_ne!(hmac(hash, key, front), hex(tag));
            assert_ne!(hmac(hash, &key[1..], data), hex(tag));
        }
    }
}

const LONG_OKM: [&str; 3] = [
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
     59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
     cc30c58179ec3e87c14c01d5c1f3434f1d87",
    "484ca052b8cc724fd1c4ec64d57b4e818c7e25a8e0f4569ed72a6a05fe0649ee\
     bf69f8d5c832856bf4e4fbc17967d54975324a94987f7f41835817d8994fdbd6\
     f4c09c5500dca24a56222fea53d8967a8b2e",
    "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1\
     b695b48cbd1c8388441137b3ce28f16aa64ba33ba466b24df6cfcb021ecff235\
     f6a2056ce3af1de44d572097a8505d9e7a93",
];

#[test]
fn hkdf_of_rfc_5869() {
    let salt = hex("000102030405060708090a0b0c");
    let hkdf = Hkdf::extract(Hash::Sha256, &salt, &[0x0b; 22]);
    let want = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                    34007208d5b887185865");
    assert_eq!(hkdf.expand::<42>(&[&hex("f0f1f2f3f4f5f6f7f8f9")]).unwrap().to_vec(), want);
    let parts = hkdf.expand_secret(&[&hex("f0f1f2"), b"", &hex("f3f4f5f6f7f8f9")], 42).unwrap();
    assert_eq!(parts.to_vec(), want);
    assert_ne!(hkdf.expand::<42>(&[]).unwrap().to_vec(), want);

    let [key, salt, info]: [Vec<u8>; 3] =
        [0x00..=0x4f, 0x60..=0xaf, 0xb0..=0xff].map(|range| range.collect());
    for (hash, want) in [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().zip(LONG_OKM) {
        let hkdf = Hkdf::extract(hash, &salt, &key);
        assert_eq!(hkdf.expand::<82>(&[&info]).unwrap().to_vec(), hex(want));
    }
}

#[test]
fn hkdf_without_salt_is_hkdf_with_zeros() {
    let want = hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                    9d201395faa4b61a96c8");
    for salt in [&[][..], &[0; 32]] {
        let hkdf = Hkdf::extract(Hash::Sha256, salt, &[0x0b; 22]);
        assert_eq!(hkdf.expand::<42>(&[]).unwrap().to_vec(), want);
    }
    let salted = Hkdf::extract(Hash::Sha256, &[1], &[0x0b; 22]);
    assert_ne!(salted.expand::<42>(&[]).unwrap().to_vec(), want);
}

#[test]
fn hkdf_refuses_more_than_255_blocks() {
    let hkdf = Hkdf::extract(Hash::Sha256, &[], b"key");
    assert!(hkdf.expand_secret(&[], 255 * 32).is_ok());
    assert!(matches!(hkdf.expand_secret(&[], 255 * 32 + 1).err().unwrap().fault(), Fault::Bug(_)));
}
