//! KMS key ARNs and identifiers, and the rules for multi-Region keys (MRKs).
//!
//! Encryption SDK specification, `aws-kms-key-arn.md` and `aws-kms-mrk-match-for-decrypt.md`.

use core::fmt;
use core::str::FromStr;

use crate::error::{Error, Part, Result, Rule};
use crate::util::sort::sorted;
use crate::util::text::join;

/// The resource type of a KMS ARN.
///
/// ```
/// use fieldseal::kms::KmsResource;
///
/// assert_eq!(KmsResource::Alias.as_str(), "alias");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KmsResource {
    /// `alias`.
    Alias,
    /// `key`.
    Key,
}

impl KmsResource {
    /// The type as it stands in the ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Key => "key",
        }
    }
}

/// A valid KMS ARN: `arn:<partition>:kms:<region>:<account>:<alias|key>/<id>`.
///
/// ```
/// use fieldseal::kms::{KmsArn, KmsResource};
///
/// let arn = KmsArn::parse("arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd")?;
/// assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "eu-central-1", "111122223333"));
/// assert_eq!((arn.resource(), arn.id()), (KmsResource::Key, "mrk-1234abcd"));
/// assert!(arn.is_mrk());
///
/// let replica = arn.with_region("eu-west-1")?;
/// assert_eq!(replica.to_string(), "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd");
/// assert_eq!(KmsArn::parse("alias/shop").unwrap_err().code(), "MALFORMED_KEY_ID");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KmsArn {
    partition: String,
    region: String,
    account: String,
    resource: KmsResource,
    id: String,
}

impl KmsArn {
    /// Parses `text` (`aws-kms-key-arn.md`, "A String Is a Valid KMS ARN").
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`], saying which element is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let fail = |problem: &str| Err(malformed(text, problem));
        let mut parts = text.split(':');
        // Exactly six elements: a seventh would make the identifier ambiguous.
        let elements = core::array::from_fn::<_, 6, _>(|_| parts.next());
        let (
            [Some(arn), Some(partition), Some(service), Some(region), Some(account), Some(rest)],
            None,
        ) = (elements, parts.next())
        else {
            return fail("an ARN has six elements divided by ':'");
        };
        if arn != "arn" {
            return fail("it does not start with 'arn'");
        }
        if partition.is_empty() {
            return fail("its partition is empty");
        }
        if service != "kms" {
            return fail("its service is not 'kms'");
        }
        if region.is_empty() {
            return fail("its Region is empty");
        }
        if account.is_empty() {
            return fail("its account is empty");
        }
        // Only the first '/' divides: alias names hold more of them.
        let Some((kind, id)) = rest.split_once('/') else {
            return fail("its resource has no '/'");
        };
        let resource = match kind {
            "alias" => KmsResource::Alias,
            "key" => KmsResource::Key,
            _ => return fail("its resource type is neither 'alias' nor 'key'"),
        };
        if id.is_empty() {
            return fail("its resource id is empty");
        }
        Ok(Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource,
            id: id.to_owned(),
        })
    }

    /// The partition, for example `aws` or `aws-cn`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The Region, for example `us-west-2`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account id.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether it names an alias or a key.
    pub fn resource(&self) -> KmsResource {
        self.resource
    }

    /// What stands behind `alias/` or `key/`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it names a multi-Region key. An alias never does, whatever its name.
    pub fn is_mrk(&self) -> bool {
        self.resource == KmsResource::Key && self.id.starts_with("mrk-")
    }

    /// The same ARN in another Region, as MRK discovery needs it.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`] if `region` is empty or holds a `:`.
    pub fn with_region(&self, region: &str) -> Result<Self> {
        if region.is_empty() || region.contains(':') {
            return Err(Error::malformed(Part::KeyId, format!("'{region}' is not a Region")));
        }
        Ok(Self { region: region.to_owned(), ..self.clone() })
    }
}

impl fmt::Display for KmsArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, resource, id } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:{}/{id}", resource.as_str())
    }
}

impl FromStr for KmsArn {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// A valid KMS identifier: an ARN, an alias name or a bare key id.
///
/// ```
/// use fieldseal::kms::KmsKeyId;
///
/// let alias = KmsKeyId::parse("alias/shop")?;
/// assert!(alias.is_alias() && !alias.is_mrk());
///
/// let arn = KmsKeyId::parse("arn:aws:kms:eu-central-1:111122223333:key/1234abcd")?;
/// assert_eq!(arn.arn().unwrap().region(), "eu-central-1");
///
/// assert!(KmsKeyId::parse("mrk-1234abcd")?.is_mrk());
/// assert_eq!(KmsKeyId::parse("key/1234abcd").unwrap_err().code(), "MALFORMED_KEY_ID");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KmsKeyId {
    /// A key ARN or alias ARN.
    Arn(KmsArn),
    /// An alias name, with its `alias/`.
    Alias(String),
    /// A bare key id, for example a UUID or `mrk-…`.
    Key(String),
}

impl KmsKeyId {
    /// Parses `text` (`aws-kms-key-arn.md`, "A String Is a Valid KMS Identifier").
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`]: empty, a broken ARN, an alias without a name, or
    /// a `/` in a bare key id (`key/…` is only valid inside an ARN).
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::malformed(Part::KeyId, "it is empty"));
        }
        if text.starts_with("arn:") {
            return KmsArn::parse(text).map(Self::Arn);
        }
        match text.split_once('/') {
            Some(("alias", "")) => Err(malformed(text, "the alias has no name")),
            Some(("alias", _)) => Ok(Self::Alias(text.to_owned())),
            Some(_) => Err(malformed(text, "a bare key id has no '/'")),
            None => Ok(Self::Key(text.to_owned())),
        }
    }

    /// The ARN, if it is one.
    pub fn arn(&self) -> Option<&KmsArn> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::Alias(_) | Self::Key(_) => None,
        }
    }

    /// Whether it names an alias, by name or ARN.
    pub fn is_alias(&self) -> bool {
        match self {
            Self::Arn(arn) => arn.resource() == KmsResource::Alias,
            Self::Alias(_) => true,
            Self::Key(_) => false,
        }
    }

    /// Whether it names a multi-Region key. An alias never does, whatever its name.
    pub fn is_mrk(&self) -> bool {
        match self {
            Self::Arn(arn) => arn.is_mrk(),
            Self::Alias(_) => false,
            Self::Key(id) => id.starts_with("mrk-"),
        }
    }
}

impl fmt::Display for KmsKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::Alias(text) | Self::Key(text) => f.write_str(text),
        }
    }
}

impl FromStr for KmsKeyId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Whether data wrapped under `a` may be opened with `b` (`aws-kms-mrk-match-for-decrypt.md`).
///
/// True for identical strings, and for two ARNs of multi-Region keys that differ in Region only.
///
/// ```
/// use fieldseal::kms::mrk_match;
///
/// let frankfurt = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd";
/// let dublin = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd";
/// assert!(mrk_match(frankfurt, dublin));
/// assert!(!mrk_match(frankfurt, "mrk-1234abcd"));
/// ```
pub fn mrk_match(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    // A bare `mrk-…` has no partition and no account to compare, so it matches itself only.
    let (Ok(a), Ok(b)) = (KmsArn::parse(a), KmsArn::parse(b)) else { return false };
    a.is_mrk()
        && b.is_mrk()
        && a.partition == b.partition
        && a.account == b.account
        && a.resource == b.resource
        && a.id == b.id
}

/// Whether an answer about the key `asked` may name `answered`: a key ARN always, never an alias; where a key was asked
/// for, that one. Where an alias was, only KMS knows the key.
pub(crate) fn may_answer(asked: &str, answered: &str) -> bool {
    let Ok(key) = KmsArn::parse(answered) else { return false };
    key.resource == KmsResource::Key
        && match KmsKeyId::parse(asked) {
            Ok(KmsKeyId::Arn(arn)) => arn == key || arn.resource == KmsResource::Alias,
            Ok(KmsKeyId::Key(id)) => id == key.id,
            Ok(KmsKeyId::Alias(_)) => true,
            Err(_) => false,
        }
}

/// Fails if two of `key_ids` are the same multi-Region key, in one Region or in two
/// (`aws-kms-mrk-are-unique.md`). Other keys may occur twice.
///
/// # Errors
/// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`], naming all that are not unique; [`Fault::Malformed`](crate::error::Fault::Malformed) with
/// [`Part::KeyId`] for what is no KMS identifier.
///
/// ```
/// use fieldseal::kms::assert_mrks_unique;
///
/// let frankfurt = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd".to_owned();
/// let dublin = frankfurt.replace("eu-central-1", "eu-west-1");
/// assert!(assert_mrks_unique(&[frankfurt.clone(), "alias/shop".into()]).is_ok());
/// let twice = assert_mrks_unique(&[frankfurt, dublin]);
/// assert_eq!(twice.unwrap_err().code(), "INVALID_CONFIG");
/// ```
pub fn assert_mrks_unique(key_ids: &[String]) -> Result<()> {
    let mut mrks = Vec::new();
    for text in key_ids {
        match KmsKeyId::parse(text)? {
            KmsKeyId::Arn(arn) if arn.is_mrk() => mrks.push((arn.id, text)),
            KmsKeyId::Key(id) if id.starts_with("mrk-") => mrks.push((id, text)),
            _ => {}
        }
    }
    let mrks = sorted(mrks, |(a, _), (b, _)| a.cmp(b));
    let mut twice = Vec::new();
    for same in mrks.chunk_by(|(a, _), (b, _)| a == b) {
        if same.len() > 1 {
            same.iter().for_each(|(_, text)| twice.push(text.as_str()));
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    let twice = join(&mut twice.into_iter(), "', '");
    let problem = format!("the same multi-Region key occurs more than once: '{twice}'");
    Err(Error::misuse(Rule::Config, problem))
}

fn malformed(text: &str, problem: &str) -> Error {
    // Key ids come out of untrusted headers too: what is wrong with one stands in front of it.
    Error::malformed(Part::KeyId, format!("{problem}: '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const MRK: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

    #[test]
    fn which_key_may_answer_for_which() {
        const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/a";
        let id = KEY.rsplit('/').next().unwrap();
        for (asked, answered) in [(KEY, KEY), (id, KEY), ("alias/a", KEY), (ALIAS, MRK)] {
            assert!(may_answer(asked, answered), "{asked} {answered}");
        }
        let replica = MRK.replace("us-west-2", "us-east-1");
        let other_account = KEY.replace("1111", "4444");
        for (asked, answered) in [
            (KEY, MRK),
            (KEY, &*other_account),
            // A replica has its own ARN, and its own endpoint.
            (MRK, &*replica),
            (KEY, ALIAS),
            (id, MRK),
            (id, id),
            (KEY, id),
            ("alias/a", ALIAS),
            ("alias/a", "alias/a"),
            ("alias/a", id),
            (ALIAS, ALIAS),
            (KEY, ""),
            ("", KEY),
        ] {
            assert!(!may_answer(asked, answered), "{asked} {answered}");
        }
    }

    #[test]
    fn valid_arns_come_back_identical() {
        for text in [
            KEY,
            MRK,
            "arn:aws:kms:us-west-2:111122223333:alias/a/b/c",
            "arn:aws-cn:kms:cn-north-1:1:key/x",
            "arn:x:kms:y:z:alias//",
        ] {
            assert_eq!(KmsArn::parse(text).unwrap().to_string(), text);
            assert_eq!(KmsKeyId::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn elements() {
        let arn: KmsArn = MRK.parse().unwrap();
        assert_eq!(arn.partition(), "aws");
        assert_eq!(arn.region(), "us-west-2");
        assert_eq!(arn.account(), "111122223333");
        assert_eq!(arn.resource(), KmsResource::Key);
        assert_eq!(arn.id(), "mrk-1234abcd12ab34cd56ef1234567890ab");
        assert_eq!(arn.with_region("eu-west-1").unwrap().region(), "eu-west-1");
        assert!(arn.with_region("").is_err());
        assert!(arn.with_region("a:b").is_err());
    }

    #[test]
    fn broken_arns_are_refused() {
        for text in [
            "",
            "arn",
            "arn:",
            ":aws:kms:us-west-2:111122223333:key/x",
            "ARN:aws:kms:us-west-2:111122223333:key/x",
            "arn-not:aws:kms:us-west-2:111122223333:key/x",
            "arn::kms:us-west-2:111122223333:key/x",
            "arn:aws::us-west-2:111122223333:key/x",
            "arn:aws:s3:us-west-2:111122223333:key/x",
            "arn:aws:kms-not:us-west-2:111122223333:key/x",
            "arn:aws:kms::111122223333:key/x",
            "arn:aws:kms:us-west-2::key/x",
            "arn:aws:kms:us-west-2:111122223333:",
            "arn:aws:kms:us-west-2:111122223333:key",
            "arn:aws:kms:us-west-2:111122223333:key/",
            "arn:aws:kms:us-west-2:111122223333:/x",
            "arn:aws:kms:us-west-2:111122223333:key-not/x",
            "arn:aws:kms:us-west-2:111122223333:key:x",
            "arn:aws:kms:us-west-2:111122223333:key/x:y",
            "arn:aws:kms:us-west-2:111122223333",
        ] {
            let error = KmsArn::parse(text).unwrap_err();
            assert_eq!(error.code(), "MALFORMED_KEY_ID", "{text}");
        }
    }

    #[test]
    fn identifiers() {
        assert!(matches!(KmsKeyId::parse("alias/x/y"), Ok(KmsKeyId::Alias(_))));
        assert!(matches!(KmsKeyId::parse("1234abcd"), Ok(KmsKeyId::Key(_))));
        assert!(matches!(KmsKeyId::parse(KEY), Ok(KmsKeyId::Arn(_))));
        for text in ["", "alias/", "key/x", "/x", "arn:aws:kms:us-west-2:1:key", "arn:"] {
            assert_eq!(KmsKeyId::parse(text).unwrap_err().code(), "MALFORMED_KEY_ID", "{text}");
        }
    }

    #[test]
    fn multi_region_keys() {
        for (text, mrk) in [
            (KEY, false),
            (MRK, true),
            ("arn:aws:kms:us-west-2:1:alias/mrk-x", false),
            ("alias/mrk-x", false),
            ("mrk-x", true),
            ("x-mrk-x", false),
        ] {
            assert_eq!(KmsKeyId::parse(text).unwrap().is_mrk(), mrk, "{text}");
        }
        assert!(KmsKeyId::parse("arn:aws:kms:us-west-2:1:alias/x").unwrap().is_alias());
        assert!(!KmsKeyId::parse(KEY).unwrap().is_alias());
    }

    #[test]
    fn matching_for_decrypt() {
        let other = MRK.replace("us-west-2", "eu-west-1");
        assert!(mrk_match(KEY, KEY));
        assert!(mrk_match("alias/x", "alias/x"));
        assert!(mrk_match(MRK, &other));
        for (a, b) in [
            (KEY.to_owned(), KEY.replace("us-west-2", "eu-west-1")),
            (MRK.to_owned(), other.replace("arn:aws:", "arn:aws-cn:")),
            (MRK.to_owned(), other.replace("111122223333", "444455556666")),
            (MRK.to_owned(), other.replace("0ab", "0ac")),
            (MRK.to_owned(), other.replace(":key/", ":alias/")),
            (MRK.to_owned(), "mrk-1234abcd12ab34cd56ef1234567890ab".to_owned()),
            (MRK.to_owned(), KEY.to_owned()),
            (MRK.to_owned(), String::new()),
        ] {
            assert!(!mrk_match(&a, &b), "{a} {b}");
            assert!(!mrk_match(&b, &a), "{b} {a}");
        }
    }

    #[test]
    fn multi_region_keys_once_each() {
        let there = MRK.replace("us-west-2", "eu-west-1");
        let other = MRK.replace("0ab", "0ac");
        let unique = |ids: &[&str]| {
            assert_mrks_unique(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>())
        };
        unique(&[]).unwrap();
        unique(&[MRK, &other, KEY, KEY, "alias/mrk-x", "alias/mrk-x"]).unwrap();
        let bare = "mrk-1234abcd12ab34cd56ef1234567890ab";
        for ids in [&[MRK, &there][..], &[MRK, MRK], &[&other, MRK, KEY, bare]] {
            let error = unique(ids).unwrap_err();
            assert_eq!(error.code(), "INVALID_CONFIG");
            for id in ids {
                let twice = *id != other && *id != KEY;
                assert_eq!(error.to_string().contains(id), twice, "{id} in {error}");
            }
        }
        assert_eq!(unique(&["arn:"]).unwrap_err().code(), "MALFORMED_KEY_ID");
    }

    #[test]
    fn errors_stay_short() {
        let error = KmsArn::parse(&format!("arn:\u{7}{}", "x".repeat(5000))).unwrap_err();
        assert!(error.to_string().len() < 1100);
        assert!(!error.to_string().contains('\u{7}'));
    }
}
