'use strict';
// As ../../core/inline-items.js, but for what ./inline.js says.
const makeGlue = require('../generated/glue-items.js').default;
const { inlined } = require('./decode.js');
const { registerCore } = require('./registry.js');
const load = () => inlined(require('../generated/wasm-items-base64.js').default);
registerCore({ complete: false, makeGlue, load });
