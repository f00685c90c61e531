//! What requests on a table with sealed records may do (`ddb-support.md`, `ddb-sdk-integration.md`).

use crate::dynamodb::PlaintextOverride;
use crate::error::{Error, Result, Rule};
use crate::structured::{CryptoAction, FOOTER_FIELD, HEADER_FIELD, RESERVED_FIELD_PREFIX};
use crate::util::sort::sorted;

use super::path::Path;
use super::request::{Expressions, RequestParts};
use super::{Condition, Update};

/// What the rules of a table follow from: a part of the item encryptor's configuration, which that checks. [`TableRules`] has an
/// example.
#[derive(Debug, Clone, Default)]
pub struct TableRulesConfig {
    /// The action of each attribute.
    pub attribute_actions: Vec<(String, CryptoAction)>,
    /// Names that are never signed.
    pub allowed_unsigned_attributes: Vec<String>,
    /// A prefix of names that are never signed.
    pub allowed_unsigned_attribute_prefix: Option<String>,
    /// Name of the partition key attribute.
    pub partition_key_name: String,
    /// Name of the sort key attribute, where the table has one.
    pub sort_key_name: Option<String>,
    /// Plaintext items, for migrations.
    pub plaintext_override: PlaintextOverride,
}

/// The rules of a table (`ddb-support.md`): which requests leave sealed records readable, and what they read verified.
///
/// ```
/// use fieldseal::dynamodb::expressions::{RequestParts, TableRules, TableRulesConfig};
/// use fieldseal::structured::CryptoAction;
///
/// let rules = TableRules::new(TableRulesConfig {
///     attribute_actions: vec![
///         ("id".into(), CryptoAction::SignOnly),
///         ("ssn".into(), CryptoAction::EncryptAndSign),
///         ("views".into(), CryptoAction::DoNothing),
///     ],
///     allowed_unsigned_attributes: vec!["views".into()],
///     partition_key_name: "id".into(),
///     ..TableRulesConfig::default()
/// });
/// assert_eq!(rules.key_names().collect::<Vec<_>>(), ["id"]);
///
/// let update = |expression| RequestParts {
///     update: Some(expression),
///     values: vec![(":v", None)],
///     ..RequestParts::default()
/// };
/// rules.check("UpdateItem", &update("ADD views :v"))?;
/// let error = rules.check("UpdateItem", &update("SET ssn = :v")).unwrap_err();
/// assert_eq!(error.attribute(), Some("ssn")); // its signature would be wrong
///
/// // What an update gives back:
/// rules.check_updated(["views"])?;
/// assert!(rules.check_updated(["views", "ssn"]).is_err());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug)]
pub struct TableRules(TableRulesConfig);

/// Operations whose requests are checked, and the entries of transactions: by name, and whether they put whole items.
const OPERATIONS: [(&str, bool); 12] = [
    ("GetItem", false),
    ("BatchGetItem", false),
    ("Get", false),
    ("PutItem", true),
    ("Put", true),
    ("UpdateItem", false),
    ("Update", false),
    ("DeleteItem", false),
    ("Delete", false),
    ("ConditionCheck", false),
    ("Query", false),
    ("Scan", false),
];

impl TableRules {
    /// The rules that follow from the configuration.
    pub fn new(mut config: TableRulesConfig) -> Self {
        config.attribute_actions = sorted(config.attribute_actions, |(a, _), (b, _)| a.cmp(b));
        config.allowed_unsigned_attributes =
            sorted(config.allowed_unsigned_attributes, String::cmp);
        Self(config)
    }

    /// Checks that a request leaves records readable, compares no ciphertexts and reads nothing that cannot be verified. `operation`
    /// is DynamoDB's name of the operation, or of the entry of a transaction.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse), naming the attribute and what the request would do with it;
    /// [`Rule::Argument`] for another operation; those of [`Expressions::parse`].
    pub fn check(&self, operation: &str, parts: &RequestParts<'_>) -> Result<()> {
        let Some((_, puts)) = OPERATIONS.iter().find(|(known, _)| *known == operation) else {
            let problem = format!("'{operation}' is not an operation on items");
            return Err(Error::misuse(Rule::Argument, problem));
        };
        // Plaintext is written as it comes.
        if *puts
            && self.0.plaintext_override == PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead
        {
            return Ok(());
        }
        if let Some(legacy) = parts.legacy.first() {
            let problem =
                format!("{operation} on an encrypted table has the legacy parameter {legacy}");
            return Err(Error::misuse(Rule::LegacyParameter, problem));
        }
        let expressions = Expressions::parse(parts)?;
        let checks = [
            expressions.update.as_ref().map(|update| self.check_update(update)),
            expressions.condition.as_ref().map(|condition| self.check_condition(condition)),
            expressions
                .key_condition
                .as_ref()
                .map(|condition| self.check_filter(condition, "KeyConditionExpression")),
            expressions.filter.as_ref().map(|filter| self.check_filter(filter, "FilterExpression")),
            expressions.projection.as_ref().map(|paths| self.check_projection(paths)),
        ];
        checks.into_iter().flatten().collect()
    }

    /// Checks that an update gave back only attributes that need no verification. `names` are those of a response to
    /// `UPDATED_OLD` or `UPDATED_NEW`, which lacks the rest of the record.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::PartialRead`], naming a signed attribute.
    pub fn check_updated<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<()> {
        match names.into_iter().find(|name| self.is_signed(name)) {
            None => Ok(()),
            Some(name) => {
                let problem = "the response has a signed attribute without the rest of its record, so \
                               that it cannot be verified";
                Err(Error::misuse(Rule::PartialRead, problem).of_attribute(name))
            }
        }
    }

    /// The key attributes.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        core::iter::once(self.0.partition_key_name.as_str()).chain(self.0.sort_key_name.as_deref())
    }

    /// Whether attributes of this name are, or would have to be, under a record's signature: all but those that are allowed
    /// to be unsigned. One that is written without its signature makes the record unreadable, whether it has an action or not.
    fn is_signed(&self, name: &str) -> bool {
        let unsigned = &self.0.allowed_unsigned_attributes;
        let prefix = self.0.allowed_unsigned_attribute_prefix.as_deref();
        name.starts_with(RESERVED_FIELD_PREFIX)
            || (unsigned.binary_search_by(|known| known.as_str().cmp(name)).is_err()
                && !prefix.is_some_and(|prefix| name.starts_with(prefix)))
    }

    fn action(&self, name: &str) -> Option<CryptoAction> {
        let actions = &self.0.attribute_actions;
        let at = actions.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        actions.get(at).map(|(_, action)| *action)
    }

    fn is_encrypted(&self, name: &str) -> bool {
        self.action(name) == Some(CryptoAction::EncryptAndSign)
    }

    /// `ddb-support.md#testupdateexpression`: no operand may be signed.
    fn check_update(&self, update: &Update<'_>) -> Result<()> {
        let written = update.actions.iter().map(|action| (&action.path, "changes"));
        let read = update.reads().map(|path| (path, "reads"));
        for (path, verb) in written.chain(read) {
            let name = path.attribute;
            if !self.is_signed(name) {
                continue;
            }
            let what = match self.action(name) {
                _ if self.key_names().any(|key| key == name) => "is a key, and so signed",
                _ if name.starts_with(RESERVED_FIELD_PREFIX) => "belongs to the format",
                Some(CryptoAction::EncryptAndSign) => "is encrypted",
                Some(_) => "is signed",
                None => "has no action, and is not allowed to be unsigned",
            };
            let problem = format!(
                "UpdateExpression {verb} an attribute that {what}: the record could not be verified any \
                 more"
            );
            return Err(Error::misuse(Rule::SignedUpdate, problem).of_attribute(name));
        }
        Ok(())
    }

    /// `ddb-support.md#testconditionexpression`: no operand may be encrypted; whether the attribute exists, DynamoDB can tell.
    fn check_condition(&self, condition: &Condition<'_>) -> Result<()> {
        for test in condition.tests() {
            // What is within an encrypted attribute, it cannot.
            let existence = test.existence().filter(|path| !path.steps.is_empty());
            let compared = test.operands().into_iter().filter_map(|operand| operand.path());
            if let Some(path) = compared.chain(existence).find(|p| self.is_encrypted(p.attribute)) {
                let problem = "ConditionExpression compares an encrypted attribute: DynamoDB has its \
                               ciphertext only";
                let error = Error::misuse(Rule::EncryptedCondition, problem);
                return Err(error.of_attribute(path.attribute));
            }
        }
        Ok(())
    }

    /// Queries and scans may not use encrypted attributes at all (the library's `UsesEncryptedField`).
    fn check_filter(&self, filter: &Condition<'_>, parameter: &str) -> Result<()> {
        for test in filter.tests() {
            let compared = test.operands().into_iter().filter_map(|operand| operand.path());
            let mut all = compared.chain(test.existence());
            if let Some(path) = all.find(|path| self.is_encrypted(path.attribute)) {
                let problem = format!(
                    "{parameter} uses an encrypted attribute: DynamoDB has its ciphertext only, and \
                     would find nothing"
                );
                let error = Error::misuse(Rule::EncryptedFilter, problem);
                return Err(error.of_attribute(path.attribute));
            }
        }
        Ok(())
    }

    /// What is left of a record can be verified only if all that was signed is there, and the format's own attributes.
    fn check_projection(&self, paths: &[Path<'_>]) -> Result<()> {
        let mut whole: Vec<&str> =
            paths.iter().filter(|p| p.steps.is_empty()).map(|path| path.attribute).collect();
        whole = sorted(whole, |a, b| a.cmp(b));
        let signed = self.0.attribute_actions.iter().filter(|(_, action)| action.is_signed());
        let needed = signed.map(|(name, _)| name.as_str()).chain([HEADER_FIELD, FOOTER_FIELD]);
        match needed.into_iter().find(|name| whole.binary_search(name).is_err()) {
            None => Ok(()),
            Some(missing) => {
                let problem = "ProjectionExpression leaves out an attribute that is signed, so that \
                               records cannot be verified";
                Err(Error::misuse(Rule::PartialRead, problem).of_attribute(missing))
            }
        }
    }
}
