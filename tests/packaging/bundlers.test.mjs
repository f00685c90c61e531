// The installed package through bundlers, without configuration for it; each bundle is run and its
// result read.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { chromium } from 'playwright-core';
import { rollup } from 'rollup';
import { createServer as viteDev, build as vite } from 'vite';

import { asCommonJs, DONE, makeApp, node, pack, PUBLIC_KEY, root, run } from './support.mjs';

const webpack = createRequire(import.meta.url)('webpack');

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const key = JSON.stringify(PUBLIC_KEY);
/** For Node: prints the result. For a page: leaves it where the test looks. */
const ENTRIES = {
  'node.mjs': `import { main } from './main.mjs'\nmain(${key}).then(console.log)`,
  'page.mjs': `
    import { main } from './main.mjs'
    globalThis.result = main(${key}).catch((error) => String(error?.stack ?? error))`,
  'node.cjs': `require('./main.cjs')(${key}).then(console.log)`,
  'page.cjs': `
    globalThis.result = require('./main.cjs')(${key}).catch((error) => String(error?.stack ?? error))`,
  'page-slim.mjs': `
    import { init } from 'fieldseal/slim'
    import { main } from './main-slim.mjs'
    globalThis.result = init(fetch('/core.wasm')).then(() => main(${key}))
      .catch((error) => String(error?.stack ?? error))`,
  'page-slim-wrong.mjs': `
    import { init } from 'fieldseal/slim'
    globalThis.result = init(fetch('/no-such-file.wasm')).then(() => 'loaded', (error) => error.code)`,
};

let tarball;
let browser;
before(async () => {
  tarball = pack().tarball;
  if (!existsSync(CHROMIUM)) {
    throw new Error(`no Chromium at ${CHROMIUM}: install chromium, or say where with CHROMIUM`);
  }
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});
after(() => browser?.close());

const app = (t, files = {}) => makeApp(t, tarball, { ...ENTRIES, ...files });

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
/** Allows WebAssembly, and no eval: what a careful site sends. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** Serves a folder and opens its page. */
async function inChromium(t, dir, { policy = POLICY } = {}) {
  const server = createServer((request, response) => {
    const file = join(dir, request.url === '/' ? 'index.html' : request.url);
    if (!existsSync(file)) return response.writeHead(404).end('not found');
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    // Chromium opens connections that it never uses; waiting for them would take minutes each.
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return resultAt(t, `http://127.0.0.1:${server.address().port}/`);
}

/** Opens a page in Chromium and answers what its bundle left in `globalThis.result`. */
async function resultAt(t, url) {
  const page = await browser.newPage();
  t.after(() => page.close());
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  await page.waitForFunction(() => 'result' in globalThis, undefined, { timeout: 60_000 });
  const result = await page.evaluate(() => globalThis.result);
  assert.deepEqual(complaints, []);
  return result;
}

/** A folder with one page that loads one script. */
function site(dir, script, { type = 'module' } = {}) {
  const html = `<!doctype html><title>app</title><script type="${type}" src="${script}"></script>`;
  writeFileSync(join(dir, 'index.html'), html);
}

const bundled = (dir, options) =>
  esbuild({
    absWorkingDir: dir,
    bundle: true,
    minify: true,
    logLevel: 'silent',
    outfile: join(dir, 'out/bundle.js'),
    ...options,
  });

describe('esbuild', () => {
  for (const format of ['esm', 'cjs']) {
    test(`${format}, run in Node`, async (t) => {
      const dir = app(t);
      const outfile = join(dir, format === 'esm' ? 'out.mjs' : 'out.cjs');
      const { warnings } = await bundled(dir, {
        entryPoints: ['node.mjs'],
        platform: 'node',
        format,
        outfile,
      });
      assert.deepEqual(warnings, []);
      assert.match(await node(dir, outfile), DONE);
    });
  }

  for (const format of ['esm', 'iife']) {
    test(`${format}, run in Chromium under a content security policy`, async (t) => {
      const dir = app(t);
      const { warnings } = await bundled(dir, { entryPoints: ['page.mjs'], format });
      assert.deepEqual(warnings, []);
      site(join(dir, 'out'), 'bundle.js', {
        type: format === 'esm' ? 'module' : 'text/javascript',
      });
      assert.match(await inChromium(t, join(dir, 'out')), DONE);
    });
  }

  test('fieldseal/items in Chromium seals with a downloaded public key; the main entry opens', async (t) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const table = `{
      logicalTableName: 'customers', partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    }`;
    const names = `keyNamespace: 'shop', keyName: 'k-1', paddingScheme: 'OAEP_SHA256_MGF1'`;
    const dir = app(t, {
      'page-items.mjs': `
        import { ItemEncryptor, rawRsaKeyring, toDynamoJson } from 'fieldseal/items'
        const seal = async () => {
          const publicKey = await (await fetch('/key.pem')).text()
          const keyring = rawRsaKeyring({ ${names}, publicKey })
          const items = new ItemEncryptor({ ...${table}, keyring })
          return toDynamoJson((await items.encryptItem({ id: { S: 'c-1' }, ssn: { S: '756.1' } })).item)
        }
        globalThis.result = seal().catch((error) => String(error?.stack ?? error))`,
      'open.mjs': `
        import { ItemEncryptor, fromDynamoJson, rawRsaKeyring } from 'fieldseal'
        const [item, privateKey] = process.argv.slice(2)
        const items = new ItemEncryptor({ ...${table}, keyring: rawRsaKeyring({ ${names}, privateKey }) })
        console.log((await items.decryptItem(fromDynamoJson(item))).item.ssn.S)`,
    });
    const { warnings } = await bundled(dir, { entryPoints: ['page-items.mjs'], format: 'esm' });
    assert.deepEqual(warnings, []);
    const out = join(dir, 'out');
    writeFileSync(join(out, 'key.pem'), publicKey);
    site(out, 'bundle.js');
    const sealed = await inChromium(t, out);
    assert.match(sealed, /aws_dbe_head/);
    assert.equal(await node(dir, 'open.mjs', sealed, privateKey), '756.1');
  });

  test('a policy without wasm-unsafe-eval: an error, and no silence', async (t) => {
    const dir = app(t);
    await bundled(dir, { entryPoints: ['page.mjs'], format: 'esm' });
    site(join(dir, 'out'), 'bundle.js');
    const result = await inChromium(t, join(dir, 'out'), { policy: "default-src 'self'" });
    assert.doesNotMatch(result, DONE);
    assert.match(result, /WebAssembly|wasm/i);
  });

  test('slim with the core as a file, run in Chromium', async (t) => {
    const dir = app(t);
    slimApp(dir);
    const { metafile } = await bundled(dir, {
      entryPoints: ['page-slim.mjs'],
      format: 'esm',
      metafile: true,
    });
    const inputs = Object.keys(metafile.inputs);
    assert.ok(!inputs.some((path) => path.endsWith('inlined-core.js')), 'the core is not inlined');
    const out = join(dir, 'out');
    writeFileSync(
      join(out, 'core.wasm'),
      readFileSync(join(dir, 'node_modules/fieldseal/core.wasm')),
    );
    site(out, 'bundle.js');
    assert.match(await inChromium(t, out), DONE);
  });

  test('slim with a core that is not there: a coded error', async (t) => {
    const dir = app(t);
    await bundled(dir, { entryPoints: ['page-slim-wrong.mjs'], format: 'esm' });
    site(join(dir, 'out'), 'bundle.js');
    assert.equal(await inChromium(t, join(dir, 'out')), 'INVALID_ARGUMENT');
  });

  test('fieldseal/testing is for Node: a bundle for browsers is refused by the bundler', async (t) => {
    const dir = app(t);
    const entry = { stdin: { contents: `export * from 'fieldseal/testing'`, resolveDir: dir } };
    await assert.rejects(bundled(dir, { ...entry, platform: 'browser' }), /node:/);
  });
});

/** The same program on the slim entry. */
function slimApp(dir) {
  const source = readFileSync(join(dir, 'main.mjs'), 'utf8');
  assert.ok(source.includes(`from 'fieldseal'`));
  writeFileSync(
    join(dir, 'main-slim.mjs'),
    source.replace(`from 'fieldseal'`, `from 'fieldseal/slim'`),
  );
}

describe('Rollup', () => {
  test('run in Node and in Chromium', async (t) => {
    const dir = app(t);
    for (const [input, file] of [
      ['node.mjs', 'out/node.mjs'],
      ['page.mjs', 'out/bundle.js'],
    ]) {
      const warnings = [];
      const bundle = await rollup({
        input: join(dir, input),
        plugins: [nodeResolve({ browser: true })],
        onwarn: (warning) => warnings.push(warning.message),
      });
      await bundle.write({ file: join(dir, file), format: 'es' });
      await bundle.close();
      assert.deepEqual(warnings, []);
    }
    assert.match(await node(dir, join(dir, 'out/node.mjs')), DONE);
    site(join(dir, 'out'), 'bundle.js');
    assert.match(await inChromium(t, join(dir, 'out')), DONE);
  });
});

describe('Vite', () => {
  test('build, run in Chromium', async (t) => {
    const dir = app(t);
    site(dir, '/page.mjs');
    await vite({ root: dir, logLevel: 'silent', configFile: false });
    assert.match(await inChromium(t, join(dir, 'dist')), DONE);
  });

  test('development server, with its optimized dependencies', async (t) => {
    const dir = app(t);
    site(dir, '/page.mjs');
    const server = await viteDev({
      root: dir,
      logLevel: 'silent',
      configFile: false,
      server: { host: '127.0.0.1', port: 0, hmr: false, ws: false },
    });
    t.after(() => server.close());
    await server.listen();
    const { port } = server.httpServer.address();
    assert.match(await resultAt(t, `http://127.0.0.1:${port}/`), DONE);
  });

  test('SSR build, run in Node', async (t) => {
    const dir = app(t);
    await vite({
      root: dir,
      logLevel: 'silent',
      configFile: false,
      build: { ssr: join(dir, 'node.mjs'), outDir: 'ssr' },
      ssr: { noExternal: ['fieldseal'] },
    });
    assert.match(
      await node(dir, existsSync(join(dir, 'ssr/node.mjs')) ? 'ssr/node.mjs' : 'ssr/node.js'),
      DONE,
    );
  });
});

/** Builds with webpack; answers what it complains of. */
async function packed(dir, options) {
  const stats = await new Promise((resolve, reject) => {
    webpack({ context: dir, mode: 'production', ...options }, (error, stats) =>
      error ? reject(error) : resolve(stats),
    );
  });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  return [...errors, ...warnings];
}

describe('webpack', () => {
  for (const [input, target] of [
    ['page.mjs', 'web'],
    ['node.mjs', 'node'],
    ['page.cjs', 'web'],
    ['node.cjs', 'node'],
  ]) {
    test(`${input}, target ${target}`, async (t) => {
      const dir = app(t);
      asCommonJs(dir);
      mkdirSync(join(dir, 'out'));
      const complaints = await packed(dir, {
        target,
        entry: `./${input}`,
        output: {
          path: join(dir, 'out'),
          filename: target === 'node' ? 'bundle.cjs' : 'bundle.js',
        },
        // Its hint about large files: the core is inlined on purpose.
        performance: false,
      });
      assert.deepEqual(complaints, []);
      if (target === 'node') return assert.match(await node(dir, 'out/bundle.cjs'), DONE);
      site(join(dir, 'out'), 'bundle.js', { type: 'text/javascript' });
      assert.match(await inChromium(t, join(dir, 'out')), DONE);
    });
  }
});

describe('the core as a file of its own: each line of docs/bundlers-and-csp.md', () => {
  /** What a bundler's row says: a line for the program, and one for the configuration or the shell. */
  const recipes = new Map(
    [
      ...readFileSync(join(root, 'docs/bundlers-and-csp.md'), 'utf8').matchAll(
        /^\| (\w+) \| `([^`]+\.wasm[^`]+)` \|(?:[^`|]*`([^`]+)`)? \|$/gm,
      ),
    ].map(([, name, line, other]) => [name, { line, other }]),
  );

  const builders = {
    Vite: (dir) => vite({ root: dir, logLevel: 'silent', configFile: false }),
    webpack: async (dir) => {
      const output = { path: join(dir, 'dist'), filename: 'recipe.js', publicPath: '/' };
      const complaints = await packed(dir, { entry: './recipe.mjs', output });
      // Its hint about large files.
      assert.deepEqual(
        complaints.filter(({ message }) => !/size limit|performance/.test(message)),
        [],
      );
      site(output.path, 'recipe.js', { type: 'text/javascript' });
    },
    esbuild: async (dir, { other }) => {
      const bin = join(root, 'tests/node_modules/.bin/esbuild');
      const args = ['recipe.mjs', '--bundle', '--format=esm', '--outdir=dist', '--log-level=error'];
      const { code, stderr } = await run(bin, [...args, other], { cwd: dir });
      assert.equal(code, 0, stderr);
      site(join(dir, 'dist'), 'recipe.js');
    },
    Rollup: async (dir, { other }) => {
      const plugins = [nodeResolve({ browser: true })];
      const bundle = await rollup({ input: join(dir, 'recipe.mjs'), plugins });
      await bundle.write({ file: join(dir, 'dist/recipe.js'), format: 'es' });
      await bundle.close();
      execFileSync('sh', ['-c', other], { cwd: dir });
      site(join(dir, 'dist'), 'recipe.js');
    },
  };

  test('no other bundler has one', () => {
    // Theirs are for tests/hosts/.
    const others = ['Angular', 'Next', 'Parcel'];
    assert.deepEqual([...recipes.keys()].sort(), [...Object.keys(builders), ...others].sort());
  });

  for (const [name, build] of Object.entries(builders)) {
    test(name, async (t) => {
      const recipe = recipes.get(name);
      const dir = app(t, {
        'recipe.mjs': `
          import { init } from 'fieldseal/slim'
          import { main } from './main-slim.mjs'
          ${recipe.line}
          globalThis.result = init(fetch(url)).then(() => main(${key})).catch((error) => String(error))`,
      });
      slimApp(dir);
      site(dir, '/recipe.mjs');
      await build(dir, recipe);
      const out = join(dir, 'dist');
      const wasm = readdirSync(out, { recursive: true }).filter((file) => file.endsWith('.wasm'));
      assert.equal(wasm.length, 1, 'the core is a file');
      assert.match(await inChromium(t, out), DONE);
    });
  }
});
