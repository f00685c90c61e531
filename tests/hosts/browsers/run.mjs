// Runs the suite in a browser, in every place that a page has for a program, and prints an outcome for each. In
// build/hosts/browsers/, as ../table.mjs has made it:
//
//   node ../../../tests/hosts/browsers/run.mjs <browser> [what a scenario's name begins with]

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

import { build } from 'esbuild';

import { BROWSERS, visit } from '../../browser/browsers.mjs';
import { launchChromium } from '../../browser/chromium.mjs';
import { FRAMES, OLD_CHROMIUM, SCENARIOS, SCRIPTS, STRICT, scriptTag } from './scenarios.mjs';

const TIME_LIMIT_MS = 60_000;
const [name, start = ''] = process.argv.slice(2);
const chosen = SCENARIOS.filter(({ how, only }) => only.includes(name) && how.startsWith(start));

const place = process.cwd();
const disk = join(place, 'site');
const problems = readFileSync(new URL('../../support/problems.mjs', import.meta.url));
const page = ({ how, script, body = '' }) =>
  `<!doctype html><meta charset="utf-8"><title>${how}</title><script src="problems.js"></script>` +
  `${script ? scriptTag(script) : ''}${body}\n`;

/** Paths, with what is served there. */
const served = new Map([
  ['problems.js', problems],
  ['core.wasm', readFileSync(join(place, 'node_modules/fieldseal/core.wasm'))],
  ['items.wasm', readFileSync(join(place, 'node_modules/fieldseal/items.wasm'))],
  ...Object.entries(FRAMES).map(([path, body]) => [path, page({ how: path, body })]),
  ...chosen.map((scenario) => [`${SCENARIOS.indexOf(scenario)}.html`, page(scenario)]),
  ...(await Promise.all(
    Object.entries(SCRIPTS).map(async ([script, contents]) => [
      `${script}.js`,
      await bundled(contents, script.endsWith('-classic') ? 'iife' : 'esm'),
    ]),
  )),
]);

async function bundled(contents, format) {
  const stdin = { contents, resolveDir: place };
  const options = { bundle: true, minify: true, write: false, charset: 'utf8' };
  const { outputFiles } = await build({ stdin, format, ...options });
  return outputFiles[0].text;
}

/** Modules that are not bundled, by the paths that a page imports. */
const MODULES = /^((node_modules\/fieldseal\/([\w-]+\/)*)?[\w-]+\.m?js)$/;
const TYPES = {
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

/** The scenario that runs. Its policy is that of its page: workers have one of their own. */
let current;
const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname.slice(1);
  const found = served.get(path) ?? (MODULES.test(path) ? moduleAt(path) : undefined);
  if (found === undefined) return response.writeHead(404).end();
  const type = TYPES[path.split('.').at(-1)];
  const policy = type === TYPES.html ? current.policy : STRICT;
  return response
    .writeHead(200, {
      'content-type': type,
      ...current.headers,
      ...(policy && { 'content-security-policy': policy }),
    })
    .end(found);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();

function moduleAt(path) {
  try {
    return readFileSync(join(place, path));
  } catch {
    return undefined;
  }
}

/** Where the page of a scenario is. */
function addressOf({ host = '127.0.0.1', file }, index) {
  const path = `${index}.html`;
  return file ? pathToFileURL(join(disk, path)).href : `http://${host}:${port}/${path}`;
}

async function outcomeOf(browser, scenario) {
  const { refused, violates } = scenario;
  current = scenario;
  const opened = await visit(browser, addressOf(scenario, SCENARIOS.indexOf(scenario)));
  try {
    const given = { limit: TIME_LIMIT_MS, isInsecure: scenario.host !== undefined };
    const found = await opened.evaluate(async ({ limit, isInsecure }) => {
      const late = new Promise((resolve) => setTimeout(resolve, limit, 'no outcome in time'));
      let text = 'no outcome';
      try {
        text = (await Promise.race([globalThis.outcome, late])) ?? text;
      } catch (error) {
        text = `no outcome: ${error?.name}: ${error?.message}`;
      }
      const problems = [...globalThis.problems];
      if (globalThis.isSecureContext === isInsecure)
        problems.push(`a secure context: ${globalThis.isSecureContext}`);
      return { text, problems };
    }, given);
    const problems = violates ? [] : found.problems;
    if (!found.text.startsWith('{')) throw new Error([found.text, ...found.problems].join('\n'));
    const { failed, ...counts } = judged(JSON.parse(found.text), refused);
    return {
      ...counts,
      failed: [...failed, ...problems.map((error) => ({ name: 'the page', error }))],
    };
  } finally {
    await opened.close();
  }
}

/** What must be refused is no failure, and a failure if it is not. */
function judged({ passed, failed, names }, refused) {
  if (!refused) return { passed, refused: 0, failed };
  const isRefused = ({ name, error }) => refused.checks.test(name) && refused.error.test(error);
  const accepted = names.filter((check) => refused.checks.test(check));
  return {
    passed,
    refused: failed.filter(isRefused).length,
    failed: [
      ...failed.filter((failure) => !isRefused(failure)),
      ...accepted.map((check) => ({ name: check, error: 'it was not refused' })),
    ],
  };
}

rmSync(disk, { recursive: true, force: true });
mkdirSync(disk);
for (const [path, contents] of served) writeFileSync(join(disk, path), contents);

/** Chromium as npm brings it: compressed, and in need of the libraries that Debian's has. */
async function launchOldChromium() {
  const path = join(place, 'old-chromium');
  if (!existsSync(path)) {
    const bin = readFileSync(join(place, 'node_modules/@sparticuz/chromium/bin/chromium.br'));
    writeFileSync(path, brotliDecompressSync(bin), { mode: 0o755 });
  }
  return launchChromium(path);
}

const launch = { ...BROWSERS, [OLD_CHROMIUM]: launchOldChromium }[name];
const browser = await launch();
try {
  for (const scenario of chosen) {
    const { how } = scenario;
    const started = Date.now();
    const failure = (error) => ({ passed: 0, failed: [{ name: how, error: error.message }] });
    const outcome = await outcomeOf(browser, scenario).catch(failure);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(
      `OUTCOME ${JSON.stringify({ how, version: browser.version, seconds, ...outcome })}`,
    );
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
