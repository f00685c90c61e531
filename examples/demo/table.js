// The table of the demo, shared by everyone who seals or opens its rows. It is part of no secret:
// the page downloads it like any other script.

const sealed = 'ENCRYPT_AND_SIGN';
const readable = 'SIGN_ONLY';

export const table = {
  logicalTableName: 'customers',
  partitionKeyName: 'customer_id',
  attributeActions: {
    customer_id: readable,
    created_at: readable,
    name: sealed,
    email: sealed,
    ssn: sealed,
    card: sealed,
    notes: sealed,
    address: sealed,
    tags: sealed,
    credit_limit: sealed,
    ':visits': 'DO_NOTHING',
  },
  // Counters that other programs update; a change to them does not break the row's signature.
  allowedUnsignedAttributePrefix: ':',
};

/** The fields of the form: all of them are sealed. */
export const fields = ['name', 'email', 'ssn', 'card', 'notes'];

/** What happens to an attribute of a sealed row, for people. */
export function actionOf(attribute) {
  if (attribute.startsWith('aws_dbe_')) return 'format';
  const action = table.attributeActions[attribute];
  if (action === sealed) return 'sealed';
  return action === readable ? 'signed' : 'open';
}
