// AWS's published suite on MiniStack.

import { startMiniStack } from '../kms/ministack.mjs';
import { publishedSuite } from './published-suite.mjs';

publishedSuite('MiniStack', startMiniStack);
