// Which items a request on a searched table asks for: a third opinion, by the values that beacons are of.

import { find, holds, parse, pathsOf, testsOf } from './condition-model.mjs';
import { text } from './model.mjs';
import { PARTITION_ATTRIBUTE } from './search-cases.mjs';

/** The conditions of a request, read; `undefined` if it is not well formed. */
export function readRequest({ request: { input } }) {
  const names = input.ExpressionAttributeNames ?? {};
  try {
    const trees = [input.KeyConditionExpression, input.FilterExpression]
      .filter(Boolean)
      .map((expression) => parse(expression, names));
    return { trees, tests: trees.flatMap(testsOf) };
  } catch {
    return undefined;
  }
}

/** The value that a beacon is of, in an item. */
export function plain({ config: { search } }, { item, resolved }, name) {
  const beacon = search.standard_beacons.find((one) => one.name === name);
  if (!beacon) {
    const S = resolved.compound_beacons?.[name];
    return S === undefined ? undefined : { S };
  }
  const place = beacon.loc ?? beacon.name;
  if (search.virtual_fields?.some((field) => field.name === place)) {
    const S = resolved.virtual_fields?.[place];
    return S === undefined ? undefined : { S };
  }
  return find(item, parse(`attribute_exists(${place})`).args[0].path);
}

/** The beacon of a path. */
export const beaconOf = ({ config: { search } }, { path }) =>
  path.length > 1
    ? undefined
    : (search.standard_beacons.find(({ name }) => name === path[0]) ??
      search.compound_beacons?.find(({ name }) => name === path[0]));

/** Whether a beacon is compound and has no encrypted part. */
export function isSignedBeacon({ config: { search } }, { split, encrypted, constructors = [] }) {
  const used = constructors.flat().map(({ name }) => name);
  const global = search.encrypted_parts?.filter(({ name }) => used.includes(name)) ?? [];
  return split !== undefined && (encrypted ?? []).length + global.length === 0;
}

/** Whether a path is the attribute that names the branch key and is not stored. */
export const isDropped = ({ actions, search: { key_field_name: field } }, path) =>
  path.length === 1 && path[0] === field && !/^SIGN/.test(actions[field] ?? '');

/**
 * Whether items are those that a request asks for; `undefined` if it asks for what only beacons define. An item of another
 * partition may be among them: two partitions may have one beacon of a value.
 */
export function areWanted({ made, request, known, asked, queries = 1 }, items) {
  if (!asked || known.some(({ isSame }) => !isSame)) return undefined;
  const { config } = made;
  const values = request.input.ExpressionAttributeValues ?? {};
  // Of an encrypted part of a compound beacon, nothing within it can be found.
  const isOfParts = ({ op, args }) =>
    ['contains', 'begins_with'].includes(op) && args[0].path && beaconOf(made, args[0])?.split;
  if (asked.tests.some(isOfParts)) return undefined;
  const partition = Number(values[':aws_dbe_partition']?.N ?? 0);
  const tenants = new Set();
  if (config.search.key_field_name) {
    const named = tenantsOf(made, asked, values);
    named.forEach((one) => tenants.add(one));
  }
  const isWanted = (one) => {
    const { item } = one;
    const tenant = item.pk.S.split('#')[0];
    // A request that names several is sent only where nothing is asked of beacons, and is of the items of all.
    if (tenants.size === 1 && !tenants.has(tenant)) return false;
    const at = (path) => {
      if (beaconOf(made, { path })) return plain(made, one, path[0]);
      return isDropped(config, path) ? { S: tenant } : find(one.opened, path);
    };
    // An attribute is there or not, whatever a beacon of its name is of.
    const exists = ({ op, args }) => {
      if (!op.startsWith('attribute_') || op === 'attribute_type') return undefined;
      const isAttribute = config.actions[args[0].path[0]] !== undefined;
      const value = isAttribute ? find(one.opened, args[0].path) : at(args[0].path);
      return (value !== undefined) === (op === 'attribute_exists');
    };
    return asked.trees.every((tree) => holds(tree, values, at, exists));
  };
  const isHere = ({ item }) =>
    Number(item[PARTITION_ATTRIBUTE].N) % queries === partition % queries;
  const given = new Set(items.map(text));
  const wanted = known.filter(
    (one) => isWanted(one) && (isHere(one) || given.has(text(one.opened))),
  );
  return text(wanted.map(({ opened }) => opened)) === text(items);
}

/** The branch keys that a request names. */
export function tenantsOf(made, { tests }, values) {
  const { key_field_name: field } = made.config.search;
  return tests.flatMap((test) => {
    const paths = pathsOf(test);
    const texts = test.args.map(({ value }) => values[value]?.S).filter((one) => one !== undefined);
    if (paths.some(({ path }) => path.length === 1 && path[0] === field))
      return ['=', 'in'].includes(test.op) ? texts : [];
    const beacon = paths.map((path) => beaconOf(made, path)).find((one) => one?.split);
    const part = beacon?.signed?.find(({ name, loc = name }) => loc === field);
    if (!part) return [];
    return texts.flatMap((one) =>
      one
        .split(beacon.split)
        .filter((piece) => piece.startsWith(part.prefix))
        .map((piece) => piece.slice(part.prefix.length)),
    );
  });
}
