// AWS's published suite on moto.

import { publishedSuite } from './published-suite.mjs';
import { startMoto } from './servers.mjs';

publishedSuite('moto', startMoto);
