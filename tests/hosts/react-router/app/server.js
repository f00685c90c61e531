import * as fieldseal from 'fieldseal';

import { outcome } from '../report.mjs';

export async function loader() {
  return new Response(`OUTCOME ${await outcome(fieldseal)}`);
}
