//! Items that a request on a searched table found.

use fieldseal::dynamodb::search::ResultFilter;
use fieldseal::dynamodb::{Item, OpenedItem};
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
    let mut plain = item.clone();
    for (at, value) in opened.values()? {
        if let Some((_, slot)) = plain.get_mut(at) {
            *slot = value;
        }
    }
    filter.keeps(&plain)
}
