//! What the item encryptor of a searched table says of requests.

use crate::error::Result;
use crate::materials::BeaconKey;

use super::expressions::{RequestParts, equal};
use super::search::{
    Asked, BEACON_PREFIX, ResultFilter, Search, SearchOperation, SearchRequest, VERSION_PREFIX,
};
use super::{AttributeValue, Item, ItemEncryptor, OpenedItem};

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
        let target = asked.target(operation)?;
        let key = match asked.beacon_key_id()? {
            Some(id) => Some(search.key(id).await?),
            None => None,
        };
        asked.rewritten(&target, key.as_deref()).map(Some)
    }

    /// What of the response to a request was asked for; `None` where the table is not searched; [`Search`](super::search::Search) has an example.
    ///
    /// # Errors
    /// As [`search_request`](Self::search_request).
    pub fn result_filter<'a>(
        &'a self,
        parts: &'a RequestParts<'a>,
    ) -> Result<Option<ResultFilter<'a, 'a>>> {
        let Some(search) = self.search() else { return Ok(None) };
        ResultFilter::new(search, self.config(), parts).map(Some)
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

    /// Whether a sealed item has the beacons that sealing it would add, those of any one partition; always where the table is
    /// not searched. [`Search`](super::search::Search) has an example.
    ///
    /// # Errors
    /// [`Rule::Beacon`](crate::error::Rule::Beacon), naming an attribute that beacons cannot be made of; those of the key store.
    pub async fn has_beacons(&self, stored: &Item<'_>, opened: &OpenedItem) -> Result<bool> {
        let Some(search) = self.search() else { return Ok(true) };
        let key = search.key(search.key_id_of_item(opened.header())?).await?;
        stores_beacons(search, &key, stored, opened)
    }
}

fn stores_beacons(
    search: &Search,
    key: &BeaconKey,
    stored: &Item<'_>,
    opened: &OpenedItem,
) -> Result<bool> {
    let mut plain = stored.clone();
    for (at, value) in opened.values()? {
        if let Some((_, slot)) = plain.get_mut(at) {
            *slot = value;
        }
    }
    // Beacons of the format, and signed ones, which nothing is made of.
    let (mut found, mut made_of) = (0, Item::new());
    for (name, value) in &plain {
        if search.signed_beacons().any(|signed| signed == name) {
            found += 1;
            continue;
        }
        found += usize::from(name.starts_with(BEACON_PREFIX) || name.starts_with(VERSION_PREFIX));
        made_of.push((name.clone(), value.clone()));
    }
    let is_stored = |(name, value): &(_, AttributeValue<'_>)| {
        stored.iter().any(|(stored, found)| stored == name && equal(found, value).unwrap_or(false))
    };
    let signed = search.signed_beacons_of(&made_of)?;
    for partition in 0..search.partitions() {
        let mut beacons = signed.clone();
        search.add_encrypted_beacons(&mut beacons, &made_of, key, partition)?;
        if found == beacons.len() && beacons.iter().all(is_stored) {
            return Ok(true);
        }
    }
    Ok(false)
}
