import * as fieldseal from 'fieldseal';

import { outcome } from './report.mjs';

export default {
  fetch: async () => new Response(await outcome(fieldseal)),
};
