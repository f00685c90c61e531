/** Names and ARNs of tables: which of the tables that are configured a request is about. */

import { usage, wrong } from '../errors.js';

const NAME = /^[\w.-]{1,255}$/;
/** What a request may have in the place of a table's name. */
const ARN = /^arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table\/([\w.-]{1,255})$/;
/** A table's ARN, with whatever follows it: that of an index is about the table, if the service takes it. */
const LIKE_ARN = /^(arn:.*?:table\/([^/:]+))/;

/** The name in a table's ARN, or the name itself; `undefined` for what is neither. */
export function tableNameOf(nameOrArn: string): string | undefined {
  if (NAME.test(nameOrArn)) return nameOrArn;
  return ARN.exec(nameOrArn)?.[1];
}

/**
 * What is configured for tables. A table has one entry, by name or by ARN, and requests find it by either. An ARN of
 * another account or Region than the entry's is another table.
 */
export class TableMap<T> {
  /** By what they were configured as, a name or an ARN. */
  readonly #exact = new Map<string, T>();
  /** ARNs that were configured, by the names in them. */
  readonly #arns = new Map<string, string[]>();

  /** @throws UsageError `INVALID_CONFIG` for what is neither a table's name nor its ARN */
  constructor(entries: Iterable<readonly [nameOrArn: string, entry: T]>) {
    for (const [nameOrArn, entry] of entries) {
      const name = tableNameOf(nameOrArn);
      if (name === undefined) {
        throw usage(
          'INVALID_CONFIG',
          `'${nameOrArn}' in tables is neither a table's name nor its ARN`,
          'Name the table as requests do.',
        );
      }
      this.#exact.set(nameOrArn, entry);
      if (name !== nameOrArn) this.#arns.set(name, [...(this.#arns.get(name) ?? []), nameOrArn]);
    }
  }

  /**
   * The entry for what a request calls its table; `undefined` where it is none of them.
   *
   * An entry by name serves every ARN with that name in it: which account and Region the client talks to is not known
   * here, and to take one's own table for a stranger's would send plaintext.
   *
   * @throws UsageError `INVALID_ARGUMENT` for a name that several ARNs have, and for what is not a string
   */
  find(nameOrArn: unknown): T | undefined {
    // The service says that it is missing.
    if (nameOrArn === undefined || nameOrArn === null) return undefined;
    // An object may become the name of an encrypted table when it is serialized.
    if (typeof nameOrArn !== 'string') throw wrong('TableName', 'a string', nameOrArn);
    const [, ofTable = nameOrArn, nameInArn] = LIKE_ARN.exec(nameOrArn) ?? [];
    const exact = this.#exact.get(ofTable);
    if (exact !== undefined) return exact;
    if (nameInArn !== undefined) return this.#exact.get(nameInArn);
    const [arn, another] = this.#arns.get(nameOrArn) ?? [];
    if (arn === undefined) return undefined;
    if (another === undefined) return this.#exact.get(arn);
    throw usage(
      'INVALID_ARGUMENT',
      `there are several tables called '${nameOrArn}' in tables`,
      'Give the table as its ARN.',
    );
  }

  /** All entries. */
  values(): Iterable<T> {
    return this.#exact.values();
  }
}
