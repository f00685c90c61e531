//! The endpoint's URL, in the one spelling in which it is both sent and signed.
//!
//! Hosts (`fetch` above all) rewrite URLs before they send them, and a signature covers what is
//! sent. So only URLs that no host rewrites are taken: RFC 3986 without user information, fragment
//! and dot segments.

use crate::error::{Error, Result, Rule};
use crate::util::text::split_once;

use super::failure::has_word;

/// A parsed endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The URL to send to.
    pub(super) url: String,
    /// The `host` header that the host will send: lower case, without the scheme's default port.
    pub(super) host: String,
    /// Starts with `/`; percent-encoded.
    pub(super) path: String,
    /// Without the `?`; percent-encoded; empty for none.
    pub(super) query: String,
}

/// Which of AWS's own endpoints a client uses; [`RetryMode`](super::RetryMode) shows it.
#[cfg(feature = "kms-admin")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AwsEndpoints {
    /// Those whose cryptographic modules are validated by FIPS 140.
    pub fips: bool,
    /// Those that IPv6 reaches, too.
    pub dualstack: bool,
}

/// What the Regions of a partition begin with, and its domain; of those partitions whose domain is another than that of
/// `aws`. From AWS's partition data (`partitions.json` of the SDKs).
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// The same, and the domain that IPv6 reaches, too.
#[cfg(feature = "kms-admin")]
const DUALSTACK: [(&str, &str); 6] = [
    ("cn-", "api.amazonwebservices.com.cn"),
    ("eusc-", "api.amazonwebservices.eu"),
    ("us-iso-", "api.aws.ic.gov"),
    ("us-isob-", "api.aws.scloud"),
    ("eu-isoe-", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "api.aws.hci.ic.gov"),
];

fn domain(
    partitions: &[(&str, &'static str)],
    region: &str,
    default: &'static str,
) -> &'static str {
    partitions.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or(default, |(_, d)| d)
}

impl Endpoint {
    /// AWS's own endpoint of `service` in `region`.
    pub(super) fn of_region(service: &str, region: &str) -> Result<Self> {
        let domain = domain(&PARTITIONS, region, "amazonaws.com");
        Self::parse(&format!("https://{service}.{region}.{domain}"))
    }

    /// The same, of those endpoints.
    #[cfg(feature = "kms-admin")]
    pub(super) fn of_aws(service: &str, region: &str, which: AwsEndpoints) -> Result<Self> {
        let AwsEndpoints { fips, dualstack } = which;
        // All of DynamoDB's endpoints in the partition aws-us-gov are validated: one of that name is not there.
        let named = !(service == "dynamodb" && region.starts_with("us-gov-") && !dualstack);
        let fips = if fips && named { "-fips" } else { "" };
        if !dualstack {
            return Self::of_region(&format!("{service}{fips}"), region);
        }
        let domain = domain(&DUALSTACK, region, "api.aws");
        Self::parse(&format!("https://{service}{fips}.{region}.{domain}"))
    }

    /// Parses an http or https URL.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = split_once(text, "://") else {
            return refuse("it is not an absolute URL");
        };
        let (scheme, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return refuse("its scheme is neither https nor http"),
        };
        let end = rest.bytes().position(|b| b"/?#".contains(&b)).unwrap_or(rest.len());
        // ASCII: a character begins there.
        let (authority, rest) = rest.split_at_checked(end).unwrap_or_default();
        let host = host(authority, default_port)?;
        let (path, query) = split_once(rest, "?").unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        if !is_encoded(path, b"/") || !is_encoded(query, b"/?") {
            return refuse(
                "its path or query has a character that must be percent-encoded, or a '#'",
            );
        }
        let dots =
            |segment: &str| has_word(". %2e .. .%2e %2e. %2e%2e", &segment.to_ascii_lowercase());
        if path.split('/').any(dots) {
            return refuse("its path has a '.' or '..' segment");
        }
        let mark = if query.is_empty() { "" } else { "?" };
        Ok(Self {
            url: format!("{scheme}://{host}{path}{mark}{query}"),
            host,
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }
}

fn refuse<T>(problem: &str) -> Result<T> {
    // The URL itself is not shown: it may hold a password.
    Err(Error::misuse(Rule::Config, format!("the endpoint cannot be used: {problem}")))
}

fn host(authority: &str, default_port: u16) -> Result<String> {
    if authority.contains('@') {
        return refuse("it has user information; give credentials with the client's options");
    }
    // The ':' of a port stands behind the ']' of an IPv6 address.
    let end = authority.bytes().rposition(|b| b == b']').map_or(0, |end| end + 1);
    let (v6, rest) = authority.split_at_checked(end).unwrap_or_default();
    let (name, port) = match split_once(rest, ":") {
        Some((name, port)) => (name, Some(port)),
        None => (rest, None),
    };
    let name = match (v6, name) {
        ("", name) | (name, "") => name,
        _ => return refuse("its host is not valid"),
    };
    let valid = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(v6) => {
            !v6.is_empty() && v6.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b))
        }
        None => {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
    };
    if !valid {
        return refuse(
            "its host is not valid; write international names in their ASCII form (xn--)",
        );
    }
    let mut host = name.to_ascii_lowercase();
    if let Some(port) = port.filter(|p| !p.is_empty()) {
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        match port.parse::<u16>() {
            Ok(port) if digits && port != 0 => {
                if port != default_port {
                    host.push_str(&format!(":{port}"));
                }
            }
            _ => return refuse("its port is not a number from 1 to 65535"),
        }
    }
    Ok(host)
}

/// Whether `text` has only RFC 3986 `pchar`s and the `extra` delimiters.
fn is_encoded(text: &str, extra: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(i, b)| match b {
        b'%' => {
            matches!(bytes.get(i + 1..i + 3), Some(hex) if hex.iter().all(u8::is_ascii_hexdigit))
        }
        _ => b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(b) || extra.contains(b),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String, String) {
        let e = Endpoint::parse(text).unwrap();
        (e.url, e.host, e.path, e.query)
    }

    #[test]
    fn urls_in_the_spelling_that_is_sent() {
        for (text, url, host, path, query) in [
            ("https://a.example", "https://a.example/", "a.example", "/", ""),
            ("HTTPS://A.Example:443/", "https://a.example/", "a.example", "/", ""),
            ("http://localhost:04566", "http://localhost:4566/", "localhost:4566", "/", ""),
            ("http://[::1]:80/x/y", "http://[::1]/x/y", "[::1]", "/x/y", ""),
            ("https://[FE80::1]:8443", "https://[fe80::1]:8443/", "[fe80::1]:8443", "/", ""),
            ("https://h/a%20b//c/?x=1&y", "https://h/a%20b//c/?x=1&y", "h", "/a%20b//c/", "x=1&y"),
            ("https://h?q", "https://h/?q", "h", "/", "q"),
            ("https://h:/", "https://h/", "h", "/", ""),
        ] {
            let want = (url.to_owned(), host.to_owned(), path.to_owned(), query.to_owned());
            assert_eq!(parts(text), want, "{text}");
        }
    }

    #[cfg(feature = "kms-admin")]
    #[test]
    fn regions() {
        for (region, plain, both) in [
            ("us-west-2", "amazonaws.com", "api.aws"),
            ("us-gov-west-1", "amazonaws.com", "api.aws"),
            ("eu-south-2", "amazonaws.com", "api.aws"),
            ("cn-north-1", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
            ("eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu"),
            ("us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud"),
            ("us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ] {
            let url = |fips, dualstack| {
                Endpoint::of_aws("kms", region, AwsEndpoints { fips, dualstack }).unwrap().url
            };
            assert_eq!(url(false, false), format!("https://kms.{region}.{plain}/"));
            assert_eq!(url(true, false), format!("https://kms-fips.{region}.{plain}/"));
            assert_eq!(url(false, true), format!("https://kms.{region}.{both}/"));
            assert_eq!(url(true, true), format!("https://kms-fips.{region}.{both}/"));
        }
    }

    #[cfg(feature = "kms-admin")]
    #[test]
    fn endpoints_of_dynamodb_in_the_partition_of_the_government() {
        for (dualstack, url) in [
            (false, "https://dynamodb.us-gov-east-1.amazonaws.com/"),
            (true, "https://dynamodb-fips.us-gov-east-1.api.aws/"),
        ] {
            let which = AwsEndpoints { fips: true, dualstack };
            assert_eq!(Endpoint::of_aws("dynamodb", "us-gov-east-1", which).unwrap().url, url);
        }
    }

    #[test]
    fn urls_that_a_host_would_rewrite_or_refuse() {
        for text in [
            "",
            "kms.example",
            "/kms",
            "//kms.example",
            "ftp://kms.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https:///path",
            "https://user:secret@h/",
            "https://h:0/",
            "https://h:65536/",
            "https://h:+1/",
            "https://h:x/",
            "https://[::1",
            "https://[::1]x",
            "https://[]/",
            "https://h h/",
            "https://h\\evil/",
            "https://bücher.example/",
            "https://h/a b",
            "https://h/ü",
            "https://h/%zz",
            "https://h/%2",
            "https://h/a/../b",
            "https://h/./b",
            "https://h/%2E%2e/b",
            "https://h/#fragment",
            "https://h/\r\nx: y",
            "https://h/?a b",
            "https://h/{x}",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert_eq!(error.code(), "INVALID_CONFIG", "{text}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
