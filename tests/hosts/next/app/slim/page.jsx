'use client';

import * as fieldseal from 'fieldseal/slim';
import { useEffect } from 'react';

import { report } from '../../report.mjs';

export default function Page() {
  useEffect(() => {
    // The recipe of docs/bundlers-and-csp.md.
    const url = new URL('fieldseal/core.wasm', import.meta.url);
    fieldseal.init(fetch(url)).then(() => report(fieldseal));
  }, []);
  return <p>fieldseal/slim</p>;
}
