// The example's Lambda function, on a machine that goes down: for some segments, the process is killed after so many writes, once.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { handler as sealing } from '../../../examples/seal-table-distributed/lambda.mjs';
import { client } from '../../../examples/seal-table-distributed/worker.mjs';

const { TABLE_NAME, DYING, DYING_AFTER, DYING_FOLDER } = process.env;
const dying = DYING.split(',').map(Number);

let current;
let writes = 0;
client.middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      const result = await next(args);
      if (commandName !== 'UpdateItemCommand' || args.input.TableName !== TABLE_NAME) return result;
      const died = join(DYING_FOLDER, `died-${current}`);
      if (dying.includes(current) && ++writes >= Number(DYING_AFTER) && !existsSync(died)) {
        writeFileSync(died, '');
        process.kill(process.pid, 'SIGKILL');
      }
      return result;
    },
  { step: 'initialize', name: 'dying' },
);

export const handler = (event, context) => {
  current = event.segment;
  writes = 0;
  return sealing(event, context);
};
