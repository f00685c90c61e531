/**
 * What the plugin touches of AWS's SDK, described by what it does: the package imports nothing of it.
 *
 * @module
 */

import type { AttributeMap } from '../items/attribute-value.js';

/**
 * The middleware stack of a client of AWS's SDK for JavaScript, version 3, as much as {@link EncryptedTables} needs of it.
 */
export interface MiddlewareStack {
  /** Adds a middleware beside another one. */
  addRelativeTo(middleware: never, options: never): void;
}

/** What a middleware is given, and hands on. */
export interface Args {
  /** The command's input. */
  readonly input: object;
}

/** What a middleware returns. */
export interface Result {
  /** The command's output, with `$metadata`. */
  readonly output: Output;
}

/** The output of any command. */
export type Output = Readonly<Record<string, unknown>> & { readonly $metadata?: unknown };

/** What the SDK knows of a call; shared by all calls of a command where a client keeps its handlers. */
export interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
  readonly __smithy_context?: { readonly abortSignal?: unknown };
}

/** The rest of the stack. */
export type Next = (args: Args) => Promise<Result>;

/** A step of the stack. */
export type Middleware = (next: Next, context: Context) => Next;

/** Whatever a client sends; its input and output are the command's. */
export interface Client {
  /** Sends a command. */
  send(command: never, options?: never): Promise<unknown>;
}

/** The errors of the service that hold items: one in `Item`, or several in `CancellationReasons`. */
export interface ServiceError extends Error {
  Item?: AttributeMap;
}
