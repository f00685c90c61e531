//! What went wrong with a call, in words that all services share: from what the endpoint or the network said.

use crate::host::{HttpFailure, HttpResponse, Network};
use crate::util::text::{find, split_once};

use super::json::{Json, MAX_RESPONSE_BYTES};

/// The longest message kept, in characters.
const MESSAGE_CHARS: usize = 500;
/// The longest error name or request id kept, in characters.
const NAME_CHARS: usize = 128;
/// An error body longer than this, in bytes, is not one of a service and is not parsed.
const BODY_BYTES: usize = 64 * 1024;

/// What went wrong with a call, and where. Each service makes its own error of it.
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) operation: &'static str,
    /// What the call is about: a key, a table.
    pub(crate) about: Option<String>,
    /// The service's error name, for example `AccessDeniedException`.
    pub(crate) name: Option<String>,
    /// The service's message.
    pub(crate) message: String,
    /// HTTP status, 0 when no response came.
    pub(crate) status: u16,
    /// The service's request id.
    pub(crate) request_id: Option<String>,
    /// How many times the request was sent.
    pub(crate) attempts: u32,
}

/// Kinds of failure that every service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    Unreachable,
    TimedOut,
    Credentials,
    AccessDenied,
    NotFound,
    /// A write whose condition does not hold.
    #[cfg(feature = "branch-keys")]
    ConditionFailed,
    Throttled,
    /// On the service's side: the same request may succeed later.
    Failed,
    /// Any other definite no.
    Rejected,
}

impl Failure {
    /// A failure without a response; where it was is the caller's to fill.
    pub(super) fn new(kind: FailureKind, message: String) -> Self {
        Self {
            kind,
            operation: "",
            about: None,
            name: None,
            message,
            status: 0,
            request_id: None,
            attempts: 0,
        }
    }

    /// The service's error name without `Exception`: emulators and gateways write it with and without.
    pub(crate) fn short_name(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        Some(name.strip_suffix("Exception").unwrap_or(name))
    }
}

/// The failure of a call that got no response. `operation`, `about` and `attempts` are the
/// caller's to fill.
pub(super) fn from_network(failure: HttpFailure, timeout_ms: u32) -> Failure {
    match failure {
        HttpFailure::TimedOut => {
            Failure::new(FailureKind::TimedOut, format!("no response within {timeout_ms} ms"))
        }
        HttpFailure::NotSent => {
            let before = "the client's other requests were before it";
            Failure::new(
                FailureKind::TimedOut,
                format!("not sent within {timeout_ms} ms: {before}"),
            )
        }
        HttpFailure::Unreachable(words) => Failure::new(
            FailureKind::Unreachable,
            format!("no connection: {}", clean(&words, MESSAGE_CHARS)),
        ),
    }
}

/// The failure that a response with a status outside 200 to 299 tells of. `operation`, `about` and
/// `attempts` are the caller's to fill.
pub(crate) fn from_response(response: &HttpResponse) -> Failure {
    let status = response.status;
    let body = response
        .body
        .get(..response.body.len().min(BODY_BYTES + 1))
        .filter(|body| body.len() <= BODY_BYTES)
        .and_then(|body| Json::parse(body).ok());
    let text = |names: &[&str]| {
        let Some(Json::Object(members)) = &body else { return None };
        let text = |name: &&str| {
            let mut found = members.iter().filter(|(n, _)| n.as_str() == *name);
            let (_, value) = found.next()?;
            // What is said twice is not said: others may read the other one.
            value.as_text().filter(|_| found.next().is_none())
        };
        names.iter().find_map(text).filter(|text| !text.is_empty())
    };
    let name = header(response, "x-amzn-errortype")
        .or_else(|| text(&["__type", "code", "Code"]))
        .map(bare_name)
        .filter(|name| !name.is_empty());
    let message = match text(&["message", "Message", "errorMessage"]) {
        Some(message) => clean(without_canonical_request(message), MESSAGE_CHARS),
        None if name.is_some() => format!("HTTP status {status}, without a message"),
        None => describe(response),
    };
    let request_id = request_id(response);
    let failure =
        Failure { name, status, request_id, ..Failure::new(kind_of_status(status), message) };
    let kind = failure.short_name().and_then(kind_of_name).unwrap_or(failure.kind);
    Failure { kind, ..failure }
}

/// The service's id of the request.
pub(super) fn request_id(response: &HttpResponse) -> Option<String> {
    header(response, "x-amzn-requestid")
        .or_else(|| header(response, "x-amz-request-id"))
        .map(|id| clean(id, NAME_CHARS))
        .filter(|id| !id.is_empty())
}

/// Milliseconds that the service asks to wait; 0 if it does not. A date is one of the service's clock: what is left until
/// then counts from the response's own `Date`, and without one from `service_ms`, the time by that clock as far as it is known.
pub(super) fn retry_after_ms(
    response: &HttpResponse,
    network: &dyn Network,
    service_ms: u64,
) -> u64 {
    let number = |name| header(response, name)?.trim().parse::<u64>().ok();
    let seconds = || number("retry-after").map(|seconds| seconds.saturating_mul(1000));
    // Hosts take more than that for a date: a number, or a time by the zone of the machine.
    let read = |name| {
        let text = header(response, name)?.trim();
        if text.ends_with(" GMT") { network.read_date(text) } else { None }
    };
    let until = || Some(read("retry-after")?.saturating_sub(read("date").unwrap_or(service_ms)));
    number("x-amz-retry-after").or_else(seconds).or_else(until).unwrap_or(0)
}

/// Whether a signature was refused for its time.
pub(super) fn is_clock_skew(failure: &Failure) -> bool {
    let says = |words| find(&failure.message, words).is_some();
    match failure.short_name() {
        Some("InvalidSignature") => says("Signature expired") || says("Signature not yet current"),
        Some(name) => has_word(CLOCK_NAMES, name),
        None => false,
    }
}

/// Whether other credentials may help (and not just other rights).
pub(super) fn is_stale_credentials(failure: &Failure) -> bool {
    matches!(
        failure.name.as_deref(),
        Some("ExpiredTokenException" | "ExpiredToken" | "UnrecognizedClientException")
    )
}

pub(super) fn header<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a str> {
    let (_, value) = response.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(value.as_str()).filter(|value| !value.is_empty())
}

/// `Name` of `namespace#Name:more`.
fn bare_name(text: &str) -> String {
    // First cut the tail: it may be a URL with a '#'.
    let mut name = split_once(text, ":").map_or(text, |(name, _)| name);
    while let Some((_, rest)) = split_once(name, "#") {
        name = rest;
    }
    clean(name.trim(), NAME_CHARS)
}

/// When a signature does not match, AWS sends back the canonical request, which holds the session
/// token.
fn without_canonical_request(message: &str) -> &str {
    let lower = message.to_ascii_lowercase();
    let cut = ["the canonical string", "canonical request", "canonicalstring"];
    let end = cut.iter().filter_map(|words| find(&lower, words)).min().unwrap_or(message.len());
    // ASCII lower case keeps every offset.
    message.get(..end).unwrap_or_default()
}

/// Without control characters (line breaks become spaces), and not longer than `max` characters.
fn clean(text: &str, max: usize) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let mut chars = spaced.filter(|c| !c.is_control());
    let mut out: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() {
        out.pop();
        out.push('…');
    }
    out.trim().to_owned()
}

/// A message for a response that is no error of a service's protocol.
fn describe(response: &HttpResponse) -> String {
    let status = response.status;
    // Of a longer body there is no more than the limit and one byte.
    let length = match response.body.len() {
        length if length > MAX_RESPONSE_BYTES => "more than 1 MiB".to_owned(),
        length => format!("{length} bytes"),
    };
    let what = match header(response, "content-type") {
        _ if response.body.is_empty() => "an empty body".to_owned(),
        Some(kind) => format!("{length} of '{}'", clean(kind, 60)),
        None => format!("{length} of unknown type"),
    };
    let hint = match status {
        300..=399 => "; the endpoint redirects, give its final URL",
        404 | 405 => "; check the endpoint URL and its path",
        _ => "",
    };
    format!("HTTP status {status} with {what}, not an error of the service's protocol{hint}")
}

fn kind_of_status(status: u16) -> FailureKind {
    match status {
        401 | 407 => FailureKind::Credentials,
        403 => FailureKind::AccessDenied,
        408 => FailureKind::TimedOut,
        429 => FailureKind::Throttled,
        500..=599 => FailureKind::Failed,
        _ => FailureKind::Rejected,
    }
}

/// The kind that an error name of any service stands for; `None` leaves it to the service and the status. The
/// names come from the "Common Errors" pages of the API references.
fn kind_of_name(short: &str) -> Option<FailureKind> {
    named(&NAMES, short)
}

/// The kind in whose names, which have spaces between them, this one is.
pub(crate) fn named<K: Copy>(kinds: &[(K, &str)], name: &str) -> Option<K> {
    kinds.iter().find(|(_, names)| has_word(names, name)).map(|(kind, _)| *kind)
}

/// Whether `word` is one of the words, which have spaces between them.
pub(super) fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Names that say that a signature was refused for its time.
const CLOCK_NAMES: &str = "RequestExpired RequestTimeTooSkewed RequestInTheFuture";

/// One string for each kind: a table of pointers is larger.
const NAMES: [(FailureKind, &str); 8] = [
    (FailureKind::AccessDenied, "AccessDenied NotAuthorized OptInRequired UnauthorizedOperation"),
    (FailureKind::NotFound, "NotFound ResourceNotFound"),
    (FailureKind::Credentials, CLOCK_NAMES),
    (
        FailureKind::Credentials,
        "UnrecognizedClient InvalidSignature SignatureDoesNotMatch ExpiredToken MissingAuthenticationToken IncompleteSignature InvalidClientTokenId InvalidAccessKeyId AuthFailure InvalidToken",
    ),
    (
        FailureKind::Throttled,
        "Throttling Throttled RequestThrottled TooManyRequests RequestLimitExceeded ThrottledRequest SlowDown",
    ),
    (
        FailureKind::Failed,
        "InternalFailure InternalServer InternalServerError InternalError ServiceUnavailable",
    ),
    (FailureKind::TimedOut, "RequestTimeout"),
    (FailureKind::Rejected, "Validation ValidationError"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::tests::host::Script;
    use crate::crypto::Secret;

    #[test]
    fn kinds_are_those_of_names_and_then_of_the_status() {
        use FailureKind::*;
        for (status, name, want) in [
            (400, "AccessDenied", AccessDenied),
            (400, "ResourceNotFoundException", NotFound),
            (400, "ExpiredToken", Credentials),
            (400, "ThrottlingException", Throttled),
            (400, "InternalFailure", Failed),
            (400, "RequestTimeout", TimedOut),
            (500, "AccessDeniedException", AccessDenied),
            (500, "ValidationException", Rejected),
            // A service's own names are the service's to judge.
            (400, "DisabledException", Rejected),
            (500, "DisabledException", Failed),
            (429, "SomethingNewException", Throttled),
        ] {
            let body = serde_json::json!({ "__type": name, "message": "m" }).to_string();
            let failure = from_response(&answer(status, &[], &body));
            assert_eq!((failure.kind, failure.status), (want, status), "{status} {name}");
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Secret::from(body.as_bytes()),
        }
    }

    #[test]
    fn names_with_namespace_tail_or_in_the_header() {
        for body in [
            r#"{"__type":"NotFoundException","Message":"m"}"#,
            r#"{"__type":"com.amazonaws.kms#NotFoundException","message":"m"}"#,
            r#"{"__type":"aws.trent.v20141101#NotFoundException:http://x/#y","message":"m"}"#,
            r#"{"code":"NotFoundException","message":"m"}"#,
        ] {
            let failure = from_response(&answer(400, &[], body));
            assert_eq!(failure.name.as_deref(), Some("NotFoundException"), "{body}");
            assert_eq!(failure.message, "m");
        }
        let header = [("X-Amzn-ErrorType", "AccessDeniedException:http://internal.example/")];
        let failure = from_response(&answer(400, &header, ""));
        assert_eq!(failure.name.as_deref(), Some("AccessDeniedException"));
        assert_eq!(failure.kind, FailureKind::AccessDenied);
        assert_eq!(failure.message, "HTTP status 400, without a message");
    }

    #[test]
    fn answers_of_gateways_and_others() {
        use FailureKind::*;
        let html = "<html><body>502 Bad Gateway</body></html>";
        let nested = "[".repeat(50_000);
        for (status, body, want) in [
            (502, html, Failed),
            (503, "", Failed),
            (429, "slow", Throttled),
            (408, "", TimedOut),
            (401, "", Credentials),
            (403, html, AccessDenied),
            (404, html, Rejected),
            (302, "", Rejected),
            (400, "null", Rejected),
            (400, "[1]", Rejected),
            (400, "\"text\"", Rejected),
            (400, r#"{"__type":5,"message":["x"]}"#, Rejected),
            (400, r#"{"__type":"","message":""}"#, Rejected),
            (400, r#"{"__type":"#, Rejected),
            (400, nested.as_str(), Rejected),
        ] {
            let failure = from_response(&answer(status, &[("content-type", "text/html")], body));
            assert_eq!(failure.kind, want, "{status} {body:.40}");
            assert_eq!(failure.name, None);
            assert!(failure.message.contains(&format!("HTTP status {status}")));
            assert!(!failure.message.contains('<'));
        }
        let long = format!(r#"{{"__type":"X","message":"{}"}}"#, "x".repeat(BODY_BYTES));
        assert_eq!(from_response(&answer(400, &[], &long)).name, None);
    }

    #[test]
    fn what_is_not_of_a_service_is_described() {
        let described = |status, kind: &[(&str, &str)], body: &str| {
            from_response(&answer(status, kind, body)).message
        };
        let html = [("content-type", "text/html")];
        for (status, headers, body, words) in [
            (302, &html[..], "<p>", "; the endpoint redirects, give its final URL"),
            (399, &html, "<p>", "; the endpoint redirects, give its final URL"),
            (404, &html, "<p>", "; check the endpoint URL and its path"),
            (405, &html, "<p>", "; check the endpoint URL and its path"),
            (400, &html, "<p>", "with 3 bytes of 'text/html', not an error"),
            (400, &[("content-type", "")], "<p>", "with 3 bytes of unknown type, not an error"),
            (400, &[], "<p>", "with 3 bytes of unknown type, not an error"),
            (400, &html, "", "with an empty body, not an error"),
        ] {
            let found = described(status, headers, body);
            assert!(found.contains(words), "{status}: {found}");
            assert_eq!(found.contains(';'), words.starts_with(';'), "{found}");
        }
        // As long as an error of a service may be, and a byte longer.
        let error = r#"{"__type":"X","message":"m"}"#;
        for (length, name) in [(BODY_BYTES, Some("X")), (BODY_BYTES + 1, None)] {
            let body = [error, &" ".repeat(length - error.len())].concat();
            let failure = from_response(&answer(400, &[], &body));
            assert_eq!(failure.name.as_deref(), name, "{length}");
        }
    }

    #[test]
    fn text_is_cleaned_and_cut() {
        let body = serde_json::json!({
            "__type": format!("A\u{0}B{}", "x".repeat(300)),
            "message": format!("a\r\nb\u{1b}[31m{}", "ä".repeat(1000)),
        });
        let headers = [("x-amzn-requestid", "id\u{7}\u{8}")];
        let failure = from_response(&answer(400, &headers, &body.to_string()));
        assert_eq!(failure.message.chars().count(), MESSAGE_CHARS);
        assert!(failure.message.starts_with("a  b[31mä"));
        assert!(failure.message.ends_with("ä…"));
        assert!(failure.name.unwrap().chars().count() <= NAME_CHARS);
        assert_eq!(failure.request_id.as_deref(), Some("id"));
        let failure = from_network(HttpFailure::Unreachable("a\nb".into()), 5);
        assert_eq!(failure.message, "no connection: a b");
    }

    #[test]
    fn the_canonical_request_is_not_repeated() {
        let message = "The request signature we calculated does not match.\n\nThe \
            Canonical String for \
            this request should have been\n'POST\n/\n\nx-amz-security-token:TOKEN'";
        let body = serde_json::json!({ "__type": "InvalidSignatureException", "message": message });
        let failure = from_response(&answer(403, &[], &body.to_string()));
        assert_eq!(failure.message, "The request signature we calculated does not match.");
    }

    #[test]
    fn request_ids_and_retry_after() {
        let r = answer(400, &[("x-amz-request-id", "b"), ("Retry-After", " 7 ")], "");
        assert_eq!(request_id(&r).as_deref(), Some("b"));
        let retry_after_ms = |r: &HttpResponse| super::retry_after_ms(r, &*Script::new(), 0);
        assert_eq!(retry_after_ms(&r), 7000);
        let r = answer(400, &[("x-amz-request-id", "b"), ("x-amzn-RequestId", "a")], "");
        assert_eq!(request_id(&r).as_deref(), Some("a"));
        for value in ["", "-1", "1.5", "99999999999999999999999", "Wed, 21 Oct 2015 07:28:00 EST"] {
            assert_eq!(retry_after_ms(&answer(400, &[("retry-after", value)], "")), 0);
        }
        let both = [("x-amz-retry-after", "1500"), ("retry-after", "7")];
        assert_eq!(retry_after_ms(&answer(400, &both, "")), 1500);
        assert_eq!(retry_after_ms(&answer(400, &[("x-amz-retry-after", "soon")], "")), 0);
        let huge = u64::MAX.to_string();
        assert_eq!(retry_after_ms(&answer(400, &[("retry-after", &huge)], "")), u64::MAX);
    }

    #[test]
    fn a_date_to_retry_after_is_one_of_the_services_clock() {
        const NOON: &str = "Wed, 21 Oct 2015 12:00:00 GMT";
        const NOON_MS: u64 = 1_445_428_800_000;
        let wait = |until: &str, date: &str, service_ms| {
            let headers = [("Retry-After", until), ("Date", date)];
            super::retry_after_ms(&answer(503, &headers, ""), &*Script::new(), service_ms)
        };
        for (until, date, want) in [
            ("Wed, 21 Oct 2015 12:00:07 GMT", NOON, 7000),
            (" Wed, 21 Oct 2015 12:00:07 GMT ", NOON, 7000),
            ("Fri, 31 Dec 9999 23:59:59 GMT", NOON, 253_402_300_799_000 - NOON_MS),
            // Past, or no date.
            (NOON, NOON, 0),
            ("Wed, 21 Oct 2015 11:59:59 GMT", NOON, 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", NOON, 0),
            ("Wed, 21 Oct 2015 12:00:07", NOON, 0),
            ("2015-10-21T12:00:07Z", NOON, 0),
            ("Wed, 21 Okt 2015 12:00:07 GMT", NOON, 0),
            ("Wed, 99 Oct 2015 12:00:07 GMT", NOON, 0),
            ("99999 GMT", NOON, 0),
            (" GMT", NOON, 0),
        ] {
            // This machine's clock has no say where the response has the service's time.
            for service_ms in [0, NOON_MS, NOON_MS + 86_400_000, u64::MAX] {
                assert_eq!(wait(until, date, service_ms), want, "{until} {service_ms}");
            }
        }
        for date in ["", "yesterday", "2015-10-21T12:00:00Z"] {
            for (service_ms, want) in [(NOON_MS - 9000, 9000), (NOON_MS, 0), (u64::MAX, 0)] {
                assert_eq!(wait(NOON, date, service_ms), want, "{date}");
            }
        }
        // What is given as milliseconds goes before it.
        let both = [("retry-after", NOON), ("x-amz-retry-after", "150")];
        let r = answer(503, &both, "");
        assert_eq!(super::retry_after_ms(&r, &*Script::new(), 0), 150);
    }

    #[test]
    fn what_is_said_twice_is_not_said() {
        let body =
            r#"{"__type":"ThrottlingException","__type":"AccessDeniedException","message":"m"}"#;
        let failure = from_response(&answer(400, &[], body));
        assert_eq!((failure.kind, failure.name), (FailureKind::Rejected, None));
        assert_eq!(failure.message, "m");
        let body = r#"{"__type":"NotFoundException","message":"a","message":"b"}"#;
        let failure = from_response(&answer(400, &[], body));
        assert_eq!(failure.message, "HTTP status 400, without a message");
    }

    #[test]
    fn signatures_refused_for_their_time() {
        for (name, message, want) in [
            ("InvalidSignatureException", "Signature expired: 2024 is now earlier than 2025", true),
            ("InvalidSignatureException", "Signature not yet current: 2026 is later", true),
            ("InvalidSignatureException", "The signature does not match.", false),
            ("SignatureDoesNotMatch", "Signature expired", false),
            ("RequestExpired", "m", true),
            ("RequestExpiredException", "m", true),
            ("RequestTimeTooSkewed", "m", true),
            ("RequestInTheFuture", "m", true),
            ("AccessDeniedException", "Signature expired", false),
            ("RequestExpired RequestTimeTooSkewed", "m", false),
            ("", "Signature expired", false),
        ] {
            let body = serde_json::json!({ "__type": name, "message": message }).to_string();
            let failure = from_response(&answer(403, &[], &body));
            assert_eq!(is_clock_skew(&failure), want, "{name} {message}");
            assert!(!want || failure.kind == FailureKind::Credentials, "{name}");
        }
    }
}
