// A world with a server, MiniStack or another one: clients with and without the plugin, and tables.

import { randomUUID } from 'node:crypto';

import { encryptedTables } from '../../pkg/entrypoints/tables.js';
import { startMiniStack } from '../kms/ministack.mjs';
import { CREDENTIALS, NEWEST, customers } from './support.mjs';

export async function startWorld(start = startMiniStack) {
  const stack = await start();
  const settings = { endpoint: stack.url, region: stack.region, credentials: CREDENTIALS };
  const clients = [];
  const client = (sdk = NEWEST, options = {}) => {
    const made = new sdk.DynamoDBClient({ ...settings, ...options });
    clients.push(made);
    return made;
  };
  const plain = client();
  return {
    settings,
    /** A client without the plugin: what the table has. */
    plain,
    client,
    /** A client with it, and a document client on that. */
    encrypted(tables, sdk = NEWEST, options = {}) {
      const made = client(sdk);
      made.middlewareStack.use(encryptedTables({ tables, ...options }));
      return { client: made, documents: sdk.DynamoDBDocumentClient.from(made) };
    },
    /** Makes a table of customers; returns its name and what `encryptedTables` takes. */
    async makeTable(options = {}, more = {}) {
      const TableName = `customers-${randomUUID()}`;
      await plain.send(
        new NEWEST.CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'id', AttributeType: 'S' },
            { AttributeName: 'line', AttributeType: 'N' },
            ...(more.AttributeDefinitions ?? []),
          ],
          KeySchema: [
            { AttributeName: 'id', KeyType: 'HASH' },
            { AttributeName: 'line', KeyType: 'RANGE' },
          ],
          ...(({ AttributeDefinitions: _, ...rest }) => rest)(more),
        }),
      );
      const logicalTableName = `logical-${TableName}`;
      return { TableName, tables: { [TableName]: customers({ logicalTableName, ...options }) } };
    },
    /** Every item that a table stores. */
    async stored(TableName) {
      const items = [];
      for await (const page of NEWEST.paginateScan({ client: plain }, { TableName }))
        items.push(...page.Items);
      return items;
    },
    async close() {
      for (const made of clients) made.destroy();
      await stack.stop();
    },
  };
}

/** Whether any of these texts is in items, as it is, in bytes, or as base64 or hexadecimal digits. */
export function shows(items, texts) {
  const parts = [];
  JSON.stringify(items, (name, value) => {
    parts.push(Buffer.from(name));
    if (typeof value === 'string') parts.push(Buffer.from(value));
    if (!(value instanceof Uint8Array)) return value;
    parts.push(Buffer.from(value));
    return undefined;
  });
  const all = Buffer.concat(parts);
  return texts.find((text) => {
    const bytes = Buffer.from(text);
    const forms = [bytes, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
    return forms.some((form) => all.includes(form));
  });
}
