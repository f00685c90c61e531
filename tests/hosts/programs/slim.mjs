import { readFileSync } from 'node:fs';

import * as fieldseal from 'fieldseal/slim';

import { report } from './report.mjs';

await fieldseal.init(readFileSync(new URL('node_modules/fieldseal/core.wasm', import.meta.url)));
await report(fieldseal);
