// The public interface as one file for each entry point: every exported name with its declarations, and the types that
// these name without exporting them. Comments and file names are left out. `make api` writes the files.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript-5.0';

import { ownDeclarations, readEntryPoints, resolved } from './interface.mjs';

const reports = fileURLToPath(new URL('api/', import.meta.url));
const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** The report of each entry point, by the name of its file. */
export function apiReports() {
  const { checker, entries } = readEntryPoints();
  const reportsByName = new Map();
  let main;
  for (const { name, exported } of entries) {
    // What an entry point has in common with the main one is said there.
    const own = [...exported].filter(([key, symbol]) => main?.get(key) !== symbol).sort(byName);
    const shared = [...exported.keys()].filter((key) => main?.get(key) === exported.get(key));
    const lines = own.map(([key, symbol]) => declarationsOf(key, symbol));
    if (shared.length)
      lines.unshift(`export {\n  ${shared.sort().join(',\n  ')},\n} from 'fieldseal';`);
    const known = new Set([...exported.values(), ...(main?.values() ?? [])]);
    const hidden = named(checker, own, known).sort(byName);
    if (hidden.length) lines.push('// Named above, and not exported:');
    // Whether their own file exports them is nobody's business.
    const bare = (text) => text.replaceAll(/^export /gm, '');
    lines.push(...hidden.map(([key, symbol]) => bare(declarationsOf(key, symbol))));
    main ??= exported;
    const file = `${name.replaceAll('/', '-')}.d.ts.txt`;
    reportsByName.set(file, `${lines.join('\n\n')}\n`);
  }
  return reportsByName;
}

const byName = ([a], [b]) => (a < b ? -1 : 1);

function declarationsOf(key, symbol) {
  const name = key === symbol.name ? '' : `// as ${key}\n`;
  return (
    name +
    ownDeclarations(symbol)
      .map((node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
      .join('\n')
      .replaceAll(/import\("[^"]*"\)\.|^    (?:private|#private).*\n/gm, '')
  );
}

/** The symbols of the package that declarations name, directly or by way of each other, and that are not among the known. */
function named(checker, exported, known) {
  const found = new Map();
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const at = checker.getSymbolAtLocation(node);
      const symbol = at && resolved(checker, at);
      const top = symbol && ownDeclarations(symbol).some((one) => ts.isSourceFile(one.parent));
      if (top && !known.has(symbol) && !found.has(symbol.name)) {
        found.set(symbol.name, symbol);
        ownDeclarations(symbol).forEach(visit);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const [, symbol] of exported) ownDeclarations(symbol).forEach(visit);
  return [...found];
}

/** The reports as they were written last, by the name of their file. */
export function writtenReports() {
  const names = readdirSync(reports).sort();
  return new Map(names.map((name) => [name, readFileSync(join(reports, name), 'utf8')]));
}

if (process.argv[2] === '--write') {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
  for (const [name, text] of apiReports()) writeFileSync(join(reports, name), text);
}
