//! One logical call: headers, signature, retries, credentials that went stale, and the event at its
//! end.

use core::cell::Cell;
#[cfg(feature = "kms-admin")]
use core::cell::RefCell;
use std::rc::Rc;

use crate::crypto::{Secret, random_array};
use crate::error::{Error, Result};
use crate::host::{HttpFailure, HttpRequest, HttpResponse, Network};
use crate::util::LocalFuture;
use crate::util::sort::sorted;

use super::client_config::ClientConfig;
use super::credentials::{Auth, CredentialCache, NoCredentials};
use super::endpoint::Endpoint;
use super::event::Event;
#[cfg(feature = "kms-admin")]
use super::event::Repetition;
use super::failure::{
    Failure, FailureKind, from_network, from_response, header, is_clock_skew, is_stale_credentials,
    request_id, retry_after_ms,
};
use super::json::MAX_RESPONSE_BYTES;
#[cfg(feature = "kms-admin")]
use super::rate::SendRate;
#[cfg(feature = "kms-admin")]
use super::retry::RetryMode;
use super::retry::{RetryTokens, backoff_ms, is_retryable};
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
    #[cfg(feature = "kms-admin")]
    repetitions: Vec<Repetition>,
}

/// What all calls of a client share, those of its parts under other names included.
struct Shared {
    tokens: RetryTokens,
    /// What the service's clock is ahead of this machine's, in milliseconds.
    clock_offset_ms: Cell<i64>,
    #[cfg(feature = "kms-admin")]
    rate: Option<RefCell<SendRate>>,
}

/// Makes calls.
pub(crate) struct Caller {
    service: &'static Service,
    pub(crate) config: ClientConfig,
    network: Rc<dyn Network>,
    endpoint: Endpoint,
    credentials: Option<CredentialCache>,
    user_agent: Option<String>,
    shared: Rc<Shared>,
}

impl Caller {
    /// A caller of `service`.
    pub(crate) fn new(
        service: &'static Service,
        config: ClientConfig,
        network: Rc<dyn Network>,
    ) -> Result<Self> {
        let endpoint = config.check(service.id)?;
        let shared = Rc::new(Shared {
            tokens: RetryTokens::new(),
            #[cfg(feature = "kms-admin")]
            clock_offset_ms: Cell::new(config.clock_offset_ms),
            #[cfg(not(feature = "kms-admin"))]
            clock_offset_ms: Cell::new(0),
            #[cfg(feature = "kms-admin")]
            rate: (config.retry_mode == RetryMode::Adaptive)
                .then(|| RefCell::new(SendRate::new(network.now_ms()))),
        });
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
        Ok(Self { service, config, network, endpoint, credentials, user_agent, shared })
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
            shared: Rc::clone(&self.shared),
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
            let result = match self.send(&call, started_ms, &mut trace).await {
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
            #[cfg(feature = "kms-admin")]
            repetitions: trace.repetitions,
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

    /// Unix milliseconds by the service's clock, as far as that is known.
    fn service_ms(&self) -> u64 {
        self.network.now_ms().saturating_add_signed(self.shared.clock_offset_ms.get())
    }

    /// Takes over the service's time, after it refused a signature for its time. Returns whether that is another one than the
    /// request was signed with: another call may have set it already.
    fn set_clock(&self, signed_with_ms: i64, date: Option<&str>) -> bool {
        /// What two clocks that are right may differ by, the way of a response included.
        const TOLERANCE_MS: u64 = 10_000;
        let offset = &self.shared.clock_offset_ms;
        if offset.get() == signed_with_ms
            && let Some(server_ms) = date.and_then(|date| self.network.read_date(date))
        {
            offset.set(server_ms.wrapping_sub(self.network.now_ms()) as i64);
        }
        offset.get().abs_diff(signed_with_ms) > TOLERANCE_MS
    }

    /// Milliseconds that are left to a call.
    #[cfg(feature = "kms-admin")]
    fn left_ms(&self, started_ms: u64) -> u32 {
        let Some(limit_ms) = self.config.operation_timeout_ms else { return u32::MAX };
        let passed_ms = self.network.now_ms().saturating_sub(started_ms);
        limit_ms.saturating_sub(u32::try_from(passed_ms).unwrap_or(u32::MAX))
    }

    #[cfg(not(feature = "kms-admin"))]
    fn left_ms(&self, _: u64) -> u32 {
        u32::MAX
    }

    /// Waits for the adaptive mode's leave to send.
    ///
    /// # Errors
    /// Why a call is not sent, when that comes too late for it, or the credentials did.
    #[cfg(feature = "kms-admin")]
    async fn wait_for_rate(&self, started_ms: u64) -> core::result::Result<(), Failure> {
        let late = |why| {
            let limit_ms = self.config.operation_timeout_ms.unwrap_or_default();
            let message = format!("not sent within {limit_ms} ms: {why}");
            Err(Failure::new(FailureKind::TimedOut, message))
        };
        if self.left_ms(started_ms) == 0 {
            return late("that was over before the request was made");
        }
        let Some(rate) = &self.shared.rate else { return Ok(()) };
        let take = || rate.borrow_mut().take(self.network.now_ms());
        while let Some(ms) = take() {
            if ms >= self.left_ms(started_ms) {
                return late("the service throttles, and other requests are before it");
            }
            self.network.sleep_ms(ms).await;
        }
        Ok(())
    }

    #[cfg(feature = "kms-admin")]
    fn learn(&self, throttled: bool) {
        if let Some(rate) = &self.shared.rate {
            rate.borrow_mut().learn(throttled, self.network.now_ms());
        }
    }

    async fn send(&self, call: &Call, started_ms: u64, trace: &mut Trace) -> Result<HttpResponse> {
        let claim = |why, attempts| self.no_credentials(call, attempts, why);
        let (mut renewed, mut corrected) = (false, false);
        let (mut keys, mut paid) = (None, None);
        // Of the retries: a repetition with new credentials or another clock is not one.
        let mut tries = 0;
        #[cfg(feature = "kms-admin")]
        let mut last = None;
        loop {
            if let (Some(cache), None) = (&self.credentials, &keys) {
                let current = cache.current(self.service_ms()).await;
                keys = Some(current.map_err(|e| claim(e, trace.attempts))?);
            }
            #[cfg(feature = "kms-admin")]
            if let Err(unsent) = self.wait_for_rate(started_ms).await {
                // There was no repetition after all.
                trace.repetitions.pop();
                return Err(self.error(call, trace.attempts, last.unwrap_or(unsent)));
            }
            let timeout_ms = self.config.timeout_ms.min(self.left_ms(started_ms)).max(1);
            let offset_ms = self.shared.clock_offset_ms.get();
            tries += 1;
            trace.attempts += 1;
            let sent = self.network.send(self.request(call, keys.as_deref(), timeout_ms)).await;
            let (failure, asked_ms, date) = match sent {
                Ok(response) => {
                    trace.request_id = request_id(&response);
                    if (200..300).contains(&response.status) {
                        #[cfg(feature = "kms-admin")]
                        self.learn(false);
                        self.shared.tokens.give_back(paid);
                        return Ok(response);
                    }
                    let mut failure = from_response(&response);
                    (self.service.refine)(&mut failure, &response.body);
                    let date = header(&response, "date").map(str::to_owned);
                    let asked_ms = retry_after_ms(&response, &*self.network, self.service_ms());
                    (failure, asked_ms, date)
                }
                Err(failure) => {
                    trace.request_id = None;
                    // `attempts` counts what was sent.
                    trace.attempts -= u32::from(failure == HttpFailure::NotSent);
                    (from_network(failure, timeout_ms), 0, None)
                }
            };
            let kind = failure.kind;
            #[cfg(feature = "kms-admin")]
            self.learn(kind == FailureKind::Throttled);
            let mut wait_ms = 0;
            let mut again = false;
            if let (Some(cache), Some(refused)) = (&self.credentials, &keys) {
                if !renewed && is_stale_credentials(&failure) {
                    renewed = true;
                    let other = cache.other_than(refused, self.service_ms()).await;
                    let other = other.map_err(|e| claim(e, trace.attempts))?;
                    again = other.is_some();
                    keys = other.or(keys);
                } else if !corrected && is_clock_skew(&failure) {
                    corrected = true;
                    again = self.set_clock(offset_ms, date.as_deref());
                }
            }
            if again {
                tries -= 1;
            } else {
                let may = tries < self.config.max_attempts.unwrap_or(self.service.max_attempts)
                    && is_retryable(kind);
                paid = if may { self.shared.tokens.take(kind) } else { None };
                let random = u64::from_be_bytes(random_array()?);
                wait_ms = backoff_ms(tries - 1, kind, self.service.backoff_ms, asked_ms, random);
                // What is sent when the time is over comes too late.
                if paid.is_none() || wait_ms >= self.left_ms(started_ms) {
                    return Err(self.error(call, trace.attempts, failure));
                }
                // The wait may outlast the credentials.
                keys = None;
            }
            #[cfg(feature = "kms-admin")]
            {
                trace.repetitions.push(Repetition::after(trace.attempts, kind, corrected, wait_ms));
                last = Some(failure);
            }
            if wait_ms > 0 {
                self.network.sleep_ms(wait_ms).await;
            }
        }
    }

    fn request(&self, call: &Call, keys: Option<&SigningKeys>, timeout_ms: u32) -> HttpRequest {
        let target = format!("{}{}", self.service.target, call.operation);
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
                unix_ms: self.service_ms(),
            };
            headers.extend(sign(&request, keys, &scope));
        }
        headers.extend(unsigned);
        HttpRequest {
            url: self.endpoint.url.clone(),
            headers,
            body: call.body.clone(),
            timeout_ms,
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }
}
