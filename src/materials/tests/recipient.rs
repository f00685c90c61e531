use super::*;
use crate::crypto::PublicKeyInfo;
use crate::crypto::test_host::now;
use crate::materials::{
    EncryptionContext, EncryptionMaterials, OpenRequest, StaticBranchKey, StaticBranchKeyStore,
    Suite,
};

const RSA: &[u8] = include_bytes!("../../crypto/testdata/rsa2048.public.pem");
const P384: &[u8] = include_bytes!("../../crypto/testdata/ec-P384.public.pem");
const ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn aes(len: usize) -> RecipientKeys {
    RecipientKeys { key: Some(RecipientKey::Aes(Secret::new(vec![7; len]))), ..Default::default() }
}

fn rsa() -> RecipientKey {
    RecipientKey::Rsa { public_key: RsaPublicKey::from_spki(RSA).unwrap(), private_key: None }
}

fn store() -> RecipientStore {
    let key = StaticBranchKey {
        branch_key_id: "tenant/1".to_owned(),
        version: "12345678-1234-1234-1234-123456789abc".to_owned(),
        branch_key: Secret::new(vec![1; 32]),
        beacon_key: None,
        encryption_context: EncryptionContext::new(),
    };
    let store = Rc::new(StaticBranchKeyStore::new(None, vec![key]).unwrap());
    RecipientStore { store, cache: None, ttl_ms: 1000 }
}

/// Seals a data key; returns its provider and info, and whether the keyring opens it again.
fn seal(keyring: &Rc<dyn Keyring>) -> (String, Vec<u8>, bool) {
    let suite = Suite::by_id(0x6700).unwrap();
    let context = EncryptionContext::new();
    let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None).unwrap();
    let sealed = now(keyring.wrap(materials)).unwrap();
    let encrypted_data_keys = sealed.encrypted_data_keys();
    let aad = context.aad().unwrap();
    let request = OpenRequest { suite, context: &context, aad: &aad, encrypted_data_keys };
    let opened = now(keyring.open(request)).is_ok();
    let edk = &encrypted_data_keys[0];
    (edk.provider_id.clone(), edk.provider_info.clone(), opened)
}

#[test]
fn reads_every_kind() {
    let arn = KmsArn::parse(ARN).unwrap();
    let branch = |table: &str, id: &str| Recipient::Branch {
        table: table.to_owned(),
        branch_key_id: id.to_owned(),
    };
    for (text, want) in [
        (format!("kms:{ARN}"), Recipient::Kms(arn.clone())),
        (format!("kms-rsa:{ARN}"), Recipient::KmsRsa(arn)),
        ("rsa:".to_owned(), Recipient::Rsa),
        ("ecdh:".to_owned(), Recipient::Ecdh),
        ("aes:".to_owned(), Recipient::Aes),
        ("branch:keys/tenant-1".to_owned(), branch("keys", "tenant-1")),
        ("branch:my_keys.v-2/a/b:c".to_owned(), branch("my_keys.v-2", "a/b:c")),
    ] {
        let read = Recipient::parse(&text).unwrap();
        assert_eq!(read, want);
        assert!(text.starts_with(read.kind()));
    }
}

#[test]
fn names_the_part_that_is_wrong() {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ";
    let long = format!("branch:{}/id", "t".repeat(256));
    for (text, code, words) in [
        ("", "INVALID_ARGUMENT", "a kind and a colon"),
        ("rsa", "INVALID_ARGUMENT", "kms:ARN, kms-rsa:ARN, rsa:, ecdh:, aes: and branch:TABLE/ID"),
        ("age:x", "INVALID_ARGUMENT", "'age' is not a kind of recipient: there are kms:ARN"),
        ("RSA:", "INVALID_ARGUMENT", "'RSA' is not a kind"),
        (":", "INVALID_ARGUMENT", "'' is not a kind"),
        ("c2VjcmV0LXNlY3JldC1zZWNyZXQ:", "INVALID_ARGUMENT", "what it begins with is not a kind"),
        ("a b:", "INVALID_ARGUMENT", "what it begins with is not a kind"),
        ("rsa:c2VjcmV0LXNlY3JldC1zZWNyZXQ", "INVALID_ARGUMENT", "nothing belongs behind 'rsa:'"),
        ("aes:c2VjcmV0LXNlY3JldC1zZWNyZXQ", "INVALID_ARGUMENT", "nothing belongs behind 'aes:'"),
        ("ecdh: ", "INVALID_ARGUMENT", "nothing belongs behind 'ecdh:'"),
        ("kms:", "MALFORMED_KEY_ID", "six elements"),
        ("kms:alias/form", "MALFORMED_KEY_ID", "six elements"),
        ("kms-rsa:arn:aws:s3:eu-central-1:1:key/x", "MALFORMED_KEY_ID", "service is not 'kms'"),
        (
            "kms:arn:aws:kms:eu-central-1:1:alias/x",
            "INVALID_ARGUMENT",
            "kms: takes the ARN of a key",
        ),
        ("branch:", "INVALID_ARGUMENT", "divided by '/'"),
        ("branch:keys", "INVALID_ARGUMENT", "divided by '/'"),
        ("branch:keys/", "INVALID_ARGUMENT", "the ID of branch:TABLE/ID is empty"),
        ("branch:/id", "INVALID_ARGUMENT", "the TABLE of branch:TABLE/ID"),
        ("branch:k s/id", "INVALID_ARGUMENT", "the TABLE of branch:TABLE/ID"),
        (&long, "INVALID_ARGUMENT", "the TABLE of branch:TABLE/ID"),
    ] {
        let error = Recipient::parse(text).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
        assert!(error.to_string().contains(words), "{text}: {error}");
        assert!(!error.to_string().contains(secret), "{error}");
    }
}

#[test]
fn raw_keys_have_their_names() {
    // openssl pkey -pubin -in rsa2048.public.pem -outform DER | sha256sum
    let want = include_str!("../../crypto/testdata/rsa2048.public.sha256").trim();
    let der = PublicKeyInfo::parse(RSA).unwrap().der;
    assert_eq!(public_key_name(&der), want);
    // python3: hmac.new(bytes([7]) * 32, b'fieldseal key id', 'sha256').hexdigest()[:32]
    assert_eq!(aes_key_name(&[7; 32]), "f87b37df2c9a0654ada9a6b327a62824");
    assert_ne!(aes_key_name(&[7; 16]), aes_key_name(&[7; 32]));

    let keys = RecipientKeys { key: Some(rsa()), ..Default::default() };
    let (provider, info, opened) = seal(&Recipient::Rsa.keyring(keys).unwrap());
    assert_eq!((provider.as_str(), info), (RAW_KEY_NAMESPACE, want.as_bytes().to_vec()));
    assert!(!opened, "the public half opens nothing");

    for len in [16, 24, 32] {
        let (provider, info, opened) = seal(&Recipient::Aes.keyring(aes(len)).unwrap());
        assert_eq!(provider, RAW_KEY_NAMESPACE);
        assert!(info.starts_with(aes_key_name(&vec![7; len]).as_bytes()));
        assert!(opened);
    }
}

#[test]
fn a_branch_key() {
    let keys = RecipientKeys { store: Some(store()), ..Default::default() };
    let keyring = Recipient::parse("branch:keys/tenant/1").unwrap().keyring(keys).unwrap();
    let (provider, _, opened) = seal(&keyring);
    assert_eq!((provider.as_str(), opened), ("aws-kms-hierarchy", true));
}

#[test]
fn every_kind_takes_its_own_keys_alone() {
    let keyring = |text: &str, keys| Recipient::parse(text).unwrap().keyring(keys);
    let key = |key| RecipientKeys { key: Some(key), ..Default::default() };
    let kms = format!("kms:{ARN}");
    let kms_rsa = format!("kms-rsa:{ARN}");
    for (text, keys, words) in [
        ("rsa:", RecipientKeys::default(), "rsa: takes an RSA key, and nothing else"),
        ("rsa:", aes(32), "rsa: takes an RSA key"),
        ("ecdh:", key(rsa()), "ecdh: takes a key on P-256, P-384 or P-521"),
        ("aes:", key(rsa()), "aes: takes an AES key"),
        ("aes:", RecipientKeys { store: Some(store()), ..aes(32) }, "aes: takes an AES key"),
        ("branch:keys/id", aes(32), "branch: takes a key store"),
        ("branch:keys/id", RecipientKeys { store: Some(store()), ..aes(32) }, "branch: takes"),
        (&kms, RecipientKeys::default(), "kms: takes a KMS client"),
        (&kms, aes(32), "kms: takes a KMS client"),
        (&kms_rsa, aes(32), "kms-rsa: takes the public key, a KMS client, or both"),
        // Neither of the two: the keyring's own words.
        (&kms_rsa, RecipientKeys::default(), "publicKey"),
        ("aes:", aes(5), "16, 24 or 32 bytes"),
    ] {
        let error = keyring(text, keys).err().unwrap();
        assert_eq!(error.code(), "INVALID_CONFIG", "{text}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
    assert!(keyring(&kms_rsa, key(rsa())).is_ok());
    assert!(EcdhPublicKey::from_spki(EcdhCurve::P384, P384).is_ok());
}
