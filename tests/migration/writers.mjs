// The applications of a table that is being migrated: they change, count, delete and add items, and know what they wrote last.

import { ItemEncryptor } from '../../pkg/entrypoints/index.js';
import { updateItem } from '../../pkg/entrypoints/tables.js';
import { NEWEST, customers } from '../tables/support.mjs';

const { DeleteItemCommand, PutItemCommand, UpdateItemCommand } = NEWEST;
const key = (id) => ({ id: { S: id }, line: { N: '1' } });

/** The item of this number, as it is before anybody changes it. */
export const itemOf = (id) => ({
  ...key(id),
  ssn: { S: `ssn of ${id}` },
  city: { S: 'Bern' },
  ':views': { N: '0' },
});

/**
 * Starts writers, each with items of its own among `ids`; `end` waits until they have ended.
 *
 * @param known the items by their ids, kept as they were written last
 */
export function startWriters(client, { TableName, logicalTableName, ids, known, random, count }) {
  const options = customers({ logicalTableName });
  // Of step 1: it reads both, and writes what is sealed.
  const plaintextOverride = 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
  const tables = { [TableName]: { ...options, plaintextOverride } };
  const encryptor = new ItemEncryptor(options);
  let ended = false;
  let writes = 0;

  const update = (id, expression, values, more = {}) =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: key(id),
        UpdateExpression: expression,
        ExpressionAttributeValues: values,
        ...more,
      }),
    );
  /** Sealed, whatever it was before. */
  const sealed = async (id, changed) => {
    const change = (item) => ({ ...item, ...changed });
    await updateItem(client, { TableName, Key: key(id) }, change, { tables, maxAttempts: 50 });
    known.set(id, { ...known.get(id), ...changed });
  };
  const kinds = [
    (id, n) => sealed(id, { ssn: { S: `ssn ${n}` }, city: { S: `city ${n}` } }),
    // Of before step 1: in plaintext, as long as the item is.
    async (id, n) => {
      const changed = { city: { S: `city ${n}` }, expires: { N: String(n) } };
      try {
        const ConditionExpression = 'attribute_exists(id) AND attribute_not_exists(aws_dbe_head)';
        const values = { ':c': changed.city, ':e': changed.expires };
        await update(id, 'SET city = :c, expires = :e', values, { ConditionExpression });
        known.set(id, { ...known.get(id), ...changed });
      } catch (error) {
        if (error.name !== 'ConditionalCheckFailedException') throw error;
        await sealed(id, changed);
      }
    },
    // What is not signed.
    async (id) => {
      const ExpressionAttributeNames = { '#v': ':views' };
      await update(id, 'ADD #v :one', { ':one': { N: '1' } }, { ExpressionAttributeNames });
      const before = known.get(id);
      known.set(id, { ...before, ':views': { N: String(Number(before[':views'].N) + 1) } });
    },
  ];

  async function writer(number) {
    const mine = ids.filter((_, i) => i % count === number);
    for (let n = 0; !ended; n++) {
      const at = Math.floor(random() * mine.length);
      const id = mine[at];
      const chance = random();
      if (chance < 0.03) {
        await client.send(new DeleteItemCommand({ TableName, Key: key(id) }));
        known.delete(id);
        mine.splice(at, 1);
      } else if (chance < 0.06) {
        const item = itemOf(`new-${number}-${n}`);
        const { item: Item } = await encryptor.encryptItem(item);
        await client.send(new PutItemCommand({ TableName, Item }));
        known.set(item.id.S, item);
        mine.push(item.id.S);
      } else await kinds[n % kinds.length](id, n);
      writes++;
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  const writers = Promise.all(Array.from({ length: count }, (_, number) => writer(number)));
  // It is thrown when they are waited for.
  writers.catch(() => undefined);
  return {
    async end() {
      ended = true;
      await writers;
      return writes;
    },
  };
}
