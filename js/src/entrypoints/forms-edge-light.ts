/** `fieldseal/forms` for Vercel's edge functions, which compile nothing while they run: the cores are deployed as modules. */

import { registerCore } from '../core/registry.js';
import { provideComplete } from '../forms/complete.js';
import makeGlue from '../generated/glue-items.js';
import core from '../items.wasm?module';

registerCore({ complete: false, makeGlue, load: () => core });
provideComplete(() => import('../core/deployed-edge-light.js'));

export * from './forms-api.js';
