// WebKitGTK over WebDriver, in its MiniBrowser on a display of its own: the engine of Safari, with another network and
// other cryptography under it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isRoot, programPath, start } from './programs.mjs';

const START_LIMIT_MS = 60_000;
const TIME_LIMIT_MS = 600_000;
const LOADED = `new Promise((resolve) => {
  if (document.readyState === 'complete') resolve();
  else addEventListener('load', () => resolve(), { once: true });
})`;

/** As browsers.mjs wants it. It has one window: a page is left when the next one is opened. */
export async function launchWebKitGTK() {
  const driverPath = programPath({
    name: 'WebKitWebDriver',
    variable: 'WEBKIT_DRIVER',
    candidates: ['/usr/bin/WebKitWebDriver'],
    debian: 'webkit2gtk-driver',
  });
  const xvfb = programPath({
    name: 'Xvfb',
    variable: 'XVFB',
    candidates: ['/usr/bin/Xvfb'],
    debian: 'xvfb',
  });
  const home = mkdtempSync(join(tmpdir(), 'fieldseal-webkit-'));
  // It takes a display that is free, and says which.
  const screen = ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'];
  const display = await start(xvfb, screen, { ready: /^(\d+)\n/m });
  const proxy = await startProxy();
  const port = await freePort();
  const driver = await start(driverPath, [`--port=${port}`, '--host=127.0.0.1'], {
    env: {
      DISPLAY: `:${display.match[1]}`,
      GDK_BACKEND: 'x11',
      HOME: home,
      LIBGL_ALWAYS_SOFTWARE: '1',
      JSC_useSharedArrayBuffer: '1',
      NO_AT_BRIDGE: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      ...(isRoot && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
    },
  });

  async function send(method, path, body, limit = TIME_LIMIT_MS) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(limit),
    });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
  // It does not say when it is ready.
  await answered(() => send('GET', '/status'));
  const wanted = {
    alwaysMatch: {
      proxy: { proxyType: 'manual', httpProxy: `127.0.0.1:${proxy.port}` },
      'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
    },
  };
  // It answers when the browser has started, and never if that failed.
  const starting = send('POST', '/session', { capabilities: wanted }, START_LIMIT_MS);
  const { sessionId, capabilities } = await starting;
  const session = `/session/${sessionId}`;
  await send('POST', `${session}/timeouts`, { script: TIME_LIMIT_MS, pageLoad: 60_000 });
  const go = (url) => send('POST', `${session}/url`, { url });
  async function run(expression) {
    const script = `const [done] = arguments; ${expression}.then(done, (error) => done(String(error)));`;
    return send('POST', `${session}/execute/async`, { script, args: [] });
  }
  async function found(value) {
    const element = await send('POST', `${session}/element`, { using: 'css selector', value });
    return Object.values(element)[0];
  }
  async function inFrame(find, work) {
    const script = `return ${find}`;
    const id = await send('POST', `${session}/execute/sync`, { script, args: [] });
    await send('POST', `${session}/frame`, { id });
    try {
      return await work();
    } finally {
      await send('POST', `${session}/frame`, { id: null });
    }
  }
  return {
    version: capabilities.browserVersion,
    async open(url) {
      await go(url);
      // It says so when the document is there; its modules may be on the way yet.
      await run(LOADED);
      return {
        run,
        frame: (find) => ({
          run: (expression) => inFrame(find, () => run(expression)),
          type: (text) =>
            inFrame(find, async () => {
              const id = await found('input');
              // By itself, a frame of another origin may not take the focus.
              await send('POST', `${session}/element/${id}/click`, {});
              await send('POST', `${session}/element/${id}/value`, { text });
            }),
        }),
        async choose(path) {
          const id = await found('input[type=file]');
          await send('POST', `${session}/element/${id}/value`, { text: path });
        },
        close: () => go('about:blank'),
      };
    },
    async close() {
      await send('DELETE', session).catch(() => undefined);
      await driver.stop();
      await display.stop();
      await proxy.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** The browser that comes with the library, in a folder named after the machine. */
function miniBrowser() {
  const paths = readdirSync('/usr/lib').map((dir) => `/usr/lib/${dir}/webkit2gtk-4.1/MiniBrowser`);
  return programPath({
    name: 'MiniBrowser',
    variable: 'MINIBROWSER',
    candidates: paths,
    debian: 'webkit2gtk-driver',
  });
}

/** For hosts that only tests know: whatever the host, the port on this machine. */
async function startProxy() {
  const server = createServer((from, to) => {
    const { port, pathname, search } = new URL(from.url);
    const options = { host: '127.0.0.1', port, path: `${pathname}${search}` };
    const { method, headers } = from;
    const onward = request({ ...options, method, headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    from.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    port: server.address().port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks until it is answered. */
async function answered(ask) {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
