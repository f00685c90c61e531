import { invalidState, KmsFault } from '../errors.js';
import type { Input } from '../input.js';
import type { Key, KeyState } from '../keys.js';
import type { KeyUsage } from '../specs.js';
import type { Store } from '../store.js';

/** One request on its way through an operation. */
export class Call {
  readonly operation: string;
  readonly region: string;
  readonly input: Input;
  readonly store: Store;
  readonly now: number;
  readonly requestId: string;
  /** Regions this server answers for; undefined means any. */
  readonly regions: readonly string[] | undefined;
  /** The keys the request turned out to mean, for the call log and GetKeyLastUsage. */
  readonly resolved: Key[] = [];

  constructor(members: {
    operation: string;
    region: string;
    input: Input;
    store: Store;
    now: number;
    requestId: string;
    regions: readonly string[] | undefined;
  }) {
    this.operation = members.operation;
    this.region = members.region;
    this.input = members.input;
    this.store = members.store;
    this.now = members.now;
    this.requestId = members.requestId;
    this.regions = members.regions;
  }

  /** The key for a cryptographic operation: any kind of identifier. */
  find(id: string): Key {
    return this.note(
      this.store.find(id, this.region, { aliases: true, badArn: 'NotFoundException' }),
    );
  }

  /** The key for a management operation; most of those take no alias. */
  findManaged(id: string, { aliases = false } = {}): Key {
    return this.note(this.store.find(id, this.region, { aliases, badArn: 'InvalidArnException' }));
  }

  note(key: Key): Key {
    this.resolved.push(key);
    return key;
  }
}

/** What an operation answers: the members of its output, or nothing where it has none. */
export type Operation = (call: Call) => object | void | Promise<object | void>;

const PENDING: Readonly<Record<string, string>> = {
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  PendingImport: 'pending import',
};

/**
 * Refuses a key whose state the operation does not allow.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function requireState(key: Key, allowed: readonly KeyState[]): void {
  if (allowed.includes(key.state)) return;
  if (key.state === 'Disabled') throw new KmsFault('DisabledException', `${key.arn} is disabled.`);
  throw invalidState(key.arn, PENDING[key.state] as string);
}

/** Most management operations work on any key that is not on its way out. */
export const requireNotPendingDeletion = (key: Key): void =>
  requireState(key, ['Enabled', 'Disabled', 'PendingImport']);

/** Refuses a key that cannot be used now, or never for this. `as` is the name in the message. */
export function requireUsable(key: Key, usage: KeyUsage, as: string): void {
  requireState(key, ['Enabled']);
  if (key.family.usage !== usage) {
    throw new KmsFault(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.family.usage} which is not valid for ${as}.`,
    );
  }
}

export function requireAlgorithm(key: Key, algorithm: string, allowed: readonly string[]): void {
  if (allowed.includes(algorithm)) return;
  throw new KmsFault(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${key.family.spec}.`,
  );
}

/** Reads members every cryptographic operation accepts and this server has no use for. */
export function readCommon({ input }: Call): void {
  input.texts('GrantTokens', { min: 1, max: 8192, maxItems: 10 });
  input.flag('DryRun');
}

/** The attested enclave that a response would be encrypted to: not something to pretend. */
export function refuseRecipient({ input }: Call): void {
  if (input.optionalStructure('Recipient') !== undefined) {
    throw new KmsFault(
      'UnsupportedOperationException',
      'The development KMS has no attestation: Recipient is not supported.',
    );
  }
}

/** For operations with effects: the others are simply run and their result withheld. */
export function refuseDryRun({ input }: Call): void {
  if (input.flag('DryRun')) throw dryRun();
}

export const dryRun = (): KmsFault =>
  new KmsFault(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
