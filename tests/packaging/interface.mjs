// The public interface as the compiler sees it: what each entry point of pkg/ exports, and where that is declared.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript-5.0';

import { root } from './support.mjs';

const built = join(root, 'pkg/');

/** Every entry point of the package in a folder, `fieldseal` first, with its exported symbols by their names. */
export function readEntryPoints(pkg = built) {
  const { exports } = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'));
  const typed = Object.entries(exports).filter(([, target]) =>
    target.default?.default.endsWith('.js'),
  );
  const paths = typed.map(([, target]) => join(pkg, target.default.types));
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  });
  const checker = program.getTypeChecker();
  const entries = typed.map(([path], i) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(paths[i]));
    const names = checker.getExportsOfModule(module);
    const exported = new Map(names.map((symbol) => [symbol.name, resolved(checker, symbol)]));
    return { name: `fieldseal${path.slice(1)}`, exported };
  });
  return { checker, entries };
}

/** What a name stands for, however often it was exported anew. */
export function resolved(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The declarations in the package's folder, and not in the language's or the host's. */
export function ownDeclarations({ declarations = [] }, pkg = built) {
  const own = declarations.filter((node) => node.getSourceFile().fileName.startsWith(pkg));
  // A constant is declared by its whole statement.
  return own.map((node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node));
}
