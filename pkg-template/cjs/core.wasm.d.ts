/** The compiled core, in bundlers that take it for a module (`wasm` of Cloudflare's Workers): for `init` of a slim entry. */
// @ts-ignore: any, where there is no such name
declare const module: WebAssembly.Module;
export default module;
