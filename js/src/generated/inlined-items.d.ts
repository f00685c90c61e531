/** The bytes of the items core's WebAssembly, decoded from text; made by `make build`. */
export default function bytes(): Uint8Array<ArrayBuffer>;
