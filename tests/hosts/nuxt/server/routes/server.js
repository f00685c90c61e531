import * as fieldseal from 'fieldseal';

import { outcome } from '../../report.mjs';

export default defineEventHandler(async () => `OUTCOME ${await outcome(fieldseal)}`);
