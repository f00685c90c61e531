// Conditions as DynamoDB evaluates them: a third opinion, written from its documentation and independent of both libraries. It
// stands for DynamoDB where a request is sent, and for what was asked for where results are looked through.

import { normalNumber, text } from './model.mjs';

const KEYWORDS = new Set(['and', 'or', 'not', 'between', 'in']);
const FUNCTIONS = [
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
];
const COMPARATORS = ['=', '<>', '<', '<=', '>', '>='];

/**
 * Reads a condition that is well formed.
 *
 * @returns a tree of `{ op: 'and' | 'or', of: [a, b] }`, `{ op: 'not', of: [a] }` and tests: `{ op, args }`, whose arguments are
 * `{ value: ':v' }`, `{ path: ['a', 0, 'b'], name }` and `{ size: argument }`; `name` is as it is written
 */
export function parse(expression, names = {}) {
  const tokens = expression.match(/<>|<=|>=|[=<>(),.[\]]|[#:]?\w+/g);
  let at = 0;
  const next = () => tokens[at++];
  const is = (wanted) => tokens[at]?.toLowerCase() === wanted;
  const accept = (wanted) => is(wanted) && next();
  const expect = (wanted) => {
    if (!accept(wanted)) throw new Error(`${wanted} expected at ${at} of ${expression}`);
  };
  const argument = () => {
    if (is('size') && tokens[at + 1] === '(') {
      next();
      expect('(');
      const size = argument();
      expect(')');
      return { size };
    }
    const word = next();
    if (word.startsWith(':')) return { value: word };
    if (KEYWORDS.has(word.toLowerCase())) throw new Error(`${word} at ${at} of ${expression}`);
    const path = [names[word] ?? word];
    for (;;) {
      if (accept('.')) {
        const member = next();
        path.push(names[member] ?? member);
      } else if (accept('[')) {
        path.push(Number(next()));
        expect(']');
      } else return { path, name: word };
    }
  };
  const list = () => {
    const args = [argument()];
    while (accept(',')) args.push(argument());
    expect(')');
    return args;
  };
  const test = () => {
    const name = FUNCTIONS.find(is);
    if (name && tokens[at + 1] === '(') {
      at += 2;
      return { op: name, args: list() };
    }
    const left = argument();
    if (accept('between')) {
      const low = argument();
      expect('and');
      return { op: 'between', args: [left, low, argument()] };
    }
    if (accept('in')) {
      expect('(');
      return { op: 'in', args: [left, ...list()] };
    }
    const op = next();
    if (!COMPARATORS.includes(op)) throw new Error(`${op} at ${at} of ${expression}`);
    return { op, args: [left, argument()] };
  };
  const factor = () => {
    if (accept('not')) return { op: 'not', of: [factor()] };
    if (!accept('(')) return test();
    const inner = either();
    expect(')');
    return { ...inner, inParentheses: true };
  };
  const chain = (op, part) => () => {
    let left = part();
    while (accept(op)) left = { op, of: [left, part()] };
    return left;
  };
  const both = chain('and', factor);
  const either = chain('or', both);
  const tree = either();
  if (at < tokens.length) throw new Error(`more than one condition: ${expression}`);
  return tree;
}

/** The tests of a condition. */
export const testsOf = (tree) => (tree.of ? tree.of.flatMap(testsOf) : [tree]);
/** The paths of a test. */
export const pathsOf = (test) =>
  test.args.map((arg) => arg.size ?? arg).filter((arg) => arg.path !== undefined);

/**
 * Whether it holds.
 *
 * @param find - what is at a path, or undefined
 * @param decide - decides a test instead, unless it returns undefined
 */
export function holds(tree, values, find, decide = () => undefined) {
  switch (tree.op) {
    case 'and':
      return tree.of.every((one) => holds(one, values, find, decide));
    case 'or':
      return tree.of.some((one) => holds(one, values, find, decide));
    case 'not':
      return !holds(tree.of[0], values, find, decide);
  }
  const decided = decide(tree);
  if (decided !== undefined) return decided;
  const resolve = (arg) => {
    if (arg.value) return values[arg.value];
    if (arg.path) return find(arg.path);
    const value = resolve(arg.size);
    const size = value && sizeOf(value);
    return size === undefined ? undefined : { N: String(size) };
  };
  const [first, ...rest] = tree.args.map(resolve);
  const [second] = rest;
  switch (tree.op) {
    case 'attribute_exists':
      return first !== undefined;
    case 'attribute_not_exists':
      return first === undefined;
    case 'attribute_type':
      return first !== undefined && typeOf(first) === second.S;
    case 'begins_with':
      return isOf('SB', first, second) && bytesOf(first).startsWith(bytesOf(second));
    case 'contains':
      return contains(first, second);
    case 'between':
      return compare('>=', first, rest[0]) && compare('<=', first, rest[1]);
    case 'in':
      return rest.some((one) => compare('=', first, one));
    default:
      return compare(tree.op, first, second);
  }
}

/** What is at a path of an item. */
export function find(item, [attribute, ...steps]) {
  let value = Object.hasOwn(item, attribute) ? item[attribute] : undefined;
  for (const step of steps) {
    if (value === undefined) return undefined;
    const within = typeof step === 'number' ? value.L : value.M;
    value = within && Object.hasOwn(within, step) ? within[step] : undefined;
  }
  return value;
}

const typeOf = (value) => Object.keys(value)[0];
const isOf = (types, ...values) => {
  const [first] = values;
  return values.every(
    (value) => value && types.includes(typeOf(value)) && typeOf(value) === typeOf(first),
  );
};
/** Bytes as a string of the characters 0 to 255, whose order is theirs. */
const bytesOf = (value) =>
  Buffer.from(value.S ?? value.B, value.S === undefined ? 'base64' : 'utf8').toString('latin1');

function compare(op, a, b) {
  if (op === '=') return a !== undefined && b !== undefined && canonical(a) === canonical(b);
  if (op === '<>') return !compare('=', a, b);
  if (!isOf('SNB', a, b)) return false;
  const [x, y] = a.N === undefined ? [bytesOf(a), bytesOf(b)] : [Number(a.N), Number(b.N)];
  return { '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[op];
}

/** One text for equal values. */
function canonical(value) {
  if (value.N !== undefined) return `N${normalNumber(value.N)}`;
  for (const type of ['SS', 'NS', 'BS'])
    if (value[type]) {
      const members = value[type].map((one) => (type === 'NS' ? normalNumber(one) : one));
      return type + text(members.sort());
    }
  if (value.L) return `L[${value.L.map(canonical)}]`;
  if (value.M) {
    const members = Object.entries(value.M).map(([name, one]) => [name, canonical(one)]);
    return `M${text(Object.fromEntries(members))}`;
  }
  return text(value);
}

function contains(value, member) {
  if (!value || !member) return false;
  if (isOf('SB', value, member)) return bytesOf(value).includes(bytesOf(member));
  const type = typeOf(member);
  const members = value.L ?? value[`${type}S`]?.map((one) => ({ [type]: one }));
  return (members ?? []).some((one) => compare('=', one, member));
}

function sizeOf(value) {
  if (value.S !== undefined) return value.S.length;
  if (value.B !== undefined) return Buffer.from(value.B, 'base64').length;
  const members = value.SS ?? value.NS ?? value.BS ?? value.L ?? (value.M && Object.keys(value.M));
  return members?.length;
}
