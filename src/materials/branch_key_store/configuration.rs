//! Which KMS key a key store may use (`framework/branch-key-store.md#aws-kms-configuration`).

use crate::error::{Error, Part, Result, Rule};
use crate::kms::{KmsArn, KmsResource, mrk_match};

/// Which KMS key wraps the branch keys of a [`DynamoDbBranchKeyStore`](super::DynamoDbBranchKeyStore).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KmsConfiguration {
    /// This key ARN and no other.
    KeyArn(String),
    /// This key ARN; if it is a multi-Region key, records of its replicas too.
    MrKeyArn(String),
    /// The key that each record names. Reads only.
    Discovery,
    /// The key that each record names, if that is a multi-Region key its replica in this Region.
    /// Reads only.
    MrDiscovery(String),
}

impl KmsConfiguration {
    /// Refuses what is no key ARN, aliases above all: whoever may move an alias would choose the
    /// key.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::KeyArn(arn) | Self::MrKeyArn(arn) => key_arn(arn).map(drop),
            Self::Discovery => Ok(()),
            Self::MrDiscovery(region) if region.is_empty() || region.contains(':') => {
                Err(Error::misuse(Rule::Config, "the key store's Region is empty or has a ':'"))
            }
            Self::MrDiscovery(_) => Ok(()),
        }
    }

    /// The ARN that new branch keys are wrapped by.
    ///
    /// # Errors
    /// [`Rule::Config`] for those that only read.
    pub(super) fn for_writing(&self, operation: &str) -> Result<&str> {
        match self {
            Self::KeyArn(arn) | Self::MrKeyArn(arn) => Ok(arn),
            Self::Discovery | Self::MrDiscovery(_) => {
                let problem = format!(
                    "{operation} needs a key store with a KMS key ARN; discovery only reads"
                );
                Err(Error::misuse(Rule::Config, problem))
            }
        }
    }

    /// The ARN to call KMS with for a record under `record_arn`; `None` if the record's key is not
    /// the configured one.
    ///
    /// # Errors
    /// [`Part::KeyId`] if a record names its key by anything but a key ARN, and its word counts.
    pub(super) fn for_record(&self, record_arn: &str) -> Result<Option<String>> {
        Ok(match self {
            Self::KeyArn(arn) => (arn == record_arn).then(|| arn.clone()),
            Self::MrKeyArn(arn) => mrk_match(arn, record_arn).then(|| arn.clone()),
            Self::Discovery => {
                key_arn(record_arn)?;
                Some(record_arn.to_owned())
            }
            Self::MrDiscovery(region) => {
                let arn = key_arn(record_arn)?;
                let arn = if arn.is_mrk() { arn.with_region(region)? } else { arn };
                Some(arn.to_string())
            }
        })
    }
}

fn key_arn(text: &str) -> Result<KmsArn> {
    let arn = KmsArn::parse(text)?;
    match arn.resource() {
        KmsResource::Key => Ok(arn),
        KmsResource::Alias => {
            let problem = format!("'{arn}': a key store needs a key ARN, not an alias");
            Err(Error::malformed(Part::KeyId, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const MRK: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    const MRK_EAST: &str =
        "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/mrk-1234";

    fn key(arn: &str) -> KmsConfiguration {
        KmsConfiguration::KeyArn(arn.into())
    }

    fn mrk(arn: &str) -> KmsConfiguration {
        KmsConfiguration::MrKeyArn(arn.into())
    }

    #[test]
    fn only_key_arns_and_regions() {
        for arn in [ALIAS, "alias/a", "1234abcd-12ab-34cd-56ef-1234567890ab", "", "arn:aws:kms"] {
            assert_eq!(key(arn).check().unwrap_err().code(), "MALFORMED_KEY_ID", "{arn}");
            assert_eq!(mrk(arn).check().unwrap_err().code(), "MALFORMED_KEY_ID", "{arn}");
        }
        for region in ["", "a:b"] {
            let error = KmsConfiguration::MrDiscovery(region.into()).check().unwrap_err();
            assert_eq!(error.code(), "INVALID_CONFIG");
        }
        for good in [key(KEY), key(MRK), mrk(KEY), mrk(MRK), KmsConfiguration::Discovery] {
            good.check().unwrap();
        }
    }

    #[test]
    fn discovery_does_not_write() {
        for reader in [KmsConfiguration::Discovery, KmsConfiguration::MrDiscovery("r".into())] {
            assert_eq!(reader.for_writing("CreateKey").unwrap_err().code(), "INVALID_CONFIG");
        }
        assert_eq!(mrk(MRK).for_writing("CreateKey").unwrap(), MRK);
    }

    #[test]
    fn which_key_opens_which_record() {
        let some = |arn: &str| Some(arn.to_owned());
        let east = KmsConfiguration::MrDiscovery("us-east-1".into());
        for (configuration, record, want) in [
            (key(KEY), KEY, some(KEY)),
            (key(KEY), MRK, None),
            (key(MRK), MRK, some(MRK)),
            // Exactly: a replica is another key here.
            (key(MRK), MRK_EAST, None),
            (mrk(MRK), MRK_EAST, some(MRK)),
            (mrk(KEY), &KEY.replace("us-west-2", "us-east-1"), None),
            (mrk(MRK), &MRK_EAST.replace("111122223333", "444455556666"), None),
            (mrk(MRK), &MRK_EAST.replace("arn:aws:", "arn:aws-cn:"), None),
            (mrk(MRK), ALIAS, None),
            (key(KEY), "", None),
            (KmsConfiguration::Discovery, MRK, some(MRK)),
            (east.clone(), MRK, some(MRK_EAST)),
            // A key of one Region only stays where it is.
            (east, KEY, some(KEY)),
        ] {
            assert_eq!(configuration.for_record(record).unwrap(), want, "{record}");
        }
        for bad in [ALIAS, "", "alias/a", "mrk-1234"] {
            for reader in [KmsConfiguration::Discovery, KmsConfiguration::MrDiscovery("r".into())] {
                assert_eq!(reader.for_record(bad).unwrap_err().code(), "MALFORMED_KEY_ID", "{bad}");
            }
        }
    }
}
