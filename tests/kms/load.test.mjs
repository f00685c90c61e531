// The package under a little load; `make test-load` puts more on it.

import { dayOfFaults, itemsWithoutGrowth, sealsAtOnce, silentKms } from '../load/checks.mjs';

itemsWithoutGrowth(20_000);
silentKms(1000, 5000);
sealsAtOnce(300);
dayOfFaults(50, 2000);
