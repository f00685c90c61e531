import * as fieldseal from 'fieldseal';

import { report } from './report.mjs';

await report(fieldseal);
