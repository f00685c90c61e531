// README.md of this folder: which test shows which rule. `node tests/tables/rules.mjs` writes it; `rules-table.test.mjs`
// compares.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What each rule says, in a few words (`ddb-sdk-integration.md`, `ddb-support.md`). */
const RULES = {
  P1: 'tables that are not configured pass; logical and physical names are one to one',
  P2: 'PutItem: checked and sealed, or not sent',
  P3: 'BatchWriteItem: puts as PutItem, deletes untouched',
  P4: 'TransactWriteItems: each of the four kinds of entry checked, puts sealed',
  P5: 'UpdateItem: legacy parameters, conditions and updates checked',
  P6: 'DeleteItem: legacy parameters and conditions checked',
  P7: 'Query: legacy parameters, key conditions and filters checked',
  P8: 'Scan: the same',
  P9: 'GetItem, BatchGetItem, TransactGetItems: opened, or the call fails; parts of items refused',
  P10: 'old items that PutItem and DeleteItem return, also in errors, are opened',
  P11: 'what UpdateItem returns: whole items opened, parts refused where they are signed',
  P12: 'UnprocessedItems are the plaintext that went in',
  P13: 'Query and Scan: every item opened',
  P14: 'PartiQL on encrypted tables refused',
  P15: 'commands about tables pass',
  P16: 'no other command passes',
  P17: 'items with attributes of the format are refused',
  P18: 'no operand of a condition is encrypted; existence may be asked',
  P19: 'no operand of an update is signed',
  P20: 'names are resolved, paths judged by their first attribute',
  P21: 'attributes of the format are not given to the caller',
  P22: 'errors of many items are one',
};

const FILES = ['rules.test.mjs'];

/** The page, and the rules without a test. */
export function rulesTable() {
  const tests = new Map(Object.keys(RULES).map((id) => [id, []]));
  const unknown = [];
  for (const file of FILES) {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8');
    for (const [, ids, what] of text.matchAll(
      /\btest\(\s*['"`]((?:P\d+, )*P\d+): ([^\n]*?)['"`],/g,
    )) {
      for (const id of ids.split(', ')) {
        if (tests.has(id)) tests.get(id).push(what);
        else unknown.push(id);
      }
    }
    for (const [, id, what] of text.matchAll(/\btest\(`(P\d+): ([^`]*)`/g))
      if (!tests.get(id)?.includes(what)) tests.get(id)?.push(what);
  }
  const rows = Object.entries(RULES).map(
    ([id, rule]) =>
      `| ${id} | ${rule} | ${[...new Set(tests.get(id))].join('; ').replace(/\$\{\w+\}/, 'each operation')} |`,
  );
  const page = [
    '# Tests of `fieldseal/tables`',
    '',
    'Made by `node tests/tables/rules.mjs`; not to be edited. Rules are those of the specification of AWS’s libraries',
    '(`ddb-sdk-integration.md`, `ddb-support.md`); their tests are in `rules.test.mjs`, with the id in the name.',
    '',
    '| Rule | What it says | Tests |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  const untested = [...tests].filter(([, names]) => names.length === 0).map(([id]) => id);
  return { page, untested, unknown };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('README.md', import.meta.url), rulesTable().page);
}
