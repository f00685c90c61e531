/** What becomes of items: left as they are, sealed, or the reason why they cannot be. */

import {
  isSameForAll,
  openWithoutBeacons,
  sealedAlike,
  stepsOf,
  type Mode,
  type Step,
} from '../../dynamodb/migration.js';
import { usage, type FieldsealError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { isFailure, type Outcome } from '../../items/batch.js';
import { FOOTER, HEADER } from '../../items/codec/pack.js';
import { NOT_ASKED_FOR } from '../../items/codec/unpack.js';
import {
  ItemEncryptor,
  type ItemEncryptorOptions,
  type ItemHeader,
  type ItemResult,
} from '../../items/item-encryptor.js';
import { ownValue } from '../../util/plain-object.js';
import { mustBeAttributeMap } from '../form.js';
import { mustFit } from '../size.js';
import { inTable, type EncryptedTable } from '../table.js';
import { sealingUpdate, type SealingUpdate } from './write.js';

/** What becomes of an item. */
export type Planned =
  | {
      /** It is as asked. */
      readonly sealed: undefined;
    }
  | {
      /** What takes its place. */
      readonly sealed: AttributeMap;
      /** How it does. */
      readonly update: SealingUpdate;
    }
  | {
      /** Why nothing is done with it. */
      readonly error: FieldsealError;
    };

const LEAVE: Planned = { sealed: undefined };

/** Items and their places among those that were given; of those that are sealed anew, what was signed where that may be less. */
type Placed = readonly (readonly [place: number, item: AttributeMap, signed?: Set<string>])[];

/** Plans what becomes of the items of a table. */
export class Planner {
  /** Seals stubs of items: no more than a header is wanted, and none of the attributes that beacons are of is there. */
  readonly #stubs: ItemEncryptor;
  /** A header as the keyring makes it for every item; `undefined`: there is none, or it is not known yet. */
  #reference: Uint8Array | undefined;

  constructor(
    readonly table: EncryptedTable,
    options: ItemEncryptorOptions,
    readonly mode: Mode,
    /** What opens items that are sealed anew. */
    readonly from: ItemEncryptor,
    readonly signal: AbortSignal,
  ) {
    const plaintextOverride = 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
    this.#stubs = new ItemEncryptor({ ...options, search: undefined, plaintextOverride });
  }

  /** What becomes of each of the items; one that fails says why, and ends nothing. */
  async plan(items: readonly AttributeMap[]): Promise<Planned[]> {
    const planned = items.map((): Planned => LEAVE);
    const fail = (place: number, error: unknown): void => {
      planned[place] = { error: inTable(error, this.table.name) as FieldsealError };
    };
    const read = this.#readable(items, fail);
    const steps = stepsOf(
      this.mode,
      read.map(([, item]) => item),
    );
    const having = (step: Step): Placed => read.filter((_, i) => steps[i] === step);

    await this.#open(having('open'), fail);
    const sealed = [
      ...having('seal'),
      ...(await this.#toReseal(having('reseal'), fail)),
      ...(await this.#withoutBeacons(having('addBeacons'), fail)),
    ];
    const outcomes = await this.table.encryptor.encryptItems(
      sealed.map(([, item]) => item),
      { settle: true, signal: this.signal },
    );
    each(sealed, outcomes, fail, (place, { item }, _, signed) => {
      mustFit(this.table, item);
      const update = sealingUpdate(this.table, items[place]!, item, signed);
      planned[place] = { sealed: item, update };
    });
    return planned;
  }

  /** How many calls of KMS sealing an item takes, once what is cached is there. */
  async kmsCalls(item: AttributeMap): Promise<number> {
    const seal = () => this.#stubs.resealItems([this.#stub(item)], { signal: this.signal });
    await seal();
    return (await seal()).kmsCalls;
  }

  /** How many bytes the header and the footer of an item take. */
  async overhead(item: AttributeMap): Promise<number> {
    const { item: sealed } = await this.#stubs.encryptItem(this.#stub(item), {
      signal: this.signal,
    });
    return [HEADER, FOOTER].reduce(
      (sum, name) => sum + name.length + (ownValue(sealed, name)?.B?.length ?? 0),
      0,
    );
  }

  /** Those that have the form of items. */
  #readable(items: readonly AttributeMap[], fail: Fail): Placed {
    return [...items.entries()].filter(([place, item]) => {
      try {
        mustBeAttributeMap(this.table, item);
        return true;
      } catch (error) {
        fail(place, error);
        return false;
      }
    });
  }

  async #open(items: Placed, fail: Fail): Promise<void> {
    const outcomes = await this.table.encryptor.decryptItems(
      items.map(([, item]) => item),
      { settle: true, signal: this.signal },
    );
    each(items, outcomes, fail, () => undefined);
  }

  /** Those that are not sealed as the keyring seals now, opened. */
  async #toReseal(items: Placed, fail: Fail): Promise<Placed> {
    const fresh = await this.#freshHeaders(items, fail);
    const others = items.filter(([place, item]) => {
      const [header, stored] = [fresh.get(place), ownValue(item, HEADER)?.B];
      return header && !(stored && sealedAlike(stored, header));
    });
    const outcomes = await this.from.decryptItems(
      others.map(([, item]) => item),
      { settle: true, signal: this.signal },
    );
    return this.#opened(others, outcomes, fail);
  }

  /** Those that have not the beacons that are configured, opened. */
  async #withoutBeacons(items: Placed, fail: Fail): Promise<Placed> {
    const outcomes = await openWithoutBeacons(
      this.table.encryptor,
      items.map(([, item]) => item),
      this.signal,
    );
    return this.#opened(items, outcomes, fail);
  }

  /** Opened items that are to be sealed anew. */
  #opened(items: Placed, outcomes: readonly Outcome<ItemResult>[], fail: Fail): Placed {
    const opened: [number, AttributeMap, Set<string>?][] = [];
    each(items, outcomes, fail, (place, { item, header }, stored) => {
      if (item === NOT_ASKED_FOR) return;
      this.#mustKeepBeacons(stored);
      for (const [name, action] of Object.entries(header?.attributeActions ?? {})) {
        if (action !== 'ENCRYPT_AND_SIGN' || this.table.actionOf(name) === action) continue;
        const problem = 'it is encrypted, and would be in plaintext';
        const next = 'Make it ENCRYPT_AND_SIGN; to change that, open the items and seal them anew.';
        throw usage('INVALID_CONFIG', problem, next, name);
      }
      const next = this.#withoutSignedBeacons(item);
      // What opens under the table's own configuration has all signed that is signed now.
      if (this.from === this.table.encryptor) opened.push([place, next]);
      else opened.push([place, next, signedOf(header)]);
    });
    return opened;
  }

  /** Refuses an item with beacons where the table has none: they would go, and queries miss it. */
  #mustKeepBeacons(stored: AttributeMap): void {
    if (this.table.searched) return;
    const lost = Object.keys(stored).find(
      (name) => name.startsWith('aws_dbe_') && name !== HEADER && name !== FOOTER,
    );
    if (lost === undefined) return;
    const next = 'Configure search, so that beacons are made anew.';
    throw usage('RESERVED_NAME', 'it is a beacon, and would be dropped', next, lost);
  }

  /** They are made of what the item is now, but for those that are keys, which stay. */
  #withoutSignedBeacons(item: AttributeMap): AttributeMap {
    const made = this.table.signedBeacons.filter((name) => !this.table.keyNames.includes(name));
    if (made.length === 0) return item;
    return Object.fromEntries(Object.entries(item).filter(([name]) => !made.includes(name)));
  }

  /** The headers that sealing the items would make now, by their places. */
  async #freshHeaders(items: Placed, fail: Fail): Promise<Map<number, Uint8Array>> {
    const headers = new Map<number, Uint8Array>();
    let left = items;
    // The first one may say it for all.
    while (left.length > 0 && this.#reference === undefined) {
      const some = left.slice(0, headers.size === 0 ? 1 : left.length);
      const outcomes = await this.#stubs.encryptItems(
        some.map(([, item]) => this.#stub(item)),
        { settle: true, signal: this.signal },
      );
      each(some, outcomes, fail, (place, { item }) => {
        const header = ownValue(item, HEADER)!.B!;
        headers.set(place, header);
        if (isSameForAll(header)) this.#reference = header;
      });
      left = left.slice(some.length);
    }
    for (const [place] of left) headers.set(place, this.#reference!);
    return headers;
  }

  /** What of an item keyrings see: its keys, and what is in the encryption context. */
  #stub(item: AttributeMap): AttributeMap {
    const { keyNames } = this.table;
    const inContext = 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT';
    const seen = Object.entries(item).filter(
      ([name]) => keyNames.includes(name) || this.table.actionOf(name) === inContext,
    );
    return Object.fromEntries(seen);
  }
}

/** The attributes that an item's signature covers. */
function signedOf(header: ItemHeader | undefined): Set<string> {
  const actions = Object.entries(header?.attributeActions ?? {});
  return new Set(actions.flatMap(([name, action]) => (action === 'DO_NOTHING' ? [] : [name])));
}

type Fail = (place: number, error: unknown) => void;

/** Does something with the result of each item that has one. */
function each<T extends object>(
  items: Placed,
  outcomes: readonly Outcome<T>[],
  fail: Fail,
  done: (place: number, result: T, item: AttributeMap, signed: Set<string> | undefined) => void,
): void {
  for (const [i, outcome] of outcomes.entries()) {
    const [place, item, signed] = items[i]!;
    try {
      if (isFailure(outcome)) throw outcome.error;
      done(place, outcome, item, signed);
    } catch (error) {
      fail(place, error);
    }
  }
}
