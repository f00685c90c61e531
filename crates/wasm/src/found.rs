//! Items that a request on a searched table found.

use fieldseal::dynamodb::search::ResultFilter;
use fieldseal::dynamodb::{AttributeValue, Item, OpenedItem};
use fieldseal::error::Result;

/// Whether the request asked for an item, which is open now.
pub(super) fn is_asked_for(
    filter: &ResultFilter<'_, '_>,
    item: &Item<'_>,
    opened: &OpenedItem,
) -> Result<bool> {
    if !filter.looks_at_items() {
        return Ok(true);
    }
    // In the order of the format, which is not that of the item.
    let mut values: Vec<Option<AttributeValue<'_>>> = vec![None; item.len()];
    for (at, value) in opened.values()? {
        if let Some(slot) = values.get_mut(at) {
            *slot = Some(value);
        }
    }
    let mut plain: Item<'_> = Vec::with_capacity(item.len());
    for ((name, value), opened) in item.iter().zip(values) {
        plain.push((name.clone(), opened.unwrap_or_else(|| value.clone())));
    }
    filter.keeps(&plain)
}
