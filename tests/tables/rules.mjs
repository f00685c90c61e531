// README.md of this folder: which test shows which rule. `node tests/tables/rules.mjs` writes it; `rules-table.test.mjs`
// compares.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What each rule says, in a few words (`ddb-sdk-integration.md`, `ddb-support.md`). */
const OF_THE_PLUGIN = {
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

/** The same of searchable encryption (`search-config.md`, `beacons.md`, `virtual.md`, `ddb-support.md`). */
const OF_SEARCH = {
  Q1: 'a table has one configuration of its search, of version 1',
  Q2: 'a key store, a source of keys and a standard beacon are needed; all else has a default',
  Q3: 'the attribute `aws_dbe_v_1` is not written, left out on reading, refused in input',
  Q4: 'each beacon has a key of its own, derived from the beacon key by its name',
  Q5: 'a beacon is the last bits of an HMAC, in hexadecimal digits',
  Q6: 'it is of the value as it is serialized, without its type; what is not there has none',
  Q7: 'it is stored as a string, or a set of strings, under `aws_dbe_b_` and its name',
  Q8: 'a standard beacon has 1 to 63 bits and an encrypted location that no other one has',
  Q9: 'PartOnly: a part of compound beacons, and nothing else',
  Q10: 'Shared: the key of a plain beacon of the same length',
  Q11: 'AsSet: of a set, one of each member, each once; never a part',
  Q12: 'SharedSet: both',
  Q13: 'a compound beacon is parts with prefixes between split characters',
  Q14: 'no prefix begins with another; signed parts are signed and not encrypted; parts for all',
  Q15: 'the first constructor whose required parts are there; by default all parts',
  Q16: 'of an encrypted part the value is hashed, without its prefix',
  Q17: 'the split character stands in no part',
  Q18: 'without encrypted parts it is a signed attribute, computed, which may be a key',
  Q19: 'a virtual field is parts of signed attributes, one after another; not stored',
  Q20: 'the eight transforms, in UTF-16 code units',
  Q21: 'a location is a name, then names and indices',
  Q22: 'numbers of partitions; that of an item is hashed with each value unless it is 0',
  Q23: 'the selector chooses one partition for all beacons of an item; by default it is random',
  Q24: 'a query says its partition in `:aws_dbe_partition`, which is not sent',
  Q25: 'as many queries as the least common multiple says, and no more than there are partitions',
  Q26: 'a filter is written for each partition that the query is for',
  Q27: 'names and values become those of beacons; a value has one meaning',
  Q28: 'what was found is looked through once it is opened, and counted anew',
  Q29: 'a standard beacon is asked for equal values; what has no beacon is refused',
  Q30: 'compound beacons have an order as far as they are signed',
  Q31: 'a beacon key is fetched if something is hashed',
  Q32: 'one branch key for all: its id, how long its key is kept, and where',
  Q33: 'a branch key for each item: that which wrapped its data key; a query names one',
  Q34: 'the attribute that names it is not stored unless it is signed, and never encrypted',
  Q35: 'entries of a cache are those of a partition, a key store’s logical name and a branch key',
  Q36: 'a name is that of one thing',
  Q37: 'beacons are keys of indexes; primary keys are signed beacons only',
  Q38: 'not together with items in plaintext',
};

const HERE = new URL('./', import.meta.url);
const CORE = new URL('../../src/dynamodb/search/tests/', import.meta.url);
const textsIn = (folder, names) =>
  readdirSync(folder)
    .filter((name) => names.test(name))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));

/** The ids and the rest of each name of a test or a suite that begins with ids: `Q5, Q7: …`. */
function* namesInJavaScript(text) {
  const name = /\b(?:test|describe)\(\s*(['"`])((?:[PQ]\d+, )*[PQ]\d+): (.*?)\1,/g;
  for (const [, , ids, what] of text.matchAll(name)) yield [ids.split(', '), what];
}

/** The same in Rust: `q5_q7_…`. */
function* namesInRust(text) {
  for (const [, ids, what] of text.matchAll(/#\[test\]\s+fn ((?:q\d+_)+)(\w+)\(/g)) {
    yield [ids.toUpperCase().split('_').slice(0, -1), what.replaceAll('_', ' ')];
  }
}

/** A table's rows, the rules without a test, and the ids that tests have and rules have not. */
function tableOf(rules, names) {
  const tests = new Map(Object.keys(rules).map((id) => [id, new Set()]));
  const unknown = [];
  for (const [ids, what] of names) {
    for (const id of ids) {
      if (tests.has(id)) tests.get(id).add(what.replaceAll(/\$\{[^}]+\}/g, '…'));
      else unknown.push(id);
    }
  }
  const rows = Object.entries(rules).map(
    ([id, rule]) => `| ${id} | ${rule} | ${[...tests.get(id)].join('; ')} |`,
  );
  const untested = [...tests].filter(([, found]) => found.size === 0).map(([id]) => id);
  return {
    rows: ['| Rule | What it says | Tests |', '| --- | --- | --- |', ...rows],
    untested,
    unknown,
  };
}

/** The page, and what of its tables is not right. */
export function rulesTable() {
  const plugin = tableOf(
    OF_THE_PLUGIN,
    textsIn(HERE, /^rules\.test\.mjs$/).flatMap((text) => [...namesInJavaScript(text)]),
  );
  const search = tableOf(OF_SEARCH, [
    ...textsIn(CORE, /\.rs$/).flatMap((text) => [...namesInRust(text)]),
    ...textsIn(HERE, /^(search.*|check-tables)\.test\.mjs$/).flatMap((text) => [
      ...namesInJavaScript(text),
    ]),
  ]);
  const page = [
    '# Tests of `fieldseal/tables`',
    '',
    'Made by `node tests/tables/rules.mjs`; not to be edited. Rules are those of the specification of AWS’s libraries.',
    'Their tests have the id in the name; `…` stands for each of several cases.',
    '',
    '## The plugin',
    '',
    '`ddb-sdk-integration.md` and `ddb-support.md`; tests in `rules.test.mjs`.',
    '',
    ...plugin.rows,
    '',
    '## Searchable encryption',
    '',
    '`search-config.md`, `beacons.md`, `virtual.md` and `ddb-support.md`; tests in `src/dynamodb/search/tests/`, and here in',
    '`search*.test.mjs` and `check-tables.test.mjs`.',
    '',
    ...search.rows,
    '',
  ].join('\n');
  return {
    page,
    untested: [...plugin.untested, ...search.untested],
    unknown: [...plugin.unknown, ...search.unknown],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('README.md', import.meta.url), rulesTable().page);
}
