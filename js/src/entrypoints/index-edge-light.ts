/** `fieldseal` for Vercel's edge functions, which compile nothing while they run: the core is deployed as a module. */

import { complete } from '../core/complete.js';
import { registerCore } from '../core/registry.js';
import core from '../core.wasm?module';

registerCore({ ...complete, load: () => core });

export * from './api.js';
