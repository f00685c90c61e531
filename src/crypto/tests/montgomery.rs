//! Against the arithmetic of the `rsa` crate, which is for tests only.

use ::rsa::BoxedUint;
use ::rsa::traits::PublicKeyParts;

use super::*;
use crate::crypto::fill_random;

/// The same by the other library.
fn reference(modulus: &[u8], base: &[u8], exponent: u64) -> Vec<u8> {
    let bits = 8 * modulus.len() as u32;
    let n = BoxedUint::from_be_slice(modulus, bits).unwrap();
    let e = BoxedUint::from(exponent);
    let key = ::rsa::RsaPublicKey::new_unchecked(n, e);
    let base = BoxedUint::from_be_slice(base, bits).unwrap();
    let power = ::rsa::hazmat::rsa_encrypt(&key, &base).unwrap();
    let bytes = power.to_be_bytes();
    bytes[bytes.len() - key.size()..].to_vec()
}

fn random_modulus(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0; bits.div_ceil(8)];
    fill_random(&mut bytes).unwrap();
    let unused = 8 * bytes.len() - bits;
    bytes[0] = bytes[0] >> unused | 0x80 >> unused;
    *bytes.last_mut().unwrap() |= 1;
    bytes
}

#[test]
fn powers_are_those_of_another_library() {
    for bits in [2048, 2049, 2055, 2056, 2079, 2080, 2081, 3072, 4095, 4096] {
        for exponent in [3, 17, 0x1_0001, 0x1_ffff_ffff] {
            let modulus = random_modulus(bits);
            let n = Modulus::new(&modulus).unwrap();
            assert_eq!((n.bits(), n.len()), (bits, bits.div_ceil(8)));
            let mut base = modulus.clone();
            fill_random(&mut base[1..]).unwrap();
            base[0] = 0;
            let want = reference(&modulus, &base, exponent);
            assert_eq!(n.power(&base, exponent), want, "{bits} bits, {exponent}");
        }
    }
}

#[test]
fn the_ends_of_the_range() {
    for modulus in [vec![0xff; 256], [vec![0x80], vec![0; 254], vec![1]].concat()] {
        let n = Modulus::new(&modulus).unwrap();
        let number = |low: u8| [vec![0; 255], vec![low]].concat();
        for e in [3, 0x1_0001] {
            assert_eq!(n.power(&number(0), e), number(0));
            assert_eq!(n.power(&number(1), e), number(1));
        }
        assert_eq!(n.power(&number(2), 3), number(8));
        // Minus one, to an odd power.
        let mut minus_one = modulus.clone();
        *minus_one.last_mut().unwrap() -= 1;
        assert_eq!(n.power(&minus_one, 0x1_0001), minus_one);
    }
}

#[test]
fn small_moduli_by_hand() {
    for n in (3u64..400).step_by(2).chain([0xffff_fffb, 0x1_0000_000f]) {
        let bytes: Vec<u8> = n.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        let modulus = Modulus::new(&bytes).unwrap();
        for base in [0, 1, 2, n / 2, n - 1] {
            for exponent in [1, 2, 3, 5, 17] {
                let want = (0..exponent).fold(1u128, |x, _| x * u128::from(base) % u128::from(n));
                let got = modulus.power(&base.to_be_bytes()[8 - bytes.len()..], exponent);
                let got = got.iter().fold(0u128, |x, byte| x << 8 | u128::from(*byte));
                assert_eq!(got, want, "{base} to the power {exponent} modulo {n}");
            }
        }
    }
}

#[test]
fn no_even_modulus_and_not_one() {
    for bytes in [&[][..], &[0], &[1], &[2], &[1, 0], &[0xff; 255].map(|b| b & 0xfe)] {
        assert!(Modulus::new(bytes).is_none(), "{bytes:02x?}");
    }
}
