/** The core's bytes as a part of this package. */

import { complete } from './complete.js';
import { inlined } from './inlined.js';
import { registerCore } from './module.js';
import base64 from './wasm-base64.js';

registerCore({ ...complete, load: () => inlined(base64) });
