// AWS's published suite on dynalite.

import { publishedSuite } from './published-suite.mjs';
import { startDynalite } from './servers.mjs';
import { NEWEST } from './support.mjs';

publishedSuite('dynalite', startDynalite, [
  {
    of: /^data\.json, All(Sign|Nothing):/,
    why: 'refuses a number with a sign, +123.456, which DynamoDB takes',
    shows: (plain, TableName) =>
      plain.send(
        new NEWEST.PutItemCommand({
          TableName,
          Item: { RecNum: { N: '1' }, x: { N: '+123.456' } },
        }),
      ),
  },
]);
