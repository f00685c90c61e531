// The form that seals itself in React, Vue and Svelte: built as users build it, in Chromium.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { startSite } from '../../examples/forms-frameworks/site.mjs';
import { awsKmsRsaKeyring, KmsClient } from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { violations } from '../browser/axe.mjs';
import { launch, openPage } from '../browser/chromium.mjs';

const SSN = '219-09-9999';

const PAGES = [
  ['react', 'production'],
  // Where StrictMode mounts everything twice.
  ['react', 'development'],
  ['vue', 'production'],
  ['svelte', 'production'],
];
const stored = [];
const sites = {};
let kms;
let browser;
let view;

before(async () => {
  kms = await startDevKms();
  const { arn: keyId, publicKeyPem } = await kms.createKey({ keySpec: 'RSA_2048' });
  const client = new KmsClient({ endpoint: kms.url, region: kms.region });
  const keyring = awsKmsRsaKeyring({ kmsKeyId: keyId, kms: client });
  const store = (customer) => stored.push(customer);
  for (const mode of ['production', 'development']) {
    process.env.NODE_ENV = mode;
    sites[mode] = await startSite({ key: { keyId, publicKeyPem }, keyring, store });
  }
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const site of Object.values(sites)) await site.close();
  await kms?.close();
});

for (const [name, mode] of PAGES) {
  describe(`${name}, ${mode}`, () => {
    let page;
    beforeEach(async () => {
      stored.splice(0);
      view = await openPage(browser);
      ({ page } = view);
      await page.goto(`${sites[mode].url}${name}/`);
    });
    // Whatever happened, and whether or not it was sent.
    afterEach(async () => {
      for (const request of view.requests) {
        const sent = `${decodeURIComponent(request.url())} ${request.postData() ?? ''}`;
        assert.ok(!sent.includes('9999'), 'plaintext left the page');
      }
      await page.context().close();
    });

    const button = (text) => page.getByRole('button', { name: text });
    const fillIn = async (ssn = SSN) => {
      await page.getByLabel('E-mail').fill('ada@example.org');
      await page.getByLabel('SSN').fill(ssn);
    };
    const posts = () => view.requests.filter((request) => request.method() === 'POST').length;
    /** What an element is described by, as assistive technology tells it. */
    const described = (locator) =>
      locator.evaluate((element) =>
        (element.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent)
          .join(),
      );

    const isAccessible = async () => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await violations(page), [], colorScheme);
      }
    };

    test('is sent sealed, and opened', async () => {
      await fillIn('219');
      await button('Send').click();
      assert.equal(await page.locator('input:invalid').count(), 1);
      await fillIn();
      await button('Send').click();
      await page.getByRole('status').getByText('Stored.').waitFor();
      const [{ customer_id, ...customer }] = stored;
      assert.match(customer_id, /^[0-9a-f-]{36}$/);
      assert.deepEqual(customer, { email: 'ada@example.org', ssn: SSN });
      assert.deepEqual([stored.length, posts()], [1, 1]);
      assert.ok(await button('Send').evaluate((element) => element === document.activeElement));
      assert.deepEqual(view.problems, []);
      await isAccessible();
    });

    test('what the server says of a field is tied to it', async () => {
      await fillIn('000-00-9999');
      await button('Send').click();
      await page.getByRole('alert').getByText('No number begins with 000.').waitFor();
      const field = page.getByLabel('SSN');
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      assert.equal(await described(field), 'No number begins with 000.');
      await isAccessible();
      await fillIn();
      await button('Send').click();
      await page.getByText('Stored.').waitFor();
      assert.equal(await field.getAttribute('aria-invalid'), null);
      assert.equal(await described(field), '');
    });

    test('no key: said, nothing sent, and it can be tried again', async () => {
      await page.route('**/public-key', (route) => route.abort());
      await fillIn();
      await button('Send').click();
      const alert = page.getByRole('alert').getByText(/^This form was not sent: /);
      await alert.waitFor();
      assert.equal(await described(page.locator('form')), await alert.textContent());
      assert.equal(await page.getByLabel('SSN').inputValue(), SSN);
      assert.equal(posts(), 0);
      await isAccessible();
      await page.unroute('**/public-key');
      await button('Send').click();
      await page.getByText('Stored.').waitFor();
      assert.equal(await page.getByRole('alert').count(), 0);
    });

    test('a server that does not answer: said', async () => {
      await page.route('**/customers', (route) => route.abort());
      await fillIn();
      await button('Send').click();
      await page
        .getByRole('alert')
        .getByText(/^This form was not sent: /)
        .waitFor();
      assert.deepEqual(stored, []);
    });

    test('taken out while it seals, nothing is sent; put in again, it seals', async () => {
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await page.route('**/public-key', async (route) => {
        await held;
        await route.continue();
      });
      const asked = page.waitForRequest('**/public-key');
      await fillIn();
      await button('Send').click();
      await asked;
      await button('Close the form').click();
      await page.locator('form').waitFor({ state: 'detached' });
      const answered = page.waitForResponse('**/public-key');
      release();
      await answered;
      await button('Open the form').click();
      assert.equal(await page.getByLabel('SSN').inputValue(), '');
      await fillIn();
      await button('Send').click();
      await page.getByText('Stored.').waitFor();
      assert.deepEqual([stored.length, posts(), view.problems], [1, 1, []]);
    });
  });
}

test('plaintext is refused by the server', async () => {
  const body = JSON.stringify({ email: 'ada@example.org', ssn: SSN });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${sites.production.url}customers`, {
    method: 'POST',
    headers,
    body,
  });
  assert.equal(response.status, 400);
  assert.match((await response.json()).message, /'ssn' is to be sealed, and came in plaintext/);
});
