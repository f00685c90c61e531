// Keys looked after on LocalStack: created, imported, tagged, granted, rotated, deleted.

import { after, before, describe } from 'node:test';

import { administration } from './administration-cases.mjs';
import { localStackRunsHere, startLocalStack } from './localstack.mjs';

describe('LocalStack', { skip: !localStackRunsHere() }, () => {
  let stack;
  before(async () => {
    stack = await startLocalStack();
    console.log(`LocalStack ${stack.version}`);
  });
  after(() => stack?.stop());

  administration('LocalStack', () => ({ url: stack.url, region: 'us-east-1' }), {});
});
