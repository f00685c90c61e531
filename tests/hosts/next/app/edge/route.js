import * as fieldseal from 'fieldseal';

import { outcome } from '../../report.mjs';

export const runtime = 'edge';
export const dynamic = 'force-dynamic';

export async function GET() {
  return new Response(`OUTCOME ${await outcome(fieldseal)}`);
}
