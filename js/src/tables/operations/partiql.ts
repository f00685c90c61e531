/** ExecuteStatement, BatchExecuteStatement and ExecuteTransaction (P14): refused where they name an encrypted table. */

import { usage } from '../../errors.js';
import type { Input, Operation } from '../call.js';
import { statementTables } from '../../dynamodb/expressions.js';
import { objectsIn } from '../members.js';
import { inTable } from '../table.js';

/** The operation whose statements are these. */
const statements =
  (of: (input: Input) => readonly unknown[]): Operation =>
  (input, { tables }) => {
    for (const statement of of(input)) {
      // The service says that it is missing. An object may become a statement when it is serialized: the reader refuses it.
      if (statement === undefined || statement === null) continue;
      for (const name of statementTables(statement as string)) {
        const table = tables.find(name);
        if (!table) continue;
        throw inTable(
          usage(
            'TABLE_REQUEST_REFUSED',
            `the PartiQL statement names '${name}', whose items are encrypted`,
            'Use PutItem, GetItem, Query and the like.',
          ),
          table.name,
        );
      }
    }
    return undefined;
  };

const each = (input: Input, name: string): readonly unknown[] =>
  objectsIn(input, name).map((entry) => entry['Statement']);

export const executeStatement = statements((input) => [input['Statement']]);
export const batchExecuteStatement = statements((input) => each(input, 'Statements'));
export const executeTransaction = statements((input) => each(input, 'TransactStatements'));
