import { randomBytes } from 'node:crypto';
import { aliasArn, isKeyId, keyArn, parseArn } from './arn.js';
import { KmsFault } from './errors.js';
import { DAY_MS, defaultPolicy, type Alias, type Grant, type Key, type KeyFamily } from './keys.js';
import { versionOf } from './material.js';

/** Everything the development KMS remembers, for all its Regions. */
export class Store {
  readonly account: string;
  readonly keys = new Map<string, Key>();
  readonly families = new Map<string, KeyFamily>();
  readonly aliases = new Map<string, Alias>();
  readonly grants = new Map<string, Grant>();
  /** Bumped by `touch`; the state file is written when it has moved. */
  #revision = 0;

  constructor(account: string) {
    this.account = account;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Says that something worth keeping has changed. */
  touch(): void {
    this.#revision += 1;
  }

  static familyId(account: string, keyId: string): string {
    return `${account}/${keyId}`;
  }

  /** Puts a key of `family` into `region`. */
  addKey(
    family: KeyFamily,
    region: string,
    now: number,
    {
      state,
      description = '',
      policy,
      tags = new Map(),
    }: {
      state: Key['state'];
      description?: string | undefined;
      policy?: string | undefined;
      tags?: Map<string, string>;
    },
  ): Key {
    const key: Key = {
      family,
      region,
      arn: keyArn(region, family.account, family.keyId),
      createdAt: now,
      description,
      state,
      deletionAt: undefined,
      pendingWindowInDays: undefined,
      hasMaterial: state !== 'PendingImport',
      expiresAt: undefined,
      policy: policy ?? defaultPolicy(region, family.account),
      tags,
      lastUsage: undefined,
    };
    this.families.set(Store.familyId(family.account, family.keyId), family);
    this.keys.set(key.arn, key);
    this.touch();
    return key;
  }

  /** Regions where a key of this family exists, in the order they were added. */
  regionsOf(family: KeyFamily): string[] {
    return [...this.keys.values()].filter((key) => key.family === family).map((key) => key.region);
  }

  /**
   * Finds the key a request names.
   *
   * @param rules - whether aliases will do, and what this operation calls a malformed ARN.
   */
  find(id: string, region: string, rules: { aliases: boolean; badArn: string }): Key {
    if (id.startsWith('arn:')) {
      const arn = parseArn(id);
      if (arn === undefined) throw new KmsFault(rules.badArn, `Invalid arn ${id}`);
      // A Region never answers for another one; the wording is the real service's.
      if (arn.region !== region)
        throw new KmsFault('NotFoundException', `Invalid arn ${arn.region}`);
      if (arn.kind === 'key') return this.#keyAt(id);
      if (!rules.aliases) throw new KmsFault(rules.badArn, `Invalid arn ${id}`);
      return this.#aliasAt(id);
    }
    if (id.startsWith('alias/') && rules.aliases) {
      return this.#aliasAt(aliasArn(region, this.account, id));
    }
    if (!isKeyId(id)) throw new KmsFault('NotFoundException', `Invalid keyId '${id}'`);
    return this.#keyAt(keyArn(region, this.account, id));
  }

  /** The key a ciphertext blob names, if this Region has it, whoever owns it. */
  findByKeyId(keyId: string, region: string): Key | undefined {
    const own = this.keys.get(keyArn(region, this.account, keyId));
    if (own !== undefined) return own;
    return [...this.keys.values()].find((k) => k.region === region && k.family.keyId === keyId);
  }

  #keyAt(arn: string): Key {
    const key = this.keys.get(arn);
    if (key === undefined) throw new KmsFault('NotFoundException', `Key '${arn}' does not exist`);
    return key;
  }

  #aliasAt(arn: string): Key {
    const alias = this.aliases.get(arn);
    if (alias === undefined) throw new KmsFault('NotFoundException', `Alias ${arn} is not found.`);
    return this.#keyAt(alias.targetArn);
  }

  removeKey(key: Key): void {
    this.keys.delete(key.arn);
    for (const [arn, alias] of this.aliases) {
      if (alias.targetArn === key.arn) this.aliases.delete(arn);
    }
    for (const [id, grant] of this.grants) {
      if (grant.keyArn === key.arn) this.grants.delete(id);
    }
    const { family } = key;
    if (this.regionsOf(family).length === 0) {
      this.families.delete(Store.familyId(family.account, family.keyId));
    }
    this.touch();
  }

  /**
   * Brings the keys up to date with the clock: deletions fall due, imported material expires,
   * automatic rotations happen. Done when a request arrives, so no timer keeps a process alive.
   */
  advance(now: number): void {
    for (const key of [...this.keys.values()]) {
      if (
        key.state === 'PendingDeletion' &&
        key.deletionAt !== undefined &&
        key.deletionAt <= now
      ) {
        this.removeKey(key);
      }
      if (key.expiresAt !== undefined && key.expiresAt <= now) {
        key.hasMaterial = false;
        key.expiresAt = undefined;
        if (key.state === 'Enabled' || key.state === 'Disabled') key.state = 'PendingImport';
        this.touch();
      }
    }
    for (const key of this.keys.values()) {
      if (key.state !== 'PendingReplicaDeletion' || this.regionsOf(key.family).length > 1) continue;
      // The waiting period of a primary key starts when its last replica is gone.
      key.state = 'PendingDeletion';
      key.deletionAt = now + (key.pendingWindowInDays as number) * DAY_MS;
      this.touch();
    }
    for (const { account, keyId, primaryRegion, rotation, versions } of this.families.values()) {
      // A key that cannot be used is not rotated; what it missed is made up for afterwards.
      const primary = this.keys.get(keyArn(primaryRegion, account, keyId));
      if (rotation === undefined || primary?.state !== 'Enabled') continue;
      while (rotation.nextAt <= now) {
        versions.push(versionOf(randomBytes(32), rotation.nextAt, 'AUTOMATIC'));
        rotation.nextAt += rotation.periodInDays * DAY_MS;
        this.touch();
      }
    }
  }
}
