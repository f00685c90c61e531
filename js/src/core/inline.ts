/** The core's bytes as a part of this package. */

import { complete } from './complete.js';
import { inlined } from './decode.js';
import { registerCore } from './registry.js';
import base64 from '../generated/wasm-base64.js';

registerCore({ ...complete, load: () => inlined(base64) });
