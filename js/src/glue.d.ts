/** What `make build` makes of wasm-bindgen's output: a factory, so that an instance that trapped can be replaced. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  reserve_input(length: number): number;
  output_ptr(): number;
  output_len(): number;
  wipe_output(): void;
  encrypt_items(encryptor: number, length: number): number;
  decrypt_items(encryptor: number, length: number): number;
  kms_call(client: number, operation: string, request: unknown): number;
  key_store_call(store: number, operation: string, request: unknown): number;
  inspect_header(header: Uint8Array): number;
  take_value(): unknown;
  take_requests(): unknown[];
  answer(id: number, fulfilled: boolean, value: unknown): void;
  next_finished(): number;
  finished_status(): number;
  make_kms(config: unknown, host: unknown): number;
  make_dynamodb(config: unknown, host: unknown): number;
  make_key_store(config: unknown): number;
  make_keyring(config: unknown, host: unknown): number;
  make_required_context_cmm(inner: number, keys: string[]): number;
  make_encryptor(config: unknown): number;
  release(handle: number): void;
}
export default function makeGlue(): Glue & WebAssembly.ModuleImports;
