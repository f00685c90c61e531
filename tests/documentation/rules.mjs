// What every exported name must have: a comment and, by its kind, an example of its own or a link to one.

/** Functions that throw nothing: all others say which errors they throw. */
const NEVER_THROW = ['defineTable'];
const NEED_EXAMPLES = ['class', 'function', 'options', 'constant'];

/** What is missing, one sentence for each fault. */
export function missing(names) {
  return [...names.values()].flatMap((one) => [
    ...faultsOf(one, names),
    ...one.members.flatMap((member) => faultsOfMember(one, member, names)),
  ]);
}

function faultsOf({ title, name, kind, commented, throws, examples, links }, names) {
  if (!commented) return [`${title} has no comment`];
  const faults = [...broken(title, links)];
  if (kind === 'function' && !throws && !NEVER_THROW.includes(name)) {
    faults.push(`${title} does not say what it throws`);
  }
  if (examples.includes(undefined)) faults.push(`${title}: an @example has no block of \`\`\`ts`);
  if (examples.length > 0) return faults;
  if (NEED_EXAMPLES.includes(kind)) {
    faults.push(`${title} (${kind}) has no example`);
  } else if (!links.some((link) => showsIt(link, names))) {
    faults.push(`${title} has neither an example nor a {@link} to something that has one`);
  }
  return faults;
}

function faultsOfMember(owner, member, names) {
  const title = `${owner.title}.${member.name}`;
  if (!member.commented) return [`${title} has no comment`];
  const faults = [...broken(title, member.links)];
  if (member.examples.includes(undefined)) {
    faults.push(`${title}: an @example has no block of \`\`\`ts`);
  }
  if (member.isMethod && !isShown(owner, member, names)) {
    faults.push(
      `${title}() is in no example: of its own, of ${owner.name} or of what that links to`,
    );
  }
  return faults;
}

const broken = (title, links) =>
  links.filter(({ symbol }) => !symbol).map(({ words }) => `${title}: ${words} leads nowhere`);

/** Whether what a link leads to has an example. */
function showsIt({ symbol, owner }, names) {
  if (!owner) return (names.get(symbol)?.examples.length ?? 0) > 0;
  const of = names.get(owner);
  const member = of?.members.find(({ name }) => name === symbol?.name);
  return member !== undefined && isShown(of, member, names);
}

/**
 * Whether an example calls a method, or names another member: its own, one of its class and of the classes below. What an
 * interface promises may be shown by what it links to, which is what makes it or takes it.
 */
function isShown(owner, { name, isMethod, examples, declaredIn }, names) {
  if (examples.length > 0) return true;
  const linked = owner.kind === 'class' ? [] : owner.links.map(({ symbol }) => symbol);
  const shown = [owner, ...[...declaredIn, ...linked].map((symbol) => names.get(symbol))];
  const use = owner.kind === 'class' && isMethod ? `\\.${name}\\(` : `\\b${name}\\b`;
  return shown.some((one) => one?.examples.some((code) => new RegExp(use).test(code)));
}

/** Every example of the names and their members, each under a name that a file may have. */
export function examplesOf(names) {
  // What a class inherits is the example of its base class, too.
  const titles = new Map();
  for (const { title, examples, members } of names.values()) {
    for (const code of examples) titles.set(code, title);
    for (const { name, examples } of members) {
      for (const code of examples) if (!titles.has(code)) titles.set(code, `${title}.${name}`);
    }
  }
  titles.delete(undefined);
  // Numbered: some file systems do not tell `KeyStore` from `keyStore`.
  return [...titles].map(([code, title], i) => ({
    name: `${i + 1}-${title.replaceAll(/\W+/g, '-')}`,
    code,
  }));
}
