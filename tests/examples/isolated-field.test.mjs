// <fieldseal-field>: what a hostile script in the page around it gets, in each browser, and what it does not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';

import { startServers } from '../../examples/isolated-field/servers.mjs';
import { openField } from '../../pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring, KmsClient } from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { violations } from '../browser/axe.mjs';
import { inEachBrowser, visit } from '../browser/browsers.mjs';
import { launch, openPage, screenshot } from '../browser/chromium.mjs';
import { ENTER } from '../browser/programs.mjs';
import { until } from '../support/until.mjs';

const SSN = '078-05-1120';
const CARD = '5555444433331111';
const INDEX = readFileSync(
  new URL('../../examples/isolated-field/shop/index.html', import.meta.url),
  'utf8',
);
/** The page, with the answer to its form beside it, and scripts that run before the element's. */
const withScripts = (...scripts) =>
  INDEX.replace('<form', '<form target="out"')
    .replace('</main>', '</main><iframe name="out" title="out"></iframe>')
    .replace('<script', `${scripts.map((run) => `<script>(${run})()</script>`).join('')}<script`);

/** Has all that a script in the page can get hold of, before the element is there. */
function hostile() {
  const seen = [];
  const roots = [];
  const ports = [];
  globalThis.hostile = { seen, roots, ports };
  const note = (...what) => seen.push(structuredClone(what));
  const patch = (owner, name, wrap) => {
    const { value: own } = Object.getOwnPropertyDescriptor(owner, name);
    owner[name] = wrap(own);
  };
  const types =
    'keydown keypress keyup beforeinput input change compositionupdate copy cut paste selectionchange message';
  for (const target of [globalThis, document]) {
    for (const type of types.split(' ')) {
      const heard = ({ key, data, target }) => note(type, key, data, target?.value);
      target.addEventListener(type, heard, true);
    }
  }
  const watch = (root) =>
    new MutationObserver((records) => {
      for (const { target } of records) note('mutation', (target.host ?? target).innerHTML);
    }).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  watch(document);
  patch(
    Element.prototype,
    'attachShadow',
    (own) =>
      function (init) {
        const root = own.call(this, { ...init, mode: 'open' });
        roots.push(root);
        watch(root);
        return root;
      },
  );
  patch(
    MessagePort.prototype,
    'postMessage',
    (own) =>
      function (...given) {
        note('to the frame', ...given);
        return own.apply(this, given);
      },
  );
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      const port = ports.push(this.port1) - 1;
      this.port1.addEventListener('message', ({ data }) => note('from the frame', data, port));
    }
  };
  for (const name of ['setFormValue', 'setValidity']) {
    patch(
      ElementInternals.prototype,
      name,
      (own) =>
        function (...given) {
          note(name, ...given.slice(0, 2));
          return own.apply(this, given);
        },
    );
  }
  patch(
    EventTarget.prototype,
    'addEventListener',
    (own) =>
      function (type, run, options) {
        const spied = function (event) {
          note(`${type} of the element’s own`, event.key, event.data);
          return run.call(this, event);
        };
        return own.call(this, type, typeof run === 'function' ? spied : run, options);
      },
  );
  patch(globalThis.customElements, 'define', (own) => (name, of) => {
    note('define', name, Object.getOwnPropertyNames(of.prototype).join());
    own.call(globalThis.customElements, name, of);
  });
}

const PAGES = {
  '/hostile': withScripts(hostile),
  // For a frame as it is, without the element.
  '/bare':
    '<!doctype html><html lang="en"><title>bare</title><iframe title="third" src="/third"></iframe>',
  '/third': '<!doctype html>',
};

const stored = [];
let key;
let kms;
let client;
let servers;
/** A third origin, which may not embed frames. */
let elsewhere;

before(async () => {
  kms = await startDevKms();
  client = new KmsClient({ endpoint: kms.url, region: kms.region });
  const { arn: keyId, publicKeyPem } = await kms.createKey({ keySpec: 'RSA_2048' });
  key = { keyId, publicKeyPem };
  servers = await startServers({ key, store: (tokens) => stored.push(tokens), pages: PAGES });
  elsewhere = createServer((request, response) =>
    response.setHeader('content-type', 'text/html').end(PAGES['/bare']),
  );
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  elsewhere?.closeAllConnections();
  elsewhere?.close();
  await servers?.close();
  await kms?.close();
});

/** Opens a token as whoever has the key. */
function open(name, token) {
  const keyring = awsKmsRsaKeyring({ kmsKeyId: key.keyId, kms: client });
  return openField(name, token, { keyring });
}

async function received() {
  await until('a submission', () => stored.length > 0);
  return stored.shift();
}

/**
 * Runs in a page: embeds a frame, unless it has one already, and connects to it; what that says within half a second, and until there
 * are as many messages as expected.
 */
async function connect([vault, from, expected = 0]) {
  globalThis.embedded ??= await new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.title = 'field';
    frame.src = `${vault}/frame.html?name=ssn`;
    frame.addEventListener('load', () => resolve(frame.contentWindow));
    document.body.append(frame);
  });
  const { port1, port2 } = new MessageChannel();
  const said = [];
  port1.onmessage = ({ data }) => said.push(data);
  // Whose function it is that posts a message, that window is its source.
  const poster = from === 'third' ? globalThis.frames[0] : globalThis;
  poster.frame = globalThis.embedded;
  poster.port = port2;
  poster.Function("frame.postMessage('fieldseal-field', '*', [port])")();
  do {
    await new Promise((resolve) => setTimeout(resolve, 500));
  } while (said.length < expected);
  return said;
}

inEachBrowser((browserName, browser) => {
  let page;
  const visitPage = async (url) => (page = await visit(browser(), url));
  afterEach(async () => {
    await page?.close();
    page = undefined;
  });
  /** Once both are connected, and have said whether they are valid: a page that has loaded may be ahead of that. */
  const frames = async () => {
    await page.evaluate(async () => {
      const connected = () =>
        globalThis.hostile.seen
          .filter(([what, data]) => what === 'from the frame' && 'valid' in data)
          .map(([, , port]) => port);
      while (new Set(connected()).size < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    return Promise.all([
      page.frame(() => globalThis.hostile.roots[0].querySelector('iframe')),
      page.frame(() => globalThis.hostile.roots[1].querySelector('iframe')),
    ]);
  };
  const look = async (frame) =>
    frame.evaluate(() => {
      const input = document.querySelector('input');
      return [input.labels[0].textContent, input.getAttribute('aria-invalid'), input.value];
    });

  test('what is typed arrives sealed, and a hostile script around it sees tokens only', async () => {
    await visitPage(`${servers.shop}/hostile`);
    await page.evaluate(() => (document.querySelector('#email').value = 'ada@example.org'));
    const [ssn, card] = await frames();
    await ssn.type(SSN);
    await card.type(CARD);
    await card.type(ENTER);
    const { email, ...tokens } = await received();
    assert.equal(email, 'ada@example.org');
    assert.deepEqual([await open('ssn', tokens.ssn), await open('card', tokens.card)], [SSN, CARD]);
    const found = await page.evaluate(() => {
      const { seen, roots } = globalThis.hostile;
      const documents = roots.map((root) => {
        const frame = root.querySelector('iframe');
        try {
          return [frame.contentDocument, frame.contentWindow.document];
        } catch ({ name }) {
          return [frame.contentDocument, name];
        }
      });
      // The recorder works.
      globalThis.dispatchEvent(new KeyboardEvent('keydown', { key: 'control' }));
      return { seen, documents };
    });
    const { seen, documents } = found;
    assert.deepEqual(documents, Array(2).fill([null, 'SecurityError']));
    const keys = seen.filter(([what]) => /^(key|beforeinput|input|paste)/.test(what));
    assert.deepEqual(keys, [['keydown', 'control', null, null]]);
    const set = seen.filter(([what]) => what === 'setFormValue').map(([, token]) => token);
    assert.deepEqual(set.filter(Boolean).sort(), [tokens.ssn, tokens.card].sort());
    const text = JSON.stringify(seen);
    for (const part of ['078', '1120', '5555', '4444', '3333']) {
      const where = text.replaceAll(/fieldseal:[\w-]+|127\.0\.0\.1:\d+/g, '');
      assert.ok(!where.includes(part), `${part} was seen`);
    }
  });

  test('messages that a hostile script forges change nothing', async () => {
    await visitPage(`${servers.shop}/hostile`);
    const [ssn, card] = await frames();
    await ssn.type(SSN);
    const answers = await page.evaluate(async () => {
      const { roots, ports, seen } = globalThis.hostile;
      // What a frame says without being asked: its height, whenever it changes, and that what was typed is valid.
      const said = () => seen.filter(([what]) => what === 'from the frame').map(([, data]) => data);
      while (!said().some(({ valid }) => valid)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const frame = roots[0].querySelector('iframe').contentWindow;
      const { port1, port2 } = new MessageChannel();
      const answers = [];
      port1.onmessage = ({ data }) => answers.push(data);
      frame.postMessage('fieldseal-field', '*', [port2]);
      const before = said().length;
      const forged = ['value', 'getValue', 'constructor', '__proto__', 'toString', null, 7];
      const asked = ['card', 'name', 'label', 'keyring', 'publicKey', 'embedders'];
      for (const name of asked) forged.push({ [name]: 'https://evil.example', seal: 'seal' });
      for (const command of forged) {
        frame.postMessage(command, '*');
        ports[0].postMessage(command);
      }
      // Forged answers, to the page.
      globalThis.postMessage({ token: 'fieldseal:forged', valid: true }, '*');
      await new Promise((resolve) => setTimeout(resolve, 500));
      const after = said().slice(before);
      return [answers, after.filter((data) => Object.keys(data).join() !== 'height')];
    });
    assert.deepEqual(answers, [[], []]);
    assert.deepEqual(await look(ssn), ['Social security number', 'false', SSN]);
    await card.type(CARD);
    await page.evaluate(() => {
      document.querySelector('#email').value = 'ada@example.org';
      document.forms[0].requestSubmit();
    });
    const tokens = await received();
    assert.equal(await open('ssn', tokens.ssn), SSN);
    await assert.rejects(open('card', tokens.ssn), { code: 'ENCRYPTION_CONTEXT_MISMATCH' });
  });

  test('a frame answers the page that embeds it, and no third frame', async () => {
    await visitPage(`${servers.shop}/bare`);
    assert.deepEqual(await page.evaluate(connect, [servers.vault, 'third']), []);
    const [hello, validity] = await page.evaluate(connect, [servers.vault, 'page', 2]);
    assert.equal(hello.label, 'Social security number');
    assert.deepEqual(validity, { valid: false });
    // The first one has it.
    assert.deepEqual(await page.evaluate(connect, [servers.vault, 'page']), []);
  });

  test('a page of another origin gets no frame', async () => {
    await visitPage(`http://127.0.0.1:${elsewhere.address().port}/`);
    assert.deepEqual(await page.evaluate(connect, [servers.vault, 'page']), []);
    const blocked = await page.frame(() => document.querySelector('[title=field]'));
    assert.equal(await blocked.evaluate(() => document.querySelector('input')), null);
  });

  test('validation comes first: said in the frames, the first one focused', async () => {
    await visitPage(`${servers.shop}/hostile`);
    const [ssn, card] = await frames();
    await card.type('5555');
    await page.evaluate(() => {
      document.querySelector('#email').value = 'ada@example.org';
      document.forms[0].requestSubmit();
    });
    for (const frame of [ssn, card]) {
      const problem = await frame.evaluate(async () => {
        const input = document.querySelector('input');
        while (input.getAttribute('aria-invalid') !== 'true') {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return document.getElementById(input.getAttribute('aria-describedby')).textContent;
      });
      assert.match(problem, /digits/);
    }
    const [active, title] = await page.evaluate(() => [
      document.activeElement.getAttribute('name'),
      globalThis.hostile.roots[0].querySelector('iframe').title,
    ]);
    assert.deepEqual([active, title], ['ssn', 'Social security number']);
    // WebKit lets no script focus a field in a frame of another origin: there the frame has it.
    if (browserName !== 'WebKitGTK') {
      await ssn.evaluate(async () => {
        while (document.activeElement.localName !== 'input')
          await new Promise((resolve) => setTimeout(resolve, 20));
      });
    }
    assert.deepEqual(stored, []);
    await page.evaluate(() => document.forms[0].reset());
    await card.evaluate(async () => {
      while (document.querySelector('input').value !== '')
        await new Promise((resolve) => setTimeout(resolve, 20));
    });
  });
});

describe('in Chromium', () => {
  let browser;
  let page;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  const visitPage = async (options) => ({ page } = await openPage(browser, options));
  const frame = (name) => page.frames().find((one) => one.url().endsWith(`?name=${name}`));
  const field = (name) => frame(name).getByRole('textbox');
  const fillIn = async () => {
    await page.getByLabel('E-mail').fill('ada@example.org');
    await field('ssn').fill(SSN);
    await field('card').fill(CARD);
  };
  const opened = async (path, options) => {
    await visitPage(options);
    await page.goto(`${servers.shop}${path}`);
    for (const name of ['ssn', 'card']) {
      await field(name).waitFor();
      // It has its field's name once it is connected.
      const title = async () => (await frame(name).frameElement()).getAttribute('title');
      await until('the connection', async () => (await title()) !== 'Field');
    }
  };
  afterEach(() => page.context().close());

  for (const colorScheme of ['light', 'dark']) {
    test(`errors are tied to their fields, ${colorScheme}`, async () => {
      const viewport = { width: 390, height: 600 };
      await opened('/', { colorScheme, viewport });
      assert.deepEqual(await violations(page), []);
      await page.getByLabel('E-mail').fill('ada@example.org');
      await page.getByRole('button').click();
      const problem = frame('ssn').getByText('Nine digits, as 000-00-0000.');
      await problem.waitFor();
      assert.ok(await field('ssn').evaluate((input) => input === document.activeElement));
      assert.equal(
        await field('ssn').getAttribute('aria-describedby'),
        await problem.getAttribute('id'),
      );
      assert.deepEqual(await violations(page), []);
      await screenshot(page, `isolated-field-${colorScheme}`);
      await field('ssn').fill(SSN);
      await problem.waitFor({ state: 'detached' });
    });
  }

  test('no key: said in the frames, nothing sent, and it can be tried again', async () => {
    await opened('/');
    await page.route('**/public-key', (route) => route.abort());
    await fillIn();
    await page.getByRole('button').click();
    for (const name of ['ssn', 'card']) {
      await frame(name).getByText('This could not be sealed. Please try again.').waitFor();
    }
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(stored, []);
    await page.unroute('**/public-key');
    await page.getByRole('button').click();
    assert.equal(await open('card', (await received()).card), CARD);
  });

  test('a frame that does not load: the form is not submitted', async () => {
    await visitPage();
    await page.route('**/frame.js', (route) => route.abort());
    await page.goto(`${servers.shop}/hostile`);
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByRole('button').click();
    assert.equal(await page.getByText('This field has not loaded.').count(), 2);
    assert.equal(await page.locator('fieldseal-field:invalid').count(), 2);
    assert.deepEqual(stored, []);
  });

  test('a page of another origin gets no answer, even where the browser embeds the frame', async () => {
    await visitPage();
    await page.route('**/frame.html*', async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': policy, ...headers } = response.headers();
      assert.match(policy, /frame-ancestors http/);
      await route.fulfill({ response, headers });
    });
    await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
    assert.deepEqual(await page.evaluate(connect, [servers.vault, 'page']), []);
    await field('ssn').waitFor();
  });

  // The README says so.
  test('what it does not stop: the page takes the focus while somebody types, and looks alike', async () => {
    await opened('/hostile');
    await field('ssn').focus();
    await page.keyboard.type('078');
    await page.evaluate(() => document.querySelector('#email').focus());
    await page.locator('#email:focus').waitFor();
    await page.keyboard.type('-05-1120');
    assert.equal(await page.getByLabel('E-mail').inputValue(), '-05-1120');
    await page.evaluate(() => {
      const input = document.createElement('input');
      input.setAttribute('aria-label', 'Social security number');
      document.querySelector('fieldseal-field').replaceWith(input);
    });
    await page.getByLabel('Social security number').fill(SSN);
    assert.equal(await page.evaluate(() => document.querySelectorAll('input')[1].value), SSN);
  });
});
