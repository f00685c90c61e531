// What must come back: a third opinion, written from the specification and independent of both
// libraries. Items are DynamoDB JSON throughout, binary values as base64.

const RESERVED = 'aws_dbe_';

/** The canonical text of a decimal number that DynamoDB accepts. */
export function normalNumber(text) {
  const [, sign, whole, fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  const padded = '0'.repeat(Math.max(0, 1 - point)) + digits.padEnd(point, '0');
  const at = Math.max(1, point);
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const rest = padded.slice(at).replace(/0+$/, '');
  const value = rest ? `${integer}.${rest}` : integer;
  return value === '0' ? '0' : (sign === '-' ? '-' : '') + value;
}

const byBytes = (a, b) => Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'));

/** How a value comes back after it was encrypted: numbers normalized, sets in canonical order. */
export function normalValue(value) {
  const [[type, member]] = Object.entries(value);
  switch (type) {
    case 'NULL':
      return { NULL: true };
    case 'N':
      return { N: normalNumber(member) };
    case 'SS':
      // JavaScript sorts by UTF-16 code units, as the format does.
      return { SS: [...member].sort() };
    case 'NS':
      return { NS: member.map(normalNumber).sort() };
    case 'BS':
      return { BS: [...member].sort(byBytes) };
    case 'L':
      return { L: member.map(normalValue) };
    case 'M':
      return { M: map(member, normalValue) };
    default:
      return value;
  }
}

/** What opening must give back for `item` sealed under `config`. */
export function opened(config, item) {
  const kept = Object.entries(item).filter(([name]) => !name.startsWith(RESERVED));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      actionOf(config, name) === 'ENCRYPT_AND_SIGN' ? normalValue(value) : value,
    ]),
  );
}

/** The action of an attribute; those that need none are not signed. */
export function actionOf(config, name) {
  return Object.hasOwn(config.actions, name) ? config.actions[name] : 'DO_NOTHING';
}

/** Fails unless sealing changed what it had to change and nothing else. */
export function checkSealed(config, item, sealed) {
  for (const [name, value] of Object.entries(item)) {
    if (name.startsWith(RESERVED)) continue;
    if (!Object.hasOwn(sealed, name)) throw new Error(`'${name}' is gone`);
    const got = sealed[name];
    if (actionOf(config, name) !== 'ENCRYPT_AND_SIGN') {
      if (text(got) !== text(value)) throw new Error(`'${name}' was changed`);
    } else if (Object.keys(got).join() !== 'B' || text(got) === text(value)) {
      throw new Error(`'${name}' was left in plaintext`);
    }
  }
  for (const name of Object.keys(sealed)) {
    const ours = name === 'aws_dbe_head' || name === 'aws_dbe_foot';
    const given = Object.hasOwn(item, name) && !name.startsWith(RESERVED);
    if (!ours && !given) throw new Error(`'${name}' was added`);
  }
}

/** One text for equal values, whatever the order of maps' entries. */
export function text(value) {
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${text(value[name])}`).join()}}`;
}

function map(entries, change) {
  // fromEntries defines properties, so that a key may be __proto__.
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, change(value)]));
}
