// The README's form of docs/hosts.md: hosts and versions, in a paragraph between two marks.

const MARKED = /<!-- hosts: .*? -->\n[^]*?<!-- -->\n/;
const WIDTH = 140;

/** When CI's hosts ran last. */
export const dateOf = (page) => /by `make test-hosts` on (\d{4}-\d\d-\d\d)/.exec(page)[1];

/** The names and versions in the tables of docs/hosts.md: of those that CI runs, and of the others. */
export const hostsOf = (page) =>
  page.split('\n## ').map((part) =>
    [...part.matchAll(/^\| (?!Host \||-)([^|]+) \| ([^|]+) \|/gm)].map(([, name, version]) => ({
      name,
      version,
    })),
  );

/** What the README says of the hosts in the text of docs/hosts.md. */
export function compact(page) {
  const versions = new Map();
  for (const { name, version } of hostsOf(page)[0])
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  const hosts = [...versions].map(([name, found]) => `${name} ${[...found].join(', ')}`);
  const text = `CI runs [one program](docs/hosts.md) in each of these, last on ${dateOf(page)}: ${hosts.join('; ')}.`;
  const lines = text.match(new RegExp(`.{1,${WIDTH}}(?: |$)`, 'g')).map((line) => line.trimEnd());
  return `<!-- hosts: made by make test-hosts -->\n${lines.join('\n')}\n<!-- -->\n`;
}

/** The part of the README that {@link compact} makes. */
export const compactIn = (readme) => MARKED.exec(readme)?.[0];

/** The README with that part made anew. */
export function withCompact(readme, page) {
  if (!MARKED.test(readme)) throw new Error('the README has no place for the hosts');
  return readme.replace(MARKED, () => compact(page));
}
