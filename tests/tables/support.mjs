// What the suites of `fieldseal/tables` share: the SDKs, a client whose service is a function, tables, and MiniStack.

import assert from 'node:assert/strict';
import Module, { createRequire, register } from 'node:module';
import { delimiter } from 'node:path';

import * as newestClient from '@aws-sdk/client-dynamodb';
import * as newestLib from '@aws-sdk/lib-dynamodb';
import { ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { encryptedTables } from '../../pkg/entrypoints/tables.js';

export { refused } from '../kms/support.mjs';

const lowestFolder = new URL('lowest/package.json', import.meta.url);
const lowest = createRequire(lowestFolder);
/** What helpers import: one SDK in a process. */
const data = process.env.FIELDSEAL_TEST_SDK === 'lowest' ? lowestFolder.href : import.meta.url;
register('./peers-hook.mjs', import.meta.url, { data });
// And what is required.
process.env.NODE_PATH = [data, import.meta.url]
  .flatMap((from) => createRequire(from).resolve.paths('@aws-sdk'))
  .join(delimiter);
Module._initPaths();

const lowestLib = lowest('@aws-sdk/lib-dynamodb');
const lowestSdk = { ...lowestLib, ...lowest('@aws-sdk/client-dynamodb'), lib: lowestLib };

/** The SDKs at both ends of the range that the plugin works with. Names that both packages have are the client's. */
export const SDKS = [
  ['newest', { ...newestLib, ...newestClient, lib: newestLib }],
  ['lowest', lowestSdk],
];

/** The one that most suites use. */
export const NEWEST = SDKS[0][1];
/** The one whose commands the package's helpers send. */
export const SDK = process.env.FIELDSEAL_TEST_SDK === 'lowest' ? SDKS[1][1] : NEWEST;

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

export const keyring = (keyName = 'key') =>
  rawAesKeyring({ keyNamespace: 'ns', keyName, wrappingKey: new Uint8Array(32).fill(7) });

/** A table of customers: `ssn` and `profile` are encrypted, `city` is signed, `:views` is neither. */
export const customers = (options = {}) => ({
  logicalTableName: 'customers',
  partitionKeyName: 'id',
  sortKeyName: 'line',
  attributeActions: {
    id: 'SIGN_ONLY',
    line: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    profile: 'ENCRYPT_AND_SIGN',
    city: 'SIGN_ONLY',
    expires: 'SIGN_ONLY',
    ':views': 'DO_NOTHING',
  },
  allowedUnsignedAttributePrefix: ':',
  algorithmSuite: '6700',
  keyring: keyring(),
  ...options,
});

export const TABLE = 'prod-customers';
export const tables = (options) => ({ [TABLE]: customers(options) });

/** What opens and seals beside the plugin. */
export const encryptor = (options) => new ItemEncryptor(customers(options));

export const ITEM = {
  id: { S: 'c-1' },
  line: { N: '1' },
  ssn: { S: '078-05-1120' },
  profile: { M: { note: { S: 'private' }, bytes: { B: new Uint8Array([1, 2, 3]) } } },
  city: { S: 'Bern' },
  ':views': { N: '0' },
};
export const KEY = { id: ITEM.id, line: ITEM.line };

/**
 * A client whose service is a function: of the operation, its input as JSON and how many requests there were; what it returns is
 * the response's JSON, an `{ status, body }`, or an error to throw. All requests are kept.
 */
export function clientOf(sdk, service, options = {}) {
  const sent = [];
  const requestHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
    async handle(request, { abortSignal } = {}) {
      abortSignal?.throwIfAborted?.();
      const operation = request.headers['x-amz-target'].split('.')[1];
      const body = String(
        typeof request.body === 'string' ? request.body : Buffer.from(request.body),
      );
      sent.push({ operation, body, input: JSON.parse(body) });
      const answer = await service(operation, JSON.parse(body), sent.length);
      if (answer instanceof Error) throw answer;
      const { status = 200, body: json = answer } = answer?.status ? answer : {};
      return {
        response: {
          statusCode: status,
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'r-1' },
          body: Buffer.from(JSON.stringify(json ?? {})),
        },
      };
    },
  };
  const client = new sdk.DynamoDBClient({
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: CREDENTIALS,
    requestHandler,
    ...options,
  });
  return { client, sent, last: () => sent.at(-1).input };
}

/** The same with the plugin on it. */
export function encryptedClientOf(sdk, service, options = {}) {
  const { given = { tables: tables() }, ...client } = options;
  const world = clientOf(sdk, service, client);
  world.client.middlewareStack.use(encryptedTables(given));
  let documents;
  return {
    ...world,
    get documents() {
      return (documents ??= sdk.DynamoDBDocumentClient.from(world.client));
    },
  };
}

/** An error of the service. */
export const serviceError = (name, more = {}, status = 400) => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more },
});

/** Items in the JSON of the protocol: bytes as base64. */
export const wire = (value) =>
  JSON.parse(
    JSON.stringify(value, (_, member) =>
      // A Buffer has been to toJSON already.
      member?.type === 'Buffer'
        ? Buffer.from(member.data).toString('base64')
        : member instanceof Uint8Array
          ? Buffer.from(member).toString('base64')
          : member,
    ),
  );

const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));

/** An item of a request's JSON as attribute values. */
export function fromWire(value) {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'B' && typeof member === 'string'
        ? bytes(member)
        : name === 'BS' && Array.isArray(member)
          ? member.map(bytes)
          : fromWire(member),
    ]),
  );
}

/** Asserts that an item of a request is sealed, and opens to this. */
export async function sealedAs(item, expected, options) {
  assert.ok(item.aws_dbe_head && item.aws_dbe_foot, 'it is not sealed');
  assert.ok(!JSON.stringify(item).includes('078-05-1120'), 'it shows the secret');
  const opened = await encryptor(options).decryptItem(fromWire(item));
  assert.deepEqual(opened.item, expected);
}
