import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { DevKmsError } from './errors.js';
import type { Alias, Grant, Key, KeyFamily } from './keys.js';
import { versionOf } from './material.js';
import { Store } from './store.js';

const FORMAT = 1;
const WARNING =
  'Key material in the clear: fieldseal development KMS, for development and tests only.';

interface StateDocument {
  readonly warning: string;
  readonly format: number;
  readonly account: string;
  readonly families: readonly (Omit<KeyFamily, 'versions'> & {
    versions: readonly VersionRecord[];
  })[];
  readonly keys: readonly (Omit<Key, 'family' | 'tags'> & {
    keyId: string;
    account: string;
    tags: [string, string][];
  })[];
  readonly aliases: readonly Alias[];
  readonly grants: readonly Grant[];
}

interface VersionRecord {
  readonly createdAt: number;
  readonly rotation?: 'AUTOMATIC' | 'ON_DEMAND';
  readonly secret: string;
}

/**
 * Reads a state file into `store`; a file that is not there yet leaves it empty.
 *
 * @throws {DevKmsError} `DEV_KMS_STATE_FILE` if the file is there and cannot be used: starting
 * empty instead would overwrite somebody's keys at the first change.
 */
export function loadState(path: string, store: Store): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unusable(path, 'cannot be read', cause);
  }
  let document: StateDocument;
  try {
    document = JSON.parse(text) as StateDocument;
    if (document.format === FORMAT && document.account === store.account) restore(document, store);
  } catch (cause) {
    throw unusable(path, 'is not a state file of the development KMS', cause);
  }
  if (document.format !== FORMAT) throw unusable(path, `has the unknown format ${document.format}`);
  if (document.account !== store.account) {
    throw unusable(path, `belongs to account ${document.account}, not ${store.account}`);
  }
}

function restore(document: StateDocument, store: Store): void {
  for (const { versions, ...rest } of document.families) {
    const family: KeyFamily = {
      ...rest,
      rotation: rest.rotation ?? undefined,
      versions: versions.map((v) =>
        versionOf(Buffer.from(v.secret, 'base64'), v.createdAt, v.rotation),
      ),
    };
    store.families.set(Store.familyId(family.account, family.keyId), family);
  }
  for (const { keyId, account, tags, ...rest } of document.keys) {
    const family = store.families.get(Store.familyId(account, keyId));
    if (family === undefined) throw new RangeError(`no material for key ${keyId}`);
    // Members that were undefined are absent from JSON; put them back so every Key is complete.
    store.keys.set(rest.arn, {
      ...rest,
      deletionAt: rest.deletionAt,
      pendingWindowInDays: rest.pendingWindowInDays,
      expiresAt: rest.expiresAt,
      lastUsage: rest.lastUsage,
      family,
      tags: new Map(tags),
    });
  }
  for (const alias of document.aliases) store.aliases.set(alias.arn, alias);
  for (const grant of document.grants) store.grants.set(grant.id, grant);
}

function serialise(store: Store): string {
  const document: StateDocument = {
    warning: WARNING,
    format: FORMAT,
    account: store.account,
    families: [...store.families.values()].map((family) => ({
      ...family,
      versions: family.versions.map(({ createdAt, rotation, secret }) => ({
        createdAt,
        ...(rotation === undefined ? {} : { rotation }),
        secret: secret.toString('base64'),
      })),
    })),
    keys: [...store.keys.values()].map(({ family, tags, ...rest }) => ({
      ...rest,
      keyId: family.keyId,
      account: family.account,
      tags: [...tags],
    })),
    aliases: [...store.aliases.values()],
    grants: [...store.grants.values()],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Keeps the state file in step with the store. One write at a time; changes that arrive during a
 * write share the next one. The file is replaced by renaming, so a reader (or a process killed
 * half-way) sees the old state or the new one and nothing in between.
 */
export class StateFile {
  readonly #path: string;
  readonly #store: Store;
  #written: number;
  #running: Promise<void> | undefined;

  constructor(path: string, store: Store) {
    this.#path = path;
    this.#store = store;
    this.#written = store.revision;
  }

  /** Resolves once everything changed so far is on disk. */
  async save(): Promise<void> {
    const wanted = this.#store.revision;
    while (this.#written < wanted) {
      this.#running ??= this.#write().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    }
  }

  async #write(): Promise<void> {
    const revision = this.#store.revision;
    const temporary = `${this.#path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      await writeFile(temporary, serialise(this.#store), { mode: 0o600 });
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.#written = revision;
  }
}

const unusable = (path: string, why: string, cause?: unknown): DevKmsError =>
  new DevKmsError('DEV_KMS_STATE_FILE', `state file ${path} ${why}`, { cause });
