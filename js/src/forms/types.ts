/** What forms are sealed with, and what comes of it. */

import type { AttributeMap } from '../items/attribute-value.js';
import type { CryptoAction, TableDefinition } from '../items/item-encryptor.js';
import type { Cmm, Keyring } from '../keyrings/keyring.js';
import type { CallOptions } from '../util/signal.js';
import type { FieldsealError } from '../errors.js';

/**
 * The table of a form's records; an option of {@link SealFormOptions} and {@link OpenFormOptions}. A table that
 * {@link defineTable} describes is one.
 */
export interface FormTable extends Pick<
  TableDefinition,
  | 'logicalTableName'
  | 'algorithmSuite'
  | 'maxEncryptedDataKeys'
  | 'allowedUnsignedAttributes'
  | 'allowedUnsignedAttributePrefix'
> {
  /** The attribute that is the partition key: a field of the form, or else a new UUID for each record. */
  readonly partitionKeyName: string;
  /** The attribute that is the sort key, where the table has one: a field of the form, or else a new UUID. */
  readonly sortKeyName?: string | undefined;
  /**
   * The actions of the whole table. By default keys are `SIGN_ONLY` and sealed fields `ENCRYPT_AND_SIGN`; a sealed field
   * with another action is refused.
   */
  readonly attributeActions?: Readonly<Record<string, CryptoAction>> | undefined;
}

/** Whom to seal for, or who opens: a part of {@link SealFormOptions}, {@link OpenFormOptions} and {@link FieldOptions}. */
export interface FormKeys {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly cmm?: Cmm | undefined;
}

/** How sealed fields are sent: as one record, `item`, or as one string for each value, `tokens`; an option of {@link OpenFormOptions}. */
export type FormStyle = 'item' | 'tokens';

/** What {@link FormSealing.seal} makes of a form. */
export interface SealedForm {
  /** The sealed record; absent with `as: 'tokens'`. */
  readonly item?: AttributeMap;
  /** What the form sends, sealed: for a multipart request, sealed files included. */
  readonly formData: FormData;
  /** The same as JSON, an object with one member for each field; absent where there are files. */
  readonly json?: string;
}

/**
 * Options of {@link FormSealing.seal}.
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { sealForm, type SealOptions } from 'fieldseal/forms'
 *
 * document.body.innerHTML = `<form><input name="ssn" data-seal value="078-05-1120" />
 *   <button name="action" value="save">Save</button></form>`
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const sealing = sealForm(document.querySelector('form')!, {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   table: { logicalTableName: 'customers', partitionKeyName: 'customer_id' },
 * })
 *
 * const options: SealOptions = {
 *   submitter: document.querySelector('button')!,
 *   signal: AbortSignal.timeout(10_000),
 * }
 * const { formData } = await sealing.seal(options)
 * console.log([...formData.keys()]) // → [ 'fieldseal', 'action' ]
 * ```
 */
export interface SealOptions extends CallOptions {
  /** The button whose name and value are sent, too. */
  readonly submitter?: HTMLElement | null | undefined;
}

/** A form that {@link sealForm} seals. */
export interface FormSealing {
  /**
   * Seals what is in the form now and sends nothing. The form's constraints are not checked: `form.reportValidity()` does.
   *
   * @throws what {@link ItemEncryptor.encryptItem} throws; UsageError `INVALID_ARGUMENT` for marks and fields that cannot be
   * sealed, and while another sealing is in progress; LimitError `LIMIT_EXCEEDED` for a file above `maxFileBytes`;
   * UnsupportedError `UNSUPPORTED` without WebAssembly
   */
  seal(options?: SealOptions): Promise<SealedForm>;
  /**
   * Seals what is in the form now and posts it as JSON, with `fetch`.
   *
   * @param init - as `fetch` takes it, but for the body; its `signal` ends the sealing, too
   * @throws what {@link FormSealing.seal} throws; UsageError `INVALID_ARGUMENT` where there are files; what `fetch` throws
   *
   * @example
   * ```ts
   * import { rawAesKeyring } from 'fieldseal/items'
   * import { sealForm } from 'fieldseal/forms'
   *
   * document.body.innerHTML = '<form><input name="ssn" value="078-05-1120" data-seal /></form>'
   * const form = document.querySelector('form')!
   * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
   * const sealing = sealForm(form, {
   *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
   *   table: { logicalTableName: 'customers', partitionKeyName: 'customer_id' },
   * })
   * form.addEventListener('submit', (event) => {
   *   event.preventDefault() // the page sends it itself
   *   sealing.send('/customers').catch(() => undefined) // the form says what went wrong
   * })
   * console.log(form.checkValidity()) // → true
   * ```
   */
  send(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Detaches: from now on the browser sends the form as it is. */
  stop(): void;
}

/** What the event `fieldseal-error` of a form has in `detail`: why nothing was sent. {@link sealForm} dispatches it. */
export interface FormErrorDetail {
  /** Without a value of the form, and without a `cause`. */
  readonly error: FieldsealError;
}

/** What the event `fieldseal-progress` of a form has in `detail`, while a file is sealed. {@link sealForm} dispatches it. */
export interface FormProgressDetail {
  /** The field of the file. */
  readonly name: string;
  /** Bytes of the file that are sealed. */
  readonly loaded: number;
  /** Bytes of the file. */
  readonly total: number;
}

/** A file's description, which is sealed with the record: in the `document` that {@link openForm} returns. */
export interface FileDescription {
  /** Binds the file to its record: random, and readable in the sealed file. */
  readonly id: string;
  /** The file's name, as it was chosen: never a path to be trusted. */
  readonly name: string;
  /** The media type that the browser gave, which may be empty. */
  readonly type: string;
  /** Its length in bytes. */
  readonly size: number;
}
