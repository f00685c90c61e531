// A migration of 100,000 items: `make test-migration`. `tests/tables/migration.test.mjs` is the short form.

import { migrationInUse } from './checks.mjs';

migrationInUse({ items: 100_000, kills: 5, totalSegments: 12, writers: 4 });
