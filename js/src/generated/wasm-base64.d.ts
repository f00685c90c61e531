/** The core's WebAssembly in base64; made by `make build`. */
declare const base64: string;
export default base64;
