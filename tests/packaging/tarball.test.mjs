// What is in the tarball: its files, its exports map, no trace of the machine it was built on, its
// size.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { publint } from 'publint';

import { brotli, pack, root, run } from './support.mjs';

/**
 * The most that a browser may have to load for an entry: its core and its JavaScript, minified, brotli. The whole core has
 * DynamoDB's expressions in it, some 20 KB: requests on encrypted tables are judged and evaluated there; and 4 KB for 19 more
 * operations of KMS, the import of key material, adaptive retries and AWS's other endpoints; and 3 KB for public keys fetched, checked and read in every
 * form, and for recipients; and 30 KB for searchable encryption: its configuration, beacons, requests written with them, and what is looked through after; and
 * 5 KB for tables that come under encryption: what each item needs, and checkpoints.
 */
const BUDGETS = [
  { entry: 'index', core: 'core.wasm', inlined: 'generated/inlined-core.js', bytes: 300_000 },
  { entry: 'items', core: 'items.wasm', inlined: 'generated/inlined-items.js', bytes: 142_000 },
];

/** The most that a page loads for sealing a form, beside `fieldseal/items`. */
const FORMS_BYTES = 6_000;

let tarball;
let files;
let unpacked;
before(() => {
  const packed = pack();
  tarball = packed.tarball;
  files = packed.description.files.map(({ path }) => path);
  unpacked = mkdtempSync(join(tmpdir(), 'fieldseal-tarball-'));
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
});
after(() => rmSync(unpacked, { recursive: true, force: true }));

const read = (path) => readFileSync(join(unpacked, path));
const manifest = () => JSON.parse(read('package.json'));

describe('the tarball', () => {
  test('has what it needs and nothing else', () => {
    for (const path of [
      'package.json',
      'README.md',
      'SECURITY.md',
      'LICENSE',
      'THIRD_PARTY_NOTICES',
      'entrypoints/index.js',
      'entrypoints/index.d.ts',
      'entrypoints/slim.js',
      'core.wasm',
      'entrypoints/items.js',
      'entrypoints/items.d.ts',
      'entrypoints/items-slim.js',
      'items.wasm',
      'entrypoints/forms.js',
      'entrypoints/forms.d.ts',
      'entrypoints/workers.js',
      'workers/program.js',
      'cjs/workers/program.js',
      'cjs/package.json',
      'cjs/entrypoints/index.js',
      'node/index.js',
      'cjs/entrypoints/index.d.ts',
    ]) {
      assert.ok(files.includes(path), `${path} is missing`);
    }
    const expected =
      /^(package\.json|README\.md|SECURITY\.md|LICENSE|THIRD_PARTY_NOTICES|(core|items)\.wasm|(cjs\/)?(core|items)\.wasm\.d\.ts|cjs\/package\.json|(cjs\/)?([a-z-]+\/){0,2}[a-z][a-z0-9-]*(\.d\.ts|\.js))$/;
    assert.deepEqual(
      files.filter((path) => !expected.test(path)),
      [],
    );
    const unwanted = /test\.|\.map$|\.ts$(?<!\.d\.ts)|\.rs$|node_modules|tsconfig|\.tsbuildinfo/;
    assert.deepEqual(
      files.filter((path) => unwanted.test(path)),
      [],
    );
  });

  test('every entry has its declarations, and every import its file', () => {
    const entries = Object.values(manifest().exports).flatMap(({ require, ...esm }) =>
      [require, esm.default].filter((target) => target?.default.endsWith('.js')),
    );
    assert.ok(entries.length >= 12, `${entries.length}`);
    for (const { default: path } of entries) {
      const declarations = path.slice(2).replace(/\.js$/, '.d.ts');
      assert.ok(files.includes(declarations), `${path} has no declarations`);
    }
    let imports = 0;
    for (const path of files.filter((path) => /\.(js|d\.ts)$/.test(path))) {
      for (const [, from] of read(path)
        .toString()
        .matchAll(/(?:from|import|import\(|require\()\s*['"](\.[^'"?]+)(?:\?module)?['"]/g)) {
        imports += 1;
        const file = path.endsWith('.d.ts') ? from.replace(/\.js$/, '.d.ts') : from;
        assert.ok(files.includes(join(dirname(path), file)), `${path} imports ${from}`);
      }
    }
    assert.ok(imports > 600, `${imports}`);
  });

  test('Node reads few files: the entries, what they share, and the cores', () => {
    const scripts = (folder) =>
      files.filter((path) => path.startsWith(folder) && path.endsWith('.js'));
    const entries = Object.values(manifest().exports).filter(({ node }) => node);
    const named = (condition) => entries.map((entry) => entry[condition].default.slice(2)).sort();
    assert.deepEqual(scripts('node/'), named('node'));
    const shared = scripts('cjs/').filter((path) => !named('require').includes(path));
    assert.ok(shared.length <= 16, shared.join());
    for (const path of shared)
      assert.match(
        path,
        /^cjs\/(chunks\/[a-z-]+|generated\/inlined-(core|items)|workers\/program)\.js$/,
      );
    // The paths of modules that were put together are those of the ES modules, and those are what other programs bundle.
    assert.ok(scripts('').length - scripts('cjs/').length > 100);
  });

  test('depends on nothing, and runs nothing on installation', () => {
    const { dependencies, optionalDependencies, scripts, bin } = manifest();
    assert.deepEqual([dependencies, optionalDependencies, scripts, bin], Array(4).fill(undefined));
  });

  for (const { core, inlined } of BUDGETS) {
    test(`what ${inlined} returns is ${core}, in CommonJS, too, with and without Buffer`, async () => {
      const { default: bytes } = await import(join(unpacked, inlined));
      const { default: cjs } = createRequire(import.meta.url)(join(unpacked, 'cjs', inlined));
      assert.ok(read(core).equals(bytes()));
      assert.ok(read(core).equals(cjs()));
      const { Buffer } = globalThis;
      try {
        delete globalThis.Buffer;
        const plain = cjs();
        globalThis.Buffer = Buffer;
        assert.ok(!Buffer.isBuffer(plain) && read(core).equals(plain));
      } finally {
        globalThis.Buffer = Buffer;
      }
    });
  }

  test('no trace of the machine it was built on', () => {
    const own = [root, homedir(), tmpdir()].filter((path) => path.length > 1);
    const traces = [
      ...own,
      '/root/',
      '/home/',
      '/Users/',
      'file:///',
      '.cargo/registry',
      'sourceMappingURL',
    ];
    const found = [];
    for (const path of files) {
      const text = read(path).toString('latin1');
      for (const trace of traces) {
        if (text.includes(trace)) found.push(`${path}: ${trace}`);
      }
    }
    assert.deepEqual(found, []);
  });

  for (const { core } of BUDGETS) {
    test(`${core} asks for nothing but its glue, and holds no names`, async () => {
      const module = new WebAssembly.Module(read(core));
      const imports = WebAssembly.Module.imports(module);
      assert.deepEqual(
        new Set(imports.map((entry) => entry.module)),
        new Set(['./fieldseal_bg.js']),
      );
      for (const section of ['name', '.debug_info', '.debug_str', 'sourceMappingURL']) {
        const { length } = WebAssembly.Module.customSections(module, section);
        assert.equal(length, 0, `the section ${section} is in it`);
      }
      // What panics would say, and where: nobody hears it.
      assert.doesNotMatch(read(core).toString('latin1'), /\w\.rs\b/);
    });
  }
});

describe('the manifest', () => {
  test('publint has no complaints', async () => {
    const { messages } = await publint({ pkgDir: unpacked, pack: false, strict: true });
    assert.deepEqual(messages, []);
  });

  test('arethetypeswrong has no complaints', async () => {
    const attw = join(root, 'tests/node_modules/.bin/attw');
    const args = [tarball, '--format', 'table-flipped', '--no-color'];
    const { code, stdout, stderr } = await run(attw, args, { cwd: unpacked });
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.doesNotMatch(stdout, /docs\/problems/, stdout);
  });

  test('every target of the exports map is there, with its types first', () => {
    const { exports, engines, type } = manifest();
    assert.deepEqual([type, engines.node], ['module', '^20.19.0 || >=22.12.0']);
    const check = (name, target) => {
      if (typeof target === 'string') return assert.ok(files.includes(target.slice(2)), target);
      const conditions = Object.keys(target);
      const ends = conditions.includes('types') ? ['types'] : [];
      assert.deepEqual(conditions.slice(0, ends.length), ends, `${name}: types first`);
      // Bundlers of the two edge hosts set `require`, too, for what is required.
      const order = ['types', 'workerd', 'edge-light', 'require', 'node', 'module', 'default'];
      assert.deepEqual(
        conditions,
        order.filter((condition) => conditions.includes(condition)),
        `${name}: bundlers take the modules, Node what is put together`,
      );
      for (const condition of conditions) check(name, target[condition]);
    };
    for (const [name, target] of Object.entries(exports)) {
      check(name, target);
      assert.ok(!name.includes('*'), 'no patterns');
      if (/\.(wasm|json)$/.test(name)) continue;
      assert.match(target.require.default, /^\.\/cjs\//, name);
      assert.equal(`./cjs${target.default.default.slice(1)}`, target.require.default);
      assert.equal(target.node.module, target.default.default, name);
      assert.match(target.node.default, /^\.\/node\//, name);
    }
  });
});

const minified = async (contents, options = {}) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: unpacked, loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: unpacked,
    ...options,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const kept = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  return { bytes: Buffer.from(outputFiles[0].contents), kept };
};

/** What a page has to load before anything is sealed, of a bundle that loads the rest when it is needed; without the core. */
async function atOnce(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: unpacked, loader: 'js' },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    format: 'esm',
    metafile: true,
    outdir: join(unpacked, 'bundle'),
    external: ['../generated/inlined-items.js'],
    absWorkingDir: unpacked,
  });
  const outputs = new Map(Object.entries(metafile.outputs));
  const loaded = new Set();
  const load = (path) => {
    if (loaded.has(path) || !outputs.has(path)) return;
    loaded.add(path);
    for (const { path: other, kind } of outputs.get(path).imports)
      if (kind === 'import-statement') load(other);
  };
  load([...outputs].find(([, { entryPoint }]) => entryPoint === '<stdin>')[0]);
  const parts = outputFiles.filter(({ path }) => loaded.has(relative(unpacked, path)));
  const inputs = [...loaded].flatMap((path) => Object.entries(outputs.get(path).inputs));
  assert.ok(!inputs.some(([path]) => path.startsWith('generated/inlined-')), 'with the core');
  return {
    bytes: Buffer.concat(parts.map(({ contents }) => contents)),
    kept: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
  };
}

describe('size', () => {
  const row = (name, bytes) => {
    const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotli(bytes)];
    const cells = sizes.map((size) => size.toLocaleString('en-US').padStart(12));
    console.log(name.padEnd(34) + cells.join(''));
  };

  test('of each file, printed', () => {
    console.log('bytes'.padEnd(34) + ['raw', 'gzip', 'brotli'].map((h) => h.padStart(12)).join(''));
    console.log(`tarball: ${readFileSync(tarball).length.toLocaleString('en-US')} bytes`);
    for (const path of files) {
      if (/\.(js|wasm)$/.test(path) && !/inlined/.test(path)) row(path, read(path));
    }
  });

  for (const { entry, core, inlined, bytes } of BUDGETS) {
    test(`${core} and the JavaScript of ${entry}.js: below ${bytes} bytes`, async () => {
      const own = await minified(`export * from './entrypoints/${entry}.js'`, {
        external: [`./${inlined}`],
      });
      const whole = await minified(`export * from './entrypoints/${entry}.js'`);
      row(`${entry}.js, minified`, own.bytes);
      row(`${entry}.js bundled, core inlined`, whole.bytes);
      const sum = brotli(read(core)) + brotli(own.bytes);
      console.log(`${core} + ${entry}.js: ${sum.toLocaleString('en-US')} bytes brotli`);
      assert.ok(sum < bytes, `${sum} bytes are above the budget of ${bytes}`);
    });
  }

  test('a bundle of fieldseal/items holds its own core and nothing of the other', async () => {
    const { bytes, kept } = await minified(`export * from './entrypoints/items.js'`);
    const text = bytes.toString();
    const coreIn = (path) => /, '([^']{1000,})'\);/.exec(read(path).toString())[1];
    assert.ok(text.includes(coreIn('generated/inlined-items.js')));
    const whole = coreIn('generated/inlined-core.js');
    // Any 300 characters of its code would do; at its end is data, some of which both have.
    for (let at = 0; at < 0.8 * whole.length; at += 100_000) {
      const piece = whole.slice(at + 100, at + 300);
      assert.ok(!text.includes(piece), `core.wasm at ${at}`);
    }
    for (const path of [
      'generated/inlined-core.js',
      'core/inline.js',
      'generated/glue.js',
      'messages/encryption-client.js',
      'caches/cache.js',
    ]) {
      assert.ok(!kept.includes(path), path);
    }
  });

  test('fieldseal/tables bundles where AWS’s SDK is not installed, and has nothing of it', async () => {
    const { bytes, kept } = await minified(`export * from './entrypoints/tables.js'`);
    row('tables.js bundled, core inlined', bytes);
    assert.ok(kept.includes('tables/plugin.js') && kept.includes('core/inline.js'));
    assert.deepEqual(
      kept.filter((path) => /node_modules|^(messages|kms)\//.test(path)),
      [],
    );
  });

  test(`sealForm of fieldseal/forms: at most ${FORMS_BYTES} bytes beside fieldseal/items`, async () => {
    const items = `export * from './entrypoints/items.js'`;
    const forms = `${items}; export { sealForm } from './entrypoints/forms.js'`;
    const [before, after] = [await atOnce(items), await atOnce(forms)];
    const added = brotli(after.bytes) - brotli(before.bytes);
    console.log(`sealForm adds ${added.toLocaleString('en-US')} bytes brotli`);
    assert.ok(added > 0 && added <= FORMS_BYTES, `${added} bytes are above ${FORMS_BYTES}`);
    for (const path of [
      'forms/open-form.js',
      'forms/check-sealed.js',
      'core/inline.js',
      'messages/stream.js',
    ])
      assert.ok(!after.kept.includes(path), path);
    assert.ok(after.kept.includes('core/inline-items.js'));
  });

  test('what a bundle leaves out', async () => {
    const json = (from) =>
      `import { toDynamoJson } from './entrypoints/${from}'; console.log(toDynamoJson({}))`;
    const slim = await minified(json('slim.js'));
    const main = await minified(json('index.js'));
    console.log(`toDynamoJson alone: ${slim.bytes.length} bytes minified from fieldseal/slim`);
    console.log(`                    ${main.bytes.length} from fieldseal, which keeps the core`);
    const has = ({ kept }, path) => kept.includes(path);
    assert.ok(!has(slim, 'generated/inlined-core.js') && !has(slim, 'generated/glue.js'));
    // Listed under sideEffects: without it whatever needs the core would fail.
    assert.ok(has(main, 'core/inline.js'));
    assert.deepEqual(
      main.kept.filter((path) => path.startsWith('testing/')),
      [],
    );
  });
});
