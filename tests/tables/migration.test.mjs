// The short form of `make test-migration`.

import { migrationInUse } from '../migration/checks.mjs';

migrationInUse({ items: 2000, kills: 1, totalSegments: 4, writers: 2 });
