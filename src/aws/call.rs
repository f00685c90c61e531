//! One logical call: headers, signature, retries, credentials that went stale, and the event at its
//! end.

use std::rc::Rc;

use crate::crypto::Secret;
use crate::error::{Error, Result};
use crate::host::{HttpFailure, HttpRequest, HttpResponse, Network};
use crate::util::LocalFuture;
use crate::util::sort::sorted;

use super::client_config::ClientConfig;
use super::credentials::{Auth, CredentialCache, NoCredentials};
use super::endpoint::Endpoint;
use super::event::Event;
use super::failure::{
    Failure, FailureKind, from_network, from_response, is_stale_credentials, request_id,
    retry_after_s,
};
use super::json::MAX_RESPONSE_BYTES;
use super::retry::{backoff_ms, is_retryable};
use super::service::Service;
use super::sigv4::{Scope, SigningKeys, Unsigned, sign};

/// What all attempts of a call have in common.
pub(crate) struct Call {
    operation: &'static str,
    about: Option<String>,
    body: Secret,
    context_keys: Vec<String>,
    /// Whether the response has a body.
    responds: bool,
}

impl Call {
    /// `about` is what the call is about: a key, a table.
    pub(crate) fn new(
        operation: &'static str,
        about: Option<String>,
        body: Secret,
        context_keys: Vec<String>,
    ) -> Self {
        let mut context_keys = sorted(context_keys, String::cmp);
        context_keys.dedup();
        Self { operation, about, body, context_keys, responds: true }
    }

    /// The same call, whose response has no body.
    pub(crate) fn without_response(self) -> Self {
        Self { responds: false, ..self }
    }
}

/// A response that came, and what its reader may say of it.
pub(crate) struct Response<'a> {
    pub(crate) body: &'a [u8],
    /// What the call is about, where that was sent.
    pub(crate) about: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) attempts: u32,
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
    pub(crate) config: ClientConfig,
    network: Rc<dyn Network>,
    endpoint: Endpoint,
    credentials: Option<CredentialCache>,
    user_agent: Option<String>,
}

impl Caller {
    /// A caller of `service`.
    pub(crate) fn new(
        service: &'static Service,
        config: ClientConfig,
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
    #[cfg(feature = "branch-keys")]
    pub(crate) fn also_as(&self, more: &str) -> Self {
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
    #[cfg(feature = "branch-keys")]
    pub(crate) fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// Runs a call to its end, has its response read, once, and reports the event. `read` returns what a call was about
    /// that did not say so. Not generic: what a response is read into is the caller's to keep.
    // Boxed: compiled once, whoever waits for it.
    pub(crate) fn exchange<'a>(
        &'a self,
        call: Call,
        read: &'a mut dyn FnMut(&Response<'_>) -> Result<Option<String>>,
    ) -> LocalFuture<'a, Result<()>> {
        Box::pin(async move {
            let started_ms = self.network.now_ms();
            let mut trace = Trace::default();
            let result = match self.send(&call, &mut trace).await {
                Ok(response) => read(&Response {
                    body: if call.responds { &response.body } else { b"{}" },
                    about: call.about.as_deref(),
                    request_id: trace.request_id.as_deref(),
                    attempts: trace.attempts,
                }),
                Err(error) => Err(error),
            };
            let (about, result) = match result {
                Ok(about) => (about, Ok(())),
                Err(error) => (None, Err(error)),
            };
            let outcome = result.as_ref().map(|()| about).map_err(Error::code);
            self.report(call, started_ms, trace, outcome);
            result
        })
    }

    fn report(
        &self,
        call: Call,
        started_ms: u64,
        trace: Trace,
        outcome: core::result::Result<Option<String>, &'static str>,
    ) {
        let Some(on_event) = &self.config.on_event else { return };
        on_event(&Event {
            operation: call.operation,
            about: call.about.or_else(|| outcome.as_ref().ok().cloned().flatten()),
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

    /// Reports an error of what stands for a call and sends nothing.
    pub(crate) fn report_unsent(&self, operation: &'static str, about: &str, error: &Error) {
        let call = Call::new(operation, Some(about.to_owned()), Secret::default(), Vec::new());
        self.report(call, self.network.now_ms(), Trace::default(), Err(error.code()));
    }

    /// The error that a call ends with.
    fn error(&self, call: &Call, attempts: u32, failure: Failure) -> Error {
        let (operation, about) = (call.operation, call.about.clone());
        (self.service.error)(Failure { operation, about, attempts, ..failure })
    }

    fn no_credentials(&self, call: &Call, attempts: u32, why: NoCredentials) -> Error {
        match why.message() {
            Ok(message) => {
                self.error(call, attempts, Failure::new(FailureKind::Credentials, message))
            }
            Err(error) => error,
        }
    }

    async fn send(&self, call: &Call, trace: &mut Trace) -> Result<HttpResponse> {
        let claim = |why, attempts| self.no_credentials(call, attempts, why);
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
            let (failure, retry_after) = match sent {
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
                return Err(self.error(call, trace.attempts, failure));
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
