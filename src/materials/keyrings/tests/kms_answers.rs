//! KMS answers for another key than the one asked for. What it answers with is right but for the KeyId, so that nothing
//! but the comparison stands in the way.

use serde_json::{Value, json};

use super::*;
use crate::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, RsaPadding, Secret};
use crate::kms::tests::host::{KEY, Script, block_on};
use crate::materials::{EncryptionContext, EncryptionMaterials, Keyring, Suite};

const OTHER: &str = "arn:aws:kms:us-west-2:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab";
const MRK: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const REPLICA: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/a";
/// The id of [`KEY`].
const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
/// 32 zero bytes.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What KMS is asked for, what it answers for, and whether that is believed.
const ANSWERS: [(&str, &str, bool); 14] = [
    (KEY, KEY, true),
    (KEY, OTHER, false),
    (KEY, ALIAS, false),
    (KEY, ID, false),
    (KEY, "", false),
    (MRK, MRK, true),
    (MRK, REPLICA, false),
    (ID, KEY, true),
    (ID, OTHER, false),
    (ID, ID, false),
    ("alias/a", KEY, true),
    ("alias/a", ALIAS, false),
    (ALIAS, KEY, true),
    (ALIAS, ALIAS, false),
];

fn materials() -> EncryptionMaterials {
    let suite = Suite::by_id(0x0178).unwrap();
    EncryptionMaterials::new(suite, EncryptionContext::new(), Vec::new(), None).unwrap()
}

fn answering(body: Value) -> KmsClient {
    Script::new().then(200, body).client()
}

/// Opens an encrypted data key of `provider_info`.
fn open(keyring: &dyn Keyring, provider_id: &str, provider_info: &str) -> Result<OpenedKey> {
    let edk = EncryptedDataKey {
        provider_id: provider_id.into(),
        provider_info: provider_info.into(),
        ciphertext: vec![1; 256],
    };
    block_on(keyring.open(OpenRequest {
        suite: Suite::by_id(0x0178).unwrap(),
        context: &EncryptionContext::new(),
        aad: &[],
        encrypted_data_keys: &[edk],
    }))
}

/// Asserts that a result is good, or that nothing but the answer's KeyId was wrong.
fn judge<T>(result: Result<T>, believed: bool, what: &str) -> Option<T> {
    match result {
        Ok(value) => {
            assert!(believed, "believed: {what}");
            Some(value)
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!believed && said.contains("KeyId"), "{what}: {said}");
            None
        }
    }
}

#[test]
fn data_keys_that_are_generated_or_encrypted() {
    for (asked, answered, believed) in ANSWERS {
        let body = json!({ "KeyId": answered, "Plaintext": ZEROS, "CiphertextBlob": "AQID" });
        let keyring = |mrk_aware: bool| match mrk_aware {
            false => AwsKmsKeyring::new(answering(body.clone()), asked.into(), vec![]).unwrap(),
            true => {
                AwsKmsKeyring::mrk_aware(answering(body.clone()), asked.into(), vec![]).unwrap()
            }
        };
        for (mrk_aware, generated) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut given = materials();
            if generated {
                given.data_key = Some(Secret::zeros(32));
            }
            let what = format!("{asked} {answered} {generated}");
            let wrapped = judge(block_on(keyring(mrk_aware).wrap(given)), believed, &what);
            if let Some(wrapped) = wrapped {
                // A key ARN, whatever the keyring was configured with.
                assert_eq!(wrapped.encrypted_data_keys[0].provider_info, answered.as_bytes());
            }
        }
    }
}

#[test]
fn data_keys_that_are_decrypted() {
    // Others never open, whatever KMS says: encrypted data keys name key ARNs.
    for (asked, answered, believed) in ANSWERS.into_iter().filter(|(asked, ..)| is_key_arn(asked)) {
        let body = json!({ "KeyId": answered, "Plaintext": ZEROS });
        let client = || answering(body.clone());
        let strict = AwsKmsKeyring::new(client(), asked.into(), vec![]).unwrap();
        let mrk_aware = AwsKmsKeyring::mrk_aware(client(), asked.into(), vec![]).unwrap();
        let discovery = AwsKmsDiscoveryKeyring::new(client(), None, vec![]);
        let mrk_discovery = mrk_discovery_of(client());
        let keyrings: [&dyn Keyring; 4] = [&strict, &mrk_aware, &discovery, &mrk_discovery];
        for keyring in keyrings {
            judge(open(keyring, "aws-kms", asked), believed, &format!("{asked} {answered}"));
        }
        // What a replica wrapped is opened by the key of this Region, which must answer.
        if asked == MRK {
            let keyrings: [&dyn Keyring; 2] = [
                &AwsKmsKeyring::mrk_aware(client(), asked.into(), vec![]).unwrap(),
                &mrk_discovery_of(client()),
            ];
            for keyring in keyrings {
                judge(open(keyring, "aws-kms", REPLICA), believed, answered);
            }
        }
    }
}

fn is_key_arn(key_id: &str) -> bool {
    key_id.contains(":key/")
}

fn mrk_discovery_of(client: KmsClient) -> AwsKmsDiscoveryKeyring {
    AwsKmsDiscoveryKeyring::mrk_aware(client, None, Some("us-west-2".into()), vec![]).unwrap()
}

/// KMS RSA: a true data key behind the true digest of an empty context.
#[test]
fn rsa_data_keys_that_are_decrypted() {
    let digest = crate::crypto::sha384(&[]);
    let plaintext = crate::util::base64::encode(&[&digest[..], &[0; 32]].concat());
    // Aliases are not taken by this keyring.
    for (asked, answered, believed) in ANSWERS {
        if asked.contains("alias/") {
            continue;
        }
        let client = answering(json!({ "KeyId": answered, "Plaintext": plaintext }));
        let source = RsaPublicKeySource::Kms;
        let padding = RsaPadding::OaepSha256;
        let keyring =
            AwsKmsRsaKeyring::new(Some(client), asked.into(), source, padding, vec![]).unwrap();
        judge(open(&keyring, "aws-kms-rsa", asked), believed, &format!("{asked} {answered}"));
    }
}

#[test]
fn public_keys_and_shared_secrets() {
    let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                 4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let spki = format!("3059301306072a8648ce3d020106082a8648ce3d030107034200{point}");
    let spki: Vec<u8> = (0..spki.len() / 2)
        .map(|at| u8::from_str_radix(&spki[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let peer = EcdhPublicKey::from_spki(EcdhCurve::P256, &spki).unwrap();
    for (asked, answered, believed) in ANSWERS {
        let what = format!("{asked} {answered}");
        let key = |body| {
            let client = answering(body);
            AwsKmsEcdhKey::new(client, asked.into(), EcdhCurve::P256, None, vec![]).unwrap()
        };
        let secret = key(json!({ "KeyId": answered, "SharedSecret": ZEROS }));
        judge(block_on(secret.agree(&peer)), believed, &what);
        let public = key(json!({
            "KeyId": answered,
            "PublicKey": crate::util::base64::encode(&spki),
            "KeySpec": "ECC_NIST_P256",
            "KeyUsage": "KEY_AGREEMENT",
        }));
        // A replica has the same public key; and nothing is kept of an answer in the words of the question.
        judge(block_on(public.public_key()), believed || mrk_match(asked, answered), &what);
    }
}
