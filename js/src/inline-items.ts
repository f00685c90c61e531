/** The bytes of the items core as a part of this package. */

import makeGlue from './glue-items.js';
import { inlined } from './inlined.js';
import { registerCore } from './module.js';
import base64 from './wasm-items-base64.js';

registerCore({ complete: false, makeGlue, load: () => inlined(base64) });
