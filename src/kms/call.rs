//! One logical call: headers, signature, retries, credentials that went stale, and the event at its
//! end.

use std::rc::Rc;

use crate::crypto::Secret;
use crate::error::{Error, Fault, KmsFailure, Result};
use crate::host::{HttpFailure, HttpRequest, HttpResponse, Network};
use crate::util::sort::sorted;

use super::config::KmsConfig;
use super::count::note_call;
use super::credentials::{Auth, CredentialCache, claimed_by};
use super::endpoint::Endpoint;
use super::errors::{from_network, from_response, is_stale_credentials, request_id, retry_after_s};
use super::event::KmsEvent;
use super::protocol::{Answer, read_answer};
use super::record::{Record, Value};
use super::retry::{backoff_ms, is_retryable};
use super::service::{KMS, MAX_RESPONSE_BYTES, Service};
use super::sigv4::{Scope, SigningKeys, Unsigned, sign};

/// What all attempts of a call have in common.
pub(crate) struct Call {
    operation: &'static str,
    key_id: Option<String>,
    body: Secret,
    context_keys: Vec<String>,
    /// Whether the answer has a body.
    answers: bool,
}

impl Call {
    /// `key_id` is what the call is about: for KMS a key, for others what they have in its place.
    pub(crate) fn new(
        operation: &'static str,
        key_id: Option<String>,
        body: Secret,
        context_keys: Vec<String>,
    ) -> Self {
        let mut context_keys = sorted(context_keys, String::cmp);
        context_keys.dedup();
        Self { operation, key_id, body, context_keys, answers: true }
    }

    /// The same call, whose answer has no body.
    pub(super) fn without_answer(self) -> Self {
        Self { answers: false, ..self }
    }
}

/// The key ARN of a response, for events of calls that named no key.
pub(super) trait Answered {
    fn key_arn(&self) -> Option<&str>;
}

impl Answered for Record {
    fn key_arn(&self) -> Option<&str> {
        self.iter().find_map(|(name, value)| match value {
            Value::Text(id) if name == "KeyId" => Some(id.as_str()),
            Value::KeyMetadata(metadata) => Some(metadata.arn.as_str()),
            _ => None,
        })
    }
}

/// What happened while a call ran, for its event.
#[derive(Default)]
struct Trace {
    attempts: u32,
    request_id: Option<String>,
}

/// Makes calls.
pub(crate) struct Caller {
    service: &'static Service,
    pub(super) config: KmsConfig,
    network: Rc<dyn Network>,
    endpoint: Endpoint,
    credentials: Option<CredentialCache>,
    user_agent: Option<String>,
}

impl Caller {
    pub(super) fn new(config: KmsConfig, network: Rc<dyn Network>) -> Result<Self> {
        Self::of(&KMS, config, network)
    }

    /// A caller of another service than KMS.
    pub(crate) fn of(
        service: &'static Service,
        config: KmsConfig,
        network: Rc<dyn Network>,
    ) -> Result<Self> {
        let endpoint = config.check(service.id)?;
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
        Ok(Self { service, config, network, endpoint, credentials, user_agent })
    }

    /// The same caller, which says more of itself; unless it was told to say nothing.
    pub(super) fn also_as(&self, more: &str) -> Self {
        Self {
            service: self.service,
            config: self.config.clone(),
            network: Rc::clone(&self.network),
            endpoint: self.endpoint.clone(),
            credentials: self.credentials.clone(),
            user_agent: self.user_agent.as_ref().map(|text| format!("{text} {more}")),
        }
    }

    /// The host's clock and timer.
    pub(crate) fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// Runs a call to its end, reads its response with `read`, and reports the event.
    pub(super) async fn run<T: Answered>(
        &self,
        call: Call,
        read: impl FnOnce(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let operation = call.operation;
        let (mut read, mut answered) = (Some(read), None);
        let mut keep = |body: &[u8]| {
            let Some(read) = read.take() else { return Ok(None) };
            let answer = read_answer(operation, body, read)?;
            let key_arn = answer.key_arn().map(str::to_owned);
            answered = Some(answer);
            Ok(key_arn)
        };
        self.exchange(call, &mut keep).await?;
        answered.ok_or_else(|| Error::bug("a KMS answer that was not read"))
    }

    /// Runs a call to its end, has the body of its response read, once, and reports the event.
    /// `read` says what a call was about that had no key id. Not generic: what a response is read
    /// into is the caller's to keep.
    pub(crate) async fn exchange(
        &self,
        call: Call,
        read: &mut dyn FnMut(&[u8]) -> Result<Option<String>>,
    ) -> Result<()> {
        if self.service.id == KMS.id {
            note_call();
        }
        let started_ms = self.network.now_ms();
        let mut trace = Trace::default();
        let result = match self.send(&call, &mut trace).await {
            Ok(_) if !call.answers => read(b"{}"),
            Ok(response) => read(&response.body),
            Err(error) => Err(error),
        };
        // A no that stands in the answer itself.
        let result = result.map_err(|error| match error.into_fault() {
            Fault::Kms(failure) if failure.attempts == 0 && trace.attempts > 0 => {
                let (attempts, request_id) = (trace.attempts, trace.request_id.clone());
                let key_id = failure.key_id.or_else(|| call.key_id.clone());
                Fault::Kms(Box::new(KmsFailure { attempts, request_id, key_id, ..*failure })).into()
            }
            error => error.into(),
        });
        let (about, result) = match result {
            Ok(about) => (about, Ok(())),
            Err(error) => (None, Err((self.service.error)(error))),
        };
        let outcome = result.as_ref().map(|()| about).map_err(Error::code);
        self.report(call, started_ms, trace, outcome);
        result
    }

    fn report(
        &self,
        call: Call,
        started_ms: u64,
        trace: Trace,
        outcome: core::result::Result<Option<String>, &'static str>,
    ) {
        let Some(on_event) = &self.config.on_event else { return };
        on_event(&KmsEvent {
            operation: call.operation,
            key_id: call.key_id.or_else(|| outcome.as_ref().ok().cloned().flatten()),
            region: self.config.region.clone(),
            host: self.endpoint.host.clone(),
            started_ms,
            // The host's clock may be set back meanwhile.
            duration_ms: self.network.now_ms().saturating_sub(started_ms),
            attempts: trace.attempts,
            outcome: outcome.map(|_| ()),
            request_id: trace.request_id,
            encryption_context_keys: call.context_keys,
        });
    }

    /// Reports that the store of public keys gave what cannot be used.
    pub(super) fn report_stored(&self, key_id: &str, error: &Error) {
        let call =
            Call::new("LoadPublicKey", Some(key_id.to_owned()), Secret::default(), Vec::new());
        self.report(call, self.network.now_ms(), Trace::default(), Err(error.code()));
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
                    let mut failure = from_response(&response);
                    (self.service.refine)(&mut failure, &response.body);
                    (failure, retry_after_s(&response))
                }
                Err(failure) => {
                    trace.request_id = None;
                    // `attempts` counts what was sent.
                    trace.attempts -= u32::from(failure == HttpFailure::NotSent);
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
                return Err(Fault::Kms(Box::new(failure)).into());
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
        let target = [self.service.target, call.operation].concat();
        let mut headers = vec![
            ("content-type".to_owned(), self.service.content_type.to_owned()),
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
                service: self.service.id,
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
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }
}
