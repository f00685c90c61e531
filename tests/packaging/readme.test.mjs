// The pages' examples: JavaScript and TypeScript compile against the package's declarations, so that names and options exist;
// programs marked `run` run in an empty folder; commands and policies are held against AWS's own client; links lead somewhere.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { compact, compactIn, hostsOf } from '../hosts/compact.mjs';
import { HOSTS, LONG } from '../hosts/hosts.mjs';
import { npmReadme } from '../../js/build/readme.mjs';
import { anchorsOf, blocksOf, forUsers, pages, read } from './pages/pages.mjs';
import { compile, makeProgramFolder } from './programs.mjs';
import { root, run } from './support.mjs';

const blocks = forUsers.flatMap(blocksOf);
const inLanguage = (...languages) => blocks.filter(({ language }) => languages.includes(language));
const sdk = (path) => readFileSync(join(root, 'tests/node_modules/@aws-sdk', path), 'utf8');

/** What the examples take for granted. */
const DECLARATIONS = ['globals.d.ts', 'modules.d.ts'];

let app;
before(() => {
  app = makeProgramFolder();
  for (const name of DECLARATIONS)
    cpSync(new URL(`pages/${name}`, import.meta.url), join(app, name));
});
after(() => rmSync(app, { recursive: true, force: true }));

/** What the compiler says of programs, by their names. */
const compiled = (programs, strict) =>
  compile(app, programs, { noEmit: true, strict, files: DECLARATIONS });

describe('JavaScript and TypeScript', () => {
  test('every name and option exists', async () => {
    const programs = inLanguage('js');
    assert.ok(programs.length >= 20, `${programs.length} programs`);
    assert.equal(await compiled(programs, false), '');
    assert.equal(await compiled(inLanguage('ts'), true), '');
  });

  test('a wrong option, a wrong name and a wrong member are found', async () => {
    const [{ code }] = inLanguage('js');
    const wrong = [
      ['partitionKeyName', 'partitionKey'],
      ['rawAesKeyring', 'aesKeyring'],
      ['sealed.document', 'sealed.sealed'],
    ];
    for (const [right, mistake] of wrong) {
      const changed = code.replaceAll(right, mistake);
      assert.notEqual(changed, code);
      assert.match(
        await compiled([{ name: 'wrong', code: changed }], false),
        /^wrong\.ts/m,
        mistake,
      );
    }
  });

  for (const { name, code } of blocks.filter(({ runs }) => runs)) {
    test(`${name} runs`, async () => {
      const file = join(app, `${name}.mjs`);
      writeFileSync(file, code);
      const { code: status, stdout, stderr } = await run(process.execPath, [file], { cwd: app });
      assert.equal(status, 0, stderr);
      if (name === 'README-1') {
        assert.match(stdout, /ssn: Uint8Array\(\d+\)/);
        assert.match(stdout, /\{ customer_id: 'c-1', ssn: '078-05-1120', balance: 12\.5 \}/);
      }
    });
  }
});

describe('commands and policies', () => {
  const models = sdk('client-kms/dist-types/models/models_0.d.ts');
  const enums = sdk('client-kms/dist-types/models/enums.d.ts');
  const pascal = (name) => name.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase());

  test('shells read every command; AWS has every operation, option and constant', () => {
    let commands = 0;
    for (const { code } of inLanguage('sh')) {
      execFileSync('bash', ['-n'], { input: code });
      for (const [, name, rest] of code.matchAll(/^aws kms ([\w-]+)([^|\n]*)/gm)) {
        const operation = pascal(name);
        const request = new RegExp(`interface ${operation}Request \\{[^]*?\\n\\}`).exec(
          models,
        )?.[0];
        assert.ok(request, operation);
        for (const [, option, value] of rest.matchAll(/--([\w-]+) (\S+)/g)) {
          if (['output', 'query'].includes(option)) continue;
          assert.match(request, new RegExp(`\\b${pascal(option)}\\??:`), `${name} --${option}`);
          if (/^[A-Z_0-9]+$/.test(value)) assert.match(enums, new RegExp(`"${value}"`));
        }
        commands += 1;
      }
    }
    assert.ok(commands >= 5, `${commands} commands`);
  });

  test('policies are JSON, and name actions that there are', () => {
    let actions = 0;
    for (const { code } of inLanguage('json')) {
      const { Version, Statement } = JSON.parse(code);
      assert.equal(Version, '2012-10-17');
      for (const { Effect, Action, Resource } of Statement) {
        assert.equal(Effect, 'Allow');
        assert.match(Resource, /^arn:aws:(kms|dynamodb):/);
        for (const name of [Action].flat()) {
          const [service, operation] = name.split(':');
          // One operation, two actions: on the key it comes from, and on the one it goes to.
          const command = operation.replace(/^(ReEncrypt)(From|To)$/, '$1');
          const commands = sdk(`client-${service}/dist-types/commands/index.d.ts`);
          assert.match(commands, new RegExp(`\\./${command}Command"`), name);
          assert.equal(service, Resource.split(':')[2]);
          actions += 1;
        }
      }
    }
    assert.ok(actions >= 5, `${actions} actions`);
  });
});

test('the content security policy is the one that bundles run under', () => {
  const [{ code }] = blocksOf('docs/bundlers-and-csp.md').filter(({ language }) => language === '');
  const policy = code.trim().replace('Content-Security-Policy: ', '');
  assert.ok(read('tests/packaging/bundlers.test.mjs').includes(`"${policy}"`));
});

describe('every page', () => {
  for (const page of pages) {
    test(`${page}: its links and the files that it names are there`, () => {
      const text = read(page);
      for (const [, link] of text.matchAll(/(?:\]\(|src(?:set)?=")([^)"\s]+)/g)) {
        if (/^https?:/.test(link)) continue;
        const [path, anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), path));
        assert.ok(existsSync(join(root, target)), link);
        if (anchor) assert.ok(anchorsOf(target).includes(anchor), link);
      }
      const files = /`((?:benches|docs|examples|fuzz|js|pkg-template|src|tests|tools)\/[\w./-]*)`/g;
      for (const [, path] of text.matchAll(files)) assert.ok(existsSync(join(root, path)), path);
    });
  }

  test('says of no runtime that is not tested that it is', () => {
    const tested = read('docs/hosts.md');
    assert.doesNotMatch(tested, /failed/);
    const names =
      /\b(Bun|Deno|workerd|Cloudflare|Vercel|Jest|Vitest|Electron|React Native|Safari)\b/g;
    for (const page of forUsers) {
      for (const [name] of read(page).matchAll(names)) {
        assert.ok(tested.includes(name), `${page} names ${name}`);
      }
    }
  });
});

describe('the README', () => {
  const readme = read('README.md');

  test('is short, and says that nothing is audited', () => {
    assert.ok(readme.split('\n').length <= 151);
    assert.match(readme, /\*\*Not audited\.\*\*/);
  });

  test('names the hosts of the last run, and every one of them is run by CI', () => {
    const page = read('docs/hosts.md');
    assert.equal(compactIn(readme), compact(page), 'run make test-hosts');
    const distinct = (hosts) => [...new Set(hosts.map(({ name }) => name))].sort();
    const tables = hostsOf(page);
    assert.deepEqual(tables.map(distinct), [distinct(HOSTS), distinct(LONG)]);
    for (const { name } of LONG) assert.ok(!compact(page).includes(name), name);
    assert.match(read('.ci/run'), /^make test$/m);
    assert.match(read('Makefile'), /^test:.* test-hosts\b/m);
  });

  test('of the npm package is the same, with links that work from anywhere', () => {
    const npm = readFileSync(join(root, 'pkg/README.md'), 'utf8');
    assert.equal(npm, npmReadme(readme));
    const links = [...npm.matchAll(/(?:\]\(|src(?:set)?=")([^)"]+)/g)].map(([, link]) => link);
    assert.ok(links.length >= 10);
    for (const link of links) assert.match(link, /^https:\/\//);
    for (const [, image] of npm.matchAll(/src(?:set)?="([^"]+)"/g))
      assert.match(image, /^https:\/\/raw\.githubusercontent\.com\//);
  });
});
