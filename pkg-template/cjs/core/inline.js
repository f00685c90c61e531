'use strict';
// As ../../core/inline.js, but for this: the core's bytes, a megabyte of text, are read when they are first needed. In a
// program that imports and requires the package that is never, if the ES modules were there first.
const { complete } = require('./complete.js');
const { inlined } = require('./decode.js');
const { registerCore } = require('./registry.js');
registerCore({ ...complete, load: () => inlined(require('../generated/wasm-base64.js').default) });
