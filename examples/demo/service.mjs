// The backend's own work, without HTTP: it keeps sealed rows and opens them through KMS.

import { checkSealed } from '../../pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring, ItemEncryptor, KmsClient } from '../../pkg/entrypoints/index.js'; // 'fieldseal'
import { actionOf, fields, table } from './table.js';

/** A service whose KMS is at `endpoint`. Its rows live in this process. */
export function createService({ endpoint, region, keyId }) {
  const events = [];
  const kms = new KmsClient({
    endpoint,
    region,
    maxAttempts: 2,
    timeoutMs: 5_000,
    onEvent: (event) => events.push(event),
  });
  const items = new ItemEncryptor({
    ...table,
    keyring: awsKmsRsaKeyring({ kmsKeyId: keyId, kms }),
  });
  const rows = new Map();

  return {
    /** How many KMS calls this service has made. */
    get kmsCalls() {
      return events.length;
    },

    async publicKey() {
      const { keyId: arn, publicKeyPem, keySpec } = await kms.getPublicKey({ keyId });
      return { keyId: arn, publicKeyPem, keySpec };
    },

    /** Stores a sealed row; refuses one that has anything in plaintext, other fields, or another key. It needs no key for that. */
    async store(record) {
      const { item } = await checkSealed(record, { table, seal: fields, keyNames: [keyId] });
      const id = item.customer_id.S;
      if (!id) throw new RowRefused('a row needs the string customer_id');
      rows.set(id, item);
      return item;
    },

    row(id) {
      const row = rows.get(id);
      if (!row) throw new RowRefused(`no row has the customer_id '${id}'`, 404);
      return row;
    },

    /** What somebody with write access to the database can do: change one bit of a sealed value. */
    flip(id) {
      const row = structuredClone(this.row(id));
      const sealed = Object.keys(row).filter((attribute) => actionOf(attribute) === 'sealed');
      const attribute = sealed.includes('ssn') ? 'ssn' : sealed[0];
      if (attribute === undefined) throw new RowRefused('the row has no sealed attribute');
      // The first two bytes are the value's type, which DynamoDB's numbers and texts need.
      const offset = 2;
      row[attribute].B[offset] ^= 1;
      rows.set(id, row);
      return { row, flipped: { attribute, offset } };
    },

    /** Opens a stored row: one KMS Decrypt, however many attributes it has. */
    async open(id) {
      const { item } = await items.decryptItem(this.row(id));
      return item;
    },
  };
}

/** The request was understood and will not be done. */
export class RowRefused extends Error {
  constructor(message, status = 422) {
    super(message);
    this.code = status === 404 ? 'ROW_NOT_FOUND' : 'ROW_REFUSED';
    this.status = status;
  }
}

/**
 * The error that explains a failed opening: with one keyring, its own reason says more than
 * "no keyring could open it".
 */
export function rootOf(error) {
  return error.reasons?.length === 1 ? rootOf(error.reasons[0]) : error;
}
