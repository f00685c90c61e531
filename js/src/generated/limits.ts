// Made by `make bindings` from the descriptions in Rust; not to be edited.

/** The longest name or id in an error, in characters. */
export const MAX_NAME = 300;

/** Levels of nesting that an attribute may have. */
export const MAX_DEPTH = 32;

/** Wrapped data keys in an item, by default at most. */
export const DEFAULT_MAX_ITEM_KEYS = 32;

/** Bytes of plaintext in a frame of a message, by default. */
export const DEFAULT_FRAME_LENGTH = 65536;

/** Milliseconds for one attempt of a request, by default. */
export const DEFAULT_TIMEOUT_MS = 10000;
