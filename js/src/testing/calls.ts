/**
 * One request that the development KMS received, as `calls` of {@link DevKms} has it; no plaintext, key material or
 * context values.
 */
export interface CallRecord {
  /** `Encrypt`, `Decrypt`, …; empty when the request named none. */
  readonly operation: string;
  /** The ARN of the key the call meant, or its KeyId as sent if no such key was found. */
  readonly keyId: string | undefined;
  /** The Region that the request was for. */
  readonly region: string;
  /** HTTP status of the answer; 0 when there was none (dropped connection, hang). */
  readonly status: number;
  /** The AWS error name; for a dropped or hung call `ConnectionDropped` or `Hang`. */
  readonly errorName?: string;
  /** Keys of the encryption context, sorted. */
  readonly encryptionContextKeys: readonly string[];
  /** `x-amzn-requestid` of the answer. */
  readonly requestId: string;
  /** When the request came, by the clock of {@link DevKmsOptions}. */
  readonly at: Date;
}

/** The log tests count calls in. */
export class CallLog {
  readonly #records: CallRecord[] = [];
  readonly #print: boolean;

  constructor(print: boolean) {
    this.#print = print;
  }

  get records(): readonly CallRecord[] {
    return this.#records;
  }

  add(record: CallRecord): void {
    this.#records.push(Object.freeze(record));
    if (!this.#print) return;
    const { at, operation, region, keyId, status, errorName } = record;
    const parts = [at.toISOString(), operation, region, keyId ?? '-', status, errorName];
    console.error(`[dev-kms] ${parts.filter((part) => part !== undefined).join(' ')}`);
  }

  count(operation?: string): number {
    if (operation === undefined) return this.#records.length;
    return this.#records.filter((record) => record.operation === operation).length;
  }

  clear(): void {
    this.#records.length = 0;
  }
}
