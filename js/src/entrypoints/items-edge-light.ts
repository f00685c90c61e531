/** `fieldseal/items` for Vercel's edge functions, which compile nothing while they run: the core is deployed as a module. */

import { registerCore } from '../core/registry.js';
import makeGlue from '../generated/glue-items.js';
import core from '../items.wasm?module';

registerCore({ complete: false, makeGlue, load: () => core });

export * from './items-api.js';
