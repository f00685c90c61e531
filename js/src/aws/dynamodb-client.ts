/** The DynamoDB client: as much of it as a branch key store needs. */

import type { CoreObject } from '../core/core.js';
import { EXTRA_OPTIONS, extrasOf, type ClientExtraOptions } from './client-extras.js';
import type { kind } from '../util/kind.js';
import { readOptions } from '../util/options.js';
import { SERVICE_OPTIONS, serviceClient } from './service-client.js';
import type { ServiceClientOptions, ServiceEvent } from './service-client.js';
import { markClass } from '../util/shared.js';

/**
 * One call of DynamoDB, after it ended, as `onEvent` of {@link DynamoDbClientOptions} is given it. Holds no secret.
 */
export interface DynamoDbEvent extends ServiceEvent {
  /** The table's name. */
  readonly table?: string;
}

/**
 * How to reach a DynamoDB endpoint and what to tell of its calls.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, type DynamoDbClientOptions } from 'fieldseal'
 *
 * const options: DynamoDbClientOptions = {
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, // or a function that fetches them
 *   onEvent: ({ operation, table, outcome }) => console.log(operation, table, outcome),
 * }
 * console.log(typeof new DynamoDbClient(options)) // → object
 * ```
 */
export interface DynamoDbClientOptions
  extends ServiceClientOptions<DynamoDbEvent>, ClientExtraOptions {}

export interface DynamoDbClient {
  readonly [kind]: 'DynamoDbClient';
}

/**
 * A client for one DynamoDB endpoint: AWS's own or one that speaks its JSON protocol, for
 * {@link keyStore}. Requests time out, and are repeated with growing pauses when the service is
 * throttling, failing or out of reach; never after a definite no. A repeated write is known by its
 * token and happens once.
 *
 * Errors are {@link DynamoDbError}s: operation, table, the service's error name and request id.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, KmsClient, keyStore } from 'fieldseal'
 *
 * const dynamodb = new DynamoDbClient({
 *   endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB, // AWS's own without it
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 *   onEvent: ({ operation, table, outcome }) => console.log(operation, table, outcome),
 * })
 * const store = keyStore({
 *   dynamodb,
 *   kms: new KmsClient({ region: 'eu-central-1' }),
 *   kmsConfiguration: { type: 'discovery' },
 *   tableName: 'example-observed-keys',
 *   logicalKeyStoreName: 'observed-keys',
 * })
 * const failure = await store.getBeaconKey({ branchKeyId: 'shop' }).catch((error: unknown) => error)
 * // → GetItem example-observed-keys DYNAMODB_TABLE_NOT_FOUND
 * console.log(failure instanceof Error && failure.name) // → DynamoDbError
 * ```
 */
export class DynamoDbClient {
  /** @internal */
  readonly _object: CoreObject;

  /** @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG` if an option cannot be used */
  constructor(options: DynamoDbClientOptions = {}) {
    const given = readOptions(options, { ...SERVICE_OPTIONS, ...EXTRA_OPTIONS });
    this._object = serviceClient(
      given,
      (glue, config, host) => glue.make_dynamodb(config, host),
      extrasOf(given),
    );
  }
}
markClass('DynamoDbClient', DynamoDbClient);
