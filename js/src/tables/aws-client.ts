/** AWS's client library, for helpers that send requests of their own. The plugin does without it. */

import { unsupported, wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { isObject, mustBe } from '../util/plain-object.js';
import { malformed } from './members.js';
import { markOwn } from './own-requests.js';
import type { Client } from './sdk.js';

/** Names of commands that helpers send. */
type CommandName =
  | 'GetItemCommand'
  | 'PutItemCommand'
  | 'QueryCommand'
  | 'ScanCommand'
  | 'UpdateItemCommand'
  | 'DescribeTableCommand'
  | 'DescribeTimeToLiveCommand';
type Library = typeof import('@aws-sdk/client-dynamodb');

let library: Promise<Library> | undefined;

function load(): Promise<Library> {
  // With a handler of its own: bundlers take what has one for what may be missing.
  return (library ??= import('@aws-sdk/client-dynamodb').catch((cause: unknown) => {
    library = undefined;
    const what = 'a helper that sends requests without @aws-sdk/client-dynamodb';
    throw unsupported(what, 'Install @aws-sdk/client-dynamodb.', { cause });
  }));
}

/** The error that a condition does not hold, as the service's. */
export async function conditionFailed(Item: AttributeMap | undefined): Promise<Error> {
  const { ConditionalCheckFailedException } = await load();
  const message = 'The conditional request failed';
  return new ConditionalCheckFailedException({
    message,
    $metadata: {},
    ...(Item === undefined ? {} : { Item }),
  });
}

/** Refuses what sends no commands. */
export function mustBeClient(name: string, client: unknown): void {
  if (isObject(client) && 'send' in client && typeof client.send === 'function') return;
  throw wrong(name, 'a client', client);
}

/**
 * Sends a command past the plugin, where the client has one.
 *
 * @throws UnsupportedError where `@aws-sdk/client-dynamodb` is not installed; MalformedInputError for an output that is none; and
 * whatever the client throws
 */
export async function send<T>(
  client: Client,
  command: CommandName,
  input: object,
  signal: AbortSignal | undefined,
): Promise<T> {
  const made = new (await load())[command](markOwn(input) as never);
  const output = await client.send(made as never, { abortSignal: signal } as never);
  if (isObject(output)) return output as T;
  throw malformed(mustBe('what the client returns', 'an output', output));
}
