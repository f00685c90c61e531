use std::rc::Rc;

use super::keys::MessageKeys;
use super::*;
use crate::crypto::test_host::{TestHost, now};
use crate::crypto::{
    Curve, GcmBatch, HostCrypto, RsaPadding, RsaPublicKey, Secret, gcm_seal, set_host_crypto,
};
use crate::error::{Fault, Result};
use crate::host::LocalFuture;
use crate::materials::{
    Cmm, CommitmentPolicy, DefaultCmm, EncryptedDataKey, EncryptionContext, EncryptionRequest,
    Keyring, MultiKeyring, RawAesKeyring, RequiredEncryptionContextCmm, Suite,
};

fn cmm() -> Rc<dyn Cmm> {
    let keyring = RawAesKeyring::new("ns".into(), "key".into(), Secret::new(vec![9; 32]));
    Rc::new(DefaultCmm::new(Rc::new(keyring.unwrap())))
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let mut context = EncryptionContext::new();
    pairs.iter().for_each(|(key, value)| context.insert(*key, *value).unwrap());
    context
}

fn esdk_suites() -> impl Iterator<Item = &'static Suite> {
    Suite::all().iter().filter(|suite| !suite.is_dbe())
}

fn policy(suite: &Suite) -> CommitmentPolicy {
    match suite.commits {
        true => CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        false => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
    }
}

fn parse(message: &[u8]) -> Result<Header> {
    Header::parse(message, HeaderLimits::NONE)
}

fn at_most(keys: u16) -> HeaderLimits {
    HeaderLimits { max_encrypted_data_keys: Some(keys), ..HeaderLimits::NONE }
}

fn options<'a>(cmm: &'a dyn Cmm, suite: &'static Suite, frame_length: u32) -> EncryptOptions<'a> {
    EncryptOptions {
        cmm,
        policy: policy(suite),
        suite: Some(suite),
        context: context(&[("tenant", "é")]),
        frame_length,
        limits: HeaderLimits::NONE,
        max_plaintext: None,
    }
}

/// Encrypts `plaintext` in pieces of `piece` bytes.
fn encrypt(options: EncryptOptions<'_>, plaintext: &[u8], piece: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encryptor = now(Encryptor::begin(options, &mut out))?;
    for piece in plaintext.chunks(piece) {
        now(encryptor.update(piece, &mut out))?;
    }
    now(encryptor.finish(&[], &mut out))?;
    Ok(out)
}

fn reading() -> DecryptOptions {
    DecryptOptions {
        policy: CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
        reproduced: EncryptionContext::new(),
        limits: HeaderLimits::NONE,
        max_frame_length: 1 << 20,
        require_unsigned: false,
    }
}

/// Decrypts `message` in pieces of `piece` bytes.
fn decrypt(options: DecryptOptions, message: &[u8], piece: usize) -> Result<Vec<u8>> {
    decrypt_with(&*cmm(), options, message, piece)
}

fn decrypt_with(
    cmm: &dyn Cmm,
    options: DecryptOptions,
    message: &[u8],
    piece: usize,
) -> Result<Vec<u8>> {
    let (mut decryptor, mut out) = (Decryptor::new(options), Vec::new());
    for piece in message.chunks(piece) {
        now(decryptor.update(piece, cmm, &mut out))?;
    }
    decryptor.finish()?;
    Ok(out)
}

fn text(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7) as u8).collect()
}

/// A host that is asked for everything and has nothing.
struct HostWithNothing;

impl HostCrypto for HostWithNothing {
    fn prefers(&self, _: &GcmBatch<'_>) -> bool {
        true
    }

    fn gcm<'a>(&'a self, _: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>> {
        Box::pin(async { Ok(None) })
    }

    fn rsa_encrypt<'a>(
        &'a self,
        _: &'a RsaPublicKey,
        _: RsaPadding,
        _: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async { Ok(None) })
    }

    fn verify<'a>(
        &'a self,
        _: Curve,
        _: &'a [u8],
        _: &'a [u8],
        _: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>> {
        Box::pin(async { Ok(None) })
    }
}

#[test]
fn what_the_host_does_not_have_is_done_here() {
    let cmm = cmm();
    for suite in esdk_suites() {
        let sealed = |host: Option<Rc<dyn HostCrypto>>| {
            set_host_crypto(host);
            let mut out = Vec::new();
            now(Encryptor::encrypt(options(&*cmm, suite, 100), &text(1000), &mut out)).unwrap();
            out
        };
        let nothing: Rc<dyn HostCrypto> = Rc::new(HostWithNothing);
        let messages = [sealed(None), sealed(Some(nothing.clone()))];
        for (message, host) in messages.iter().flat_map(|m| [(m, None), (m, Some(nothing.clone()))])
        {
            set_host_crypto(host);
            let open = |message: &[u8]| decrypt_with(&*cmm, reading(), message, 700);
            assert_eq!(open(message).unwrap(), text(1000));
            let mut changed = message.clone();
            *changed.last_mut().unwrap() ^= 1;
            assert!(open(&changed).is_err());
        }
        set_host_crypto(None);
    }
}

/// Encrypts and decrypts a message of `n` bytes in pieces of `piece` bytes, with this host.
fn with_host(
    host: TestHost,
    suite: &'static Suite,
    n: usize,
    piece: usize,
) -> (Result<Vec<u8>>, Result<Vec<u8>>) {
    let cmm = cmm();
    let message = encrypt(options(&*cmm, suite, 5000), &text(n), n.max(1)).unwrap();
    set_host_crypto(Some(Rc::new(host)));
    let sealed = encrypt(options(&*cmm, suite, 5000), &text(n), piece);
    let opened = decrypt(reading(), &message, piece);
    set_host_crypto(None);
    (sealed, opened)
}

#[test]
fn the_host_hashes_what_is_signed_piece_by_piece() {
    for suite in esdk_suites() {
        for (n, piece) in [(10, 100), (30_000, 999), (30_000, 9000), (30_000, 60_000)] {
            let host = TestHost::hashing();
            let (updates, dropped) = (host.updates.clone(), host.dropped.clone());
            let (sealed, opened) = with_host(host, suite, n, piece);
            assert_eq!(decrypt(reading(), &sealed.unwrap(), 4096).unwrap(), text(n));
            assert_eq!(opened.unwrap(), text(n));
            // A message on P-256 that is read at once is hashed where it is verified.
            let whole = suite.signature == Some(Curve::P256) && piece > n;
            let hashes = match (n, suite.signature.is_some()) {
                (30_000, true) => 2 - u32::from(whole),
                _ => 0,
            };
            assert_eq!((updates.get() > 0, dropped.get()), (hashes > 0, hashes), "{suite:?}");
        }
    }
}

#[test]
fn a_host_that_fails_to_hash_fails_the_message() {
    let suite = Suite::by_id(0x0578).unwrap();
    for fails_after in 0..5 {
        let host = TestHost { fails_after: Some(fails_after), ..TestHost::hashing() };
        let dropped = host.dropped.clone();
        let (sealed, opened) = with_host(host, suite, 30_000, 9000);
        for failed in [sealed, opened] {
            assert_eq!(failed.unwrap_err().code(), "HOST_FAILED", "after {fails_after}");
        }
        assert_eq!(dropped.get(), 2);
    }
}

#[test]
fn says_how_long_messages_and_plaintexts_are() {
    let cmm = cmm();
    for suite in esdk_suites() {
        for n in [0, 1, 9, 10, 11, 20, 35] {
            let message = encrypt(options(&*cmm, suite, 10), &text(n), 64).unwrap();
            let mut decryptor = Decryptor::new(reading());
            now(decryptor.update(&message, &*cmm, &mut Vec::new())).unwrap();
            let (header, _) = decryptor.header().unwrap();
            let after = (message.len() - decryptor.header_bytes().len()) as u64;
            assert_eq!(header.sealed_len(n as u64), after, "{suite:?}, {n} bytes");
            assert_eq!(header.opened_len(after), n as u64, "{suite:?}, {n} bytes");
            // Without frames, and of what is no body at all.
            let single = Header { frame_length: 0, ..header.clone() };
            let footer = header.sealed_len(0) - 40;
            assert_eq!(single.opened_len(12 + 8 + 5 + 16 + footer), 5);
            assert_eq!(header.opened_len(0), 0);
            assert!(header.sealed_len(u64::MAX) == u64::MAX);
        }
    }
}

#[test]
fn every_suite_in_pieces_of_any_size() {
    let cmm = cmm();
    for suite in esdk_suites() {
        for n in [0, 1, 9, 10, 11, 20, 35] {
            let plaintext = text(n);
            for piece in [1, 3, 10, 64] {
                let message = encrypt(options(&*cmm, suite, 10), &plaintext, piece).unwrap();
                assert_eq!(parse(&message).unwrap().suite, suite);
                for piece in [1, 7, message.len()] {
                    assert_eq!(decrypt(reading(), &message, piece).unwrap(), plaintext);
                }
            }
        }
    }
}

#[test]
fn frames_are_the_same_where_more_is_known_to_follow() {
    let cmm = cmm();
    for suite in ["0478", "0578"].map(|id| Suite::by_id(u16::from_str_radix(id, 16).unwrap())) {
        let suite = suite.unwrap();
        for (n, piece) in [(40, 10), (40, 20), (41, 10), (35, 7), (35, 30), (9, 4), (30, 1)] {
            let plaintext = text(n);
            let expected = encrypt(options(&*cmm, suite, 10), &plaintext, 64).unwrap().len();
            // The last piece has its place in the last frame, or comes before an end without bytes.
            for ends_with_bytes in [true, false] {
                let mut message = Vec::new();
                let mut encryptor =
                    now(Encryptor::begin(options(&*cmm, suite, 10), &mut message)).unwrap();
                let mut pieces = plaintext.chunks(piece).peekable();
                let (header, mut given, mut last) = (message.len(), 0, &[][..]);
                while let Some(piece) = pieces.next() {
                    if pieces.peek().is_some() {
                        given += piece.len();
                        now(encryptor.update_before_more(piece, &mut message)).unwrap();
                        // No full frame is held back: each has 32 bytes around its ten.
                        assert_eq!(message.len() - header, given / 10 * 42);
                    } else if ends_with_bytes {
                        last = piece;
                    } else {
                        now(encryptor.update(piece, &mut message)).unwrap();
                    }
                }
                now(encryptor.finish(last, &mut message)).unwrap();
                assert_eq!(message.len(), expected, "{n} bytes in pieces of {piece}");
                assert_eq!(decrypt(reading(), &message, 64).unwrap(), plaintext);
            }
        }
        // What should have followed did not: an empty last frame, which the format has.
        let mut message = Vec::new();
        let mut encryptor = now(Encryptor::begin(options(&*cmm, suite, 10), &mut message)).unwrap();
        now(encryptor.update_before_more(&text(20), &mut message)).unwrap();
        now(encryptor.finish(&[], &mut message)).unwrap();
        assert_eq!(decrypt(reading(), &message, 64).unwrap(), text(20));
    }
}

#[test]
fn more_than_was_allowed_is_refused_wherever_it_comes() {
    let cmm = cmm();
    let suite = Suite::by_id(0x0478).unwrap();
    for before in [0, 10, 15, 20] {
        let options = EncryptOptions { max_plaintext: Some(20), ..options(&*cmm, suite, 10) };
        let mut message = Vec::new();
        let mut encryptor = now(Encryptor::begin(options, &mut message)).unwrap();
        now(encryptor.update_before_more(&text(before), &mut message)).unwrap();
        let rest = text(21 - before);
        let error = match before {
            15 => now(encryptor.update_before_more(&rest, &mut message)).unwrap_err(),
            _ => now(encryptor.finish(&rest, &mut message)).unwrap_err(),
        };
        assert_eq!(error.code(), "LIMIT_EXCEEDED");
    }
}

#[test]
fn large_batches_and_frames() {
    let cmm = cmm();
    let plaintext = text(3_000_000);
    let suite = Suite::by_id(0x0578).unwrap();
    for frame_length in [4096, 1_000_000, u32::MAX] {
        let message = encrypt(options(&*cmm, suite, frame_length), &plaintext, 700_001).unwrap();
        let limits = DecryptOptions { max_frame_length: 3_000_000, ..reading() };
        assert!(decrypt(limits, &message, 65_536).unwrap() == plaintext);
    }
}

#[test]
fn no_flipped_bit_is_accepted() {
    let cmm = cmm();
    for suite in esdk_suites() {
        let message = encrypt(options(&*cmm, suite, 16), &text(40), 64).unwrap();
        for i in 0..message.len() {
            for bit in [0x01, 0x80] {
                let mut other = message.clone();
                other[i] ^= bit;
                // A signature has more than one encoding that verifies; a flipped bit makes none of them.
                assert!(decrypt(reading(), &other, 4096).is_err(), "{suite:?} byte {i}");
            }
        }
    }
}

#[test]
fn no_truncation_and_no_addition_is_accepted() {
    let cmm = cmm();
    for suite in esdk_suites() {
        let mut message = encrypt(options(&*cmm, suite, 16), &text(40), 64).unwrap();
        for n in 0..message.len() {
            let error = decrypt(reading(), &message[..n], 4096).unwrap_err();
            assert_eq!(error.code(), "MALFORMED_MESSAGE", "{suite:?} at {n}");
        }
        message.push(0);
        assert_eq!(decrypt(reading(), &message, 4096).unwrap_err().code(), "MALFORMED_MESSAGE");
        let at = message.len() - 1;
        let pieces = decrypt(reading(), &message[..at], 1).and(decrypt(reading(), &message, 1));
        assert_eq!(pieces.unwrap_err().code(), "MALFORMED_MESSAGE");
    }
}

#[test]
fn a_signed_message_keeps_its_last_frame_until_the_signature() {
    let cmm = cmm();
    let suite = Suite::by_id(0x0578).unwrap();
    let message = encrypt(options(&*cmm, suite, 16), &text(40), 64).unwrap();
    let (mut decryptor, mut out) = (Decryptor::new(reading()), Vec::new());
    now(decryptor.update(&message[..message.len() - 1], &*cmm, &mut out)).unwrap();
    assert_eq!(out, text(32));
    now(decryptor.update(&message[message.len() - 1..], &*cmm, &mut out)).unwrap();
    assert_eq!(out, text(40));
    decryptor.finish().unwrap();

    let mut other = message.clone();
    *other.last_mut().unwrap() ^= 1;
    out.clear();
    let mut decryptor = Decryptor::new(reading());
    let failed = now(decryptor.update(&other, &*cmm, &mut out)).unwrap_err();
    assert_eq!((failed.code(), out.len()), ("SIGNATURE_MISMATCH", 32));
    assert!(now(decryptor.update(&[], &*cmm, &mut out)).is_err(), "it stays failed");
    assert!(decryptor.finish().is_err());

    let unsigned = DecryptOptions { require_unsigned: true, ..reading() };
    assert_eq!(decrypt(unsigned.clone(), &message, 64).unwrap_err().code(), "SUITE_NOT_ALLOWED");
    let suite = Suite::by_id(0x0478).unwrap();
    let message = encrypt(options(&*cmm, suite, 16), &text(40), 64).unwrap();
    assert_eq!(decrypt(unsigned, &message, 64).unwrap(), text(40));
}

#[test]
fn frames_must_come_in_order_and_once() {
    let cmm = cmm();
    let suite = Suite::by_id(0x0478).unwrap();
    let message = encrypt(options(&*cmm, suite, 4), &text(12), 64).unwrap();
    // Two regular frames of 36 bytes and a last one of 44.
    let body = message.len() - 36 - 36 - 44;
    let (head, body) = message.split_at(body);
    let (first, rest) = body.split_at(36);
    let (second, last) = rest.split_at(36);
    for parts in [
        vec![head, second, first, last],
        vec![head, first, first, last],
        vec![head, first, last],
        vec![head, first, second, second, last],
        vec![head, last],
        vec![head, first, second, last, last],
    ] {
        assert!(decrypt(reading(), &parts.concat(), 4096).is_err());
    }
    assert_eq!(decrypt(reading(), &[head, first, second, last].concat(), 5).unwrap(), text(12));
}

#[test]
fn an_exact_multiple_may_end_with_an_empty_frame() {
    // What other writers do; ours makes a full last frame instead.
    let header = written_header(0x0178, 4, EncryptionContext::new());
    for (regular, last) in [(2, 0), (1, 4), (0, 0)] {
        let mut message = header.0.clone();
        let mut plaintext = Vec::new();
        for i in 1..=regular {
            header.frame(body::Piece::Regular, i, &text(4), &mut message);
            plaintext.extend(text(4));
        }
        header.frame(body::Piece::Final, regular + 1, &text(last), &mut message);
        plaintext.extend(text(last));
        assert_eq!(decrypt(reading(), &message, 4096).unwrap(), plaintext);
    }
    let mut long = header.0.clone();
    header.frame(body::Piece::Final, 1, &text(5), &mut long);
    assert_eq!(decrypt(reading(), &long, 4096).unwrap_err().code(), "MALFORMED_MESSAGE");
}

#[test]
fn bodies_without_frames_are_read() {
    let header = written_header(0x0178, 0, EncryptionContext::new());
    let mut message = header.0.clone();
    let mut aad = Vec::new();
    body::aad(body::Piece::Single, &header.2.message_id, 1, 9, &mut aad);
    message.extend([5; 12]);
    message.extend(9u64.to_be_bytes());
    gcm_seal(&header.1.content, &[5; 12], &aad, b"one piece", &mut message).unwrap();
    for piece in [1, 4096] {
        assert_eq!(decrypt(reading(), &message, piece).unwrap(), b"one piece");
    }
    for n in 0..message.len() {
        assert!(decrypt(reading(), &message[..n], 4096).is_err());
        let mut other = message.clone();
        other[n] ^= 4;
        assert!(decrypt(reading(), &other, 4096).is_err());
    }
    let held = DecryptOptions { max_frame_length: 8, ..reading() };
    assert_eq!(decrypt(held, &message, 4096).unwrap_err().code(), "LIMIT_EXCEEDED");
    let at = message.len() - 9 - 16 - 8;
    message[at..at + 8].copy_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(decrypt(reading(), &message, 4096).unwrap_err().code(), "MALFORMED_MESSAGE");
}

#[test]
fn headers_of_net_4_0_0_are_read_as_the_libraries_read_them() {
    for suite in esdk_suites().filter(|suite| suite.signature.is_none()) {
        let (mut header, data_key) = header_with_key(suite, 8);
        let message_id = header.message_id.clone();
        let (id, empty) = crate::interop::net_4_0_0(suite.commits, &message_id);
        let keys = || MessageKeys::derive(suite, &data_key, id).unwrap();
        header.commitment = keys().commitment.as_deref().copied();
        let written = seal_header(header.clone(), keys(), &empty);
        let mut message = written.0.clone();
        written.frame(body::Piece::Final, 1, b"old", &mut message);
        assert_eq!(decrypt(reading(), &message, 4096).unwrap(), b"old", "{suite:?}");
        for other in [&[0][..], &[0, 0, 0]] {
            let mut refused = seal_header(header.clone(), keys(), other).0;
            refused.extend(&message[written.0.len()..]);
            let error = decrypt(reading(), &refused, 4096).unwrap_err();
            assert_eq!(error.code(), "HEADER_TAG_MISMATCH");
        }
    }
}

#[test]
fn required_context_is_authenticated_and_not_stored() {
    let required = RequiredEncryptionContextCmm::new(cmm(), vec!["tenant".into()]).unwrap();
    let suite = Suite::by_id(0x0478).unwrap();
    let message = encrypt(options(&required, suite, 16), &text(40), 64).unwrap();
    assert!(parse(&message).unwrap().stored_context.is_empty());
    let given = |value| DecryptOptions { reproduced: context(&[("tenant", value)]), ..reading() };
    assert_eq!(decrypt_with(&required, given("é"), &message, 64).unwrap(), text(40));
    assert_eq!(decrypt(given("é"), &message, 64).unwrap(), text(40));
    assert!(decrypt(given("e"), &message, 64).is_err());
    assert!(decrypt(reading(), &message, 64).is_err());
    assert!(decrypt_with(&required, reading(), &message, 64).is_err());
}

#[test]
fn refuses_what_the_options_refuse() {
    let cmm = cmm();
    let suite = Suite::by_id(0x0478).unwrap();
    let code = |options| encrypt(options, &text(40), 16).unwrap_err().code();
    assert_eq!(code(options(&*cmm, suite, 0)), "INVALID_ARGUMENT");
    let reserved = context(&[("aws-crypto-anything", "")]);
    assert_eq!(
        code(EncryptOptions { context: reserved, ..options(&*cmm, suite, 16) }),
        "RESERVED_NAME"
    );
    // The field has 65,535 bytes: a count, two lengths and the strings.
    let long = "v".repeat(0xffff - 2 - 4 - 1);
    let context = |value: &str| context(&[("k", value)]);
    let fits = EncryptOptions { context: context(&long), ..options(&*cmm, suite, 16) };
    assert!(encrypt(fits, &text(40), 16).is_ok());
    let over = EncryptOptions { context: context(&(long + "v")), ..options(&*cmm, suite, 16) };
    assert_eq!(code(over), "LIMIT_EXCEEDED");
    let policy = CommitmentPolicy::EsdkForbidEncryptAllowDecrypt;
    assert_eq!(code(EncryptOptions { policy, ..options(&*cmm, suite, 16) }), "SUITE_NOT_ALLOWED");
    let dbe = Suite::by_id(0x6700).unwrap();
    assert_eq!(code(options(&*cmm, dbe, 16)), "SUITE_NOT_ALLOWED");
    for max in [0, 39] {
        let bound = EncryptOptions { max_plaintext: Some(max), ..options(&*cmm, suite, 16) };
        assert_eq!(code(bound), "LIMIT_EXCEEDED");
    }
    let enough = EncryptOptions { max_plaintext: Some(40), ..options(&*cmm, suite, 16) };
    let message = encrypt(enough, &text(40), 16).unwrap();
    let bound = EncryptOptions { limits: at_most(0), ..options(&*cmm, suite, 16) };
    assert_eq!(code(bound), "LIMIT_EXCEEDED");

    let read = |options| decrypt(options, &message, 4096).map_err(|e| e.code());
    assert_eq!(read(DecryptOptions { limits: at_most(0), ..reading() }), Err("LIMIT_EXCEEDED"));
    assert_eq!(read(DecryptOptions { limits: at_most(1), ..reading() }), Ok(text(40)));
    assert_eq!(read(DecryptOptions { max_frame_length: 15, ..reading() }), Err("LIMIT_EXCEEDED"));
    assert_eq!(read(DecryptOptions { max_frame_length: 16, ..reading() }), Ok(text(40)));
    let strict = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
    let old = encrypt(options(&*cmm, Suite::by_id(0x0178).unwrap(), 16), &text(40), 64).unwrap();
    let refused = decrypt(DecryptOptions { policy: strict, ..reading() }, &old, 64).unwrap_err();
    assert_eq!(refused.code(), "SUITE_NOT_ALLOWED");
}

#[test]
fn resealing_keeps_plaintext_context_and_frames() {
    let other = RawAesKeyring::new("ns".into(), "next".into(), Secret::new(vec![8; 32])).unwrap();
    let other: Rc<dyn Cmm> = Rc::new(DefaultCmm::new(Rc::new(other)));
    let to = |suite| ResealOptions {
        cmm: other.clone(),
        policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        suite,
        context: None,
        frame_length: None,
        limits: HeaderLimits::NONE,
    };
    let reseal = |message: &[u8], suite, piece| -> Result<Vec<u8>> {
        let (mut resealer, mut out) = (Resealer::new(reading(), cmm(), to(suite)), Vec::new());
        for piece in message.chunks(piece) {
            now(resealer.update(piece, &mut out))?;
        }
        now(resealer.finish(&[], &mut out))?;
        Ok(out)
    };
    for id in [0x0478, 0x0578] {
        let suite = Suite::by_id(id).unwrap();
        let message = encrypt(options(&*cmm(), suite, 16), &text(100), 64).unwrap();
        for piece in [1, 50, 10_000] {
            let again = reseal(&message, None, piece).unwrap();
            assert_eq!(decrypt_with(&*other, reading(), &again, 64).unwrap(), text(100));
            assert!(decrypt(reading(), &again, 64).is_err(), "under the new key only");
            let header = parse(&again).unwrap();
            assert_eq!((header.suite, header.frame_length), (suite, 16));
            assert_eq!(header.stored_context.value("tenant"), Some("é"));
        }
        for at in [40, message.len() - 1] {
            let mut damaged = message.clone();
            damaged[at] ^= 1;
            assert!(reseal(&damaged, None, 10_000).is_err());
            assert!(reseal(&message[..at], None, 10_000).is_err());
        }
    }
    let old = encrypt(options(&*cmm(), Suite::by_id(0x0178).unwrap(), 16), &text(9), 64).unwrap();
    assert_eq!(reseal(&old, None, 64).unwrap_err().code(), "SUITE_NOT_ALLOWED");
    let committing = Suite::by_id(0x0478);
    assert_eq!(parse(&reseal(&old, committing, 64).unwrap()).unwrap().suite.id, 0x0478);
}

#[test]
fn malformed_headers_say_so() {
    let cmm = cmm();
    for id in [0x0178, 0x0478] {
        let suite = Suite::by_id(id).unwrap();
        let message = encrypt(options(&*cmm, suite, 16), &text(4), 64).unwrap();
        let header = parse(&message).unwrap();
        let body = header.body().unwrap();
        let tail = if suite.commits { 1 + 4 + 32 } else { 1 + 4 + 1 + 4 };
        let changes: &[(usize, u8)] = match suite.commits {
            true => &[(0, 1), (0, 3), (1, 0x67), (body.len() - tail, 3), (body.len() - tail, 1)],
            false => &[
                (0, 2),
                (1, 0x81),
                (2, 4),
                (body.len() - tail, 0),
                (body.len() - 9, 1),
                (body.len() - 5, 16),
            ],
        };
        for &(at, byte) in changes {
            let mut other = message.clone();
            other[at] = byte;
            let error = decrypt(reading(), &other, 4096).unwrap_err();
            assert_eq!(error.code(), "MALFORMED_MESSAGE", "{id:04x} {at}");
        }
        let mut no_keys = header.clone();
        no_keys.encrypted_data_keys.clear();
        assert!(matches!(
            parse(&no_keys.body().unwrap()).err().unwrap().fault(),
            Fault::Malformed { .. }
        ));
    }
    for text in ["AYADeG", "AgR4", "AgV4DUXg"] {
        let error = parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("base64"), "{error}");
    }
    for empty in [&[][..], &[1], &[2, 4]] {
        assert!(parse(empty).unwrap_err().to_string().contains("ends within its header"));
    }
}

#[test]
fn a_context_of_no_pairs_is_only_ever_an_empty_field() {
    let header = written_header(0x0178, 8, EncryptionContext::new());
    let at = 4 + 16;
    assert_eq!(header.0[at..at + 2], [0, 0]);
    let mut counted = header.0.clone();
    counted.splice(at..at + 2, [0, 2, 0, 0]);
    assert_eq!(parse(&counted).unwrap_err().code(), "MALFORMED_MESSAGE");
}

/// A header's bytes, its keys and itself.
struct Written(Vec<u8>, MessageKeys, Header);

impl Written {
    fn frame(&self, piece: body::Piece, sequence: u32, content: &[u8], out: &mut Vec<u8>) {
        let n = content.len();
        body::put_frame_header(piece, sequence, n as u32, out);
        let mut aad = Vec::new();
        body::aad(piece, &self.2.message_id, sequence, n as u64, &mut aad);
        gcm_seal(&self.1.content, &body::iv(sequence), &aad, content, out).unwrap();
    }
}

/// An unsigned header written here, so that it can be one that the library would not write.
fn written_header(id: u16, frame_length: u32, stored: EncryptionContext) -> Written {
    let suite = Suite::by_id(id).unwrap();
    let (mut header, data_key) = header_with_key(suite, frame_length);
    header.stored_context = stored;
    let keys = MessageKeys::derive(suite, &data_key, &header.message_id).unwrap();
    seal_header(header, keys, &[])
}

fn header_with_key(suite: &'static Suite, frame_length: u32) -> (Header, Secret) {
    assert!(suite.signature.is_none());
    let request = EncryptionRequest {
        context: EncryptionContext::new(),
        required_keys: Vec::new(),
        policy: policy(suite),
        suite: Some(suite),
        plaintext_length: None,
    };
    let cmm = cmm();
    let materials = now(cmm.for_encryption(request)).unwrap();
    let encrypted_data_keys: Vec<EncryptedDataKey> = materials.encrypted_data_keys().to_vec();
    let header = Header {
        suite,
        message_id: vec![3; if suite.commits { 32 } else { 16 }],
        stored_context: EncryptionContext::new(),
        encrypted_data_keys,
        content_type: if frame_length == 0 { ContentType::NonFramed } else { ContentType::Framed },
        frame_length,
        commitment: None,
    };
    (header, materials.data_key().unwrap().clone())
}

fn seal_header(header: Header, keys: MessageKeys, only_authenticated: &[u8]) -> Written {
    let mut bytes = header.body().unwrap();
    let aad = [&bytes, only_authenticated].concat();
    if !header.suite.commits {
        bytes.extend([0; 12]);
    }
    gcm_seal(&keys.content, &[0; 12], &aad, &[], &mut bytes).unwrap();
    Written(bytes, keys, header)
}

/// A header that never ends: as many keys as there can be, as long as they can be.
fn endless(version: u8, context: u16) -> impl Iterator<Item = u8> {
    let start: &[u8] = if version == 1 { &[1, 0x80, 0x01, 0x78] } else { &[2, 0x04, 0x78] };
    let id = vec![7; if version == 1 { 16 } else { 32 }];
    // The context is not looked at before all of the header is there.
    let context = [&context.to_be_bytes()[..], &vec![9; context.into()]].concat();
    let keys = [0xff; 2].into_iter().chain(core::iter::repeat_n(0xff, usize::MAX));
    [start, &id, &context].concat().into_iter().chain(keys)
}

#[test]
fn a_header_is_refused_as_soon_as_it_says_that_it_is_too_long() {
    let limits = |max_length| HeaderLimits { max_length, ..HeaderLimits::NONE };
    for version in [1, 2] {
        for context in [0, 1, 40_000] {
            for max in [0, 50, 100, 1000, 70_000, 1 << 20] {
                let options = DecryptOptions { limits: limits(max), ..reading() };
                let (cmm, mut taken, mut out) = (cmm(), 0, Vec::new());
                let mut decryptor = Decryptor::new(options);
                let (mut bytes, piece) = (endless(version, context), max / 1000 + 1);
                let error = core::iter::from_fn(|| {
                    let next: Vec<u8> = bytes.by_ref().take(piece).collect();
                    taken += next.len();
                    Some(now(decryptor.update(&next, &*cmm, &mut out)).err())
                });
                assert_eq!(error.flatten().next().unwrap().code(), "LIMIT_EXCEEDED");
                // Not longer than it could have been; the first length that is too much stands within 39 bytes.
                assert!(taken <= max.max(39) + piece, "{version} {context} {max} {taken}");
                assert!(out.is_empty());
            }
        }
        // All that there is, at once.
        let whole: Vec<u8> = endless(version, 0).take(3 << 20).collect();
        let standard = DecryptOptions { limits: HeaderLimits::default(), ..reading() };
        assert_eq!(decrypt(standard, &whole, whole.len()).unwrap_err().code(), "LIMIT_EXCEEDED");
        let parsed = Header::parse(&whole, limits(1 << 20)).unwrap_err();
        assert!(parsed.to_string().contains("maxHeaderLength"), "{parsed}");
    }
}

#[test]
fn headers_of_the_greatest_length_are_written_and_read() {
    let cmm = cmm();
    for suite in esdk_suites() {
        let seal =
            |limits| encrypt(EncryptOptions { limits, ..options(&*cmm, suite, 16) }, b"x", 1);
        let message = seal(HeaderLimits::NONE).unwrap();
        // The key that signs is stored in the header, in as many characters each time.
        let header = {
            let mut scan = super::header::HeaderScan::new(HeaderLimits::NONE);
            scan.advance(&message).unwrap().unwrap()
        };
        for (max_length, fits) in [(header, true), (header - 1, false), (1, false)] {
            let limits = HeaderLimits { max_length, ..HeaderLimits::NONE };
            let read = decrypt(DecryptOptions { limits, ..reading() }, &message, 1);
            assert_eq!(
                read.map_err(|e| e.code()),
                if fits { Ok(b"x".to_vec()) } else { Err("LIMIT_EXCEEDED") }
            );
            assert_eq!(
                seal(limits).map_err(|e| e.code()).err(),
                (!fits).then_some("LIMIT_EXCEEDED")
            );
        }
    }
}

#[test]
fn each_byte_of_a_header_costs_the_same_however_it_arrives() {
    let operations = |bytes: usize| {
        let header: Vec<u8> = endless(2, 40_000).take(bytes).collect();
        let (cmm, mut out) = (cmm(), Vec::new());
        let mut decryptor =
            Decryptor::new(DecryptOptions { limits: HeaderLimits::NONE, ..reading() });
        crate::util::steps::counted(|| {
            for byte in header {
                now(decryptor.update(&[byte], &*cmm, &mut out)).unwrap();
            }
        })
    };
    let (few, many) = (operations(50_000), operations(200_000));
    assert!(few >= 50_000 && many <= 4 * few + 100, "{few} {many}");
}

#[test]
fn by_default_a_message_has_at_most_64_keys_both_ways() {
    let keyring = |i: usize| -> Rc<dyn Keyring> {
        let key = Secret::new(vec![i as u8; 32]);
        Rc::new(RawAesKeyring::new("ns".into(), format!("{i}"), key).unwrap())
    };
    let multi = |n: usize| -> Rc<dyn Cmm> {
        let children = (1..n).map(keyring).collect();
        let multi = MultiKeyring::new(Some(keyring(0)), children).unwrap();
        Rc::new(DefaultCmm::new(Rc::new(multi)))
    };
    let suite = Suite::by_id(0x0478).unwrap();
    for (n, fits) in [(64, true), (65, false)] {
        let cmm = multi(n);
        let seal =
            |limits| encrypt(EncryptOptions { limits, ..options(&*cmm, suite, 16) }, b"x", 1);
        assert_eq!(seal(HeaderLimits::default()).is_ok(), fits);
        let message = seal(HeaderLimits::NONE).unwrap();
        let open =
            |limits| decrypt_with(&*cmm, DecryptOptions { limits, ..reading() }, &message, 9);
        assert_eq!(
            open(HeaderLimits::default()).map_err(|e| e.code()).err(),
            (!fits).then_some("LIMIT_EXCEEDED")
        );
        assert!(open(HeaderLimits::NONE).is_ok());
    }
}
