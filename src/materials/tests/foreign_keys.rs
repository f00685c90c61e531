//! CMMs whose keys are not those of the suite: refused with a code, by messages and records, both ways.

use super::*;
use crate::crypto::Curve;
use crate::crypto::test_host::now;
use crate::materials::RawAesKeyring;
use crate::structured::{self, CryptoAction, Field, SealedField, TypeId};

type BendSealing = fn(&mut EncryptionMaterials);
type BendOpening = fn(&mut DecryptionMaterials);
type Concerns = fn(&Suite) -> bool;

/// The default CMM, and what is done to its materials.
struct Bent {
    keyring: Rc<dyn Keyring>,
    /// Instead of the suite's own.
    signing: Option<fn() -> Option<SigningKey>>,
    sealing: BendSealing,
    opening: BendOpening,
}

impl Bent {
    fn new() -> Self {
        let keyring = RawAesKeyring::new("ns".into(), "k".into(), Secret::new(vec![1; 32]));
        let keyring = Rc::new(keyring.unwrap());
        Self { keyring, signing: None, sealing: |_| {}, opening: |_| {} }
    }
}

impl Cmm for Bent {
    fn for_encryption(
        &self,
        request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
        Box::pin(async move {
            let mut materials = match self.signing {
                None => {
                    let cmm = DefaultCmm::new(Rc::clone(&self.keyring));
                    Rc::into_inner(cmm.for_encryption(request).await?).unwrap()
                }
                Some(key) => {
                    let EncryptionRequest { context, required_keys, suite, .. } = request;
                    let suite = suite.unwrap();
                    let made = EncryptionMaterials::new(suite, context, required_keys, key());
                    self.keyring.wrap(made?).await?
                }
            };
            (self.sealing)(&mut materials);
            Ok(Rc::new(materials))
        })
    }

    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
        Box::pin(async move {
            let cmm = DefaultCmm::new(Rc::clone(&self.keyring));
            let mut materials = Rc::into_inner(cmm.for_decryption(request).await?).unwrap();
            (self.opening)(&mut materials);
            Ok(Rc::new(materials))
        })
    }
}

/// Seals with one CMM; opens with another.
fn through(suite: u16, seals: &dyn Cmm, opens: &dyn Cmm) -> core::result::Result<(), String> {
    let suite = Suite::by_id(suite).unwrap();
    let code = |error: Error| {
        assert!(!error.to_string().contains("internal"), "{error}");
        error.code().to_owned()
    };
    if suite.is_dbe() {
        let value = &b"value"[..];
        let (name, action, type_id) = ("a", CryptoAction::SignOnly, TypeId::STRING);
        let fields = [Field { name, action, type_id, value: value.into() }];
        let sealed = now(structured::encrypt(structured::EncryptRequest {
            table: "t",
            fields: &fields,
            context: EncryptionContext::new(),
            suite: Some(suite),
            max_encrypted_data_keys: None,
            cmm: seals,
        }))
        .map_err(code)?;
        let opened = now(structured::decrypt(structured::DecryptRequest {
            table: "t",
            header: &sealed.header,
            footer: &sealed.footer,
            fields: &[SealedField { name, type_id, value: value.into() }],
            context: EncryptionContext::new(),
            max_encrypted_data_keys: None,
            cmm: opens,
        }));
        return opened.map(drop).map_err(code);
    }
    #[cfg(feature = "messages")]
    {
        use crate::message::{DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits};
        let (policy, limits) = (policy(suite), HeaderLimits::default());
        let (mut message, mut out) = (Vec::new(), Vec::new());
        let options = EncryptOptions {
            cmm: seals,
            policy,
            suite: Some(suite),
            context: EncryptionContext::new(),
            frame_length: 16,
            limits,
            max_plaintext: None,
        };
        now(Encryptor::encrypt(options, b"value", &mut message)).map_err(code)?;
        let mut decryptor = Decryptor::new(DecryptOptions {
            policy,
            reproduced: EncryptionContext::new(),
            limits,
            max_frame_length: 16,
            require_unsigned: false,
        });
        now(decryptor.update(&message, opens, &mut out)).map_err(code)?;
        decryptor.finish().map_err(code)?;
    }
    Ok(())
}

#[cfg(feature = "messages")]
fn policy(suite: &Suite) -> CommitmentPolicy {
    match suite.commits {
        true => CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        false => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
    }
}

fn suites() -> impl Iterator<Item = &'static Suite> {
    let dbe_alone = cfg!(not(feature = "messages"));
    Suite::all().iter().filter(move |suite| suite.is_dbe() || !dbe_alone)
}

const REFUSED: &str = "KEYRING_CANNOT";

#[test]
fn keys_of_the_suite_are_taken() {
    for suite in suites() {
        assert_eq!(through(suite.id, &Bent::new(), &Bent::new()), Ok(()), "{suite:?}");
    }
}

#[test]
fn sealing_refuses_keys_of_another_suite() {
    let bends: [BendSealing; 6] = [
        |materials| materials.data_key = None,
        |materials| materials.data_key = Some(Secret::zeros(materials.suite().key_len - 1)),
        |materials| materials.data_key = Some(Secret::zeros(64)),
        |materials| materials.data_key = Some(Secret::zeros(0)),
        |materials| materials.encrypted_data_keys.clear(),
        |materials| materials.symmetric_signing_keys.push(Secret::zeros(32)),
    ];
    for suite in suites() {
        let refused = |bent: Bent| {
            let result = through(suite.id, &bent, &Bent::new());
            assert_eq!(result.unwrap_err(), REFUSED, "{suite:?}");
        };
        bends.iter().for_each(|bend| refused(Bent { sealing: *bend, ..Bent::new() }));
        if suite.is_dbe() {
            let bend: BendSealing = |materials| materials.symmetric_signing_keys.clear();
            refused(Bent { sealing: bend, ..Bent::new() });
        }
        let keys: [fn() -> Option<SigningKey>; 3] = [
            || None,
            || SigningKey::generate(Curve::P256).ok(),
            || SigningKey::generate(Curve::P384).ok(),
        ];
        for key in keys {
            if key().map(|key| key.curve()) != suite.signature {
                refused(Bent { signing: Some(key), ..Bent::new() });
            }
        }
    }
}

#[test]
fn opening_refuses_keys_of_another_suite() {
    fn verifying(curve: Curve) -> Option<VerifyingKey> {
        let public = SigningKey::generate(curve).unwrap().public_compressed();
        Some(VerifyingKey::from_compressed(curve, &public).unwrap())
    }
    let bends: [(BendOpening, Concerns); 7] = [
        (|materials| materials.data_key = Secret::zeros(materials.data_key.len() - 1), |_| true),
        (|materials| materials.data_key = Secret::zeros(64), |_| true),
        (|materials| materials.symmetric_signing_key = None, |suite| suite.is_dbe()),
        (
            |materials| materials.symmetric_signing_key = Some(Secret::zeros(32)),
            |suite| !suite.is_dbe(),
        ),
        (|materials| materials.verifying_key = None, |suite| suite.signature.is_some()),
        (
            |materials| materials.verifying_key = verifying(Curve::P256),
            |suite| suite.signature != Some(Curve::P256),
        ),
        (
            |materials| materials.verifying_key = verifying(Curve::P384),
            |suite| suite.signature != Some(Curve::P384),
        ),
    ];
    for suite in suites() {
        for (i, (bend, concerns)) in bends.iter().enumerate() {
            if concerns(suite) {
                let bent = Bent { opening: *bend, ..Bent::new() };
                let result = through(suite.id, &Bent::new(), &bent);
                assert_eq!(result.unwrap_err(), REFUSED, "{suite:?} {i}");
            }
        }
    }
}
