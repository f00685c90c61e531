//! What the item encryptor of a searched table says of requests.

use crate::error::Result;

use super::ItemEncryptor;
use super::expressions::RequestParts;
use super::search::{Asked, ResultFilter, SearchOperation, SearchRequest};

impl ItemEncryptor {
    /// The request with beacons in place of what they stand for; `None` where the table is not searched; [`Search`](super::search::Search) has an example.
    ///
    /// # Errors
    /// [`Rule::BeaconQuery`](crate::error::Rule::BeaconQuery), naming the beacon, the attribute or the value, for what beacons cannot answer; those of
    /// [`Expressions::parse`](crate::dynamodb::expressions::Expressions::parse), and of the key store.
    pub async fn search_request(
        &self,
        operation: SearchOperation,
        parts: &RequestParts<'_>,
    ) -> Result<Option<SearchRequest>> {
        let Some(search) = self.search() else { return Ok(None) };
        let asked = Asked::read(search, self.config(), parts)?;
        asked.rewritten(operation).await.map(Some)
    }

    /// What of the response to a request was asked for; `None` where the table is not searched; [`Search`](super::search::Search) has an example.
    ///
    /// # Errors
    /// As [`search_request`](Self::search_request).
    pub fn result_filter<'a>(
        &'a self,
        parts: &'a RequestParts<'a>,
    ) -> Result<Option<ResultFilter<'a, 'a>>> {
        self.search().map(|search| ResultFilter::new(search, self.config(), parts)).transpose()
    }

    /// How many queries, for the partitions 0, 1 and so on, find everything that a query asks for
    /// (`ddb-get-number-of-queries.md`); [`Search`](super::search::Search) has an example.
    ///
    /// # Errors
    /// As [`search_request`](Self::search_request).
    pub fn number_of_queries(&self, parts: &RequestParts<'_>) -> Result<u8> {
        let Some(search) = self.search() else { return Ok(1) };
        Asked::read(search, self.config(), parts)?.number_of_queries()
    }
}
