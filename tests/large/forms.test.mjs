// A file of 500 MB in a form: sealed in each browser, opened as it comes in Node, without either side holding it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openForm } from '../../pkg/entrypoints/forms.js';
import {
  EncryptionClient,
  ItemEncryptor,
  rawAesKeyring,
  toDynamoJson,
} from '../../pkg/entrypoints/index.js';
import { inEachBrowser, visit } from '../browser/browsers.mjs';
import { startFormSite } from '../browser/forms-site.mjs';

const MIB = 1 << 20;
const LENGTH = 500 * MIB;
/** What a page or a server may need for it, in MiB. */
const MOST = 350;

/** Processes that run pages, by their command lines. */
const PAGES = {
  Chromium: /--type=renderer/,
  Firefox: /-contentproc .* tab$/,
  WebKitGTK: /WebKitWebProcess/,
};

/** Memory of the largest process of this program's browser that runs pages, in bytes. */
function memoryOfPages(browserName) {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,rss=,args=']).toString().trim().split('\n');
  const processes = lines.map((line) => {
    const [, pid, parent, rss, args] = /^ *(\d+) +(\d+) +(\d+) (.*)$/.exec(line);
    return { pid, parent, rss, args };
  });
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isOwn = (pid) =>
    pid !== undefined && (pid === String(process.pid) || isOwn(parents.get(pid)));
  const pages = processes.filter(({ pid, args }) => PAGES[browserName].test(args) && isOwn(pid));
  assert.ok(pages.length > 0, `no process of ${browserName} runs a page`);
  return Math.max(...pages.map(({ rss }) => Number(rss) * 1024));
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

inEachBrowser((browserName, browser) => {
  test('a page seals a file of 500 MB', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldseal-large-'));
    t.after(() => rmSync(folder, { recursive: true }));
    // On the disk: what scripts make, Firefox keeps in the page.
    const path = join(folder, 'scan.tif');
    writeFileSync(path, '');
    truncateSync(path, LENGTH);
    const site = await startFormSite();
    t.after(() => site.close());
    const field = '<input type="file" name="scan" data-seal>';
    const html = `<form method="post" enctype="multipart/form-data">${field}</form>`;
    const page = await visit(browser(), site.page(html));
    await page.choose(path);
    const grown = measured(() => memoryOfPages(browserName));
    const size = await page.evaluate(async () => {
      const { seal } = await import('/forms-page.js');
      const { formData } = await seal({ maxFileBytes: Infinity }).seal();
      return formData.get('scan').size;
    });
    const more = Math.round(grown() / MIB);
    console.log(`in the page ${more} MiB more`);
    assert.ok(size > LENGTH && more < MOST, `${size} bytes, ${more} MiB`);
    await page.close();
  });
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
