/** The core's bytes as a part of this package. */

import makeGlue from './glue.js';
import { inlined } from './inlined.js';
import { registerCore } from './module.js';
import base64 from './wasm-base64.js';

registerCore({ complete: true, makeGlue, load: () => inlined(base64) });
