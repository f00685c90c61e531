/** Commands on items that an encrypted table cannot serve at all. */

import { usage } from '../../errors.js';
import type { Operation } from '../call.js';
import { inTable } from '../table.js';

const refused =
  (command: string, problem: string, next: string): Operation =>
  (input, { tables }) => {
    const table = tables.find(input['TableName']);
    if (!table) return undefined;
    const message = `${command} on an encrypted table: ${problem}`;
    throw inTable(usage('TABLE_REQUEST_REFUSED', message, next), table.name);
  };

export const searchVectors = refused(
  'SearchVectors',
  'the vectors that DynamoDB compares would have to be stored in plaintext',
  'Keep vectors in a table of their own, which is not encrypted, with the keys of the items.',
);

export const startBulkPutItems = refused(
  'StartBulkPutItems',
  'DynamoDB would read plaintext from S3 and store it',
  'Put the items with BatchWriteItem.',
);
