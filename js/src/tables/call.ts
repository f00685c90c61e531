/** One call of a client, from its input to its output. */

import type { Client, Output, ServiceError } from './sdk.js';
import type { EncryptedTableMap } from './table.js';

/** What an operation needs beside its input. */
export interface Call {
  /** The tables whose items are encrypted. */
  readonly tables: EncryptedTableMap;
  /** The caller's, where the SDK passes it on. */
  readonly signal: AbortSignal | undefined;
  /** What reads and puts records whose updates DynamoDB cannot do; `undefined`: they are refused. */
  readonly updates: Client | undefined;
}

/** The input of any command; its members are the caller's, unchecked. */
export type Input = Readonly<Record<string, unknown>>;

/** What is done with a call on encrypted tables. */
export interface Handling {
  /** What is sent in place of the caller's input, which stays as it is. */
  readonly input: Input;
  /** What is given back in place of the service's output; by default that. */
  readonly output?: (output: Output) => Output | Promise<Output>;
  /** Opens the items in the service's error, in place. By default it may have none. */
  readonly error?: (error: ServiceError) => void | Promise<void>;
  /** Does the work of the request, which is not sent then. */
  readonly instead?: () => Promise<Output>;
}

/**
 * Checks the input of a command and seals what it has to. `undefined`: it concerns no encrypted table, and passes
 * untouched.
 *
 * @throws FieldsealError for what an encrypted table does not allow: nothing is sent then
 */
export type Operation = (
  input: Input,
  call: Call,
) => Handling | undefined | Promise<Handling | undefined>;
