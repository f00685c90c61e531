// Takes the README's picture of the demo's form page, light and dark: `node tests/browser/picture.mjs` after `make build`.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { startServer } from '../../examples/demo/server.mjs';
import { startDevKms } from '../../pkg/testing/index.js';
import { launch } from './chromium.mjs';

const MARGIN = 20;
const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
mkdirSync(images, { recursive: true });
const kms = await startDevKms();
const key = await kms.createKey({ keySpec: 'RSA_2048' });
const server = await startServer({ endpoint: kms.url, region: kms.region, keyId: key.arn });
const browser = await launch();
try {
  for (const colorScheme of ['light', 'dark']) {
    const viewport = { width: 1200, height: 1400 };
    const page = await browser.newPage({ colorScheme, viewport, deviceScaleFactor: 1.5 });
    await page.goto(server.url);
    await page.getByText('Only the public key reached this browser').waitFor();
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByRole('button', { name: 'Send the sealed record' }).click();
    await page.getByText('Stored.').waitFor();
    await page.getByRole('button', { name: 'Open as key holder' }).click();
    await page.locator('#result').getByText('Grace Hopper').waitFor();
    await page.mouse.move(0, 0);
    const { x, y, width, height } = await page.locator('main').boundingBox();
    const clip = {
      x: x - MARGIN,
      y: y - MARGIN,
      width: width + 2 * MARGIN,
      height: height + 2 * MARGIN,
    };
    await page.screenshot({ path: `${images}form-${colorScheme}.png`, fullPage: true, clip });
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
  await kms.close();
}
