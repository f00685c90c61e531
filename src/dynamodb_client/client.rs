//! The client: one method for each operation.

use core::fmt;
use std::rc::Rc;

use crate::aws::{Call, Caller, ClientConfig, Response, Writer};
use crate::error::{DynamoDbFailure, DynamoDbKind, Fault, Result};
use crate::host::Network;

use super::protocol::{Answer, key, put, read_answer};
use super::service::DYNAMODB;
use super::types::{Item, Put, TableDescription};

/// A client for a DynamoDB endpoint. Cheap to clone; clones share credentials.
///
/// All methods fail with
/// - [`Fault::DynamoDb`](crate::error::Fault::DynamoDb) if the endpoint refuses, fails or cannot be reached, after the retries
///   that make sense; all of them may be repeated without harm;
/// - [`Fault::Malformed`](crate::error::Fault::Malformed) ([`Part::DynamoDbResponse`](crate::error::Part::DynamoDbResponse)) if it
///   returns nonsense.
///
/// ```
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::dynamodb_client::DynamoDbClient;
///
/// # let network = fieldseal_doctest::network();
/// let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// // For the `dynamodb` of a `DynamoDbBranchKeyStoreConfig`:
/// let client = DynamoDbClient::new(config, network.clone())?;
/// assert!(format!("{client:?}").starts_with("DynamoDbClient"));
///
/// let nowhere = DynamoDbClient::new(ClientConfig::default(), network);
/// assert_eq!(nowhere.unwrap_err().code(), "INVALID_CONFIG");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Clone)]
pub struct DynamoDbClient(Rc<Caller>);

impl fmt::Debug for DynamoDbClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynamoDbClient")
    }
}

impl DynamoDbClient {
    /// A client with this configuration, on this host. Its events are about tables.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`](crate::error::Rule::Config), as
    /// [`KmsClient::new`](crate::kms::KmsClient::new).
    pub fn new(config: ClientConfig, network: Rc<dyn Network>) -> Result<Self> {
        Ok(Self(Rc::new(Caller::new(&DYNAMODB, config, network)?)))
    }

    /// The host's clock and timer.
    pub(crate) fn network(&self) -> &dyn Network {
        self.0.network()
    }

    /// GetItem with a consistent read: the item of this primary key, whose attributes are strings.
    pub(crate) async fn get_item(
        &self,
        table: &str,
        names_and_values: [(&str, &str); 2],
    ) -> Result<Option<Item>> {
        let mut body = Writer::new();
        body.text("TableName", table);
        body.flag("ConsistentRead", true);
        body.object("Key", key(names_and_values));
        let mut item = None;
        let mut read = |answer: Answer<'_>| {
            item = answer.item()?;
            Ok(())
        };
        self.run("GetItem", table, body, &mut read).await?;
        Ok(item)
    }

    /// TransactWriteItems: all writes or none. The endpoint knows a repetition by its token, so
    /// that an answer that got lost does no harm.
    ///
    /// # Errors
    /// [`DynamoDbKind::ConditionFailed`] if a condition does not hold.
    pub(crate) async fn transact_put(
        &self,
        table: &str,
        token: &str,
        puts: &[Put<'_>],
    ) -> Result<()> {
        let mut body = Writer::new();
        body.text("ClientRequestToken", token);
        let mut writes = Vec::with_capacity(puts.len());
        for one in puts {
            writes.push(put(table, one)?);
        }
        body.objects("TransactItems", writes);
        self.run("TransactWriteItems", table, body, &mut |_| Ok(())).await
    }

    /// DescribeTable; `None` if there is no such table.
    pub(crate) async fn describe_table(&self, table: &str) -> Result<Option<TableDescription>> {
        let mut body = Writer::new();
        body.text("TableName", table);
        let unless = |failure: &DynamoDbFailure| failure.kind == DynamoDbKind::TableNotFound;
        self.table("DescribeTable", table, body, "Table", unless).await
    }

    /// CreateTable, paid per request, with a partition key and a sort key that are strings. `None`
    /// if there is such a table already.
    pub(crate) async fn create_table(
        &self,
        table: &str,
        keys: [&str; 2],
    ) -> Result<Option<TableDescription>> {
        let [partition_key, sort_key] = keys;
        let element = |name: &str, role: &str, value: &str| {
            let mut element = Writer::new();
            element.text("AttributeName", name);
            element.text(role, value);
            element
        };
        let mut body = Writer::new();
        body.text("TableName", table);
        body.text("BillingMode", "PAY_PER_REQUEST");
        let definition = |name| element(name, "AttributeType", "S");
        body.objects("AttributeDefinitions", vec![definition(partition_key), definition(sort_key)]);
        let (hash, range) =
            (element(partition_key, "KeyType", "HASH"), element(sort_key, "KeyType", "RANGE"));
        body.objects("KeySchema", vec![hash, range]);
        self.table("CreateTable", table, body, "TableDescription", is_in_use).await
    }

    /// Runs a call; `read` keeps what its response says.
    async fn run(
        &self,
        operation: &'static str,
        table: &str,
        body: Writer,
        read: &mut dyn FnMut(Answer<'_>) -> Result<()>,
    ) -> Result<()> {
        let call = Call::new(operation, Some(table.to_owned()), body.finish(), Vec::new());
        let mut read = |response: &Response<'_>| {
            read_answer(operation, response.body, &mut *read).map(|()| None)
        };
        self.0.exchange(call, &mut read).await
    }

    /// Runs a call whose response has a table's description under `member`; `None` if the call
    /// fails with `unless`.
    async fn table(
        &self,
        operation: &'static str,
        table: &str,
        body: Writer,
        member: &'static str,
        unless: fn(&DynamoDbFailure) -> bool,
    ) -> Result<Option<TableDescription>> {
        let mut described = None;
        let mut read = |answer: Answer<'_>| {
            described = Some(answer.table(member)?);
            Ok(())
        };
        match self.run(operation, table, body, &mut read).await {
            Ok(()) => Ok(described),
            Err(error) => match error.fault() {
                Fault::DynamoDb(failure) if unless(failure) => Ok(None),
                _ => Err(error),
            },
        }
    }
}

/// Whether a table could not be made because it is there: also what a repetition of CreateTable
/// sees whose first answer got lost.
fn is_in_use(failure: &DynamoDbFailure) -> bool {
    matches!(
        failure.name.as_deref(),
        Some("ResourceInUseException" | "TableAlreadyExistsException")
    )
}
