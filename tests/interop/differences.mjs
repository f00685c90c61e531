// Where the plugin and the official library answer a call differently, and why. Each is foreseen from what the call was made
// of (`used`, `faults`: requests.mjs), not from what either said of it; an answer that nothing foresees is a mismatch.

import { text } from './model.mjs';
import { isEncrypted, isSigned } from './requests.mjs';

/** Whether a call uses an attribute of an encrypted table in a certain way. */
const uses = (made, test) =>
  made.used.some((use) => made.tables[use.table] && test(use, made.tables[use.table]));
const hasFault = (made, what) => made.faults.includes(what);

/** How names begin that the official library does not read as names. */
const KEYWORD =
  /^(and|or|not|in|between|size|contains|begins_with|attribute_(exists|not_exists|type)|set|remove|add|delete)/i;

/** Whether an expression may not use an attribute as it does. */
function forbidden({ where, attribute }, config) {
  if (where === 'update') return isSigned(config, attribute);
  return where !== 'projection' && isEncrypted(config, attribute);
}

/** Whether one of the statements has the name of an encrypted table, as a name. */
function namesEncrypted({ tables, input }) {
  const words = JSON.stringify(input).split(/[^\w-]+/);
  return Object.keys(tables).some((name) => words.includes(name));
}

/** Refused here, sent by the official library. */
const refusedHere = (name, reason, test) => ({
  name,
  reason,
  foresees: (made, ours, theirs) =>
    ours.verdict === 'refused' && theirs.verdict !== 'refused' && test(made),
});

export const DIFFERENCES = [
  {
    name: 'ARN',
    reason:
      'a table by its ARN is not found by the official library, which sends plaintext to it and returns ciphertext; it is the table of that name here',
    // Alone in a request, it goes out as it came.
    foresees: (made, ours, theirs) =>
      made.arn === true &&
      (/Batch|Transact/.test(made.operation) || theirs.sent === text(made.input)),
  },
  refusedHere(
    'condition of UpdateItem',
    'the text asks for the check of conditions in transactions only, and the library makes none; DynamoDB would compare ciphertext',
    (made) =>
      made.operation === 'UpdateItem' &&
      uses(made, (use, config) => use.where === 'condition' && isEncrypted(config, use.attribute)),
  ),
  refusedHere(
    'size of an encrypted attribute',
    'the text refuses it; the library has DynamoDB compare the size of ciphertext',
    (made) =>
      uses(
        made,
        (use, config) =>
          use.where === 'condition' && use.kind === 'size' && isEncrypted(config, use.attribute),
      ),
  ),
  refusedHere(
    'existence within an encrypted attribute',
    'there is nothing within ciphertext: DynamoDB would say that it does not exist, always',
    (made) =>
      uses(
        made,
        (use, config) =>
          use.where === 'condition' &&
          use.kind === 'exists' &&
          use.nested &&
          isEncrypted(config, use.attribute),
      ),
  ),
  refusedHere(
    'update of an attribute without action',
    'no reader verifies a record with an attribute that is neither signed nor allowed to be unsigned; the library writes it',
    (made) =>
      uses(
        made,
        (use, config) =>
          use.where === 'update' &&
          isSigned(config, use.attribute) &&
          !Object.hasOwn(config.actions, use.attribute),
      ),
  ),
  refusedHere(
    'part of a record',
    'a projection without all that is signed cannot be verified: the library sends the request, and fails on what comes back',
    (made) => hasFault(made, 'partial projection') || hasFault(made, 'legacy AttributesToGet'),
  ),
  refusedHere(
    'expression that DynamoDB refuses',
    'what cannot be read cannot be judged; the library sends what it does not understand',
    (made) => hasFault(made, 'spoilt expression'),
  ),
  refusedHere(
    'path within an attribute',
    'the library takes a path that is written without placeholders for the name of one attribute, and so finds no action for it',
    (made) => uses(made, (use, config) => use.nested && use.plain && forbidden(use, config)),
  ),
  refusedHere(
    'name that begins with a keyword',
    'the library reads `note` as NOT and `e`, `order` as OR and `der`, and `Size` as the function: it does not find their actions',
    (made) =>
      uses(
        made,
        (use, config) => use.plain && KEYWORD.test(use.attribute) && forbidden(use, config),
      ),
  ),
  refusedHere(
    'tab or line feed in an expression',
    'the only white space that the library knows is the blank: it takes the rest for one token, and finds no attributes in it',
    (made) => hasFault(made, 'tab or line feed'),
  ),
  {
    name: 'PartiQL that DynamoDB refuses',
    reason:
      'names in it are found without its grammar here, and a quote without end is refused; the library refuses and sends others',
    foresees: (made, ours, theirs) =>
      hasFault(made, 'spoilt statement') &&
      (ours.verdict === 'refused' || !namesEncrypted(made)) &&
      ours.verdict !== theirs.verdict,
  },
  refusedHere(
    'PartiQL on the index of an unquoted table',
    'the library takes table.index for the name of a table, and sends the statement',
    (made) => hasFault(made, 'index of an unquoted table'),
  ),
  refusedHere(
    'forced plaintext that is no record',
    'DynamoDB would refuse an item without its key, and a reader one with attributes of the format; the library checks nothing where plaintext is forced',
    (made) =>
      (hasFault(made, 'item: key missing') ||
        hasFault(made, 'item: context missing') ||
        hasFault(made, 'item: reserved name')) &&
      Object.values(made.tables).some((config) => config.plaintext_override?.startsWith('FORCE')),
  ),
  refusedHere(
    'name that the SDK loses',
    "a member named __proto__ is lost by AWS's SDK for JavaScript: the record could not be verified any more",
    (made) => JSON.stringify(made.input).includes('"__proto__":'),
  ),
  {
    name: 'another record',
    reason:
      'the signature does not say which record was asked for: keys and key conditions of the request are compared here, and not by the library',
    foresees: (made, ours, theirs) =>
      hasFault(made, 'another record') &&
      ours.verdict === 'not opened' &&
      theirs.verdict === 'given',
  },
  {
    name: 'Select of an index',
    reason: 'whole items are asked for, without which nothing can be verified',
    foresees: (made, ours, theirs) =>
      made.input.IndexName !== undefined &&
      ours.sent.replace('"Select":"ALL_ATTRIBUTES",', '') === theirs.sent &&
      ours.verdict === theirs.verdict,
  },
];
