/** What `make build` makes of wasm-bindgen's output: a factory, so that an instance that trapped can be replaced. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  reserve_input(length: number, keep: boolean): number;
  discard_input(): void;
  output_ptr(): number;
  output_len(): number;
  wipe_output(): void;
  encrypt_items(encryptor: number, settle: boolean, length: number): number;
  decrypt_items(encryptor: number, settle: boolean, length: number): number;
  reseal_items(from: number, to: number, settle: boolean, length: number): number;
  kms_call(client: number, operation: string, request: unknown): number;
  key_store_call(store: number, operation: string, request: unknown): number;
  inspect_header(header: Uint8Array): number;
  take_value(): unknown;
  take_requests(): unknown[];
  take_withdrawn(): Uint32Array;
  cancel(task: number): void;
  answer(id: number, fulfilled: boolean, value: unknown): void;
  next_finished(): number;
  finished_status(): number;
  make_kms(config: unknown, host: unknown): number;
  make_dynamodb(config: unknown, host: unknown): number;
  make_key_store(config: unknown): number;
  make_keyring(config: unknown, host: unknown): number;
  make_required_context_cmm(inner: number, keys: string[]): number;
  make_cache(config: unknown, host: unknown): number;
  clear_cache(cache: number): void;
  make_static_key_store(config: unknown): number;
  make_caching_cmm(config: unknown): number;
  make_encryptor(config: unknown): number;
  encrypt_message(
    materials: number,
    how: number,
    frameLength: number,
    maxKeys: number,
    maxHeader: number,
    length: number,
  ): number;
  decrypt_message(
    materials: number,
    how: number,
    maxKeys: number,
    maxHeader: number,
    length: number,
  ): number;
  make_session(): number;
  begin_encryption(
    session: number,
    materials: number,
    how: number,
    frameLength: number,
    maxKeys: number,
    maxHeader: number,
    maxPlaintext: number,
    length: number,
  ): number;
  begin_decryption(
    session: number,
    materials: number,
    how: number,
    maxKeys: number,
    maxHeader: number,
    maxFrameLength: number,
    requireUnsigned: boolean,
    length: number,
  ): number;
  begin_reseal(
    session: number,
    from: number,
    to: number,
    how: number,
    frameLength: number,
    maxKeys: number,
    maxHeader: number,
    length: number,
  ): number;
  reseal_calls(session: number): number;
  next_piece(session: number, last: boolean, length: number): number;
  session_header(session: number): unknown;
  session_room(session: number, length: number): number;
  inspect_message(message: Uint8Array, maxHeader: number): number;
  set_host_crypto(call: unknown, host: unknown, minFrame: number, minBatch: number): void;
  release(handle: number): void;
}
export default function makeGlue(): Glue & WebAssembly.ModuleImports;
