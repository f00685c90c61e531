// The package under a little load; `make test-load` puts more on it.

import { itemsWithoutGrowth, sealsAtOnce, silentKms } from '../load/checks.mjs';

itemsWithoutGrowth(20_000);
silentKms(1000, 5000);
sealsAtOnce(300);
