//! The client's configuration, checked once.

use core::fmt;
use std::rc::Rc;

use crate::error::{Error, Result, Rule};

use super::arn::KmsKeyId;
use super::credentials::Auth;
use super::endpoint::Endpoint;
use super::event::KmsEvent;
use super::public_keys::{Fingerprint, PublicKeyStore, parse_fingerprint};

/// Observer of KMS calls.
pub type OnEvent = Rc<dyn Fn(&KmsEvent)>;

/// How to reach and call a KMS endpoint.
#[derive(Clone)]
pub struct KmsConfig {
    /// Absolute http or https URL; by default AWS's own endpoint in `region`, in the partitions
    /// `aws`, `aws-us-gov` and `aws-cn`. Plaintext data keys travel in the answers: http is for
    /// one's own machine.
    pub endpoint: Option<String>,
    /// AWS Region. Needed where there is no endpoint, and for [`Auth::SigV4`].
    pub region: Option<String>,
    /// How requests are authenticated.
    pub auth: Auth,
    /// More headers for every request, for example a bearer token for one's own proxy.
    pub headers: Vec<(String, String)>,
    /// Milliseconds before one attempt is given up; at least 1, by default 10,000.
    pub timeout_ms: u32,
    /// How often a request is sent at most; at least 1, by default 4.
    pub max_attempts: u32,
    /// Appended to `fieldseal/<version>` in the header `x-amz-user-agent` (browsers allow no
    /// other); an empty text leaves the header out.
    pub user_agent: Option<String>,
    /// Called once for each KMS call, after its end.
    pub on_event: Option<OnEvent>,
    /// Key ids and the fingerprints that their public keys must have: SHA-256 of the
    /// SubjectPublicKeyInfo, 64 hexadecimal digits. A pin holds for the key id that is asked for
    /// and for the key ARN that is answered, as key id, key ARN or (for multi-Region keys) the ARN
    /// of a related key.
    pub pinned_public_keys: Vec<(String, String)>,
    /// Where public keys outlive the client.
    pub public_key_store: Option<Rc<dyn PublicKeyStore>>,
}

impl Default for KmsConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: None,
            auth: Auth::None,
            headers: Vec::new(),
            timeout_ms: 10_000,
            max_attempts: 4,
            user_agent: None,
            on_event: None,
            pinned_public_keys: Vec::new(),
            public_key_store: None,
        }
    }
}

impl fmt::Debug for KmsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be credentials, and so may parts of the URL.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let endpoint = self.endpoint.as_deref().map(Endpoint::parse);
        f.debug_struct("KmsConfig")
            .field("host", &endpoint.and_then(|e| e.ok()).map(|e| e.host))
            .field("region", &self.region)
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("timeout_ms", &self.timeout_ms)
            .field("max_attempts", &self.max_attempts)
            .field("user_agent", &self.user_agent)
            .field("pinned_public_keys", &self.pinned_public_keys)
            .finish_non_exhaustive()
    }
}

impl KmsConfig {
    /// The endpoint of `service` that it means, after all checks.
    pub(super) fn check(&self, service: &str) -> Result<Endpoint> {
        if self.timeout_ms == 0 {
            return refuse("timeoutMs must be at least 1");
        }
        if self.max_attempts == 0 {
            return refuse("maxAttempts must be at least 1");
        }
        if let Some(region) = &self.region {
            // It becomes part of a host name and of the signature's scope.
            if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            {
                return refuse(
                    "the Region is empty or has characters other than letters, digits and '-'",
                );
            }
        } else if matches!(self.auth, Auth::SigV4(_)) {
            return refuse("signing with AWS credentials needs a Region");
        }
        self.check_headers()?;
        match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => Endpoint::parse(endpoint),
            (None, Some(region)) => Endpoint::of_region(service, region),
            (None, None) => refuse("give an endpoint or a Region"),
        }
    }

    /// The pins, their fingerprints read.
    pub(super) fn pins(&self) -> Result<Vec<(String, Fingerprint)>> {
        let pins = self.pinned_public_keys.iter().map(|(key_id, fingerprint)| {
            KmsKeyId::parse(key_id)?;
            match parse_fingerprint(fingerprint) {
                Some(fingerprint) => Ok((key_id.clone(), fingerprint)),
                None => refuse(&format!(
                    "the fingerprint pinned for '{key_id}' is not SHA-256 in 64 hexadecimal digits"
                )),
            }
        });
        pins.collect()
    }

    fn check_headers(&self) -> Result<()> {
        let signed = matches!(self.auth, Auth::SigV4(_));
        for (i, (name, value)) in self.headers.iter().enumerate() {
            let lower = name.to_ascii_lowercase();
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || !name.bytes().all(token) {
                return refuse("a header's name is not a token (RFC 9110, section 5.6.2)");
            }
            if !is_header_value(value) {
                return refuse(&format!("the header '{lower}' has a value beyond visible ASCII"));
            }
            // Hosts join values of one name in their own ways; a signature covers one way only.
            let (before, _) = self.headers.split_at(i);
            if before.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return refuse(&format!("the header '{lower}' is given twice"));
            }
            let own = match lower.as_str() {
                "host"
                | "content-length"
                | "content-type"
                | "x-amz-target"
                | "x-amz-date"
                | "x-amz-security-token"
                | "x-amz-user-agent" => true,
                "authorization" => signed,
                _ => false,
            };
            if own {
                return refuse(&format!("the header '{lower}' is set by the client itself"));
            }
        }
        match &self.user_agent {
            Some(text) if !is_header_value(text) => {
                refuse("the user agent has characters beyond visible ASCII")
            }
            _ => Ok(()),
        }
    }
}

fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| b == b' ' || b == b'\t' || b.is_ascii_graphic())
}

fn refuse<T>(problem: &str) -> Result<T> {
    Err(Error::misuse(Rule::Config, format!("the client's configuration: {problem}")))
}
