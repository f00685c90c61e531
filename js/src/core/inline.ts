/** The core's bytes as a part of this package. */

import { complete } from './complete.js';
import { registerCore } from './registry.js';
import bytes from '../generated/inlined-core.js';

registerCore({ ...complete, load: () => new WebAssembly.Module(bytes()) });
