// Firefox over WebDriver BiDi, which it speaks itself: no geckodriver, which Debian does not have.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import WebSocket from 'ws';

import { INSECURE_HOST, isRoot, programPath, start } from './programs.mjs';

const PREFERENCES = {
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.security.https_first': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.localDomains': INSECURE_HOST,
  // BiDi and nothing else.
  'remote.active-protocols': 1,
};

/** As browsers.mjs wants it. */
export async function launchFirefox() {
  const path = programPath({
    name: 'Firefox',
    variable: 'FIREFOX',
    candidates: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    debian: 'firefox-esr',
  });
  const profile = mkdtempSync(join(tmpdir(), 'fieldseal-firefox-'));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const args = ['--headless', '--no-remote', '--profile', profile];
  const { match, stop } = await start(path, [...args, '--remote-debugging-port', '0'], {
    ready: /WebDriver BiDi listening on (ws:\S+)/,
    env: { HOME: profile, ...(isRoot && { MOZ_DISABLE_CONTENT_SANDBOX: '1' }) },
  });
  const { send, socket } = await connect(`${match[1]}/session`);
  const { capabilities } = await send('session.new', { capabilities: {} });
  return {
    version: capabilities.browserVersion,
    async open(url) {
      const { context } = await send('browsingContext.create', { type: 'tab' });
      await send('browsingContext.navigate', { context, url, wait: 'complete' });
      const within = (context) => ({
        async run(expression) {
          const target = { context };
          const told = await send('script.evaluate', { target, expression, awaitPromise: true });
          if (told.type !== 'success') throw new Error(told.exceptionDetails.text);
          return told.result.value;
        },
        async type(text) {
          await within(context).run(`document.querySelector('input').focus()`);
          const pressed = [...text].flatMap((value) =>
            ['keyDown', 'keyUp'].map((type) => ({ type, value })),
          );
          const actions = [{ type: 'key', id: 'keys', actions: pressed }];
          await send('input.performActions', { context, actions });
        },
      });
      return {
        ...within(context),
        async frame(find) {
          const target = { context };
          const expression = `${find}.contentWindow`;
          const { result } = await send('script.evaluate', {
            target,
            expression,
            awaitPromise: false,
          });
          return within(result.value.context);
        },
        async choose(path) {
          const target = { context };
          const expression = `document.querySelector('input[type=file]')`;
          const found = await send('script.evaluate', { target, expression, awaitPromise: false });
          const element = { sharedId: found.result.sharedId };
          await send('input.setFiles', { context, element, files: [path] });
        },
        close: () => send('browsingContext.close', { context }),
      };
    },
    async close() {
      await send('browser.close').catch(() => undefined);
      socket.terminate();
      await stop();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** A connection that commands are sent over: each by its number, in the order of their answers. */
async function connect(url) {
  const socket = new WebSocket(url, { maxPayload: 1 << 28 });
  const waiting = new Map();
  let commands = 0;
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('message', (data) => {
    const { id, type, result, error, message } = JSON.parse(String(data));
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (type === 'error') reject?.(new Error(`${error}: ${message}`));
    else resolve?.(result);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox closed the connection'));
  });
  return {
    socket,
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        commands += 1;
        waiting.set(commands, { resolve, reject });
        // Nothing answers what could not be sent.
        socket.send(JSON.stringify({ id: commands, method, params }), (error) => {
          if (error) reject(error);
        });
      }),
  };
}
