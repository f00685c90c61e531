//! Commitment policies (`commitment-policy.md`).

use crate::error::{Error, Result, Rule};
use crate::interop;

use super::Suite;

/// Which suites may be written and read.
///
/// ```
/// use fieldseal::materials::{CommitmentPolicy, Suite};
///
/// let default = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
/// assert_eq!(default.default_suite(true).id, 0x0578);
/// assert_eq!(default.default_suite(false).id, 0x0478); // without a signature
///
/// // An old message, whose suite does not commit to its key:
/// let old = Suite::by_id(0x0378).unwrap();
/// assert_eq!(default.check_decrypt(old).unwrap_err().code(), "SUITE_NOT_ALLOWED");
/// let migration = CommitmentPolicy::EsdkRequireEncryptAllowDecrypt;
/// migration.check_decrypt(old)?;
/// assert!(migration.check_encrypt(old).is_err());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitmentPolicy {
    /// Encryption SDK: write without commitment, read anything.
    EsdkForbidEncryptAllowDecrypt,
    /// Encryption SDK: write with commitment, read anything.
    EsdkRequireEncryptAllowDecrypt,
    /// Encryption SDK: commitment both ways (its default).
    EsdkRequireEncryptRequireDecrypt,
    /// Database Encryption SDK: commitment both ways (its only policy).
    DbeRequireEncryptRequireDecrypt,
}

impl CommitmentPolicy {
    /// The suite used when the caller names none; `signed` is false for keyrings that cannot serve
    /// signing suites.
    pub fn default_suite(self, signed: bool) -> &'static Suite {
        let id = match (self, signed) {
            (Self::EsdkForbidEncryptAllowDecrypt, true) => interop::FORBID_COMMITMENT_DEFAULT_SUITE,
            (Self::EsdkForbidEncryptAllowDecrypt, false) => 0x0178,
            (Self::DbeRequireEncryptRequireDecrypt, true) => 0x6701,
            (Self::DbeRequireEncryptRequireDecrypt, false) => 0x6700,
            (_, true) => 0x0578,
            (_, false) => 0x0478,
        };
        // Invariant: the ids above are in the table.
        Suite::by_id(id).expect("a suite of the table")
    }

    /// Checks that `suite` may be written under this policy.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Suite`](crate::error::Rule::Suite) if not.
    pub fn check_encrypt(self, suite: &Suite) -> Result<()> {
        let allowed = match self {
            Self::EsdkForbidEncryptAllowDecrypt => !suite.commits,
            _ => suite.commits,
        };
        self.check(suite, allowed)
    }

    /// Checks that `suite` may be read under this policy.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Suite`](crate::error::Rule::Suite) if not.
    pub fn check_decrypt(self, suite: &Suite) -> Result<()> {
        let allowed = match self {
            Self::EsdkForbidEncryptAllowDecrypt | Self::EsdkRequireEncryptAllowDecrypt => true,
            _ => suite.commits,
        };
        self.check(suite, allowed)
    }

    /// Its name in AWS's libraries.
    fn name(self) -> &'static str {
        match self {
            Self::EsdkForbidEncryptAllowDecrypt => "FORBID_ENCRYPT_ALLOW_DECRYPT",
            Self::EsdkRequireEncryptAllowDecrypt => "REQUIRE_ENCRYPT_ALLOW_DECRYPT",
            Self::EsdkRequireEncryptRequireDecrypt | Self::DbeRequireEncryptRequireDecrypt => {
                "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"
            }
        }
    }

    fn check(self, suite: &Suite, allowed: bool) -> Result<()> {
        if allowed && suite.is_dbe() == (self == Self::DbeRequireEncryptRequireDecrypt) {
            return Ok(());
        }
        let problem =
            format!("suite {suite} is not allowed by the commitment policy {}", self.name());
        Err(Error::misuse(Rule::Suite, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [CommitmentPolicy; 4] = [
        CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
        CommitmentPolicy::EsdkRequireEncryptAllowDecrypt,
        CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
    ];

    #[test]
    fn defaults_are_allowed_both_ways() {
        for policy in ALL {
            for signed in [true, false] {
                let suite = policy.default_suite(signed);
                policy.check_encrypt(suite).unwrap();
                policy.check_decrypt(suite).unwrap();
                assert_eq!(suite.signature.is_some(), signed);
            }
        }
    }

    #[test]
    fn refuses_what_the_table_of_policies_refuses() {
        let suite = |id| Suite::by_id(id).unwrap();
        assert!(ALL[0].check_encrypt(suite(0x0478)).is_err());
        assert!(ALL[1].check_encrypt(suite(0x0178)).is_err());
        assert!(ALL[1].check_decrypt(suite(0x0178)).is_ok());
        assert!(ALL[2].check_decrypt(suite(0x0178)).is_err());
        assert!(ALL[2].check_encrypt(suite(0x6700)).is_err());
        assert!(ALL[3].check_decrypt(suite(0x0478)).is_err());
    }
}
