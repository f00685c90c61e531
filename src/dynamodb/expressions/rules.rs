//! What requests on a table with sealed records may do (`ddb-support.md`, `ddb-sdk-integration.md`).
//!
//! AWS's library passes some that are refused here, since nothing good comes of them:
//!
//! - UpdateItem whose ConditionExpression is on an encrypted attribute: the text forgets what it asks of TransactWriteItems;
//! - `size` of an encrypted attribute, which the text refuses (the library has DynamoDB compare the ciphertext's size), and
//!   the existence of something within one, which is always denied;
//! - updates of attributes that have no action and are not allowed to be unsigned: no reader verifies such a record;
//! - reads with a ProjectionExpression that leaves out something signed, or with AttributesToGet: the library sends them, and
//!   then cannot verify what comes back;
//! - expressions that DynamoDB would refuse: what cannot be read cannot be judged;
//! - attributes that it does not find in an expression: those of paths without placeholders (`ssn.last`), those whose names begin
//!   with a keyword (`note` is NOT and `e` to it, `order` OR and `der`), and whatever stands beside a tab or a line feed.
//!
//! `tests/interop/random-requests.mjs` compares the two live.

use crate::dynamodb::PlaintextOverride;
use crate::error::{Error, Result, Rule};
use crate::structured::{CryptoAction, FOOTER_FIELD, HEADER_FIELD, RESERVED_FIELD_PREFIX};
use crate::util::sort::sorted;

use super::path::Path;
#[cfg(feature = "search")]
use super::placeholders::Placeholders;
use super::request::{Expressions, RequestParts};
#[cfg(feature = "search")]
use super::update::parse_projection;
use super::{Condition, Test, Update};

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
    /// Of a table whose queries and scans are written with beacons: the names that only those know. What they ask for is checked where
    /// they are written.
    #[cfg(feature = "search")]
    pub names_in_queries: Option<Vec<String>>,
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
        if let Some(legacy) = parts.legacy {
            let problem =
                format!("{operation} on an encrypted table has the legacy parameter {legacy}");
            return Err(Error::misuse(Rule::LegacyParameter, problem));
        }
        #[cfg(feature = "search")]
        if self.0.names_in_queries.is_some() && matches!(operation, "Query" | "Scan") {
            return match parts.projection {
                None => Ok(()),
                Some(text) => {
                    let placeholders = Placeholders::new(&parts.names, &parts.values);
                    self.check_projection(&parse_projection(text, &placeholders)?)
                }
            };
        }
        let expressions = Expressions::parse(parts)?;
        if let Some(update) = &expressions.update {
            self.check_update(update)?;
        }
        if let Some(condition) = &expressions.condition {
            self.check_condition(condition)?;
        }
        for (parameter, filter) in [
            ("KeyConditionExpression", &expressions.key_condition),
            ("FilterExpression", &expressions.filter),
        ] {
            if let Some(filter) = filter {
                self.check_filter(filter, parameter)?;
            }
        }
        match &expressions.projection {
            Some(paths) => self.check_projection(paths),
            None => Ok(()),
        }
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

    /// `ddb-support.md#testupdateexpression`: no operand may be signed.
    fn check_update(&self, update: &Update<'_>) -> Result<()> {
        for action in &update.actions {
            self.check_updated_path("changes", &action.path)?;
            for path in action.reads() {
                self.check_updated_path("reads", path)?;
            }
        }
        Ok(())
    }

    fn check_updated_path(&self, verb: &str, path: &Path<'_>) -> Result<()> {
        let name = path.attribute;
        if !self.is_signed(name) {
            return Ok(());
        }
        let what = match self.action(name) {
            _ if self.key_names().any(|key| key == name) => "is a key, and so signed",
            _ if name.starts_with(RESERVED_FIELD_PREFIX) => "belongs to the format",
            Some(CryptoAction::EncryptAndSign) => "is encrypted",
            Some(_) => "is signed",
            None => "has no action, and is not allowed to be unsigned",
        };
        let problem = format!(
            "UpdateExpression {verb} an attribute that {what}: the record could not be verified any more"
        );
        Err(Error::misuse(Rule::SignedUpdate, problem).of_attribute(name))
    }

    /// `ddb-support.md#testconditionexpression`: no operand may be encrypted; whether the attribute exists, DynamoDB can tell,
    /// but not what is within an encrypted one.
    fn check_condition(&self, condition: &Condition<'_>) -> Result<()> {
        for test in condition.tests() {
            #[cfg(feature = "search")]
            if let Some(path) = self.only_in_queries(test) {
                let problem = "ConditionExpression names a beacon or a virtual field, which only queries and scans know: DynamoDB would \
                               look for an attribute of that name, and find none";
                let error = Error::misuse(Rule::EncryptedCondition, problem);
                return Err(error.of_attribute(path.attribute));
            }
            let exists = test.existence().is_some_and(|path| path.steps.is_empty());
            if let (false, Some(path)) = (exists, self.encrypted(test)) {
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
        match filter.tests().find_map(|test| self.encrypted(test)) {
            None => Ok(()),
            Some(path) => {
                let problem = format!(
                    "{parameter} uses an encrypted attribute: DynamoDB has its ciphertext only, and \
                     would find nothing"
                );
                let error = Error::misuse(Rule::EncryptedFilter, problem);
                Err(error.of_attribute(path.attribute))
            }
        }
    }

    /// The first path of a test to an encrypted attribute.
    fn encrypted<'t>(&self, test: &'t Test<'t>) -> Option<&'t Path<'t>> {
        first_path(test, |name| self.action(name) == Some(CryptoAction::EncryptAndSign))
    }

    /// The first path of a test to what is no attribute.
    #[cfg(feature = "search")]
    fn only_in_queries<'t>(&self, test: &'t Test<'t>) -> Option<&'t Path<'t>> {
        let names = self.0.names_in_queries.as_deref().unwrap_or_default();
        first_path(test, |name| {
            self.action(name).is_none() && names.iter().any(|known| known == name)
        })
    }

    /// What is left of a record can be verified only if all that was signed is there, and the format's own attributes.
    fn check_projection(&self, paths: &[Path<'_>]) -> Result<()> {
        let whole =
            |name: &str| paths.iter().any(|path| path.steps.is_empty() && path.attribute == name);
        let signed = self.0.attribute_actions.iter().filter(|(_, action)| action.is_signed());
        for name in signed.map(|(name, _)| name.as_str()).chain([HEADER_FIELD, FOOTER_FIELD]) {
            if !whole(name) {
                let problem = "ProjectionExpression leaves out an attribute that is signed, so that \
                               records cannot be verified";
                return Err(Error::misuse(Rule::PartialRead, problem).of_attribute(name));
            }
        }
        Ok(())
    }
}

/// The first path of a test whose attribute is such a one.
fn first_path<'t>(test: &'t Test<'t>, is_such: impl Fn(&str) -> bool) -> Option<&'t Path<'t>> {
    test.paths().into_iter().find(|path| is_such(path.attribute))
}
