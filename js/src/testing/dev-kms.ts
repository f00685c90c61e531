import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { COPY, readOptions, type OptionNames } from '../util/options.js';
import { mustBe } from '../util/plain-object.js';
import { isRegion } from './arn.js';
import { CallLog, type CallRecord } from './calls.js';
import { dispatch } from './dispatch.js';
import { DevKmsError } from './errors.js';
import { FaultPlan, type Faults } from './faults.js';
import { Input } from './input.js';
import type { Key } from './keys.js';
import { loadKeyInto, type LoadKeyInput } from './load-key.js';
import { publicKeyDer, publicKeyOf, type KeyVersion } from './material.js';
import { Call } from './operations/call.js';
import type { OperationName } from './operations/index.js';
import { createKmsServer } from './server.js';
import type { DevKmsCredentials } from './sigv4.js';
import { rulesOf, SPECS, type KeySpec, type KeyUsage } from './specs.js';
import { loadState, StateFile } from './state-file.js';
import { Store } from './store.js';

/**
 * Options of {@link startDevKms}.
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms, type DevKmsOptions } from 'fieldseal/testing'
 *
 * const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
 * const options: DevKmsOptions = {
 *   regions: ['eu-central-1', 'us-west-2'], // the first is the default
 *   account: '444455556666',
 *   credentials: [credentials], // requests must be signed by these
 *   now: () => new Date('2026-03-01T12:00:00Z'),
 * }
 * const dev = await startDevKms(options)
 * const { arn } = await dev.createKey()
 * console.log(arn) // → arn:aws:kms:eu-central-1:444455556666:key/…
 *
 * const kms = new KmsClient({ endpoint: dev.url, region: 'eu-central-1', maxAttempts: 1 })
 * const failure = await kms.describeKey({ keyId: arn }).catch((error: unknown) => error)
 * console.log(failure instanceof Error && failure.name) // → KmsError
 * await dev.close()
 * ```
 */
export interface DevKmsOptions {
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** A loopback address: `127.0.0.1` (the default), another in 127.0.0.0/8, `::1`, `localhost`. */
  readonly host?: string;
  /** The Region of requests that name none. Default: the first of `regions`, or `us-east-1`. */
  readonly region?: string;
  /** The Regions this server answers for. Default: any. */
  readonly regions?: readonly string[];
  /** The account keys belong to, twelve digits. */
  readonly account?: string;
  /** When given, every request must carry a valid SigV4 signature by one of these. */
  readonly credentials?: readonly DevKmsCredentials[];
  /** Where keys survive a restart. They stand there in the clear. */
  readonly stateFile?: string;
  /** The origin browsers may call from; `*` by default. */
  readonly corsOrigin?: string;
  /** Prints one line per call to standard error. */
  readonly log?: boolean;
  /** Milliseconds a client may take to send a request; 30,000 by default. */
  readonly requestTimeoutMs?: number;
  /** The clock. Deletion dates, rotation, expiry and signature checks go by it. */
  readonly now?: () => Date;
}

/** Input of {@link DevKms.createKey}: CreateKey in camelCase, the Region and an alias besides. */
export interface CreateKeyInput {
  /** `SYMMETRIC_DEFAULT` unless given. */
  readonly keySpec?: KeySpec;
  /** The first usage of the spec unless given: `ENCRYPT_DECRYPT` for RSA, `SIGN_VERIFY` for ECC. */
  readonly keyUsage?: KeyUsage;
  /** Whether it can have replicas in other Regions. Default `false`. */
  readonly multiRegion?: boolean;
  /** What DescribeKey says of it. */
  readonly description?: string;
  /** The server's default Region unless given. */
  readonly region?: string;
  /** Further Regions to replicate a multi-Region key to. */
  readonly replicaRegions?: readonly string[];
  /** An alias for the key, `alias/…`. */
  readonly alias?: string;
}

/** A key of the development KMS, as {@link DevKms.createKey} returns it. */
export interface DevKmsKey {
  /** The key's id, without its ARN. */
  readonly keyId: string;
  /** Key ARN. */
  readonly arn: string;
  /** The Region that it was made in. */
  readonly region: string;
  /** What kind of key it is. */
  readonly keySpec: KeySpec;
  /** What it may be used for. */
  readonly keyUsage: KeyUsage;
  /** Whether it can have replicas in other Regions. */
  readonly multiRegion: boolean;
  /** SubjectPublicKeyInfo DER of an asymmetric key, as GetPublicKey answers it. */
  readonly publicKey?: Uint8Array;
  /** The same in PEM. */
  readonly publicKeyPem?: string;
}

/**
 * A running development KMS, made by {@link startDevKms}.
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 *
 * // Keys made here, and a key whose id and material are given.
 * const made = await dev.createKey({
 *   keySpec: 'RSA_2048',
 *   keyUsage: 'ENCRYPT_DECRYPT',
 *   alias: 'alias/inbox',
 * })
 * const loaded = await dev.loadKey({
 *   keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
 *   material: new Uint8Array(32),
 * })
 * console.log(made.keySpec, loaded.arn) // → RSA_2048 arn:aws:kms:us-east-1:111122223333:key/1234abcd-…
 *
 * // Clients of two Regions, and what they asked.
 * for (const region of ['us-east-1', 'eu-west-1']) {
 *   const kms = new KmsClient({ endpoint: dev.urlFor(region), region })
 *   await kms.describeKey({ keyId: 'alias/inbox' }).catch(() => undefined)
 * }
 * console.log(dev.calls.map(({ region, status }) => `${region} ${status}`)) // → [ 'us-east-1 200', 'eu-west-1 400' ]
 * console.log(dev.countCalls('DescribeKey')) // → 2
 * dev.clearCalls()
 * console.log(dev.countCalls()) // → 0
 * await dev.close()
 * ```
 */
export interface DevKms {
  /** Endpoint for KMS clients, `http://127.0.0.1:…`. */
  readonly url: string;
  /** The port that it listens on. */
  readonly port: number;
  /** The Region of requests that name none. */
  readonly region: string;
  /** Every call received, oldest first. */
  readonly calls: readonly CallRecord[];
  /** Switches for latency, throttling, failures, dropped connections and hangs. */
  readonly faults: Faults;
  /** How many calls were received, of one operation or of all. */
  countCalls(operation?: OperationName): number;
  /** Forgets the calls so far. */
  clearCalls(): void;
  /**
   * An endpoint that stands for one Region, for clients that do not sign.
   *
   * @throws DevKmsError `DEV_KMS_INVALID_OPTION` for a Region that this server does not have
   */
  urlFor(region: string): string;
  /**
   * Makes a key, as CreateKey would, without a request.
   *
   * @throws DevKmsError `DEV_KMS_INVALID_OPTION`; what KMS would refuse is an error of its AWS name
   */
  createKey(input?: CreateKeyInput): Promise<DevKmsKey>;
  /**
   * Puts given key material under a given key id.
   *
   * @throws DevKmsError `DEV_KMS_INVALID_KEY`, `DEV_KMS_INVALID_OPTION`
   */
  loadKey(input: LoadKeyInput & { readonly region?: string }): Promise<DevKmsKey>;
  /** Stops the server, cutting connections that are still open. */
  close(): Promise<void>;
}

/**
 * Starts a KMS on this machine, **for development and tests**. It speaks the AWS KMS JSON protocol
 * with the semantics of the real service. Its keys live in this process (and in `stateFile`, in
 * the clear): it protects nothing.
 *
 * @throws DevKmsError if an option is invalid, the host is not loopback, or the state file cannot be used
 *
 * @example
 * ```ts
 * import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey({ alias: 'alias/customers' })
 *
 * // Any client of KMS; here AWS's own.
 * const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
 * const client = new KMSClient({ endpoint: dev.url, region: dev.region, credentials })
 * await client.send(new EncryptCommand({ KeyId: arn, Plaintext: new TextEncoder().encode('hello') }))
 * console.log(dev.countCalls('Encrypt')) // → 1
 * client.destroy()
 * await dev.close()
 * ```
 */
export async function startDevKms(given: DevKmsOptions = {}): Promise<DevKms> {
  const options = read(given, {
    port: 'a number',
    host: 'a string',
    region: 'a string',
    regions: 'an array of strings',
    account: 'a string',
    credentials: 'an array of objects',
    stateFile: 'a string',
    corsOrigin: 'a string',
    log: 'a boolean',
    requestTimeoutMs: 'a number',
    now: 'a function',
  });
  const host = requireLoopback(options.host ?? '127.0.0.1');
  const region = options.region ?? options.regions?.[0] ?? 'us-east-1';
  checkOptions(options, region);
  const now = (): number => {
    const ms = Number(options.now?.() ?? Date.now());
    if (Number.isFinite(ms)) return ms;
    throw option('now must return a valid Date');
  };

  const store = new Store(options.account ?? '111122223333');
  if (options.stateFile !== undefined) loadState(options.stateFile, store);
  const stateFile =
    options.stateFile === undefined ? undefined : new StateFile(options.stateFile, store);
  const faults = new FaultPlan();
  const log = new CallLog(options.log ?? false);
  const server = createKmsServer({
    store,
    faults,
    log,
    stateFile,
    defaultRegion: region,
    regions: options.regions,
    credentials: options.credentials,
    corsOrigin: options.corsOrigin ?? '*',
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    now,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  /** Runs an operation as if it had been requested, without a place in the call log. */
  const run = async (operation: OperationName, where: string, raw: Record<string, unknown>) => {
    const call = new Call({
      operation,
      region: where,
      input: new Input(raw),
      store,
      now: now(),
      requestId: randomUUID(),
      regions: options.regions,
    });
    await dispatch(call);
    return call.resolved[0] as Key;
  };

  return {
    url,
    port,
    region,
    calls: log.records,
    faults,
    countCalls: (operation) => log.count(operation),
    clearCalls: () => log.clear(),
    urlFor: (name) => `${url}/${requireRegion(name, options.regions)}`,
    async createKey(given = {}) {
      const input = read<CreateKeyInput>(given, {
        keySpec: 'a string',
        keyUsage: 'a string',
        multiRegion: 'a boolean',
        description: 'a string',
        region: 'a string',
        replicaRegions: 'an array of strings',
        alias: 'a string',
      });
      const where = requireRegion(input.region ?? region, options.regions);
      const spec = input.keySpec ?? 'SYMMETRIC_DEFAULT';
      const key = await run('CreateKey', where, {
        KeySpec: spec,
        KeyUsage: input.keyUsage ?? rulesOf(spec)?.usages[0],
        MultiRegion: input.multiRegion,
        Description: input.description,
      });
      for (const ReplicaRegion of input.replicaRegions ?? []) {
        await run('ReplicateKey', where, { KeyId: key.arn, ReplicaRegion });
      }
      if (input.alias !== undefined) {
        await run('CreateAlias', where, { AliasName: input.alias, TargetKeyId: key.arn });
      }
      await stateFile?.save();
      return publicView(key);
    },
    async loadKey(given) {
      const input = read(given, {
        keyId: 'a string',
        material: 'anything',
        keySpec: 'a string',
        keyUsage: 'a string',
        description: 'a string',
        region: 'a string',
      });
      if (!Object.hasOwn(input, 'keyId')) throw option('keyId is missing: a key id or a key ARN');
      const where = requireRegion(input.region ?? region, options.regions);
      const key = loadKeyInto(store, input, where, now());
      await stateFile?.save();
      return publicView(key);
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Hung requests would otherwise keep it open for ever.
        server.closeAllConnections();
      });
      await stateFile?.save();
    },
  };
}

function publicView({ family, arn, region }: Key): DevKmsKey {
  const { keyId, spec, usage, multiRegion } = family;
  const base = { keyId, arn, region, keySpec: spec, keyUsage: usage, multiRegion };
  if (SPECS[spec].kind !== 'rsa' && SPECS[spec].kind !== 'ec') return base;
  const version = family.versions.at(-1) as KeyVersion;
  return {
    ...base,
    publicKey: new Uint8Array(publicKeyDer(version)),
    publicKeyPem: publicKeyOf(version).export({ format: 'pem', type: 'spki' }) as string,
  };
}

/** Reachable from this machine only: whoever reaches this server has all its keys. */
function requireLoopback(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  if (host === '::1' || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host)) return host;
  throw new DevKmsError(
    'DEV_KMS_HOST_NOT_LOOPBACK',
    `the development KMS listens on loopback addresses only, not on ${host}: use 127.0.0.1`,
  );
}

function requireRegion(name: string, regions: readonly string[] | undefined): string {
  if (isRegion(name) && (regions === undefined || regions.includes(name))) return name;
  throw option(`region ${name} is not one this server answers for`);
}

/** What an option may be, in the words of its error. */
const KINDS = {
  'a string': (value: unknown) => typeof value === 'string',
  'a number': (value: unknown) => typeof value === 'number',
  'a boolean': (value: unknown) => typeof value === 'boolean',
  'a function': (value: unknown) => typeof value === 'function',
  'an array of strings': (value: unknown) =>
    Array.isArray(value) && value.every((member) => typeof member === 'string'),
  'an array of objects': (value: unknown) =>
    Array.isArray(value) && value.every((member) => typeof member === 'object' && member !== null),
  /** Checked where it is used. */
  anything: () => true,
} as const;

function read<T extends object>(
  given: T,
  kinds: { readonly [Name in keyof T & string]-?: keyof typeof KINDS },
): T {
  const names = Object.fromEntries(Object.keys(kinds).map((name) => [name, COPY]));
  let options: T;
  try {
    options = readOptions(given, names as OptionNames<T>);
  } catch (error) {
    throw option((error as Error).message);
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = kinds[name as keyof T & string];
    if (!KINDS[kind](value)) throw option(mustBe(name, kind, value));
  }
  return options;
}

function checkOptions(options: DevKmsOptions, region: string): void {
  if (options.regions?.length === 0) throw option('regions must not be empty');
  for (const name of options.regions ?? []) requireRegion(name, undefined);
  requireRegion(region, options.regions);
  if (options.account !== undefined && !/^\d{12}$/.test(options.account)) {
    throw option('account must be twelve digits');
  }
  const { port = 0 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw option('port must be a whole number, 0 to 65535');
  }
  const timeout = options.requestTimeoutMs;
  if (timeout !== undefined && !(Number.isInteger(timeout) && timeout > 0)) {
    throw option('requestTimeoutMs must be a whole number of milliseconds above 0');
  }
  if (options.credentials?.length === 0) {
    throw option('credentials must not be empty: leave it out to accept any caller');
  }
}

const option = (message: string): DevKmsError => new DevKmsError('DEV_KMS_INVALID_OPTION', message);
