//! AWS Signature Version 4 in an `Authorization` header, as its public documentation describes it
//! ("Create a signed AWS API request").

use crate::crypto::{Hash, Secret, hmac, sha256};
use crate::host::Credentials;
use crate::util::sort::sorted;
use crate::util::text::{hex, join};

use crate::util::date::amz_date;

/// Credentials as the signer needs them. The session token is not wiped: every request carries it
/// as a header, and it is worth nothing without the secret access key.
pub(super) struct SigningKeys {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Option<String>,
}

impl From<Credentials> for SigningKeys {
    fn from(from: Credentials) -> Self {
        Self {
            access_key_id: from.access_key_id,
            secret_access_key: from.secret_access_key,
            session_token: from.session_token,
        }
    }
}

/// What is to be signed. Every header given here is signed.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// The path as it is sent: percent-encoded.
    pub(super) path: &'a str,
    /// The query as it is sent: percent-encoded, without `?`.
    pub(super) query: &'a str,
    /// Lower-case names, without `host`.
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

/// For whom and when.
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) unix_ms: u64,
}

/// The headers that turn `request` into a signed one: `x-amz-date`, `x-amz-security-token` if there
/// is a session token, and `authorization`.
pub(super) fn sign(
    request: &Unsigned<'_>,
    keys: &SigningKeys,
    scope: &Scope<'_>,
) -> Vec<(String, String)> {
    let (time, date) = amz_date(scope.unix_ms);
    let mut added = vec![("x-amz-date".to_owned(), time.clone())];
    if let Some(token) = &keys.session_token {
        added.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    let (canonical, signed_headers) = canonical_request(request, &added);
    let scope_text = format!("{date}/{}/{}/aws4_request", scope.region, scope.service);
    let digest = hex(&sha256(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope_text}\n{digest}");
    let key = signing_key(&keys.secret_access_key, &date, scope);
    let signature = hex(&hmac(Hash::Sha256, &key, to_sign.as_bytes()));
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope_text}, SignedHeaders={signed_headers}, \
         Signature={signature}",
        keys.access_key_id
    );
    added.push(("authorization".to_owned(), value));
    added
}

/// The canonical request and its list of signed headers.
fn canonical_request(request: &Unsigned<'_>, added: &[(String, String)]) -> (String, String) {
    let mut headers = Vec::new();
    for (name, value) in request.headers.iter().chain(added) {
        headers.push((name.as_str(), squeeze(value)));
    }
    headers.push(("host", request.host.to_owned()));
    let headers = sorted(headers, |(a, _), (b, _)| a.cmp(b));
    let names = join(&mut headers.iter().map(|(name, _)| *name), ";");
    let mut lines = String::new();
    for (name, value) in &headers {
        lines += &format!("{name}:{value}\n");
    }
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method,
        canonical_path(request.path),
        canonical_query(request.query),
        hex(&sha256(request.body))
    );
    (canonical, names)
}

/// A header value trimmed, with each run of spaces made one.
fn squeeze(value: &str) -> String {
    join(&mut value.split([' ', '\t']).filter(|word| !word.is_empty()), " ")
}

/// Every segment encoded once more than it is sent, and empty segments dropped: all services but S3
/// do so.
fn canonical_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 1);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        out.push('/');
        encode(segment.as_bytes(), &mut out);
    }
    if out.is_empty() || path.ends_with('/') {
        out.push('/');
    }
    out
}

/// The parameters encoded the one canonical way, and sorted by encoded name, then value.
fn canonical_query(query: &str) -> String {
    let recode = |text: &str| {
        let mut out = String::new();
        encode(&percent_decode(text), &mut out);
        out
    };
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((recode(name), recode(value)));
    }
    let mut canonical = String::new();
    for (name, value) in sorted(pairs, Ord::cmp) {
        let mark = if canonical.is_empty() { "" } else { "&" };
        canonical += &format!("{mark}{name}={value}");
    }
    canonical
}

/// Percent-encodes all but the unreserved characters of RFC 3986, with upper-case digits.
fn encode(bytes: &[u8], out: &mut String) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match (byte, after) {
            (b'%', [a, b, tail @ ..]) => {
                nibble(*a).zip(nibble(*b)).map(|(a, b)| (a * 16 + b, tail))
            }
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((byte, after));
        out.push(byte);
        rest = tail;
    }
    out
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok())
}

fn signing_key(secret: &[u8], date: &str, scope: &Scope<'_>) -> Secret {
    // One allocation of the right size: growth would leave a copy of the secret behind.
    let mut first = Vec::with_capacity(4 + secret.len());
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret);
    [date, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(Secret::new(first), |key, part| {
            Secret::new(hmac(Hash::Sha256, &key, part.as_bytes()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Published example credentials of the Signature Version 4 test suite.
    fn keys(token: Option<&str>) -> SigningKeys {
        SigningKeys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: Secret::from(&b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"[..]),
            session_token: token.map(str::to_owned),
        }
    }

    fn authorization(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &str,
        token: Option<&str>,
    ) -> String {
        let headers: Vec<_> =
            headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let request = Unsigned {
            method,
            host: "example.amazonaws.com",
            path,
            query,
            headers: &headers,
            body: body.as_bytes(),
        };
        let scope = Scope { region: "us-east-1", service: "service", unix_ms: 1_440_938_160_000 };
        let added = sign(&request, &keys(token), &scope);
        assert_eq!(added[0], ("x-amz-date".to_owned(), "20150830T123600Z".to_owned()));
        assert_eq!(added.len(), if token.is_some() { 3 } else { 2 });
        added.last().unwrap().1.clone()
    }

    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwd\
        QWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2w\
        UE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38x\
        Vqr7Z\
        D0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    /// Method, path, query, headers, body, session token; signed headers, signature.
    type Case<'a> = (
        &'a str,
        &'a str,
        &'a str,
        &'a [(&'a str, &'a str)],
        &'a str,
        Option<&'a str>,
        &'a str,
        &'a str,
    );

    /// The test suite that AWS published, without the cases that need headers or methods we never
    /// send.
    #[test]
    fn published_test_suite() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let form_utf8 = [("content-type", "application/x-www-form-urlencoded; charset=utf8")];
        let plain = "host;x-amz-date";
        let all = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let all_path = format!("/{all}");
        let all_query = format!("{all}={all}");
        #[rustfmt::skip]
        let cases: &[Case<'_>] = &[
            // post-vanilla
            ("POST", "/", "", &[], "", None, plain,
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            // post-vanilla-query
            ("POST", "/", "Param1=value1", &[], "", None, plain,
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
            // post-header-key-sort
            ("POST", "/", "", &[("my-header1", "value1")], "", None, "host;my-header1;x-amz-date",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
            // post-header-value-case
            ("POST", "/", "", &[("my-header1", "VALUE1")], "", None, "host;my-header1;x-amz-date",
                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
            // post-x-www-form-urlencoded
            ("POST", "/", "", &form, "Param1=value1", None, "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
            // post-x-www-form-urlencoded-parameters
            ("POST", "/", "", &form_utf8, "Param1=value1", None, "content-type;host;x-amz-date",
                "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
            // post-sts-header-before
            ("POST", "/", "", &[], "", Some(TOKEN), "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
            // get-header-value-trim
            ("GET", "/", "", &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")], "",
                None,
                "host;my-header1;my-header2;x-amz-date",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
            // get-unreserved
            ("GET", &all_path, "", &[], "", None, plain,
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
            // get-utf8
            ("GET", "/ሴ", "", &[], "", None, plain,
                "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
            // get-space
            ("GET", "/example space/", "", &[], "", None, plain,
                "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
            // get-slash
            ("GET", "//", "", &[], "", None, plain,
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            // get-slashes
            ("GET", "//example//", "", &[], "", None, plain,
                "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
            // get-vanilla-query-order-key-case
            ("GET", "/", "Param2=value2&Param1=value1", &[], "", None, plain,
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
            // get-vanilla-query-unreserved
            ("GET", "/", &all_query, &[], "", None, plain,
                "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
            // get-vanilla-utf8-query
            ("GET", "/", "%E1%88%B4=bar", &[], "", None, plain,
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        ];
        for (method, path, query, headers, body, token, signed, signature) in cases {
            let want = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders={signed}, Signature={signature}"
            );
            let got = authorization(method, path, query, headers, body, *token);
            assert_eq!(got, want, "{method} {path} {query}");
        }
    }

    /// Computed with a separate program (Python, hmac and hashlib) from the published description.
    #[test]
    fn kms_call_computed_apart() {
        let headers: Vec<_> = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "TrentService.Decrypt"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
        let request = Unsigned {
            method: "POST",
            host: "localhost:4566",
            path: "/proxy/a%20b",
            query: "z=1&a=%7e+x&flag",
            headers: &headers,
            body: br#"{"CiphertextBlob":"AQID"}"#,
        };
        let scope = Scope { region: "eu-central-1", service: "kms", unix_ms: 1_709_251_199_123 };
        let added = sign(&request, &keys(Some("session/token==")), &scope);
        let names: Vec<&str> = added.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["x-amz-date", "x-amz-security-token", "authorization"]);
        assert_eq!(added[0].1, "20240229T235959Z");
        assert_eq!(
            added[2].1,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240229/eu-central-1/kms/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
             Signature=60f146294b5c6956607acdb1b2e8d7d5e72936ec7b33ba883f9ecc58b92b0954"
        );
    }

    #[test]
    fn anything_changed_changes_the_signature() {
        let base = authorization("POST", "/", "", &[("x-amz-target", "A.B")], "{}", None);
        for other in [
            authorization("GET", "/", "", &[("x-amz-target", "A.B")], "{}", None),
            authorization("POST", "/x", "", &[("x-amz-target", "A.B")], "{}", None),
            authorization("POST", "/", "x", &[("x-amz-target", "A.B")], "{}", None),
            authorization("POST", "/", "", &[("x-amz-target", "A.C")], "{}", None),
            authorization("POST", "/", "", &[("x-amz-target", "A.B")], "{ }", None),
            authorization("POST", "/", "", &[("x-amz-target", "A.B")], "{}", Some("t")),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn broken_escapes_are_taken_literally() {
        assert_eq!(canonical_query("a=%zz&b=%4&c=%"), "a=%25zz&b=%254&c=%25");
        assert_eq!(canonical_query("&&a"), "a=");
        assert_eq!(canonical_path(""), "/");
    }
}
