//! The scripted host of all services' tests, and what those of KMS share.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::aws::ClientConfig;
use crate::error::{Fault, KmsFailure, Result};
use crate::kms::{KmsClient, KmsConfig};

pub(crate) use crate::aws::tests::host::{
    LATENCY_MS, Provider, START_MS, Script, block_on, join_all, poll_once,
};

pub(crate) const KEY: &str =
    "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
impl Script {
    /// A client of an endpoint without authentication.
    pub(crate) fn client(self: &Rc<Self>) -> KmsClient {
        self.client_with(ClientConfig::default())
    }

    pub(crate) fn client_with(self: &Rc<Self>, config: impl Into<KmsConfig>) -> KmsClient {
        let mut config = config.into();
        config.client.endpoint.get_or_insert_with(|| "http://localhost:4566".to_owned());
        KmsClient::new(config, Rc::clone(self) as _).unwrap()
    }
}

/// The failure inside a KMS error.
pub(crate) fn failure<T: core::fmt::Debug>(result: Result<T>) -> KmsFailure {
    match result.unwrap_err().into_fault() {
        Fault::Kms(failure) => *failure,
        other => panic!("not a KMS failure: {other:?}"),
    }
}

pub(crate) fn public_key_answer() -> Value {
    json!({
        "KeyId": KEY,
        "PublicKey": "MIIB",
        "KeySpec": "RSA_2048",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "EncryptionAlgorithms": ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    })
}
