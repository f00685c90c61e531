/** `fieldseal/forms` for Cloudflare's Workers, which compile nothing while they run: the cores are deployed as modules. */

import { registerCore } from '../core/registry.js';
import { provideComplete } from '../forms/complete.js';
import makeGlue from '../generated/glue-items.js';
import core from '../items.wasm';

registerCore({ complete: false, makeGlue, load: () => core });
provideComplete(() => import('../core/deployed-workerd.js'));

export * from './forms-api.js';
