// The shape of the sources: no circle among the imports of js/src and of each crate, and who names wasm-bindgen.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, test } from 'node:test';

/** The groups of files that import one another, types included, each sorted. */
function circles(imports) {
  const number = new Map();
  const lowest = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    number.set(file, number.size);
    lowest.set(file, number.get(file));
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!number.has(target)) visit(target);
      if (stack.includes(target)) {
        lowest.set(file, Math.min(lowest.get(file), lowest.get(target)));
      }
    }
    if (lowest.get(file) !== number.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of imports.keys()) if (!number.has(file)) visit(file);
  return found;
}

/** What each file of js/src imports, by paths below it without their endings. */
function typescriptImports() {
  const sources = new URL('../../js/src/', import.meta.url);
  const imports = new Map();
  for (const path of readdirSync(sources, { recursive: true })) {
    const [, file] = /^(.+?)(?:\.d)?\.ts$/.exec(path.replaceAll('\\', '/')) ?? [];
    if (!file) continue;
    const text = readFileSync(new URL(path, sources), 'utf8');
    const targets = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)];
    imports.set(
      file,
      targets.map(([, target]) => posix.join(posix.dirname(file), target)),
    );
  }
  return imports;
}

/** Rust without comments and strings, and without what is compiled for tests only. */
function rustCode(text) {
  let code = text.replace(
    /\/\/[^\n]*|\/\*[^]*?\*\/|r(#*)"[^]*?"\1|"(?:\\[^]|[^"\\])*"|b?'(?:\\[^']+|[^\\'\n])'/g,
    ' ',
  );
  for (;;) {
    const start = code.indexOf('#[cfg(test)]');
    if (start < 0) return code;
    let depth = 0;
    let end = start + '#[cfg(test)]'.length;
    // An item ends with its block, or with a semicolon outside of all blocks.
    for (; end < code.length; end += 1) {
      if (code[end] === '{') depth += 1;
      if (code[end] === '}') depth -= 1;
      if (depth === 0 && '};'.includes(code[end])) break;
    }
    code = code.slice(0, start) + code.slice(end + 1);
  }
}

/** The paths of a `use`: `a::{b, c::{self, d as e}}` has three. */
function usePaths(tree, above = []) {
  const brace = tree.indexOf('{');
  const segments = (text) => text.split('::').map((part) => part.trim());
  if (brace < 0) return [[...above, ...segments(tree.replace(/\s+as\s+\w+/, ''))]];
  const head = [...above, ...segments(tree.slice(0, brace)).filter(Boolean)];
  const members = [''];
  let depth = 0;
  for (const char of tree.slice(brace + 1, tree.lastIndexOf('}'))) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char === ',' && depth === 0) members.push('');
    else members[members.length - 1] += char;
  }
  return members.filter((member) => member.trim()).flatMap((member) => usePaths(member, head));
}

/**
 * What each file of a crate uses of others, from the texts by paths below src. A path leads to the file that has the
 * name: through the `pub use` of a mod.rs, which is therefore no import of its own.
 */
function rustImports(texts) {
  const modules = new Map();
  for (const [path, text] of texts) {
    const code = rustCode(text);
    const uses = [];
    const rest = code.replace(/(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);/g, (_, pub, tree) => {
      for (const segments of usePaths(tree)) uses.push({ pub: Boolean(pub), segments });
      return ' ';
    });
    for (const [inline] of rest.matchAll(/\b(?:crate|super|self)(?:::\w+)+/g)) {
      uses.push({ pub: false, segments: inline.split('::') });
    }
    modules.set(path.replace(/\.rs$/, '').replace(/(^|\/)(mod|lib)$/, ''), { path, uses });
  }
  const parent = (module) => (module.includes('/') ? posix.dirname(module) : '');
  const inside = (module, name) => (module ? `${module}/${name}` : name);
  /** The module that has what `segments` name, seen from `module`; undefined outside of the crate. */
  const find = (module, segments, seen = new Set()) => {
    let [at, names] = [module, [...segments]];
    if (names[0] === 'crate') [at, names] = ['', names.slice(1)];
    else if (!['self', 'super'].includes(names[0]) && !modules.has(inside(at, names[0])))
      return undefined;
    while (names.length > 0) {
      if (names[0] === 'super') at = parent(at);
      else if (modules.has(inside(at, names[0]))) at = inside(at, names[0]);
      else if (names[0] !== 'self') break;
      names.shift();
    }
    const key = `${at} ${names[0]}`;
    if (names.length === 0 || seen.has(key)) return at;
    seen.add(key);
    const exported = (modules.get(at)?.uses ?? []).filter(
      (use) => use.pub && use.segments.at(-1) === names[0],
    );
    return (
      exported.map((use) => find(at, use.segments, seen)).find((found) => found !== undefined) ?? at
    );
  };
  const imports = new Map();
  for (const [module, { path, uses }] of modules) {
    const own = uses.filter((use) => !use.pub).map((use) => find(module, use.segments));
    const others = own.filter((found) => found !== undefined && found !== module);
    imports.set(path, [...new Set(others.map((found) => modules.get(found).path))]);
  }
  return imports;
}

const MODULE = 'crates/core/src/';
const CRATES = [
  'src/',
  MODULE,
  'crates/arithmetic/src/',
  'crates/doctest/src/',
  'crates/wasm/src/',
];

/** The sources of a crate, without its tests. */
function rustSources(folder = CRATES[0]) {
  const sources = new URL(`../../${folder}`, import.meta.url);
  const paths = readdirSync(sources, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  const own = paths.filter((path) => path.endsWith('.rs') && !/(^|\/)tests(\/|\.rs$)/.test(path));
  return new Map(own.map((path) => [path, readFileSync(new URL(path, sources), 'utf8')]));
}

test('circles are found, of two files and of three', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', ['e', 'c']],
    ['e', ['f']],
    ['f', ['e']],
    ['g', ['a', 'e']],
  ]);
  assert.deepEqual(circles(imports), [
    ['e', 'f'],
    ['a', 'b', 'c', 'd'],
  ]);
});

test('no circle in js/src', () => {
  const imports = typescriptImports();
  for (const [file, targets] of imports) {
    for (const target of targets) assert.ok(imports.has(target), `${file}: no file ${target}`);
  }
  assert.ok(imports.size > 100);
  assert.deepEqual(circles(imports), []);
});

test('no static block in js/src: the compiler of React Native refuses them in packages', () => {
  const sources = new URL('../../js/src/', import.meta.url);
  const found = readdirSync(sources, { recursive: true }).filter(
    (path) =>
      path.endsWith('.ts') && /^ *static \{/m.test(readFileSync(new URL(path, sources), 'utf8')),
  );
  assert.deepEqual(found, []);
});

test('what Rust files use of each other is found', () => {
  const imports = rustImports(
    new Map([
      ['lib.rs', 'pub mod a; mod b;\npub use a::one::One;'],
      ['a/mod.rs', 'mod one;\nmod two;\npub use one::{One, self as first};\nuse two::helper;'],
      [
        'a/one.rs',
        'use core::fmt;\nuse crate::b::{self, deep::{Deep as D}};\n// use super::two::X;',
      ],
      ['a/two.rs', 'use super::One;\n#[cfg(test)]\nmod tests {\n    use crate::b::Y;\n}'],
      ['b/mod.rs', 'pub mod deep;\nfn f() -> crate::a::One { "crate::a::two"; }'],
      [
        'b/deep.rs',
        "#[cfg(test)]\nuse crate::a::two;\nconst C: char = '\"';\nuse super::super::One;",
      ],
    ]),
  );
  assert.deepEqual(Object.fromEntries(imports), {
    'lib.rs': [],
    'a/mod.rs': ['a/two.rs'],
    'a/one.rs': ['b/mod.rs', 'b/deep.rs'],
    'a/two.rs': ['a/one.rs'],
    'b/mod.rs': ['a/one.rs'],
    'b/deep.rs': ['a/one.rs'],
  });
  assert.deepEqual(circles(imports), [['a/one.rs', 'b/deep.rs', 'b/mod.rs']]);
});

test('no circle in src, of files or of folders', () => {
  const imports = rustImports(rustSources());
  assert.ok(imports.size > 100 && [...imports.values()].flat().length > 350);
  assert.deepEqual(circles(imports), []);
  const folder = (path) => path.replace(/(\/.*)?(\.rs)?$/, '');
  const folders = new Map();
  for (const [path, targets] of imports) {
    const others = targets.map(folder).filter((target) => target !== folder(path));
    folders.set(folder(path), [...(folders.get(folder(path)) ?? []), ...others]);
  }
  assert.deepEqual(circles(folders), []);
});

test('a circle that is put into src is found', () => {
  const sources = rustSources();
  const put = (path, line) => new Map([...sources, [path, `${line}\n${sources.get(path)}`]]);
  const found = (path, line) => circles(rustImports(put(path, line)));
  assert.deepEqual(found('aws/json.rs', 'use super::Failure;'), [
    ['aws/failure.rs', 'aws/json.rs'],
  ]);
  assert.ok(found('wire.rs', 'use crate::kms::KmsClient;')[0].includes('kms/client.rs'));
  assert.deepEqual(found('aws/json.rs', '#[cfg(test)]\nuse super::Failure;'), []);
});

test('no circle in the other crates', () => {
  for (const folder of CRATES.slice(1).filter((folder) => folder !== MODULE)) {
    const imports = rustImports(rustSources(folder));
    assert.ok([...imports.values()].flat().length >= 4, folder);
    assert.deepEqual(circles(imports), []);
  }
});

test('the module has no code of its own: it is not optimized for size', () => {
  const code = [...rustSources(MODULE).values()].map((text) => rustCode(text).trim());
  assert.deepEqual(code, ['use fieldseal_wasm as _;']);
});

describe('no crate but fieldseal-wasm names the bindings to JavaScript', () => {
  const BINDINGS = /\b(wasm[-_]bindgen|js[-_]sys|web[-_]sys)\b/;
  const root = new URL('../../', import.meta.url);

  test('in its sources', () => {
    for (const folder of CRATES) {
      const named = [...rustSources(folder).values()].some((text) => BINDINGS.test(rustCode(text)));
      assert.equal(named, folder === 'crates/wasm/src/', folder);
    }
  });

  test('among its dependencies, on any target', () => {
    const { packages } = JSON.parse(
      execFileSync('cargo', ['metadata', '--locked', '--no-deps', '--format-version', '1'], {
        cwd: root,
        encoding: 'utf8',
      }),
    );
    assert.equal(packages.length, CRATES.length);
    for (const { name, dependencies } of packages) {
      const named = dependencies.some((dependency) => BINDINGS.test(dependency.name));
      assert.equal(named, name === 'fieldseal-wasm', name);
    }
  });

  test('whatever the crates need in turn: WebAssembly without a browser is possible', () => {
    const tree = ['tree', '--locked', '--package', 'fieldseal', '--edges', 'normal'];
    const needed = execFileSync('cargo', [...tree, '--target', 'wasm32-unknown-unknown'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.match(needed, /getrandom/);
    assert.doesNotMatch(needed, BINDINGS);
  });
});
