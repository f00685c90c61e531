/** The bytes of the items core as a part of this package. */

import makeGlue from '../generated/glue-items.js';
import { inlined } from './decode.js';
import { registerCore } from './registry.js';
import base64 from '../generated/wasm-items-base64.js';

registerCore({ complete: false, makeGlue, load: () => inlined(base64) });
