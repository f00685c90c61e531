import * as fieldseal from 'fieldseal';
import { useEffect } from 'react';

import { report } from '../report.mjs';

export default function Page() {
  useEffect(() => {
    report(fieldseal);
  }, []);
  return <p>fieldseal</p>;
}
