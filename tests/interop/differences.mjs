// Where the plugin and the official library answer a call differently, and why. Each is foreseen from what the call was made
// of (`used`, `faults`: requests.mjs), not from what either said of it; an answer that nothing foresees is a mismatch.

import { find, holds, pathsOf, testsOf } from './condition-model.mjs';
import { text } from './model.mjs';
import { isEncrypted, isSigned } from './requests.mjs';
import { isEnclosed } from './search-cases.mjs';
import { beaconOf, isDropped, isSignedBeacon, plain, readRequest } from './search-model.mjs';

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

// ---- searched tables ----
//
// Of a request that both send, `judged.proved` says that our items are those that a model finds in plaintext
// (`search-model.mjs`): where that is not so, there is a mismatch, whatever is foreseen here.

/** How a configuration, an item, a number of queries or a request is answered otherwise. */
const searched = (kind, name, reason, foresees) => ({ kind, name, reason, foresees });
const refusedHereAlone = ({ ours, theirs }) =>
  ours.verdict === 'refused' && theirs.verdict !== 'refused';
const refusedThereAlone = ({ ours, theirs }) =>
  ours.verdict !== 'refused' && theirs.verdict === 'refused';
const hasTest = ({ asked }, is) => asked !== undefined && asked.tests.some(is);
const valuesIn = ({ request }) => request.input.ExpressionAttributeValues ?? {};
const textOf = ({ request: { input } }) =>
  [input.KeyConditionExpression, input.FilterExpression].filter(Boolean).join(' ');

/** Whether a test has a beacon with an encrypted part. */
const hasHashes = ({ made }, test) =>
  pathsOf(test).some((path) => {
    const beacon = beaconOf(made, path);
    return beacon && !isSignedBeacon(made, beacon);
  });
/** Whether what a test compares with has something in it that is hashed. */
function comparesHashes(entry, test) {
  const beacon = pathsOf(test)
    .map((path) => beaconOf(entry.made, path))
    .find((beacon) => beacon?.split);
  if (!beacon) return hasHashes(entry, test);
  const prefixes = (beacon.encrypted ?? []).map(({ prefix }) => prefix);
  const pieces = test.args.flatMap(({ value }) =>
    String(valuesIn(entry)[value]?.S ?? '').split(beacon.split),
  );
  return pieces.some((piece) =>
    prefixes.some((prefix) => piece.startsWith(prefix) && piece !== prefix),
  );
}
/** The tests that stand under NOT. */
const negated = (tree, under = false) =>
  tree.of
    ? tree.of.flatMap((one) => negated(one, under || tree.op === 'not'))
    : under
      ? [tree]
      : [];
/** Whether a value is used in several places, of which one may not be sent. */
function usesTwice(entry) {
  const used = entry.asked.tests.flatMap(({ args }) => args.map(({ value }) => value));
  const values = used.filter(Boolean);
  return new Set(values).size < values.length;
}
/** Whether a branch key has to be named for hashes, which may not be sent. */
const hasTenants = ({ made }) => made.config.search.key_field_name !== undefined;
/** Whether DynamoDB cannot decide a test by beacons. */
function undecidable(entry, test) {
  const beacons = pathsOf(test).map((path) => beaconOf(entry.made, path));
  if (!hasHashes(entry, test)) return false;
  const [first] = beacons;
  const isSet = first?.style?.asSet || first?.style?.sharedSet;
  if (test.op === 'contains' && first && !first.split && !isSet) return true;
  if (test.op === '<>') return true;
  return beacons.length > 1;
}

/** Whether DynamoDB refuses a request as it was given: values of types that operators do not take, bounds out of order. */
function isRefusedByDynamoDB(entry) {
  const values = valuesIn(entry);
  const given = ({ value }) => values[value];
  const typeOf = (arg) => given(arg) && Object.keys(given(arg))[0];
  const text = textOf(entry);
  if (entry.request.faults.length > 0 || /\(\(.*\)\)/.test(text)) return true;
  if (!entry.asked) return true;
  const key = entry.request.input.KeyConditionExpression && entry.asked.trees[0];
  if (
    key &&
    new Set(testsOf(key).map(({ args }) => args[0].path?.join())).size < testsOf(key).length
  )
    return true;
  if (
    key &&
    testsOf(key).some(({ args }) => args.some((arg) => 'BNS'.includes(typeOf(arg)) === false))
  )
    return true;
  return hasTest(entry, ({ op, args }) => {
    const types = args.map(typeOf).filter(Boolean);
    if (['<', '<=', '>', '>=', 'between'].includes(op) && types.some((t) => !'SNB'.includes(t)))
      return true;
    if (op === 'begins_with' && types.some((type) => !'SB'.includes(type))) return true;
    if (op === 'attribute_type' && !/^(B|BOOL|BS|L|M|N|NS|NULL|S|SS)$/.test(given(args[1])?.S))
      return true;
    if (op === 'between' && new Set(types).size > 1) return true;
    if (op === 'between' && types.length === 2) {
      const order = { op: '<=', args: args.slice(1) };
      return !holds(order, values, () => undefined);
    }
    const [a, b] = args;
    return a.path && b?.path && a.path.join() === b.path.join();
  });
}
/** Whether a name of a beacon is written by a placeholder. */
const hasPlaceholder = (entry) =>
  hasTest(entry, (test) =>
    pathsOf(test).some((path) => path.name.startsWith('#') && beaconOf(entry.made, path)),
  );
const partitionsOf = ({ made }) => made.config.search.maximum_number_of_partitions ?? 1;
const hasPartition = (entry) => valuesIn(entry)[':aws_dbe_partition'] !== undefined;
/** Whether an item that was found lacks something that a test compares. */
function hasMissing(entry) {
  const compared = entry.asked.tests
    .filter(({ op }) => !/^attribute_(not_)?exists$/.test(op))
    .flatMap(pathsOf);
  return entry.known.some((one) =>
    compared.some((path) =>
      beaconOf(entry.made, path)
        ? plain(entry.made, one, path.path[0]) === undefined
        : find(one.opened, path.path) === undefined,
    ),
  );
}

const isSentOtherwise = ({ ours, theirs }) => ours.sent !== theirs.sent;
/** Whether both send the same and ours returns items, and this is what the library does with what it found. */
const isLookedThroughOtherwise = (entry, verdict) =>
  entry.ours.verdict === 'given' && entry.theirs.verdict === verdict && !isSentOtherwise(entry);
/** Whether the library returns nothing that is not returned here. */
function givesNoMore({ ours, theirs, output }) {
  if (theirs.verdict !== 'given') return true;
  const mine = new Set(ours.items.map(text));
  return output.items.every((item) => mine.has(text(item)));
}
/** Whether a test has the library compare numbers by their characters. */
const hasForms = (entry) =>
  hasTest(
    entry,
    ({ op, args }) =>
      ['in', 'contains'].includes(op) &&
      args.some(({ value }) => value && valuesIn(entry)[value]?.N !== undefined),
  );
/** Whether a test compares sets, whose order is nothing to DynamoDB. */
const hasSets = (entry) =>
  hasTest(
    entry,
    ({ op, args }) =>
      ['=', '<>', 'in', 'contains'].includes(op) &&
      args.some(({ value }) => {
        const { SS, NS, BS } = valuesIn(entry)[value] ?? {};
        return (SS ?? NS ?? BS) !== undefined;
      }),
  );
/** Whether a test asks which is less of an item's value and one of another type: none, to DynamoDB. */
const hasOtherTypes = (entry) =>
  hasTest(entry, ({ op, args }) => {
    const { value } = args.find(({ value }) => value) ?? {};
    const path = args.find(({ path }) => path)?.path;
    if (!['<', '>'].includes(op) || !value || !path) return false;
    const [type] = Object.keys(valuesIn(entry)[value]);
    return entry.known.some(
      ({ opened }) => !Object.hasOwn(find(opened, path) ?? { [type]: 0 }, type),
    );
  });
/** Whether a test asks how long a number, a boolean or null is: they have no size, to DynamoDB. */
const hasSizeOfNone = (entry) =>
  entry.asked.tests.some(({ args }) =>
    args.some(
      ({ size }) =>
        size?.path &&
        entry.known.some(({ opened }) =>
          /^(N|BOOL|NULL)$/.test(Object.keys(find(opened, size.path) ?? {})[0]),
        ),
    ),
  );
/**
 * Whether parentheses make a condition another one: OR within AND, either within NOT, and what stands between OR and AND, in
 * parentheses.
 */
function parenthesesMatter(tree) {
  const within = tree.of ?? [];
  const matters = ({ op, of, inParentheses }, i) =>
    tree.op === 'or'
      ? i > 0 && op === 'and' && of[0].inParentheses
      : inParentheses && (op === 'or' || (tree.op === 'not' && op === 'and'));
  return within.some((one, i) => matters(one, i) || parenthesesMatter(one));
}
const hasParentheses = ({ asked }) => asked?.trees.some(parenthesesMatter) ?? false;
/** Whether a test also finds what equals its upper bound. */
const isUpperBound = ({ op, args: [first, second] }) =>
  op === 'between' || (op === '<=' && first.path) || (op === '>=' && second.path);

export const SEARCH_DIFFERENCES = [
  searched(
    'configuration',
    'list index',
    'the library reads the index of `phones[10]` as 11: another element than the one that is named would have the beacon',
    (entry) => refusedHereAlone(entry) && entry.made.faults.includes('list index'),
  ),
  searched(
    'configuration',
    'prefix with the split character',
    'no query can name a part whose prefix is split in two; the library accepts it and refuses each query',
    (entry) =>
      refusedHereAlone(entry) && entry.made.faults.includes('prefix with the split character'),
  ),
  searched(
    'configuration',
    'set of a virtual field',
    'a virtual field is one string: the library accepts the configuration, and then seals no item',
    (entry) => refusedHereAlone(entry) && entry.made.faults.includes('set of a virtual field'),
  ),
  searched(
    'configuration',
    'location that ends with a dot',
    'it names nothing within `a` in `a.`: the library accepts it, and no item has the beacon',
    (entry) => refusedHereAlone(entry) && entry.made.faults.includes('location that is none'),
  ),
  searched(
    'resolved',
    'half a character',
    'a value that is cut in the middle of a character has no UTF-8: no item with it can be sealed, which the library finds then only',
    (entry) =>
      entry.ours.code === 'BEACON_NOT_POSSIBLE' && entry.theirs.resolved?.includes('\ufffd'),
  ),
  searched(
    'request',
    'request that DynamoDB refuses',
    'expressions are read as DynamoDB reads them; the library sends what it does not understand',
    (entry) =>
      entry.ours.sent === entry.theirs.sent || entry.ours.verdict !== 'given'
        ? isRefusedByDynamoDB(entry)
        : false,
  ),
  searched(
    'queries',
    'query that is refused',
    'of what is not sent there is no number of queries; the library looks at its key condition alone',
    (entry) => refusedHereAlone(entry) && entry.whole.verdict === 'refused',
  ),
  searched(
    'queries',
    'placeholder of a beacon',
    'a name is a name, however it is written; the library counts the partitions of beacons only that are written without a placeholder, so that items are missed',
    (entry) =>
      hasPlaceholder({ ...entry, asked: readRequest(entry) }) &&
      (entry.theirs.verdict !== 'given' || entry.ours.number > entry.theirs.number),
  ),
  searched(
    'request',
    'partition that is not needed',
    'where one query finds everything, it need not say which of its partitions it is for',
    (entry) => refusedThereAlone(entry) && partitionsOf(entry) > 1 && !hasPartition(entry),
  ),
  searched(
    'request',
    'partition that is missing',
    'the library takes it for 0 where a beacon has not the name of an encrypted attribute, so that the items of other partitions are missed',
    (entry) => refusedHereAlone(entry) && partitionsOf(entry) > 1 && !hasPartition(entry),
  ),
  searched(
    'request',
    'placeholder of a beacon and its partitions',
    'the library counts the partitions of beacons only that are written without a placeholder',
    (entry) => partitionsOf(entry) > 1 && hasPlaceholder(entry) && isSentOtherwise(entry),
  ),
  searched(
    'request',
    'name that begins with a keyword',
    'the library reads `order` as OR and `der`',
    (entry) => /\border\b/.test(textOf(entry)) && isSentOtherwise(entry),
  ),
  searched(
    'request',
    'key field that is not stored',
    'its value is that of the branch key of an item; the library has DynamoDB look for an attribute that no item has',
    (entry) =>
      isSentOtherwise(entry) &&
      hasTest(entry, (test) =>
        pathsOf(test).some(({ path }) => isDropped(entry.made.config, path)),
      ),
  ),
  searched(
    'request',
    'hidden from DynamoDB',
    'what is within an encrypted attribute, a virtual field without a beacon and a stored name cannot be asked for; the library asks, and nothing is found',
    (entry) =>
      refusedHereAlone(entry) &&
      hasTest(entry, (test) =>
        pathsOf(test).some(
          ({ path }) =>
            !beaconOf(entry.made, { path }) &&
            (/^(v[ab]|aws_dbe_.*)$/.test(path[0]) ||
              entry.made.config.actions[path[0]] === 'ENCRYPT_AND_SIGN'),
        ),
      ),
  ),
  searched(
    'request',
    'existence of a beacon',
    'a name that is only a beacon stands for it; the library has DynamoDB look for an attribute of that name',
    (entry) =>
      entry.ours.verdict === 'given' &&
      isSentOtherwise(entry) &&
      hasTest(
        entry,
        (test) =>
          /^attribute_(not_)?exists$/.test(test.op) &&
          pathsOf(test).some(
            (path) => beaconOf(entry.made, path) && !entry.made.config.actions[path.path[0]],
          ),
      ),
  ),
  searched(
    'request',
    'path behind a placeholder',
    'the library takes `#a.b` for two names, with a blank between them, and cannot evaluate it',
    (entry) =>
      entry.ours.verdict === 'given' &&
      isSentOtherwise(entry) &&
      hasTest(entry, (test) =>
        pathsOf(test).some(({ path, name }) => name.startsWith('#') && path.length > 1),
      ),
  ),
  searched(
    'request',
    'parentheses of partitions',
    'a filter in parentheses is written once for each partition without more of them, which DynamoDB refuses; the library adds them',
    (entry) =>
      partitionsOf(entry) > 1 &&
      isEnclosed(entry.request.input.FilterExpression ?? '') &&
      entry.theirs.sent?.includes('(('),
  ),
  searched(
    'item',
    'several signed beacons',
    'each is signed; the library gives an action to one of them, and then seals no item',
    ({ made, ours, theirs }) =>
      ours.verdict === 'given' &&
      theirs.verdict === 'refused' &&
      (made.config.search.compound_beacons ?? []).filter((one) => isSignedBeacon(made, one))
        .length > 1,
  ),
  searched(
    'item',
    'signed beacon of nothing',
    'an attribute of its name must be what its parts make, also where they make nothing; the library looks at those that are made',
    ({ made, item, ours, theirs }) =>
      ours.code === 'BEACON_NOT_POSSIBLE' &&
      theirs.verdict === 'given' &&
      (made.config.search.compound_beacons ?? []).some(
        (one) => isSignedBeacon(made, one) && item[one.name],
      ),
  ),
  searched(
    'request',
    'beacon that is only a part',
    'it is stored nowhere: the library refuses it in comparisons and by its name, and has DynamoDB look for it otherwise',
    (entry) =>
      refusedHereAlone(entry) &&
      hasTest(entry, (test) =>
        pathsOf(test).some(
          (path) =>
            beaconOf(entry.made, path)?.style?.partOnly &&
            (path.name.startsWith('#') || test.args.every(({ value }) => !value)),
        ),
      ),
  ),
  searched(
    'request',
    'placeholder of a beacon and of its attribute',
    'the existence of an attribute is asked under its own name; the library makes the placeholder stand for the beacon, wherever it is used',
    (entry) =>
      entry.ours.verdict === 'given' &&
      isSentOtherwise(entry) &&
      hasTest(
        entry,
        (test) =>
          /^attribute_(not_)?exists$/.test(test.op) &&
          pathsOf(test).some((path) => path.name.startsWith('#') && beaconOf(entry.made, path)),
      ),
  ),
  searched(
    'request',
    'forms of numbers',
    '20 and 2e1 are one number; the library compares their characters in IN and contains, and loses items',
    (entry) => isLookedThroughOtherwise(entry, 'given') && hasForms(entry),
  ),
  searched(
    'request',
    'branch key that is not needed',
    'a branch key is fetched where a beacon is compared; the library fetches what is named in every request, and fails if there is none',
    (entry) =>
      refusedThereAlone(entry) &&
      hasTenants(entry) &&
      !hasTest(entry, (test) => comparesHashes(entry, test)),
  ),
  searched(
    'request',
    'branch key of one alternative',
    'where alternatives (OR) do not all name a branch key, items of other tenants could be found; the library takes the one that is named',
    (entry) =>
      refusedHereAlone(entry) &&
      entry.ours.attribute === entry.made.config.search.key_field_name &&
      / or /i.test(textOf(entry)),
  ),
  searched(
    'request',
    'order of sets',
    'sets are equal in any order; the library compares the lists of their members, and loses items',
    (entry) => isLookedThroughOtherwise(entry, 'given') && hasSets(entry),
  ),
  searched(
    'request',
    'empty part as a bound',
    'a value may end with a part that is empty: as the upper bound, its prefix is sent with the hash of nothing, so that DynamoDB finds it; the library sends the prefix alone',
    (entry) =>
      // Where one placeholder is both bounds, it cannot stand for both.
      (refusedHereAlone(entry)
        ? usesTwice(entry)
        : entry.ours.verdict === 'given' && isSentOtherwise(entry)) &&
      hasTest(entry, (test) => isUpperBound(test) && hasHashes(entry, test)),
  ),
  searched(
    'request',
    'branch key in other comparisons',
    'a request names the branch key that its items must have, with = or IN; the library takes every value that the attribute is compared with for one, under NOT as well',
    (entry) => {
      const field = entry.made.config.search.key_field_name;
      const isOther = ({ op, args }) => op !== '=' || args.every(({ value }) => !value);
      const under = entry.asked?.trees.flatMap((tree) => negated(tree)) ?? [];
      return (
        refusedThereAlone(entry) &&
        hasTest(entry, (test) =>
          pathsOf(test).some(
            (path) =>
              ((isOther(test) || under.includes(test)) && path.path[0] === field) ||
              beaconOf(entry.made, path)?.signed?.some(({ name, loc = name }) => loc === field),
          ),
        )
      );
    },
  ),
  searched(
    'request',
    'decided after opening',
    'what beacons cannot decide is decided once items are opened; the library has DynamoDB compare hashes, which loses items that were asked for',
    (entry) =>
      entry.ours.verdict === 'given' &&
      isSentOtherwise(entry) &&
      (entry.theirs.verdict !== 'refused' || usesTwice(entry) || hasTenants(entry)) &&
      (givesNoMore(entry) || hasForms(entry) || hasSets(entry) || hasParentheses(entry)) &&
      (hasTest(entry, (test) => undecidable(entry, test)) ||
        entry.asked?.trees.some((tree) => negated(tree).some((test) => hasHashes(entry, test)))),
  ),
  searched(
    'request',
    'attribute that is missing',
    'what is compared with nothing is not equal, as in DynamoDB; the library fails to look through items without it',
    (entry) => isLookedThroughOtherwise(entry, 'not opened') && hasMissing(entry),
  ),
  searched(
    'request',
    'parentheses',
    'the library looks through items without regard to parentheses: `(a OR b) AND c` is `a OR (b AND c)` to it, and `a OR (b) AND c` is `(a OR b) AND c`',
    (entry) => isLookedThroughOtherwise(entry, 'given') && hasParentheses(entry),
  ),
  searched(
    'request',
    'size of a number',
    'numbers, booleans and null have no size, so that no comparison with it holds; the library counts characters when it looks through items, and NOT loses them',
    (entry) => isLookedThroughOtherwise(entry, 'given') && hasSizeOfNone(entry),
  ),
  searched(
    'request',
    'less than another type',
    'values of two types are neither less nor greater; to the library each is both when it looks through items, and NOT loses them',
    (entry) => isLookedThroughOtherwise(entry, 'given') && hasOtherTypes(entry),
  ),
];
