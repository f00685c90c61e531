// Forms that seal themselves, in each browser: what they send, and that nothing leaves in plaintext whatever goes wrong. Every
// request is looked at.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { openForm } from '../../pkg/entrypoints/forms.js';
import { rawAesKeyring } from '../../pkg/entrypoints/items.js';
import { until } from '../support/until.mjs';
import { inEachBrowser, visit } from './browsers.mjs';
import { startFormSite } from './forms-site.mjs';

const SECRETS = ['078-05-1120', 'geheim', 'lebenslauf', '5555444433331111', '1912-06-23'];
const keyring = rawAesKeyring({
  keyNamespace: 'shop',
  keyName: 'key-1',
  wrappingKey: new Uint8Array(32).fill(7),
});
const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };

const form = (fields, attributes = '') =>
  `<form method="post" action="/customers" target="out" ${attributes}>${fields}<button>Send</button></form>`;
const SSN = '<label>SSN <input name="ssn" data-seal value="078-05-1120"></label>';
const CUSTOMER = '<input name="customer_id" type="hidden" value="c-1">';
const SIMPLE = form(CUSTOMER + SSN);
const opens = { keyring, table, seal: ['ssn'], plain: ['customer_id'] };

let site;
before(async () => {
  site = await startFormSite();
});
after(() => site?.close());

function withoutSecrets(text) {
  for (const secret of SECRETS) assert.ok(!text.includes(secret), `'${secret}' left the page`);
}

inEachBrowser((browserName, browser) => {
  let page;
  const sent = [];
  const open = async (html, more) => (page = await visit(browser(), site.page(html, more)));
  const next = async () => {
    const request = await site.next();
    const body = Buffer.from(await request.clone().arrayBuffer());
    withoutSecrets(`${decodeURIComponent(request.url)} ${body.toString('latin1')} ${body}`);
    sent.push(request);
    return request;
  };
  /** Nothing came, and nothing stays in the page where others might look. */
  const nothing = async () => {
    await page.evaluate(async () => (await import('/forms-page.js')).settled());
    assert.deepEqual(
      site.received.map(({ method, url }) => `${method} ${url}`),
      [],
    );
  };
  const submit = () =>
    page.evaluate(async () => {
      const { seal, form } = await import('/forms-page.js');
      seal();
      form.requestSubmit();
    });

  afterEach(async () => {
    if (!page) return;
    const kept = await page.evaluate(() => [
      globalThis.localStorage.length,
      globalThis.sessionStorage.length,
      document.cookie,
      document.querySelectorAll('form[hidden]').length,
    ]);
    assert.deepEqual(kept, [0, 0, '', 0]);
    await page.close();
    page = undefined;
    assert.deepEqual(site.received.splice(0), []);
  });

  describe('what is sent', () => {
    for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
      test(`fields of every kind as ${enctype}`, async () => {
        await open(
          form(
            `<input type="hidden" name="_csrf" value="f00"><input name="email" value="ada@example.org">
            ${SSN}
            <textarea name="note" data-seal>geheim\nÜberweisung → Konto</textarea>
            <input type="checkbox" name="allergy" data-seal value="nuts geheim" checked>
            <input type="checkbox" name="allergy" data-seal value="milk">
            <input type="checkbox" name="smoker" data-seal>
            <input type="radio" name="blood" data-seal value="A"><input type="RADIO" name="blood" data-seal value="B" checked>
            <select name="drugs" data-seal multiple><option selected>x<option selected>y<option>z</select>
            <input type="date" name="born" data-seal value="1912-06-23">
            <input name="old" data-seal value="geheim" disabled>
            <input type="checkbox" name="topics" value="a" checked><input type="checkbox" name="topics" value="b" checked>
            <input name="off" value="x" disabled>
            <button name="action" value="save" formaction="/elsewhere?x=1">Save</button>`,
            `enctype="${enctype}" id="f"`,
          ) + '<input name="card" data-seal form="f" value="5555444433331111">',
        );
        await page.evaluate(async () => {
          const { seal, form } = await import('/forms-page.js');
          seal();
          form.requestSubmit(form.querySelector('[name=action]'));
        });
        const request = await next();
        assert.equal(new URL(request.url).pathname, '/elsewhere');
        assert.ok(request.headers.get('content-type').startsWith(enctype));
        const names = [...(await request.clone().formData()).keys()];
        assert.deepEqual(names, ['fieldseal', '_csrf', 'email', 'topics', 'topics', 'action']);
        const { document, fields } = await openForm(request, {
          keyring,
          table,
          seal: ['ssn', 'note', 'allergy', 'smoker', 'blood', 'drugs', 'born', 'old', 'card'],
          plain: ['_csrf', 'email', 'action'],
          lists: ['topics'],
        });
        const { customer_id, ...values } = document;
        assert.match(customer_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
        assert.deepEqual(values, {
          ssn: '078-05-1120',
          note: 'geheim\nÜberweisung → Konto',
          allergy: ['nuts geheim'],
          smoker: null,
          blood: 'B',
          drugs: ['x', 'y'],
          born: '1912-06-23',
          old: null,
          card: '5555444433331111',
        });
        assert.deepEqual(fields, {
          _csrf: 'f00',
          email: 'ada@example.org',
          action: 'save',
          topics: ['a', 'b'],
        });
      });
    }

    test('as tokens, one for each value, where the values were', async () => {
      await open(
        form(
          `<input name="a" value="1">${SSN}<select name="drugs" data-seal multiple><option selected>x<option selected>y</select>
          <input name="z" value="2">`,
        ),
      );
      await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        seal({ as: 'tokens' });
        form.requestSubmit();
      });
      const request = await next();
      const entries = [...(await request.clone().formData())];
      assert.deepEqual(
        entries.map(([name]) => name),
        ['a', 'ssn', 'drugs', 'drugs', 'z'],
      );
      assert.ok(entries[1][1].startsWith('fieldseal:'));
      const { document, fields } = await openForm(request, {
        keyring,
        as: 'tokens',
        seal: ['ssn', 'drugs'],
        lists: ['drugs'],
        plain: ['a', 'z'],
      });
      assert.deepEqual(document, { ssn: '078-05-1120', drugs: ['x', 'y'] });
      assert.deepEqual(fields, { a: '1', z: '2' });
    });

    for (const as of ['item', 'tokens']) {
      test(`files, as ${as}`, async () => {
        await open(
          form(
            `<input type="file" name="cv" data-seal multiple><input type="file" name="none" data-seal><input type="file" name="photo">`,
            'enctype="multipart/form-data"',
          ),
        );
        const told = await page.evaluate(async (as) => {
          const { seal, form, progress } = await import('/forms-page.js');
          const choose = (name, ...files) => {
            const chosen = new DataTransfer();
            for (const file of files) chosen.items.add(file);
            form.elements[name].files = chosen.files;
          };
          const large = new Uint8Array(5_000_000).fill(65);
          choose(
            'cv',
            new File([], 'lebenslauf-0'),
            new File([large], 'lebenslauf "1".pdf', { type: 'application/pdf' }),
            new File(['geheim'], 'lebenslauf-2.txt', { type: 'text/plain' }),
          );
          choose('photo', new File(['cheese'], 'photo.jpg', { type: 'image/jpeg' }));
          seal({ as });
          form.requestSubmit();
          while (progress.at(-1)?.loaded !== 6) await new Promise((wake) => setTimeout(wake, 10));
          return progress.filter(({ total }) => total === 5_000_000).at(-1);
        }, as);
        assert.deepEqual(told, { name: 'cv', loaded: 5_000_000, total: 5_000_000 });
        const { document, files } = await openForm(await next(), {
          keyring,
          ...(as === 'item' ? { table } : { as }),
          seal: ['cv', 'none'],
          plain: ['photo'],
          lists: ['cv'],
          optional: ['none'],
        });
        assert.equal(document.none ?? null, null);
        assert.deepEqual(
          document.cv.map(({ name, type, size }) => [name, type, size]),
          [
            ['lebenslauf-0', '', 0],
            ['lebenslauf "1".pdf', 'application/pdf', 5_000_000],
            ['lebenslauf-2.txt', 'text/plain', 6],
          ],
        );
        const found = files.map(({ field, name, sealed }) => `${field} ${name} ${sealed}`).sort();
        assert.deepEqual(found, [
          'cv lebenslauf "1".pdf true',
          'cv lebenslauf-0 true',
          'cv lebenslauf-2.txt true',
          'photo photo.jpg false',
        ]);
        const of = (name) => files.find((file) => file.name === name).content;
        assert.equal(await of('lebenslauf-2.txt').text(), 'geheim');
        assert.equal(await of('photo.jpg').text(), 'cheese');
        const bytes = new Uint8Array(await of('lebenslauf "1".pdf').arrayBuffer());
        assert.ok(bytes.length === 5_000_000 && bytes.every((byte) => byte === 65));
      });
    }

    test('by GET: the address has no plaintext', async () => {
      await open(SIMPLE.replace('post', 'get'));
      await submit();
      const { searchParams } = new URL((await next()).url);
      assert.equal((await openForm(searchParams, opens)).document.ssn, '078-05-1120');
    });

    test('by hand: item, FormData and JSON; send() posts JSON', async () => {
      await open(SIMPLE);
      const made = await page.evaluate(async () => {
        const { seal } = await import('/forms-page.js');
        const sealing = seal();
        const { item, formData, json } = await sealing.seal();
        const { code } = await sealing.seal({ submitter: document.body }).catch((error) => error);
        if (code !== 'INVALID_ARGUMENT') throw new Error(code);
        const response = await sealing.send('/json', { headers: { 'x-csrf': 'f00' } });
        return [Object.keys(item), [...formData.keys()], json, response.status];
      });
      const [attributes, names, json, status] = made;
      assert.deepEqual(attributes, ['customer_id', 'ssn', 'aws_dbe_head', 'aws_dbe_foot']);
      assert.deepEqual([names, status], [['fieldseal', 'customer_id'], 200]);
      withoutSecrets(json);
      assert.equal((await openForm(JSON.parse(json), opens)).document.ssn, '078-05-1120');
      const request = await next();
      assert.equal(request.headers.get('content-type'), 'application/json');
      const { document } = await openForm(request, opens);
      assert.deepEqual(document, { customer_id: 'c-1', ssn: '078-05-1120' });
    });

    test('send() that fetch refuses: said, and tied to the form', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, message, form } = await import('/forms-page.js');
        const failure = await seal()
          .send('/json', { method: 'GET' })
          .catch(({ name }) => name);
        return [failure, message(), form.elements.ssn.value];
      });
      const [failure, { text, of }, value] = told;
      assert.deepEqual([failure, of, value], ['TypeError', ['form'], '078-05-1120']);
      assert.match(text, /^This form was not sent: .* TypeError/);
      await nothing();
    });

    test('form-associated custom elements: under their own name; more under others is refused', async () => {
      await open(form(`${CUSTOMER}<x-card name="card" data-seal></x-card>`));
      const told = await page.evaluate(async () => {
        const { seal, form, errors, failed } = await import('/forms-page.js');
        let internals;
        globalThis.customElements.define(
          'x-card',
          class extends HTMLElement {
            static formAssociated = true;
            constructor() {
              super();
              internals = this.attachInternals();
            }
          },
        );
        internals.setFormValue('5555444433331111');
        const sealing = seal();
        const { item } = await sealing.seal();
        const several = new FormData();
        several.append('card-number', '5555444433331111');
        internals.setFormValue(several);
        const left = [...new FormData(form).keys()];
        const failure = failed();
        form.requestSubmit();
        await failure;
        sealing.stop();
        seal({ seal: ['card-number'] });
        form.requestSubmit();
        return [item.card.B !== undefined, left, errors.map(({ attribute }) => attribute)];
      });
      assert.deepEqual(told, [true, ['customer_id'], ['card-number']]);
      const options = { ...opens, seal: ['card', 'card-number'] };
      const { document } = await openForm(await next(), options);
      assert.deepEqual([document.card, document['card-number']], [null, '5555444433331111']);
    });

    test('an image, beside a custom element: where it was clicked', async () => {
      const image = '<input type="IMAGE" name="map" alt="Map"><input type="image" alt="Other">';
      await open(form(`${CUSTOMER}<x-pin name="pin" data-seal></x-pin>${image}`));
      const told = await page.evaluate(async () => {
        const { seal, form, failed, errors } = await import('/forms-page.js');
        let internals;
        globalThis.customElements.define(
          'x-pin',
          class extends HTMLElement {
            static formAssociated = true;
            constructor() {
              super();
              internals = this.attachInternals();
            }
          },
        );
        seal();
        // What it sends under such a name is still refused.
        const several = new FormData();
        several.append('x', '5555444433331111');
        internals.setFormValue(several);
        const failure = failed();
        form.requestSubmit(form.querySelector('[alt=Other]'));
        await failure;
        internals.setFormValue('geheim');
        form.requestSubmit(form.querySelector('[alt=Map]'));
        return errors.map(({ attribute }) => attribute);
      });
      assert.deepEqual(told, ['x']);
      const plain = [...opens.plain, 'map.x', 'map.y'];
      const { document } = await openForm(await next(), { ...opens, seal: ['pin'], plain });
      assert.equal(document.pin, 'geheim');
    });

    test('whatever the fields are called', async () => {
      const names =
        'submit action method elements getAttribute addEventListener querySelectorAll target append';
      const fields = names.split(' ').map((name) => `<input name="${name}" value="1">`);
      await open(form(CUSTOMER + SSN + fields.join('')));
      await submit();
      const options = { ...opens, plain: [...opens.plain, ...names.split(' ')] };
      assert.equal((await openForm(await next(), options)).document.ssn, '078-05-1120');
    });
  });

  describe('plaintext stays in the page', () => {
    test('form.submit() and FormData of the page’s own have no sealed field', async () => {
      await open(SIMPLE);
      const names = await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        seal();
        form.submit();
        return [...new FormData(form).keys()];
      });
      assert.deepEqual(names, ['customer_id']);
      await assert.rejects(openForm(await next(), opens), { code: 'MALFORMED_ATTRIBUTE' });
    });

    test('a listener that keeps the submission from here', async () => {
      await open(SIMPLE);
      await page.evaluate(async () => {
        globalThis.addEventListener('submit', (event) => event.stopImmediatePropagation(), true);
      });
      await submit();
      assert.equal(await (await next()).text(), 'customer_id=c-1');
    });

    for (const [what, change] of [
      ['loses its mark', (field) => field.removeAttribute('data-seal')],
      [
        'is replaced by a hidden one',
        (field) => {
          const hidden = document.createElement('input');
          Object.assign(hidden, { type: 'hidden', name: field.name, value: field.value });
          field.replaceWith(hidden);
        },
      ],
    ]) {
      test(`a field that ${what} later`, async () => {
        await open(SIMPLE);
        await page.evaluate(
          new Function(`return (async () => {
            const { seal, form } = await import('/forms-page.js');
            seal();
            (${change})(form.elements.ssn);
            form.requestSubmit();
          })()`),
        );
        assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
      });
    }

    test('fields that a listener of the page adds', async () => {
      await open(SIMPLE);
      await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        form.addEventListener('formdata', (event) => {
          event.stopPropagation();
          event.formData.append('card', '5555444433331111');
          event.formData.set('ssn', '078-05-1120');
          event.formData.append('other', 'a');
        });
        seal({ seal: ['card'] });
        form.submit();
      });
      assert.equal(await (await next()).text(), 'customer_id=c-1&other=a');
      await page.evaluate(async () => {
        const { answered, form } = await import('/forms-page.js');
        await answered();
        form.requestSubmit();
      });
      const options = { ...opens, seal: ['ssn', 'card'], plain: [...opens.plain, 'other'] };
      assert.equal((await openForm(await next(), options)).document.card, '5555444433331111');
    });

    test('fields that are marked, or put into the page, later', async () => {
      await open(SIMPLE);
      await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        seal();
        const later = document.createElement('input');
        Object.assign(later, { name: 'card', value: '5555444433331111' });
        later.dataset.seal = '';
        form.append(later);
        form.requestSubmit();
      });
      const { document } = await openForm(await next(), { ...opens, seal: ['ssn', 'card'] });
      assert.equal(document.card, '5555444433331111');
    });

    test('listeners of the page that prevent are obeyed, however they do it', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, form, settled, message } = await import('/forms-page.js');
        seal();
        const seen = [];
        const submit = async () => {
          form.requestSubmit(form.querySelector('button'));
          await settled();
        };
        const handlers = [
          () => false,
          (event) => event.preventDefault(),
          (event) => void (event.returnValue = false),
          function (event) {
            event.stopPropagation();
            seen.push(
              this === form,
              event.isTrusted,
              event.submitter.textContent,
              event.defaultPrevented,
            );
            event.preventDefault();
            seen.push(event.defaultPrevented, event.returnValue);
          },
        ];
        for (const handler of handlers) {
          form.onsubmit = handler;
          await submit();
          seen.push(form.onsubmit === handler);
        }
        form.onsubmit = null;
        document.onsubmit = () => false;
        await submit();
        document.onsubmit = null;
        form.addEventListener('submit', (event) => event.stopImmediatePropagation(), {
          once: true,
        });
        return [seen, message()];
      });
      const seen = [true, true, true, true, true, 'Send', false, true, false, true];
      assert.deepEqual(told, [seen, null]);
      await nothing();
      // One that only stops it is not obeyed.
      await page.evaluate(() => document.forms[0].requestSubmit());
      assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
    });

    test('a listener of the page that sends by itself', async () => {
      await open(SIMPLE);
      const status = await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        const sealing = seal();
        return new Promise((resolve) => {
          form.addEventListener('submit', async (event) => {
            event.preventDefault();
            resolve((await sealing.send('/json')).status);
          });
          form.requestSubmit();
        });
      });
      assert.equal(status, 200);
      assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
      await nothing();
    });

    test('a listener of the page that throws: nothing leaves, and it is told', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, form, errors, failed, message } = await import('/forms-page.js');
        seal();
        document.addEventListener('submit', () => {
          throw new Error('078-05-1120');
        });
        const failure = failed();
        form.requestSubmit();
        await failure;
        return [errors, message(), form.elements.ssn.value];
      });
      const [errors, message, value] = told;
      assert.deepEqual(
        [errors.length, errors[0].code, value],
        [1, 'INVALID_ARGUMENT', '078-05-1120'],
      );
      assert.match(message.text, /^This form was not sent: a submit listener of the page threw/);
      assert.deepEqual(message.of, ['form']);
      withoutSecrets(JSON.stringify([errors, message]));
      await nothing();
    });

    test('submit events that scripts make', async () => {
      await open(SIMPLE);
      await page.evaluate(async () => {
        const { seal, form, settled } = await import('/forms-page.js');
        seal();
        form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
        await settled();
      });
      // Firefox submits then, as it is.
      if (browserName === 'Firefox') assert.equal(await (await next()).text(), 'customer_id=c-1');
      else await nothing();
    });

    test('no key at first: nothing leaves, and then it can be sent', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, form, keyring, errors, failed, message } = await import('/forms-page.js');
        let asked = 0;
        let busy;
        const fetchKey = async () => {
          busy = form.getAttribute('aria-busy');
          if (++asked === 1) throw new TypeError('cannot fetch 078-05-1120');
          return keyring();
        };
        seal({ keyring: fetchKey, message: ({ code }) => `Not sent: ${code}` });
        const failure = failed();
        form.requestSubmit();
        await failure;
        const before = message();
        await (await import('/forms-page.js')).settled();
        return [errors, before, busy, form.getAttribute('aria-busy'), form.elements.ssn.value];
      });
      const [errors, message, ...rest] = told;
      assert.deepEqual(rest, ['true', null, '078-05-1120']);
      assert.equal(message.text, 'Not sent: HOST_FAILED');
      assert.equal(errors[0].cause, false);
      withoutSecrets(JSON.stringify(errors));
      await nothing();
      await page.evaluate(() => document.forms[0].requestSubmit());
      assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
      assert.equal(await page.evaluate(() => document.querySelector('[role=alert]').hidden), true);
    });

    for (const [what, more] of [
      ['no WebAssembly', ''],
      ['a policy that forbids WebAssembly', '&no-wasm'],
    ]) {
      test(what, async () => {
        await open(SIMPLE, more);
        const told = await page.evaluate(async (without) => {
          if (without) delete globalThis.WebAssembly;
          const { seal, form, errors, failed, message } = await import('/forms-page.js');
          seal();
          const failure = failed();
          form.requestSubmit();
          await failure;
          globalThis.problems.splice(0);
          return [errors, message(), form.elements.ssn.value];
        }, more === '');
        const [errors, message, value] = told;
        assert.deepEqual([errors[0].code, value], ['UNSUPPORTED', '078-05-1120']);
        assert.match(message.text, /not sent.*WebAssembly/);
        await nothing();
      });
    }

    test('options that are wrong: the call throws, and the form sends nothing', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, form, errors, failed, thrown } = await import('/forms-page.js');
        const first = thrown(() => seal({ sael: [] }));
        const failure = failed();
        form.requestSubmit();
        await failure;
        const second = thrown(() => seal());
        return [first, errors, second, thrown(() => seal())];
      });
      const [first, errors, second, third] = told;
      assert.match(first.message, /'sael' is not known; did you mean 'seal'/);
      assert.equal(errors.length, 1);
      assert.equal(second, 'nothing');
      assert.match(third.message, /sealed already/);
      await nothing();
    });

    if (browserName === 'Chromium') {
      const KEY = { customer_id: 'SIGN_ONLY', ssn: 'SIGN_ONLY' };
      const REFUSED = [
        ['no field', form(CUSTOMER), {}, 'INVALID_CONFIG'],
        ['a name that is not there', SIMPLE, { seal: ['card'] }, 'INVALID_ARGUMENT', 'card'],
        ['a mark on a label', form(`<label data-seal>${SSN}</label>`), {}, 'INVALID_ARGUMENT'],
        ['a mark on a field without a name', form('<input data-seal>'), {}, 'INVALID_ARGUMENT'],
        [
          'a mark on a field of another form',
          form('<input name="a" data-seal form="none">'),
          {},
          'INVALID_ARGUMENT',
        ],
        [
          'a mark on an image',
          form('<input type="image" name="a" data-seal>'),
          {},
          'INVALID_ARGUMENT',
        ],
        [
          'a key that is sealed',
          SIMPLE,
          { seal: ['customer_id'] },
          'INVALID_CONFIG',
          'customer_id',
        ],
        [
          'an action that does not encrypt',
          SIMPLE,
          { table: { ...table, attributeActions: KEY } },
          'INVALID_CONFIG',
          'ssn',
        ],
        ['no table', SIMPLE, { table: null }, 'INVALID_ARGUMENT'],
        [
          'a table that is not known',
          SIMPLE,
          { table: { ...table, nonsense: 1 } },
          'INVALID_ARGUMENT',
        ],
        ['a style that is not known', SIMPLE, { as: 'json' }, 'INVALID_CONFIG'],
        ['tokens of a table', SIMPLE, { as: 'tokens', table }, 'INVALID_CONFIG'],
        ['a size that is not one', SIMPLE, { maxFileBytes: 0 }, 'INVALID_CONFIG'],
        ['no keyring', SIMPLE, { keyring: null }, 'INVALID_ARGUMENT'],
        ['a message that is not a function', SIMPLE, { message: 'no' }, 'INVALID_ARGUMENT'],
        ['an option that is not known', SIMPLE, { nonsense: 1 }, 'INVALID_ARGUMENT'],
      ];
      test('what is refused when it is attached', async () => {
        await open(`<form></form>${REFUSED.map(([, html]) => html).join('')}`);
        const found = await page.evaluate(
          async (given) => {
            const { keyring, table, thrown, sealForm } = await import('/forms-page.js');
            return given.map((options, i) =>
              thrown(() => sealForm(document.forms[i + 1], { keyring, table, ...options })),
            );
          },
          REFUSED.map(([, , options]) => options),
        );
        REFUSED.forEach(([what, , , code, attribute], i) => {
          assert.deepEqual([found[i].code, found[i].attribute], [code, attribute], what);
        });
      });
    }

    const FILE = (enctype, more) =>
      form(`<input type="file" name="cv" data-seal ${more}>`, enctype);
    for (const [what, html, code] of [
      ['a file larger than maxFileBytes', FILE('enctype="multipart/form-data"'), 'LIMIT_EXCEEDED'],
      ['a file in a form that sends names only', FILE(''), 'INVALID_ARGUMENT'],
      ['a key that is empty', form(`${SSN}<input name="customer_id">`), 'INVALID_ARGUMENT'],
      ['a field fieldseal', form(`${SSN}<input name="fieldseal">`), 'INVALID_ARGUMENT'],
    ]) {
      test(`not sent: ${what}`, async () => {
        await open(html);
        const [errors, described] = await page.evaluate(async () => {
          const page = await import('/forms-page.js');
          const { cv } = page.form.elements;
          if (cv) {
            const chosen = new DataTransfer();
            chosen.items.add(new File(['geheim'], 'lebenslauf'));
            cv.files = chosen.files;
          }
          page.seal({ maxFileBytes: 5 });
          const failure = page.failed();
          page.form.requestSubmit();
          await failure;
          return [page.errors, page.message().of];
        });
        assert.equal(errors[0].code, code);
        assert.deepEqual(described, ['form', errors[0].attribute]);
        withoutSecrets(JSON.stringify(errors));
        await nothing();
      });
    }

    test('not sent: a file that is gone', async () => {
      await open(FILE('enctype="multipart/form-data"', ''));
      const folder = mkdtempSync(join(tmpdir(), 'fieldseal-forms-'));
      const path = join(folder, 'cv.pdf');
      writeFileSync(path, 'geheim');
      await page.choose(path);
      rmSync(folder, { recursive: true });
      const errors = await page.evaluate(async () => {
        const { seal, form, failed, errors } = await import('/forms-page.js');
        seal();
        const failure = failed();
        form.requestSubmit();
        await failure;
        return errors;
      });
      assert.deepEqual([errors[0].code, errors[0].attribute], ['INVALID_ARGUMENT', 'cv']);
      await nothing();
    });

    test('the page is left while it seals: nothing is sent, not after coming back either', async () => {
      await open(SIMPLE);
      await page.evaluate(async () => {
        const { seal, form, keyring, settled } = await import('/forms-page.js');
        const leave = () =>
          globalThis.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
        const waiting = [];
        seal({ keyring: () => new Promise((resolve) => waiting.push(resolve)) });
        // Before it has begun, and while it waits for the key.
        form.requestSubmit();
        leave();
        await settled();
        form.requestSubmit();
        await settled();
        if (!form.hasAttribute('aria-busy')) throw new Error('not busy');
        leave();
        await settled();
        if (form.hasAttribute('aria-busy')) throw new Error('busy');
        for (const give of waiting) give(keyring());
      });
      await nothing();
      await page.evaluate(() => document.forms[0].requestSubmit());
      assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
    });

    test('the page is left by a link while it seals, and kept: nothing is sent after going back', async () => {
      await open(SIMPLE);
      const reached = async (path) => {
        const at = () =>
          page
            .evaluate(() => document.readyState === 'complete' && globalThis.location.pathname)
            .catch(() => undefined);
        await until(path, async () => (await at()) === path);
      };
      await page.evaluate(async () => {
        const { seal, form, keyring, settled } = await import('/forms-page.js');
        const key = new Promise((resolve) => (globalThis.give = () => resolve(keyring())));
        seal({ keyring: () => key });
        form.requestSubmit();
        await settled();
        if (!form.hasAttribute('aria-busy')) throw new Error('not busy');
        setTimeout(() => (globalThis.location.href = '/left'));
      });
      assert.equal(new URL((await next()).url).pathname, '/left');
      await reached('/left');
      await page.evaluate(() => void setTimeout(() => globalThis.history.back()));
      await reached('/page');
      const busy = await page.evaluate(async () => {
        const busy = document.forms[0].hasAttribute('aria-busy');
        // Only of a page that was kept.
        globalThis.give();
        return busy;
      });
      assert.equal(busy, false);
      await nothing();
      await page.evaluate(() => document.forms[0].requestSubmit());
      assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
    });
  });

  describe('as forms behave', () => {
    test('one submission at a time', async () => {
      await open(SIMPLE);
      const told = await page.evaluate(async () => {
        const { seal, form, keyring, settled } = await import('/forms-page.js');
        let give;
        const sealing = seal({ keyring: () => new Promise((resolve) => (give = resolve)) });
        form.requestSubmit();
        form.requestSubmit();
        await settled();
        form.requestSubmit();
        const failure = await sealing.seal().then(
          () => 'sealed',
          ({ message }) => message,
        );
        give(keyring());
        return [failure, document.querySelector('[role=alert]')];
      });
      assert.match(told[0], /being sealed already/);
      assert.equal(told[1], null);
      await next();
      await nothing();
    });

    if (browserName === 'Chromium') {
      test('a slow processor: sent once, as it was when it was sent', async () => {
        await open(SIMPLE);
        await page.slow(20);
        await page.evaluate(async () => {
          const { seal, form, keyring } = await import('/forms-page.js');
          const changed = () => {
            form.elements.ssn.value = 'geheim';
            form.requestSubmit();
            return keyring();
          };
          seal({ keyring: changed });
          form.requestSubmit();
        });
        assert.equal((await openForm(await next(), opens)).document.ssn, '078-05-1120');
        await nothing();
      });
    }

    test('validation comes first', async () => {
      await open(form(`${CUSTOMER}${SSN}<input name="email" required>`));
      await submit();
      await nothing();
      await page.evaluate(() => {
        document.forms[0].noValidate = true;
        document.forms[0].requestSubmit();
      });
      await next();
    });

    test('a dialog’s form closes it and sends nothing', async () => {
      await open(`<dialog>${SIMPLE.replace('post', 'dialog')}</dialog>`);
      const value = await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        const dialog = document.querySelector('dialog');
        dialog.showModal();
        seal();
        const button = form.querySelector('button');
        button.value = 'done';
        form.requestSubmit(button);
        return [dialog.open, dialog.returnValue];
      });
      assert.deepEqual(value, [false, 'done']);
      await nothing();
    });

    test('a form in a shadow root', async () => {
      await open('<form></form><template id="t"></template>');
      await page.evaluate(async () => {
        const { keyring, table, sealForm } = await import('/forms-page.js');
        const root = document.body.attachShadow({ mode: 'closed' });
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: '/customers', target: 'out' });
        const field = document.createElement('input');
        Object.assign(field, { name: 'ssn', value: '078-05-1120' });
        form.append(field);
        const slot = document.createElement('slot');
        root.append(form, slot);
        sealForm(form, { keyring: keyring(), table, seal: ['ssn'] });
        form.requestSubmit();
      });
      const { document } = await openForm(await next(), { keyring, table, seal: ['ssn'] });
      assert.equal(document.ssn, '078-05-1120');
    });

    test('reset, and stop()', async () => {
      await open(SIMPLE);
      const names = await page.evaluate(async () => {
        const { seal, form } = await import('/forms-page.js');
        const sealing = seal();
        form.elements.ssn.value = '1';
        form.reset();
        const { item } = await sealing.seal();
        sealing.stop();
        return [item.ssn.B !== undefined, [...new FormData(form).keys()]];
      });
      assert.deepEqual(names, [true, ['customer_id', 'ssn']]);
    });
  });

  test('nothing went wrong besides', () => assert.ok(sent.length > 10));
});
