//! CreateKeyStore: the table, made where it is missing.

use crate::dynamodb_client::{KeyElement, TableDescription};
use crate::error::{KeyStoreKind, Result};

use super::DynamoDbBranchKeyStore;
use super::record::{ID, TYPE};

/// Milliseconds from one look at a new table to the next.
const POLL_MS: u32 = 1_000;
/// How often a new table is looked at. On-demand tables take seconds.
const POLLS: u32 = 120;

impl DynamoDbBranchKeyStore {
    /// CreateKeyStore: makes sure that the table is there, has the key schema of a key store, and
    /// can be used. Makes it if there is none, and waits for it up to two minutes. Returns its ARN.
    ///
    /// # Errors
    /// [`Fault::KeyStore`](crate::error::Fault::KeyStore) with [`KeyStoreKind::Table`]: a table of
    /// another schema, or one that does not become ready.
    pub async fn create_key_store(&self) -> Result<String> {
        let mut known = match self.dynamodb.describe_table(&self.table).await? {
            Some(table) => Some(table),
            // Another one, or our own repetition, may come first: then it is described below.
            None => self.dynamodb.create_table(&self.table, [ID, TYPE]).await?,
        };
        for _ in 0..POLLS {
            if let Some(table) = known {
                self.check_schema(&table)?;
                if matches!(table.status.as_str(), "ACTIVE" | "UPDATING") {
                    return Ok(table.arn);
                }
                if table.status != "CREATING" {
                    let problem = format!("the table is {}", table.status);
                    return Err(self.failure(KeyStoreKind::Table, "", problem));
                }
            }
            self.dynamodb.network().sleep_ms(POLL_MS).await;
            known = self.dynamodb.describe_table(&self.table).await?;
        }
        Err(self.failure(KeyStoreKind::Table, "", "the table does not become ACTIVE"))
    }

    fn check_schema(&self, table: &TableDescription) -> Result<()> {
        let is = |element: &KeyElement, name: &str, key_type: &str| {
            element.name == name && element.key_type == key_type && element.attribute_type == "S"
        };
        let good = match table.key_schema.as_slice() {
            [a, b] => {
                is(a, ID, "HASH") && is(b, TYPE, "RANGE")
                    || is(b, ID, "HASH") && is(a, TYPE, "RANGE")
            }
            _ => false,
        };
        if good {
            return Ok(());
        }
        Err(self.failure(KeyStoreKind::Table, "", "its key schema is not that of a key store"))
    }
}
