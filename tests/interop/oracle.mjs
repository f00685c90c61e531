// The official library as a command (see README.md): requests in, responses out, in order.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const places = [
  'tests/interop/oracle/target/release/oracle',
  '../shared/oracle/target/release/oracle',
];

/** Path of the oracle's binary; undefined when there is none. */
export function findOracle() {
  const given = process.env.ORACLE_BIN;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`ORACLE_BIN names no file: ${given}`);
  }
  return places.map((place) => fileURLToPath(new URL(place, root))).find(existsSync);
}

/** The same for programs that are nothing without it, which ends where there is none. */
export function neededOracle() {
  const oracle = findOracle();
  if (oracle) return oracle;
  console.error('no oracle: set ORACLE_BIN, or build it as tests/interop/README.md says');
  process.exit(2);
}

/**
 * The command of the Python library's oracle: the interpreter of ESDK_PYTHON, the script of
 * ESDK_PYTHON_ORACLE or the published one; undefined when there is none.
 */
export function findPythonOracle() {
  const { ESDK_PYTHON: python, ESDK_PYTHON_ORACLE: given } = process.env;
  if (!python) return undefined;
  const script = given ?? fileURLToPath(new URL('../shared/oracle/esdk_py.py', root));
  for (const file of [python, script]) {
    if (!existsSync(file)) throw new Error(`the oracle of the Python library: no file ${file}`);
  }
  return [python, script];
}

/**
 * Asks an oracle, a path or a command with arguments; one process for each of two halves of a long list.
 *
 * @returns {Promise<object[]>} a response for each request: `{item, header}`, `{error}`, or
 * `{error, crash}` when the request ended the process (the official library's recursion can
 * exhaust its stack)
 */
export async function ask(oracle, requests) {
  if (requests.length < 8) return askInTurn(oracle, requests);
  const middle = Math.ceil(requests.length / 2);
  const halves = [requests.slice(0, middle), requests.slice(middle)];
  return (await Promise.all(halves.map((half) => askInTurn(oracle, half)))).flat();
}

async function askInTurn(oracle, requests) {
  const responses = [];
  while (responses.length < requests.length) {
    const { lines, code } = await run(oracle, requests.slice(responses.length));
    responses.push(...lines.map((line) => JSON.parse(line)));
    if (responses.length < requests.length) {
      if (code === 0) throw new Error('the oracle answered fewer lines than it was asked');
      responses.push({ error: 'the official library crashed', crash: true });
    }
  }
  return responses;
}

async function run(oracle, requests) {
  const [command, ...first] = [oracle].flat();
  const child = spawn(command, [...first, 'batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stdin.on('error', () => {}); // A crash is told by the answers that are missing.
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  const code = await ended;
  // Whole lines only: what follows the last newline was cut off by a crash.
  const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1);
  return { lines, code };
}
