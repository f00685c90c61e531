//! Items that a request on a searched table found.

use fieldseal::dynamodb::search::ResultFilter;
use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor};
use fieldseal::error::Result;

use super::pack::Done;

/// Opens an item that a request found, if it asked for it.
pub(super) async fn open_found(
    encryptor: &ItemEncryptor,
    filter: Option<&ResultFilter<'_, '_>>,
    item: &Item<'_>,
) -> Result<Done> {
    if filter.is_some_and(|filter| !filter.is_of_branch_key(item)) {
        return Ok(Done::LeftOut);
    }
    let Some(opened) = encryptor.decrypt(item).await? else { return Ok(Done::Unchanged) };
    if let Some(filter) = filter.filter(|filter| filter.looks_at_items()) {
        // In the order of the format, which is not that of the item.
        let mut values: Vec<Option<AttributeValue<'_>>> = vec![None; item.len()];
        for (at, value) in opened.values()? {
            if let Some(slot) = values.get_mut(at) {
                *slot = Some(value);
            }
        }
        let plain: Item<'_> = item
            .iter()
            .zip(values)
            .map(|((name, value), opened)| (name.clone(), opened.unwrap_or_else(|| value.clone())))
            .collect();
        if !filter.keeps(&plain)? {
            return Ok(Done::LeftOut);
        }
    }
    Ok(Done::Opened(opened))
}
