//! How a client reaches its service, checked once.

use core::fmt;
use std::rc::Rc;

use crate::error::{Error, Result, Rule};

use super::credentials::Auth;
#[cfg(feature = "kms-admin")]
use super::endpoint::AwsEndpoints;
use super::endpoint::Endpoint;
use super::event::Event;
use super::failure::has_word;
#[cfg(feature = "kms-admin")]
use super::retry::RetryMode;

/// Observer of calls; [`Event`] has an example.
pub type OnEvent = Rc<dyn Fn(&Event)>;

/// How to reach and call an endpoint, for the clients of KMS and DynamoDB.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::aws::{Auth, ClientConfig, StaticCredentials};
/// use fieldseal::kms::KmsClient;
///
/// # let network = fieldseal_doctest::network();
/// // AWS:
/// # let key_id = "AKIAIOSFODNN7EXAMPLE";
/// # let secret = b"wJalrXUtnFEMI"[..].into();
/// let credentials = StaticCredentials::new(key_id, secret, None);
/// let aws = ClientConfig {
///     region: Some("eu-central-1".into()),
///     auth: Auth::SigV4(Rc::new(credentials)),
///     ..ClientConfig::default()
/// };
/// KmsClient::new(aws.into(), network.clone())?;
///
/// // An emulator on this machine, which is asked once.
/// let local = ClientConfig {
///     endpoint: Some("http://localhost:4566".into()),
///     max_attempts: Some(1),
///     ..ClientConfig::default()
/// };
/// KmsClient::new(local.into(), network.clone())?;
///
/// let nowhere = KmsClient::new(ClientConfig::default().into(), network);
/// assert_eq!(nowhere.unwrap_err().code(), "INVALID_CONFIG");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientConfig {
    /// Absolute http or https URL, with a path if requests go below one; by default AWS's own endpoint in `region`,
    /// in any partition. Responses of KMS hold plaintext data keys: http is for one's own machine.
    pub endpoint: Option<String>,
    /// Which of AWS's own endpoints in `region`.
    #[cfg(feature = "kms-admin")]
    pub endpoints: AwsEndpoints,
    /// AWS Region. Needed where there is no endpoint, and for [`Auth::SigV4`].
    pub region: Option<String>,
    /// How requests are authenticated.
    pub auth: Auth,
    /// More headers for every request, for example a bearer token for one's own proxy.
    pub headers: Vec<(String, String)>,
    /// Milliseconds before one attempt is given up; at least 1, by default 10,000.
    pub timeout_ms: u32,
    /// Milliseconds for all attempts of a call and the waits before and between them; at least 1, by default without limit. No
    /// attempt begins that would come too late. A provider of credentials is waited for.
    #[cfg(feature = "kms-admin")]
    pub operation_timeout_ms: Option<u32>,
    /// How often a request is sent at most; at least 1, by default as AWS's SDKs: 3, and 4 for DynamoDB.
    pub max_attempts: Option<u32>,
    /// How what is sent again is spaced.
    #[cfg(feature = "kms-admin")]
    pub retry_mode: RetryMode,
    /// What the service's clock is ahead of this machine's at first, in milliseconds. It is corrected when the service refuses
    /// a signature for its time.
    #[cfg(feature = "kms-admin")]
    pub clock_offset_ms: i64,
    /// Appended to `fieldseal/<version>` in the header `x-amz-user-agent` (browsers allow no
    /// other); an empty string leaves the header out.
    pub user_agent: Option<String>,
    /// Called once for each call, after its end.
    pub on_event: Option<OnEvent>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            #[cfg(feature = "kms-admin")]
            endpoints: AwsEndpoints::default(),
            region: None,
            auth: Auth::None,
            headers: Vec::new(),
            timeout_ms: 10_000,
            #[cfg(feature = "kms-admin")]
            operation_timeout_ms: None,
            max_attempts: None,
            #[cfg(feature = "kms-admin")]
            retry_mode: RetryMode::Standard,
            #[cfg(feature = "kms-admin")]
            clock_offset_ms: 0,
            user_agent: None,
            on_event: None,
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be credentials, and so may parts of the URL.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let endpoint = self.endpoint.as_deref().map(Endpoint::parse);
        f.debug_struct("ClientConfig")
            .field("host", &endpoint.and_then(|e| e.ok()).map(|e| e.host))
            .field("region", &self.region)
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("timeout_ms", &self.timeout_ms)
            .field("max_attempts", &self.max_attempts)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

impl ClientConfig {
    /// The endpoint of `service` that it means, after all checks.
    pub(super) fn check(&self, service: &str) -> Result<Endpoint> {
        if self.timeout_ms == 0 {
            return refuse("timeoutMs must be at least 1");
        }
        #[cfg(feature = "kms-admin")]
        if self.operation_timeout_ms == Some(0) {
            return refuse("operationTimeoutMs must be at least 1");
        }
        if self.max_attempts == Some(0) {
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
            #[cfg(feature = "kms-admin")]
            (Some(_), _) if self.endpoints != AwsEndpoints::default() => refuse(
                "useFipsEndpoint and useDualstackEndpoint choose one of AWS's endpoints: leave out the endpoint",
            ),
            (Some(endpoint), _) => Endpoint::parse(endpoint),
            #[cfg(feature = "kms-admin")]
            (None, Some(region)) => Endpoint::of_aws(service, region, self.endpoints),
            #[cfg(not(feature = "kms-admin"))]
            (None, Some(region)) => Endpoint::of_region(service, region),
            (None, None) => refuse("give an endpoint or a Region"),
        }
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
            let own = "host content-length content-type x-amz-target x-amz-date x-amz-security-token x-amz-user-agent";
            if has_word(own, &lower) || (signed && lower == "authorization") {
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

pub(crate) fn refuse<T>(problem: &str) -> Result<T> {
    Err(Error::misuse(Rule::Config, format!("the client's configuration: {problem}")))
}
