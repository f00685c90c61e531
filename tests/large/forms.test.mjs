// A file of 500 MB in a form: sealed in Chromium, opened as it comes in Node, without either side holding it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { openForm } from '../../pkg/entrypoints/forms.js';
import {
  EncryptionClient,
  ItemEncryptor,
  rawAesKeyring,
  toDynamoJson,
} from '../../pkg/entrypoints/index.js';
import { launch } from '../browser/chromium.mjs';
import { startFormSite } from '../browser/forms-site.mjs';

const MIB = 1 << 20;
const LENGTH = 500 * MIB;
/** What a page or a server may need for it, in MiB. */
const MOST = 250;

/** Memory of the largest of Chromium's processes that run pages, in bytes. */
function memoryOfPages() {
  const processes = execFileSync('ps', ['-eo', 'rss=,args=']).toString().split('\n');
  const pages = processes.filter((line) => line.includes('--type=renderer'));
  return Math.max(...pages.map((line) => Number.parseInt(line, 10) * 1024));
}

/** Watches what `measure` gives, until it is called: then it returns the most above what there was at first. */
function measured(measure) {
  const before = measure();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, measure())), 500);
  return () => {
    clearInterval(timer);
    return most - before;
  };
}

const keyring = rawAesKeyring({
  keyNamespace: 'shop',
  keyName: 'key-1',
  wrappingKey: new Uint8Array(32).fill(7),
});
const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };

test('a page seals a file of 500 MB', async (t) => {
  const site = await startFormSite();
  t.after(() => site.close());
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const field = '<input type="file" name="scan" data-seal>';
  await page.goto(site.page(`<form method="post" enctype="multipart/form-data">${field}</form>`));
  const grown = measured(memoryOfPages);
  const size = await page.evaluate(async (mebibytes) => {
    const { seal, form } = await import('/forms-page.js');
    const chosen = new DataTransfer();
    const piece = new Blob([new Uint8Array(1 << 20).fill(65)]);
    chosen.items.add(new File(Array(mebibytes).fill(piece), 'scan.tif'));
    form.elements.scan.files = chosen.files;
    const { formData } = await seal({ maxFileBytes: Infinity }).seal();
    return formData.get('scan').size;
  }, LENGTH / MIB);
  const more = Math.round(grown() / MIB);
  console.log(`in the page ${more} MiB more`);
  assert.ok(size > LENGTH && more < MOST);
});

test('a server opens it as it comes', async () => {
  const encryptor = new ItemEncryptor({
    ...table,
    attributeActions: { customer_id: 'SIGN_ONLY', scan: 'ENCRYPT_AND_SIGN' },
    keyring,
  });
  const description = { id: 'a', name: 'scan.tif', type: 'image/tiff', size: LENGTH };
  const { item } = await encryptor.encryptDocument({ customer_id: 'c-1', scan: description });
  const sealing = new EncryptionClient().encryptStream({
    keyring,
    encryptionContext: { 'fieldseal-name': 'scan', 'fieldseal-file': 'a' },
    frameLength: 65_536,
  });
  async function* file() {
    const piece = new Uint8Array(MIB).fill(65);
    for (let at = 0; at < LENGTH; at += MIB) yield piece;
  }
  async function* body() {
    const head = (more) => `--b\r\nContent-Disposition: form-data; ${more}\r\n\r\n`;
    yield Buffer.from(`${head('name="fieldseal"')}${toDynamoJson(item)}\r\n`);
    yield Buffer.from(head('name="scan"; filename="sealed"'));
    yield* ReadableStream.from(file()).pipeThrough(sealing);
    yield Buffer.from('\r\n--b--\r\n');
  }
  const request = {
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    [Symbol.asyncIterator]: body,
  };
  let length = 0;
  const onFile = async (_, stream) => {
    for await (const chunk of stream) length += chunk.length;
  };
  const grown = measured(() => process.memoryUsage().rss);
  const options = { keyring, table, seal: ['scan'], maxFileBytes: Infinity, onFile };
  const { files } = await openForm(request, options);
  const more = Math.round(grown() / MIB);
  console.log(`in the server ${more} MiB more`);
  assert.deepEqual([length, files[0].name], [LENGTH, 'scan.tif']);
  assert.ok(more < MOST);
});
