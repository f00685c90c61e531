//! One logical call: headers, signature, retries, credentials that went stale, and the event at its
//! end.

use std::rc::Rc;

use crate::crypto::Secret;
use crate::error::{Error, KmsFailure, Result};
use crate::order::sorted;
use crate::port::{HttpRequest, HttpResponse, Network};

use super::config::KmsConfig;
use super::credentials::{Auth, CredentialCache, claimed_by};
use super::endpoint::Endpoint;
use super::errors::{from_network, from_response, is_stale_credentials, request_id, retry_after_s};
use super::event::KmsEvent;
use super::operations::{
    DecryptResponse, DeriveSharedSecretResponse, EncryptResponse, EncryptionContext,
    GenerateDataKeyResponse, GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyResponse,
    KeyMetadata, ReEncryptResponse,
};
use super::protocol::{Answer, CONTENT_TYPE, read_answer};
use super::retry::{backoff_ms, is_retryable};
use super::sigv4::{Scope, SigningKeys, Unsigned, sign};

/// What all attempts of a call have in common.
pub(super) struct Call {
    operation: &'static str,
    key_id: Option<String>,
    body: Secret,
    context_keys: Vec<String>,
}

impl Call {
    pub(super) fn new(
        operation: &'static str,
        key_id: Option<&str>,
        body: Secret,
        contexts: &[&EncryptionContext],
    ) -> Self {
        let pairs = contexts.iter().flat_map(|context| context.iter());
        let mut context_keys = sorted(pairs.map(|(key, _)| key.clone()).collect(), String::cmp);
        context_keys.dedup();
        Self { operation, key_id: key_id.map(str::to_owned), body, context_keys }
    }
}

/// The key ARN of a response, for events of calls that named no key.
pub(super) trait Answered {
    fn key_arn(&self) -> &str;
}

macro_rules! answered {
    ($($response:ty: $field:ident),+ $(,)?) => {
        $(impl Answered for $response {
            fn key_arn(&self) -> &str {
                &self.$field
            }
        })+
    };
}

answered! {
    GetPublicKeyResponse: key_id,
    GenerateDataKeyResponse: key_id,
    GenerateDataKeyWithoutPlaintextResponse: key_id,
    EncryptResponse: key_id,
    DecryptResponse: key_id,
    ReEncryptResponse: key_id,
    DeriveSharedSecretResponse: key_id,
    KeyMetadata: arn,
}

/// What happened while a call ran, for its event.
#[derive(Default)]
struct Trace {
    attempts: u32,
    request_id: Option<String>,
}

/// Makes calls.
pub(super) struct Caller {
    pub(super) config: KmsConfig,
    network: Rc<dyn Network>,
    endpoint: Endpoint,
    credentials: Option<CredentialCache>,
    user_agent: Option<String>,
}

impl Caller {
    pub(super) fn new(config: KmsConfig, network: Rc<dyn Network>) -> Result<Self> {
        let endpoint = config.check()?;
        let credentials = match &config.auth {
            Auth::None => None,
            Auth::SigV4(provider) => Some(CredentialCache::new(Rc::clone(provider))),
        };
        let own = concat!("fieldseal/", env!("CARGO_PKG_VERSION"));
        let user_agent = match config.user_agent.as_deref().map(str::trim) {
            None => Some(own.to_owned()),
            Some("") => None,
            Some(more) => Some(format!("{own} {more}")),
        };
        Ok(Self { config, network, endpoint, credentials, user_agent })
    }

    /// Runs a call to its end, reads its response with `read`, and reports the event.
    pub(super) async fn run<T: Answered>(
        &self,
        call: Call,
        read: impl FnOnce(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let started_ms = self.network.now_ms();
        let mut trace = Trace::default();
        let result = match self.send(&call, &mut trace).await {
            Ok(response) => read_answer(call.operation, &response.body, read),
            Err(error) => Err(error),
        };
        let outcome = result.as_ref().map(T::key_arn).map_err(Error::code);
        self.report(call, started_ms, trace, outcome);
        result
    }

    fn report(
        &self,
        call: Call,
        started_ms: u64,
        trace: Trace,
        outcome: core::result::Result<&str, &'static str>,
    ) {
        let Some(on_event) = &self.config.on_event else { return };
        on_event(&KmsEvent {
            operation: call.operation,
            key_id: call.key_id.or_else(|| outcome.ok().map(str::to_owned)),
            region: self.config.region.clone(),
            started_ms,
            // The host's clock may be set back meanwhile.
            duration_ms: self.network.now_ms().saturating_sub(started_ms),
            attempts: trace.attempts,
            outcome: outcome.map(|_| ()),
            request_id: trace.request_id,
            encryption_context_keys: call.context_keys,
        });
    }

    async fn send(&self, call: &Call, trace: &mut Trace) -> Result<HttpResponse> {
        let claim =
            |error, attempts| claimed_by(error, call.operation, call.key_id.as_ref(), attempts);
        let mut keys = match &self.credentials {
            None => None,
            Some(cache) => Some(cache.current(&*self.network).await.map_err(|e| claim(e, 0))?),
        };
        let mut renewed = false;
        // Of the retries: a repetition with new credentials is not one.
        let mut tries = 0;
        loop {
            tries += 1;
            trace.attempts += 1;
            let sent = self.network.send(self.request(call, keys.as_deref())).await;
            let (mut failure, retry_after) = match sent {
                Ok(response) => {
                    trace.request_id = request_id(&response);
                    if (200..300).contains(&response.status) {
                        return Ok(response);
                    }
                    (from_response(&response), retry_after_s(&response))
                }
                Err(failure) => {
                    trace.request_id = None;
                    (from_network(failure, self.config.timeout_ms), None)
                }
            };
            failure = KmsFailure {
                operation: call.operation,
                key_id: call.key_id.clone(),
                attempts: trace.attempts,
                ..failure
            };
            if let (Some(cache), Some(refused), false) = (&self.credentials, &keys, renewed)
                && is_stale_credentials(&failure)
            {
                renewed = true;
                let other = cache.other_than(refused).await;
                if let Some(other) = other.map_err(|e| claim(e, trace.attempts))? {
                    keys = Some(other);
                    tries -= 1;
                    continue;
                }
            }
            if tries >= self.config.max_attempts || !is_retryable(failure.kind) {
                return Err(Error::Kms(Box::new(failure)));
            }
            self.network.sleep_ms(backoff_ms(tries, retry_after)?).await;
            // The wait may have outlasted the credentials.
            if let Some(cache) = &self.credentials {
                let current = cache.current(&*self.network).await;
                keys = Some(current.map_err(|e| claim(e, trace.attempts))?);
            }
        }
    }

    fn request(&self, call: &Call, keys: Option<&SigningKeys>) -> HttpRequest {
        let target = format!("TrentService.{}", call.operation);
        let mut headers = vec![
            ("content-type".to_owned(), CONTENT_TYPE.to_owned()),
            ("x-amz-target".to_owned(), target),
        ];
        if let Some(user_agent) = &self.user_agent {
            headers.push(("x-amz-user-agent".to_owned(), user_agent.clone()));
        }
        let own = self.config.headers.iter();
        let own = own.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        // AWS demands that every `x-amz-` header is signed; what proxies add or drop must not be.
        let (to_sign, unsigned): (Vec<_>, Vec<_>) =
            own.partition(|(name, _)| name.starts_with("x-amz-"));
        headers.extend(to_sign);
        if let Some(keys) = keys {
            let request = Unsigned {
                method: "POST",
                host: &self.endpoint.host,
                path: &self.endpoint.path,
                query: &self.endpoint.query,
                headers: &headers,
                body: &call.body,
            };
            let scope = Scope {
                // Invariant: the configuration's check asks for a Region where there is a provider.
                region: self.config.region.as_deref().unwrap_or_default(),
                service: "kms",
                unix_ms: self.network.now_ms(),
            };
            headers.extend(sign(&request, keys, &scope));
        }
        headers.extend(unsigned);
        HttpRequest {
            url: self.endpoint.url.clone(),
            headers,
            body: call.body.clone(),
            timeout_ms: self.config.timeout_ms,
        }
    }
}
