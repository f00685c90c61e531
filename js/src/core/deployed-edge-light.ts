/** The core as a module of its own, for Vercel's edge functions, which compile nothing while they run. */

import { complete } from './complete.js';
import { registerCore } from './registry.js';
import core from '../core.wasm?module';

registerCore({ ...complete, load: () => core });
