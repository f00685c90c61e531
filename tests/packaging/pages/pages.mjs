// The pages of the repository, and what is in them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const root = new URL('../../../', import.meta.url);
const folder = (name) =>
  existsSync(new URL(name, root))
    ? readdirSync(new URL(name, root))
        .filter((file) => file.endsWith('.md'))
        .map((file) => `${name}${file}`)
    : [];

/** The pages for users, whose examples run. */
export const forUsers = ['README.md', ...folder('docs/')];

/** Every page but those beside tests. */
export const pages = [
  ...forUsers,
  ...folder('docs/decisions/'),
  ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...['examples/', 'benches/', 'fuzz/', 'docs/images/'].flatMap(folder),
];

export const read = (page) => readFileSync(new URL(page, root), 'utf8');

/** The fenced blocks of a page: its language, whether it runs, and where it stands. */
export function blocksOf(page) {
  const text = read(page);
  return [...text.matchAll(/^```(\w*)( run)?\n([^]*?)^```$/gm)].map(
    ([, language, run, code], i) => ({
      name: `${basename(page, '.md')}-${i + 1}`,
      language,
      runs: run !== undefined,
      code,
    }),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page) {
  const prose = read(page).replace(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
