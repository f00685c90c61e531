// The form page of the demo, end to end in Chromium: what a person sees, what goes over the wire,
// and every way it can fail. Screenshots land in build/screenshots/.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { startServer as startExample } from '../../examples/browser-form/server.mjs';
import { startServer } from '../../examples/demo/server.mjs';
import { awsKmsRsaKeyring, fromDynamoJson, KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { violations } from './axe.mjs';
import { launch, openPage, screenshot } from './chromium.mjs';

const TYPED = {
  Name: 'Katherine Johnson',
  'E-mail': 'katherine@example.com',
  'Social security number': '078-05-1120',
  'Card number': '5555 4444 3333 1111',
  Notes: 'Überweisung → Konto 9',
};
let browser;
let kms;
let server;
let view;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  kms = await startDevKms();
  const key = await kms.createKey({ keySpec: 'RSA_2048' });
  server = await startServer({ endpoint: kms.url, region: kms.region, keyId: key.arn });
});
afterEach(async () => {
  await view?.page.context().close();
  view = undefined;
  await server.close();
  await kms.close();
});

async function visit(options) {
  view = await openPage(browser, options);
  await view.page.goto(server.url);
  await view.page.getByText('Only the public key reached this browser').waitFor();
  return view.page;
}

const button = (page, name) => page.getByRole('button', { name });
const result = (page) => page.locator('#result');

async function fillIn(page) {
  for (const [label, text] of Object.entries(TYPED)) await page.getByLabel(label).fill(text);
  await page.getByText('Sealed here, not sent yet').waitFor();
}

async function fillInAndStore(page) {
  await fillIn(page);
  await button(page, 'Send the sealed record').click();
  await page.getByText('Stored. Every field of the form left this page sealed.').waitFor();
}

/** Attribute, form and value of each row that the page shows. */
async function rowShown(page) {
  const rows = await page.locator('#row tbody tr').all();
  return Promise.all(
    rows.map(async (row) => [
      await row.getByRole('rowheader').textContent(),
      ...(await row.getByRole('cell').allTextContents()),
    ]),
  );
}

describe('the form page', () => {
  test('seals while typing, stores, and opens through KMS', async () => {
    const page = await visit();
    assert.equal(await button(page, 'Send the sealed record').isEnabled(), false);
    await fillIn(page);
    assert.equal(kms.countCalls(), 1, 'GetPublicKey, by the backend');
    const names = ['name', 'email', 'ssn', 'card', 'notes'];
    for (const [name, form, value] of (await rowShown(page)).slice(1, 6)) {
      assert.equal(name, names.shift());
      assert.match(form, /^Sealed/);
      assert.match(value, /^([0-9a-f]{2} ){10}…\d+ bytes$/);
    }
    assert.equal(await button(page, 'Open as key holder').isEnabled(), false);

    await button(page, 'Send the sealed record').click();
    await page.getByText('Stored. Every field').waitFor();
    assert.equal(kms.countCalls(), 1, 'storing needs no KMS');
    await button(page, 'Open as key holder').click();
    await page.getByText('Opened and verified with 1 KMS call (Decrypt).').waitFor();
    for (const [label, text] of Object.entries(TYPED)) {
      const line = result(page).locator('div', { has: page.getByText(label, { exact: true }) });
      assert.equal(await line.locator('dd').textContent(), text);
    }
    assert.equal(kms.countCalls('Decrypt'), 1);
    assert.deepEqual(view.problems, []);
  });

  test('sends sealed fields only, to its own server only', async () => {
    const page = await visit();
    await fillInAndStore(page);
    await button(page, 'Open as key holder').click();
    await page.getByText('Opened and verified').waitFor();
    const bodies = view.requests.map((request) => request.postData() ?? '');
    const urls = view.requests.map((request) => decodeURIComponent(request.url()));
    const stored = bodies.find((body) => body.includes('aws_dbe_head'));
    const item = fromDynamoJson(JSON.stringify(JSON.parse(stored).fieldseal));
    assert.ok(item.customer_id.S, 'readable attributes do go over the wire');
    const sent = [...urls, ...bodies, ...Object.values(item).map(({ B }) => B && latin1(B))].join();
    for (const text of Object.values(TYPED)) {
      assert.ok(!sent.includes(text), `'${text}' left the page`);
      assert.ok(!sent.includes(latin1(Buffer.from(text))), `'${text}' left the page`);
    }
    const origin = new URL(server.url).origin;
    assert.deepEqual([...new Set(view.requests.map((r) => new URL(r.url()).origin))], [origin]);
  });

  test('shows the key that the backend downloaded', async () => {
    const page = await visit();
    const { keyId, publicKeyPem } = await (await fetch(`${server.url}public-key`)).json();
    assert.equal(await page.locator('#key-arn').textContent(), keyId);
    const der = Buffer.from(publicKeyPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', der)).toString('hex');
    assert.equal(await page.locator('#key-fingerprint').textContent(), digest);
  });

  test('a flipped byte is refused with its code; flipped back, the row opens', async () => {
    const page = await visit();
    await fillInAndStore(page);
    const [, , value] = (await rowShown(page)).find(([name]) => name === 'ssn');
    await button(page, 'Flip one byte').click();
    await result(page).getByText('SIGNATURE_MISMATCH').waitFor();
    assert.ok(!(await result(page).textContent()).includes(TYPED['Social security number']));
    const [, , changed] = (await rowShown(page)).find(([name]) => name === 'ssn');
    assert.notEqual(changed, value);
    assert.equal(await page.locator('#row mark').count(), 1);
    await button(page, 'Flip it back').click();
    await page.getByText('Opened and verified').waitFor();
    assert.deepEqual((await rowShown(page)).find(([name]) => name === 'ssn')[2], value);
    assert.equal(await page.locator('#row mark').count(), 0);
  });

  test('the keyboard’s focus stays on the button', async () => {
    const page = await visit();
    await fillIn(page);
    for (const [name, told, then = name] of [
      ['Send the sealed record', 'Stored. Every field'],
      ['Open as key holder', 'Opened and verified'],
      ['Flip one byte', 'SIGNATURE_MISMATCH', 'Flip it back'],
      ['Flip it back', 'Opened and verified', 'Flip one byte'],
    ]) {
      await button(page, name).focus();
      await page.keyboard.press('Enter');
      await page.getByText(told).waitFor();
      const focused = await page.evaluate(() => document.activeElement.textContent);
      assert.equal(focused, then);
    }
  });

  test('editing after storing starts over', async () => {
    const page = await visit();
    await fillInAndStore(page);
    await button(page, 'Open as key holder').click();
    await page.getByText('Opened and verified').waitFor();
    await page.getByLabel('Name').fill('Dorothy Vaughan');
    await page.getByText('Sealed here, not sent yet').waitFor();
    assert.equal(await result(page).textContent(), '');
    assert.equal(await button(page, 'Open as key holder').isEnabled(), false);
    for (const label of Object.keys(TYPED)) await page.getByLabel(label).fill('');
    await page.getByText('Type in the form').waitFor();
    assert.equal(await button(page, 'Send the sealed record').isEnabled(), false);
  });

  test('every control has a name, and the policy holds', async () => {
    const page = await visit();
    for (const field of await page.locator('input:not([type=hidden]), textarea').all()) {
      assert.equal(await field.evaluate((one) => one.labels.length), 1);
    }
    const blocked = await page.evaluate(async (url) => {
      const fetched = await fetch(url).then(
        () => 'fetched',
        () => 'blocked',
      );
      const attempt = (run) =>
        // Later, since what a test evaluates itself is exempt from the policy.
        new Promise((resolve) => {
          setTimeout(() => {
            try {
              run();
              resolve('allowed');
            } catch {
              resolve('blocked');
            }
          });
        });
      const evaluated = await attempt(() => (0, eval)('1'));
      const markup = await attempt(() => (document.body.innerHTML = '<b>markup</b>'));
      return [fetched, evaluated, markup];
    }, kms.url);
    assert.deepEqual(blocked, ['blocked', 'blocked', 'blocked']);
  });
});

describe('what can go wrong', () => {
  test('KMS stopped', async () => {
    const page = await visit();
    await fillInAndStore(page);
    await kms.close();
    await button(page, 'Open as key holder').click();
    await result(page).getByText('The backend cannot reach KMS. KMS_UNREACHABLE').waitFor();
    assert.equal(await button(page, 'Open as key holder').isEnabled(), true);
    assert.ok(!(await result(page).textContent()).includes(TYPED.Name));
  });

  test('KMS refuses, then allows', async () => {
    const page = await visit();
    await fillInAndStore(page);
    kms.faults.failNext(1, 400, { operation: 'Decrypt', errorName: 'AccessDeniedException' });
    await button(page, 'Open as key holder').click();
    await result(page).getByText('KMS_ACCESS_DENIED').waitFor();
    await button(page, 'Open as key holder').click();
    await page.getByText('Opened and verified').waitFor();
  });

  test('the server stopped', async () => {
    const page = await visit();
    await fillInAndStore(page);
    await server.close();
    await button(page, 'Open as key holder').click();
    await result(page).getByText('The demo server does not answer. SERVER_UNREACHABLE').waitFor();
    await page.getByLabel('Notes').fill('typed while the server is away');
    await page.getByText('Sealed here, not sent yet').waitFor();
    await button(page, 'Send the sealed record').click();
    await page.getByText('Not stored. The demo server does not answer.').waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), TYPED.Name);
  });

  test('KMS stopped before the page was opened', async () => {
    await kms.close();
    view = await openPage(browser);
    await view.page.goto(server.url);
    await view.page.getByText('No public key: The backend cannot reach KMS.').waitFor();
    await view.page.getByLabel('Name').fill('nobody');
    assert.equal(await button(view.page, 'Send the sealed record').isEnabled(), false);
  });
});

describe('how it looks', () => {
  const sizes = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 800 } };
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${size}, ${colorScheme}`, async () => {
        const page = await visit({ viewport, colorScheme, reducedMotion: 'reduce' });
        await screenshot(page, `${size}-${colorScheme}-1-empty`);
        assert.deepEqual(await violations(page), []);
        await fillInAndStore(page);
        await button(page, 'Open as key holder').click();
        await page.getByText('Opened and verified').waitFor();
        await screenshot(page, `${size}-${colorScheme}-2-opened`);
        assert.deepEqual(await violations(page), []);
        await button(page, 'Flip one byte').click();
        await result(page).getByText('SIGNATURE_MISMATCH').waitFor();
        await screenshot(page, `${size}-${colorScheme}-3-refused`);
        assert.deepEqual(await violations(page), []);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(overflow, 0, 'the page scrolls sideways');
        for (const selector of ['h1', '.hint', '.badge.sealed', '.badge.signed', '.refusal code']) {
          const contrast = await page.locator(selector).first().evaluate(contrastOf);
          assert.ok(contrast >= 4.5, `${selector}: contrast ${contrast.toFixed(2)}`);
        }
      });
    }
  }
});

describe('examples/browser-form', () => {
  const stored = [];
  let example;
  beforeEach(async () => {
    const { arn: keyId, publicKeyPem } = await kms.createKey({ keySpec: 'RSA_2048' });
    const client = new KmsClient({ endpoint: kms.url, region: kms.region });
    example = await startExample({
      key: { keyId, publicKeyPem },
      keyring: awsKmsRsaKeyring({ kmsKeyId: keyId, kms: client }),
      store: (customer) => stored.push(customer),
    });
  });
  afterEach(() => example.close());
  const fillInExample = async () => {
    await view.page.getByLabel('E-mail').fill(TYPED['E-mail']);
    await view.page.getByLabel('SSN').fill(TYPED['Social security number']);
    await view.page.getByLabel('Notes').fill(TYPED.Notes);
  };

  test('the form seals itself, and the server opens it', async () => {
    view = await openPage(browser);
    await view.page.goto(example.url);
    await fillInExample();
    // What does not match is not sent, as ever.
    await view.page.getByLabel('SSN').fill('078');
    await button(view.page, 'Send').click();
    assert.equal(await view.page.locator('input:invalid').count(), 1);
    await view.page.getByLabel('SSN').fill(TYPED['Social security number']);
    await view.page.getByLabel('SSN').press('Enter');
    await view.page.getByText('Stored.').waitFor();
    const [{ customer_id, ...customer }] = stored;
    assert.match(customer_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(customer, {
      ssn: TYPED['Social security number'],
      notes: TYPED.Notes,
      email: TYPED['E-mail'],
    });
    const posts = view.requests.filter((request) => request.method() === 'POST');
    assert.equal(posts.length, 1);
    assert.ok(!decodeURIComponent(posts[0].postData()).includes(customer.ssn));
    assert.deepEqual(view.problems, []);
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`how it looks without a key, ${colorScheme}`, async () => {
      view = await openPage(browser, { viewport: { width: 390, height: 600 }, colorScheme });
      await view.page.route('**/public-key', (route) => route.abort());
      await view.page.goto(example.url);
      await button(view.page, 'Send').click({ trial: true });
      assert.deepEqual(await violations(view.page), []);
      await fillInExample();
      await button(view.page, 'Send').click();
      await view.page.getByRole('alert').waitFor();
      assert.deepEqual(await violations(view.page), []);
      await screenshot(view.page, `browser-form-${colorScheme}`);
    });
  }
});

const latin1 = (bytes) => Buffer.from(bytes).toString('latin1');

/** Runs in the page: the WCAG contrast of an element's text with what lies behind it. */
function contrastOf(element) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [lr, lg, lb] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
  };
  let behind = element;
  while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const pair = [
    luminance(channels(getComputedStyle(element).color)),
    luminance(channels(getComputedStyle(behind).backgroundColor)),
  ].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}
