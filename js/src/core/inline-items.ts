/** The bytes of the items core as a part of this package. */

import makeGlue from '../generated/glue-items.js';
import { registerCore } from './registry.js';
import bytes from '../generated/inlined-items.js';

registerCore({ complete: false, makeGlue, load: () => new WebAssembly.Module(bytes()) });
