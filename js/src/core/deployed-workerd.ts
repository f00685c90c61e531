/** The core as a module of its own, for Cloudflare's Workers, which compile nothing while they run. */

import { complete } from './complete.js';
import { registerCore } from './registry.js';
import core from '../core.wasm';

registerCore({ ...complete, load: () => core });
