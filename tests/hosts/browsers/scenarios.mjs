// Where a page has programs, and under which rules: what each page is made of, and what must come of it there.

import { INSECURE_HOST } from '../../browser/programs.mjs';

/** The strictest policy under which everything works; a user's page names its own KMS. */
const CONNECT = "connect-src 'self' http://127.0.0.1:*";
const policy = (scripts, more = '') =>
  `default-src 'none'; script-src ${scripts}; ${CONNECT}; worker-src 'self'; frame-src 'self' http://localhost:*${more}`;
// Not 'self' alone: in a sandboxed frame WebKit takes that for the frame's opaque origin.
export const STRICT = policy("'self' http://127.0.0.1:* 'wasm-unsafe-eval'");

const suite = (entry, then) => `
  import * as fieldseal from '${entry}';
  import { outcome } from './report.mjs';
  ${then}`;
const whole = (then) => suite('fieldseal', then);

/** A page that has the outcome from a worker. */
const asks = (worker, port = 'worker') => `
  globalThis.outcome = new Promise((resolve, reject) => {
    const worker = ${worker};
    ${port}.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(\`the worker: \${message}\`));
  });`;
const tellsPage = 'outcome(fieldseal).then((text) => postMessage(text));';
const tellsParent = `
  if (origin !== 'null') throw new Error(\`it has the origin \${origin}\`);
  outcome(fieldseal).then((text) => parent.postMessage(text, '*'));`;
const hears = `
  globalThis.outcome = new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data), { once: true });
  });`;

const forbidden = (entry, expected) => `
  import * as fieldseal from '${entry}';
  import { forbidden } from './pages/forbidden.mjs';
  globalThis.outcome = forbidden(fieldseal, ${JSON.stringify(expected)});`;
const BY_POLICY = { says: "In a page, add 'wasm-unsafe-eval'", cause: 'CompileError' };
/** Chromium up to 114 compiles nothing large at once on a page's main thread. */
const BY_SIZE = { says: "In a page, import 'fieldseal/slim' and call", cause: 'RangeError' };

const forbiddenSlim = (withModule) => `
  import { forbiddenSlim } from './pages/forbidden-slim.mjs';
  globalThis.outcome = forbiddenSlim(${withModule});`;

/** The scripts of the pages, each a bundle: as a module, or in the form of classic scripts if its name says so. */
export const SCRIPTS = {
  page: whole('globalThis.outcome = outcome(fieldseal);'),
  'page-classic': whole('globalThis.outcome = outcome(fieldseal);'),
  items: suite('fieldseal/items', 'globalThis.outcome = outcome(fieldseal);'),
  slim: suite(
    'fieldseal/slim',
    `globalThis.outcome = fieldseal.init(fetch('core.wasm')).then(() => outcome(fieldseal));`,
  ),
  'items-slim': suite(
    'fieldseal/items/slim',
    `globalThis.outcome = fieldseal.init(fetch('items.wasm')).then(() => outcome(fieldseal));`,
  ),
  'module-worker': asks(`new Worker('worker.js', { type: 'module' })`),
  'classic-worker': asks(`new Worker('worker-classic.js')`),
  'nested-worker': asks(`new Worker('outer-worker.js', { type: 'module' })`),
  'shared-worker': asks(`new SharedWorker('shared-classic.js')`, 'worker.port'),
  'service-worker': `
    globalThis.outcome = (async () => {
      await navigator.serviceWorker.register('serving-classic.js');
      const { active } = await navigator.serviceWorker.ready;
      active.postMessage('go');
      return new Promise((resolve) => {
        navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
      });
    })();`,
  worker: whole(tellsPage),
  'worker-classic': whole(tellsPage),
  'outer-worker': `
    const inner = new Worker('worker.js', { type: 'module' });
    inner.onmessage = ({ data }) => postMessage(data);
    inner.onerror = ({ message }) => { throw new Error(message); };`,
  'shared-classic': whole(`
    addEventListener('connect', ({ ports: [port] }) => {
      outcome(fieldseal).then((text) => port.postMessage(text));
    });`),
  'serving-classic': whole(`
    addEventListener('install', () => skipWaiting());
    addEventListener('activate', (event) => event.waitUntil(clients.claim()));
    addEventListener('message', (event) => {
      event.waitUntil(outcome(fieldseal).then((text) => event.source.postMessage(text)));
    });`),
  'hears-classic': hears,
  'framed-classic': whole(tellsParent),
  'other-realm': `
    import { outcome } from './report.mjs';
    const frame = document.querySelector('iframe');
    globalThis.outcome = new Promise((resolve) => {
      const go = () => frame.contentWindow.fieldseal && resolve(outcome(frame.contentWindow.fieldseal));
      frame.addEventListener('load', go);
      go();
    });`,
  exports: `
    import * as fieldseal from 'fieldseal';
    globalThis.fieldseal = fieldseal;`,
  'other-origin': `import './pages/other-origin.mjs';`,
  'other-origin-frame': `import './pages/other-origin-frame.mjs';`,
  isolated: `import './pages/isolated.mjs';`,
  forbidden: forbidden('fieldseal', BY_POLICY),
  'forbidden-items': forbidden('fieldseal/items', BY_POLICY),
  'too-large': forbidden('fieldseal', BY_SIZE),
  'too-large-items': forbidden('fieldseal/items', BY_SIZE),
  'forbidden-slim': forbiddenSlim(false),
  'forbidden-slim-module': forbiddenSlim(true),
  'module-of-worker': `
    import * as fieldseal from 'fieldseal/slim';
    import { moduleOfWorker } from './pages/module-of-worker.mjs';
    import { outcome } from './report.mjs';
    globalThis.outcome = moduleOfWorker()
      .then((module) => fieldseal.init(module))
      .then(() => outcome(fieldseal));`,
  'writing-worker': `
    onmessage = ({ data }) => {
      for (let i = 0; ; i = (i + 1) % data.length) {
        data[i]++;
        if (i === 1000) postMessage('at work');
      }
    };`,
  'compiling-worker': `
    WebAssembly.compileStreaming(fetch('core.wasm')).then((module) => postMessage(module));`,
};

/** What needs a private key is refused where there is no WebCrypto, and the reason named. */
const WITHOUT_WEB_CRYPTO = {
  checks: /^(an RSA public key, offline, OAEP with SHA-|ECDH on P)/,
  error: /UnsupportedError \[UNSUPPORTED\].*WebCrypto.*https/i,
};
const ITEMS_WITHOUT_WEB_CRYPTO = {
  // The items core has no RSA and no verification of its own.
  checks:
    /^(an RSA public key|an item of suite 6701|a document|KMS: a round trip|the official library's official-random-016)/,
  error: WITHOUT_WEB_CRYPTO.error,
};

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const FORBIDDEN = { policy: policy("'self'"), violates: true };
const insecure = { host: INSECURE_HOST };

/** The one that npm brings: the oldest that everything is tested in that can be had there. */
export const OLD_CHROMIUM = 'old Chromium';
const NEW = ['Chromium', 'Firefox', 'WebKitGTK'];
const ALL = [...NEW, OLD_CHROMIUM];

/**
 * A scenario: `how` it is called; the `script` of the page, or its `body`; the `policy` and other `headers` it is served
 * with; the `host` it is served from, or `file` for the disk; what is `refused` there; whether it `violates` its policy;
 * and `only` in which browsers.
 */
export const SCENARIOS = [
  { how: 'modules, by an import map', body: importMap(), policy: undefined },
  { how: 'a module script', script: 'page' },
  { how: 'a classic script', script: 'page-classic' },
  { how: 'fieldseal/items', script: 'items' },
  { how: 'a module script: an error', script: 'too-large', only: [OLD_CHROMIUM] },
  {
    how: 'a module script, fieldseal/items: an error',
    script: 'too-large-items',
    only: [OLD_CHROMIUM],
  },
  { how: 'fieldseal/slim', script: 'slim', only: ALL },
  { how: 'fieldseal/items/slim', script: 'items-slim', only: ALL },
  { how: 'a worker, module', script: 'module-worker', only: ALL },
  { how: 'a worker, classic', script: 'classic-worker', only: ALL },
  { how: 'a worker of a worker', script: 'nested-worker' },
  { how: 'a shared worker', script: 'shared-worker' },
  { how: 'a service worker', script: 'service-worker' },
  {
    how: 'a sandboxed frame',
    script: 'hears-classic',
    body: '<iframe sandbox="allow-scripts" src="framed.html"></iframe>',
  },
  {
    how: 'a sandboxed frame, srcdoc',
    script: 'hears-classic',
    body: `<iframe sandbox="allow-scripts" srcdoc="<script src='framed-classic.js'></script>"></iframe>`,
  },
  {
    how: 'the package in another frame',
    script: 'other-realm',
    body: '<iframe src="exports.html"></iframe>',
  },
  {
    how: 'a frame of another origin, items to and fro',
    script: 'other-origin',
    body: '<iframe></iframe>',
  },
  { how: "a policy with 'unsafe-eval'", script: 'page', policy: policy("'self' 'unsafe-eval'") },
  { how: "no 'wasm-unsafe-eval': an error", script: 'forbidden', ...FORBIDDEN },
  {
    how: "no 'wasm-unsafe-eval', fieldseal/items: an error",
    script: 'forbidden-items',
    ...FORBIDDEN,
  },
  {
    how: "no 'wasm-unsafe-eval', fieldseal/slim: an error",
    script: 'forbidden-slim',
    ...FORBIDDEN,
  },
  {
    how: "no 'wasm-unsafe-eval', fieldseal/slim, a worker's module",
    script: 'module-of-worker',
    ...FORBIDDEN,
    only: ['Chromium'],
  },
  // To Firefox's pages such a module does not even come.
  {
    how: "no 'wasm-unsafe-eval', fieldseal/slim, a worker's module: an error",
    script: 'forbidden-slim-module',
    ...FORBIDDEN,
    only: ['WebKitGTK'],
  },
  {
    how: 'trusted types',
    script: 'page',
    policy: `${STRICT}; require-trusted-types-for 'script'; trusted-types 'none'`,
  },
  { how: 'cross-origin isolation, shared memory', script: 'isolated', headers: ISOLATED },
  { how: 'http, no secure context', script: 'page', ...insecure, refused: WITHOUT_WEB_CRYPTO },
  {
    how: 'http, no secure context, fieldseal/items',
    script: 'items',
    ...insecure,
    refused: ITEMS_WITHOUT_WEB_CRYPTO,
  },
  { how: 'file://, a classic script', script: 'page-classic', file: true },
  // The others refuse modules from the disk themselves.
  { how: 'file://, a module script', script: 'page', file: true, only: ['Firefox'] },
].map((scenario) => ({ policy: STRICT, headers: {}, only: NEW, ...scenario }));

/** Pages of frames. */
export const FRAMES = {
  'framed.html': scriptTag('framed-classic'),
  'exports.html': scriptTag('exports'),
  'other-origin-frame.html': scriptTag('other-origin-frame'),
};

export function scriptTag(name) {
  return name.endsWith('-classic')
    ? `<script src="${name}.js"></script>`
    : `<script type="module" src="${name}.js"></script>`;
}

function importMap() {
  const imports = { fieldseal: '/node_modules/fieldseal/entrypoints/index.js' };
  return `
    <script type="importmap">${JSON.stringify({ imports })}</script>
    <script type="module">
      import * as fieldseal from 'fieldseal';
      import { outcome } from '/report.mjs';
      globalThis.outcome = outcome(fieldseal);
    </script>`;
}
