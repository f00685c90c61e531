import * as fieldseal from 'fieldseal';

import { outcome } from '../../../report.mjs';

export async function GET() {
  return new Response(`OUTCOME ${await outcome(fieldseal)}`);
}
