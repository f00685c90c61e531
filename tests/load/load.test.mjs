// The package under load: `make test-load`. `tests/kms/load.test.mjs` is the short form.

import { dayOfFaults, itemsWithoutGrowth, sealsAtOnce, silentKms } from './checks.mjs';

itemsWithoutGrowth(1_000_000);
silentKms(10_000, 20_000);
sealsAtOnce(3000);
dayOfFaults(200, 6000);
