import * as fieldseal from 'fieldseal/items';

import { report } from './report.mjs';

await report(fieldseal);
