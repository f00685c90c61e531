// Made by `make bindings` from wasm-bindgen's declarations; not to be edited.

import type {
  CacheConfig,
  CachingCmmConfig,
  EncryptorConfig,
  KeyStoreConfig,
  KeyringConfig,
  KmsConfig,
  SearchConfig,
  ServiceConfig,
  StaticKeyStoreConfig,
  TableRulesConfig,
} from './config.js';

/** A factory's glue: an instance that trapped can be replaced. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  /**
   * Gives the answer to a request of the outbox.
   */
  answer(id: number, fulfilled: boolean, value: unknown): void;
  /**
   * Begins a message that is decrypted piece by piece: nothing of it has been read. A status of [`task::start`].
   */
  begin_decryption(
    session: number,
    materials: number,
    how: number,
    max_keys: number,
    max_header: number,
    max_frame_length: number,
    require_unsigned: boolean,
    len: number,
  ): number;
  /**
   * Begins a message that is encrypted piece by piece: the output is its header. A status of [`task::start`].
   *
   * `session` is a handle of [`make_session`]. `max_plaintext` is negative when there is no bound.
   */
  begin_encryption(
    session: number,
    materials: number,
    how: number,
    frame_length: number,
    max_keys: number,
    max_header: number,
    max_plaintext: number,
    len: number,
  ): number;
  /**
   * Begins a message that is resealed piece by piece: nothing of it has been read. A status of [`task::start`].
   *
   * The input is the context that the old message must have, a byte that says whether there is a new one, and that. The
   * suite and `frame_length` are 0 where the old message's are kept.
   */
  begin_reseal(
    session: number,
    from: number,
    to: number,
    how: number,
    frame_length: number,
    max_keys: number,
    max_header: number,
    len: number,
  ): number;
  /**
   * Lets go of a task that waits; nothing comes of it any more.
   */
  cancel(task: number): void;
  /**
   * Checks the request in the input by a table's rules: 0, or -1 and the error in [`take_value`](super::exports::take_value).
   */
  check_request(rules: number, operation: string, len: number): number;
  /**
   * Checks the names of attributes that an update gave back: 0, or -1 and the error in
   * [`take_value`](super::exports::take_value).
   */
  check_updated(rules: number, names: string[]): number;
  /**
   * Empties a cache.
   */
  clear_cache(cache: number): void;
  /**
   * Opens the packed items in the input; otherwise as [`encrypt_items`].
   */
  decrypt_items(encryptor: number, settle: boolean, len: number): number;
  /**
   * Decrypts the input, which is one whole message; a status of [`task::start`].
   */
  decrypt_message(
    materials: number,
    how: number,
    max_keys: number,
    max_header: number,
    len: number,
  ): number;
  /**
   * Wipes the input when writing it failed half-way.
   */
  discard_input(): void;
  /**
   * Seals the packed items in the input; a status of [`task::start`]. Where the batch is to `settle`, the value beside the
   * output is an array of the errors of the items that failed.
   */
  encrypt_items(encryptor: number, settle: boolean, len: number): number;
  /**
   * Seals the packed items in the input, each for its partition; otherwise as
   * [`encrypt_items`](super::exports::encrypt_items).
   */
  encrypt_items_in_partitions(
    encryptor: number,
    settle: boolean,
    len: number,
    partitions: Uint8Array | number[],
  ): number;
  /**
   * Encrypts the input as one message; a status of [`task::start`].
   */
  encrypt_message(
    materials: number,
    how: number,
    frame_length: number,
    max_keys: number,
    max_header: number,
    len: number,
  ): number;
  /**
   * Evaluates the condition or filter in the input on its items; a status of [`task::start`]. The output has a byte for each
   * item: 1 where it holds.
   */
  evaluate_condition(len: number): number;
  /**
   * The same of the key condition alone: the items need no attributes but those of their keys.
   */
  evaluate_key_condition(len: number): number;
  /**
   * Evaluates the update in the input on its item, if there is one; a status of [`task::start`]. The value is `false` where the
   * condition does not hold; else the output has the item as it becomes and what is given back, each if there is any.
   */
  evaluate_update(len: number): number;
  /**
   * How the task of [`next_finished`] ended.
   */
  finished_status(): number;
  /**
   * Parses a record's header without any key: an object, or the error.
   */
  inspect_header(header: Uint8Array | number[]): number;
  /**
   * Parses a message's header without any key: an object, or the error.
   */
  inspect_message(message: Uint8Array | number[], max_header: number): number;
  /**
   * Whether the keyring that made a header just now makes such ones for all items.
   */
  is_same_for_all(fresh: Uint8Array | number[]): boolean;
  /**
   * Starts an operation of a key store; a status of [`task::start`].
   */
  key_store_call(store: number, operation: string, request: unknown): number;
  /**
   * Starts a KMS call; a status of [`task::start`].
   */
  kms_call(client: number, operation: string, request: unknown): number;
  /**
   * Whether results of the request in the input are looked through: 1, 0, or -1 and the error in
   * [`take_value`](super::exports::take_value).
   */
  looks_through(encryptor: number, len: number): number;
  /**
   * Makes a cache: its handle, or -1 and the error in [`take_value`].
   */
  make_cache(config: CacheConfig, host: unknown): number;
  /**
   * Makes a caching CMM: its handle, or -1 and the error in [`take_value`].
   */
  make_caching_cmm(config: CachingCmmConfig): number;
  /**
   * Makes a DynamoDB client: its handle, or -1 and the error in [`take_value`].
   */
  make_dynamodb(config: ServiceConfig, host: unknown): number;
  /**
   * Makes an item encryptor: its handle, or -1 and the error in [`take_value`].
   */
  make_encryptor(config: EncryptorConfig): number;
  /**
   * Makes a branch key store: its handle, or -1 and the error in [`take_value`].
   */
  make_key_store(config: KeyStoreConfig): number;
  /**
   * Makes a keyring: its handle, or -1 and the error in [`take_value`].
   */
  make_keyring(config: KeyringConfig, host: unknown): number;
  /**
   * Makes a KMS client: its handle, or -1 and the error in [`take_value`].
   */
  make_kms(config: KmsConfig, host: unknown): number;
  /**
   * Makes a required-encryption-context CMM: its handle, or -1 and the error in [`take_value`].
   */
  make_required_context_cmm(inner: number, keys: string[]): number;
  /**
   * Makes an item encryptor of a searched table: its handle, or -1 and the error in
   * [`take_value`](super::exports::take_value).
   */
  make_searchable_encryptor(config: EncryptorConfig, search: SearchConfig): number;
  /**
   * Makes the place of a message in the middle: its handle, or -1 and the error in [`take_value`](super::exports::take_value).
   */
  make_session(): number;
  /**
   * Makes a static key store: its handle, or -1 and the error in [`take_value`].
   */
  make_static_key_store(config: StaticKeyStoreConfig): number;
  /**
   * Makes the rules of a table: their handle, or -1 and the error in [`take_value`](super::exports::take_value).
   */
  make_table_rules(config: TableRulesConfig): number;
  /**
   * What each item in the input needs: 0 and the names of the steps in [`take_value`](super::exports::take_value), or -1 and the
   * error there.
   */
  migration_steps(mode: string, len: number): number;
  /**
   * Runs tasks until one ends: its id, or -1 when all that are left wait. [`finished_status`] says how.
   */
  next_finished(): number;
  /**
   * Works on the next piece, or the `last`; the output is what that gives. `more` says that another with at least a byte
   * follows. A status of [`task::start`].
   */
  next_piece(session: number, last: boolean, more: boolean, len: number): number;
  /**
   * How many queries find all that the query in the input asks for, or -1 and the error in
   * [`take_value`](super::exports::take_value).
   */
  number_of_queries(encryptor: number, len: number): number;
  /**
   * Opens the packed items in the input behind the request that found them, but for those that it did not ask for; otherwise as
   * [`decrypt_items`](super::exports::decrypt_items).
   */
  open_found_items(encryptor: number, settle: boolean, len: number): number;
  /**
   * Opens the packed items in the input, but for those that have their beacons; otherwise as
   * [`decrypt_items`](super::exports::decrypt_items).
   */
  open_without_beacons(encryptor: number, settle: boolean, len: number): number;
  /**
   * Length of the output in bytes.
   */
  output_len(): number;
  /**
   * Address of the output.
   */
  output_ptr(): number;
  /**
   * The name of a raw key by convention: of a public key by its SubjectPublicKeyInfo in DER, or of an AES key.
   */
  raw_key_name(key: Uint8Array | number[], is_public: boolean): string;
  /**
   * Reads a checkpoint, which must be of the run that is in the input; a status of [`task::start`].
   */
  read_checkpoint(text: string, len: number): number;
  /**
   * Reads a recipient: an object with its `kind` and what it names; a status of [`task::start`].
   */
  read_recipient(notation: string): number;
  /**
   * Lets an object go.
   */
  release(handle: number): void;
  /**
   * How many KMS calls the resealing of a message has made.
   */
  reseal_calls(session: number): number;
  /**
   * Opens the packed items in the input with one encryptor and seals them with another; otherwise as [`encrypt_items`]. The
   * output ends with the number of KMS calls (u32, little-endian).
   */
  reseal_items(from: number, to: number, settle: boolean, len: number): number;
  /**
   * Room for `len` bytes of input; returns their address. With `keep`, those that are there stay.
   */
  reserve_input(len: number, keep: boolean): number;
  /**
   * What virtual fields and compound beacons are made of in the item in the input; a status of [`task::start`]. The output
   * has the former and the latter.
   */
  resolve_attributes(encryptor: number, len: number): number;
  /**
   * Whether a stored header is like one that was made just now.
   */
  sealed_alike(stored: Uint8Array | number[], fresh: Uint8Array | number[]): boolean;
  /**
   * What the query or scan in the input is sent as; a status of [`task::start`]. The output has its parts and its values.
   */
  search_request(encryptor: number, scan: boolean, len: number): number;
  /**
   * The header of a message in the middle, once it has verified, else `undefined`.
   */
  session_header(session: number): unknown;
  /**
   * How many bytes come after the header of a message in the middle if `len` bytes of plaintext go in; or out of it if it
   * has `len` bytes with its header. 0 while that is not known.
   */
  session_room(session: number, len: number): number;
  /**
   * Makes the host's cryptography known to the core: a function where it is synchronous, else an object to ask.
   */
  set_host_crypto(call: unknown, host: unknown, min_frame: number, min_batch: number): void;
  /**
   * The names of the signed beacons that an encryptor adds: 0 and the names in
   * [`take_value`](super::exports::take_value), or -1 and the error there.
   */
  signed_beacons(encryptor: number): number;
  /**
   * The tables that a PartiQL statement may name: 0 and their names in [`take_value`](super::exports::take_value), or -1 and the
   * error there.
   */
  statement_tables(statement: string): number;
  /**
   * Requests to the host that it has not seen yet.
   */
  take_requests(): unknown[];
  /**
   * The value or error of the task that just ended.
   */
  take_value(): unknown;
  /**
   * Requests that the host has seen and for whose answers nobody waits any more, as far as it has not been told.
   */
  take_withdrawn(): Uint32Array;
  /**
   * Wipes the output; to be called once it has been read.
   */
  wipe_output(): void;
  /**
   * The checkpoint in the input as a string; a status of [`task::start`].
   */
  write_checkpoint(len: number): number;
}
export default function makeGlue(): Glue & WebAssembly.ModuleImports;
