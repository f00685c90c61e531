// Messages of the AWS Encryption SDK: the public API beside the official JavaScript libraries, in Node and (with
// `--browser`) in Chromium, in one run. The two take turns, so that a machine whose speed drifts slows both; what counts
// is the ratio. Raw AES keyring, suites 04 78 and 05 78; frames as each has them by default, or for ours of FRAME_LENGTH bytes.
//
//   make bench-message

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import { compare, LABELS, SIZES } from './message-cases.mjs';
import { conditions, record } from './record.mjs';

function print(title, rows) {
  console.log(
    `\n${title}: µs a message, minimum and median; theirs / ours, and the ratio of the medians`,
  );
  for (const { suite, size, encrypt, decrypt, alone } of rows) {
    const pair = ({ ours, theirs }, which) =>
      `${theirs[which].toFixed(0).padStart(7)} / ${ours[which].toFixed(1).padStart(7)}`;
    const cell = (both) =>
      `${pair(both, 'min')} ${pair(both, 'median')} = ${(both.theirs.median / both.ours.median).toFixed(1).padStart(5)}x`;
    const plain = alone
      ? `   plain node:crypto ${alone.encrypt.median.toFixed(0)}, ${alone.decrypt.median.toFixed(0)}`
      : '';
    console.log(
      `${suite}  ${LABELS[size].padStart(7)}   encrypt ${cell(encrypt)}   decrypt ${cell(decrypt)}${plain}`,
    );
  }
}

const require = createRequire(new URL('./browser/', import.meta.url));

const frameLength = process.env.FRAME_LENGTH ? Number(process.env.FRAME_LENGTH) : undefined;

if (!process.argv.includes('--browser')) {
  const fieldseal = await import('../pkg/entrypoints/index.js');
  const official = await import('./node/official.mjs');
  const plain = await import('./node/plain.mjs');
  console.log(conditions('5 to 25'));
  const rows = await compare(fieldseal, official, SIZES, plain, frameLength);
  print('Node, beside @aws-crypto/client-node', rows);
  record('messages', rows);
} else {
  const { build } = await import(require.resolve('esbuild'));
  const { chromium } = (await import(require.resolve('playwright-core'))).default;
  const { outputFiles } = await build({
    stdin: {
      resolveDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
      contents: `
        globalThis.run = async (sizes, frameLength) => {
          const fieldseal = await import('../pkg/entrypoints/index.js');
          const official = await import('./browser/official.mjs');
          const { compare } = await import('./message-cases.mjs');
          return compare(fieldseal, official, sizes, undefined, frameLength);
        };`,
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    inject: [new URL('./browser/buffer-shim.mjs', import.meta.url).pathname],
    logLevel: 'error',
  });
  const server = createServer((request, response) => {
    const script = request.url === '/bundle.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(
      script ? outputFiles[0].contents : '<!doctype html><script src="bundle.js"></script>',
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-gpu'] : ['--disable-gpu'],
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  console.log(`Chromium ${browser.version()}, ${conditions('5 to 25')}`);
  const rows = await page.evaluate(
    ([sizes, frameLength]) => globalThis.run(sizes, frameLength),
    [SIZES, frameLength],
  );
  print('Chromium, beside @aws-crypto/client-browser', rows);
  record('messagesInChromium', rows);
  await browser.close();
  server.closeAllConnections();
  server.close();
}
