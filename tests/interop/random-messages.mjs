// Random messages of the AWS Encryption SDK through fieldseal and the official libraries, Rust and
// Python (README.md):
//
//   A  we seal, they open          B  they seal, we open          C  all judge what is wrong
//
//   node tests/interop/random-messages.mjs [--count 2000] [--seed text] [--only ABC]

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { canonical } from '../support/vectors.mjs';
import { makeKeys } from './generate.mjs';
import { beyondPython, MESSAGE_FAULTS, randomMessage } from './message-cases.mjs';
import { openMessage, sealMessage, shape } from './message-package.mjs';
import { ask, findPythonOracle, neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';

const ROUND = 200;

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const count = Number(values.count ?? 2000);
const seed = values.seed ?? randomBytes(6).toString('hex');
const only = (values.only ?? 'ABC').toUpperCase();
console.log(`seed ${seed}, ${count} messages in each direction of ${only}`);
const libraries = { Rust: neededOracle(), Python: findPythonOracle() };
if (!libraries.Python) {
  console.log('left out: the Python library; set ESDK_PYTHON as tests/interop/README.md says');
  delete libraries.Python;
}

const keys = makeKeys();
const tally = new Map();
const note = (what) => tally.set(what, (tally.get(what) ?? 0) + 1);
let mismatches = 0;
function mismatch(about, one) {
  mismatches++;
  console.log(`MISMATCH ${about}\n${JSON.stringify(one).slice(0, 6000)}`);
}

/** Asks a library for what it can have at all; `undefined` for the rest. */
async function askAbout(library, cases, request) {
  const able = cases.filter((one) => {
    const why = library === 'Python' && beyondPython(one, request === encrypting);
    if (why) note(`left out: Python ${request === encrypting ? 'writes' : 'reads'} no ${why}`);
    return !why;
  });
  const answers = await ask(libraries[library], able.map(request));
  const byCase = new Map(able.map((one, i) => [one, { is: library, ...answers[i] }]));
  return cases.map((one) => byCase.get(one));
}

const encrypting = ({ writer, plaintext }) => ({ op: 'esdk-encrypt', ...writer, plaintext });
const decrypting = ({ reader }, ciphertext) => ({ op: 'esdk-decrypt', ...reader, ciphertext });

/**
 * Throws unless an opened message is what went in; `sealed` is what its maker says of it. Python
 * does not repeat the context that it was given to reproduce.
 */
function compare(one, sealed, opened) {
  if (opened.error) throw new Error(`refused: ${opened.error}`);
  if (opened.plaintext !== one.plaintext) throw new Error('another plaintext');
  if (opened.suite !== sealed.suite) throw new Error(`suite ${opened.suite}`);
  const required = one.writer.required_ec_keys ?? [];
  const given = one.writer.encryption_context;
  const [got, want] = [opened, sealed].map((side) => {
    const { 'aws-crypto-public-key': key, ...rest } = side.encryption_context ?? {};
    if (side.is === 'Python') for (const name of required) rest[name] ??= given[name];
    return { rest, key };
  });
  if (canonical(got.rest) !== canonical(want.rest)) throw new Error('another context');
  // Not every library repeats the key that it added.
  if (got.key && want.key && got.key !== want.key) throw new Error('another key signed');
  if (canonical(want.rest) !== canonical(given)) {
    throw new Error('not the context that was given');
  }
}

/** Whole, or as a stream in chunks of some size. */
const someChunk = (r) => r.pick([undefined, undefined, 1, 7, 100, 4096]);

async function bothWays(r, cases) {
  const ours = [];
  for (const one of cases) ours.push(await sealMessage(encrypting(one), someChunk(r)));
  for (const library of Object.keys(libraries)) {
    const byThem = await askAbout(library, cases, (one) =>
      decrypting(one, ours[cases.indexOf(one)].ciphertext ?? ''),
    );
    const theirs = await askAbout(library, cases, encrypting);
    for (const [i, one] of cases.entries()) {
      const attempt = async (about, run) => {
        try {
          await run();
          note(about);
        } catch (error) {
          mismatch(`${about}: ${error.message}`, one);
        }
      };
      if (byThem[i]) {
        await attempt(`A we seal, ${library} opens`, () => {
          if (ours[i].error) throw new Error(`we refuse to seal: ${ours[i].error}`);
          compare(one, ours[i], byThem[i]);
        });
      }
      if (!theirs[i]) continue;
      await attempt(`B ${library} seals, we open`, async () => {
        if (theirs[i].error) throw new Error(`they refuse to seal: ${theirs[i].error}`);
        const opened = await openMessage(decrypting(one, theirs[i].ciphertext), someChunk(r));
        compare(one, theirs[i], opened);
        const [a, b] = [ours[i], theirs[i]].map(({ ciphertext }) => shape(ciphertext));
        // Where none is asked for, frames have 64 KiB here and 4 there.
        if (one.writer.frame_length === undefined) {
          if (a.frame !== 65_536 || b.frame !== 4096) throw new Error('frames of another length');
          b.frame = a.frame;
        }
        if (canonical(a) !== canonical(b)) throw new Error('headers of another shape');
      });
    }
  }
}

/**
 * Differences on purpose: the verdict is the stricter one, the Rust library's.
 *
 * @returns the reason, or undefined
 */
function excuse(library, fault, ours, theirs) {
  if (library !== 'Python' || !ours.error || theirs.error) return undefined;
  if (fault.startsWith('extended')) return 'Python does not look at bytes after the message';
  return undefined;
}

const seenFaults = new Set();

async function judge(r, cases) {
  const made = await ask(libraries.Rust, cases.map(encrypting));
  const faulty = [];
  for (const [i, one] of cases.entries()) {
    const { ciphertext } = i % 2 ? made[i] : await sealMessage(encrypting(one));
    for (;;) {
      const copy = structuredClone({ ...one, ciphertext });
      const [kind, put] = r.pick(Object.entries(MESSAGE_FAULTS));
      const detail = put(r, copy);
      if (detail === undefined) continue;
      faulty.push({ ...copy, fault: `${kind} ${detail}`.trim() });
      break;
    }
  }
  const ours = [];
  for (const one of faulty) {
    seenFaults.add(one.fault);
    const whole = await openMessage(decrypting(one, one.ciphertext));
    const stream = await openMessage(decrypting(one, one.ciphertext), r.pick([1, 50, 4096]));
    // Of two faults a stream may meet the other one first.
    if (Boolean(whole.error) !== Boolean(stream.error) || whole.plaintext !== stream.plaintext) {
      mismatch(
        `${one.fault}: whole ${whole.error ?? 'ok'}, as a stream ${stream.error ?? 'ok'}`,
        one,
      );
    }
    ours.push(whole);
  }
  for (const library of Object.keys(libraries)) {
    const theirs = await askAbout(library, faulty, (one) => decrypting(one, one.ciphertext));
    for (const [i, one] of faulty.entries()) {
      if (!theirs[i]) continue;
      if (theirs[i].crash) {
        note(`C left out: the ${library} library crashed`);
        continue;
      }
      const known = excuse(library, one.fault, ours[i], theirs[i]);
      if (known) {
        note(`C known difference: ${known}`);
      } else if (Boolean(ours[i].error) !== Boolean(theirs[i].error)) {
        const says = `we say ${ours[i].error ?? 'ok'}\n  ${library} says ${theirs[i].error ?? 'ok'}`;
        mismatch(`${one.fault}: ${says}`, one);
      } else if (ours[i].plaintext !== theirs[i].plaintext) {
        mismatch(`${one.fault}: opened to different plaintexts`, one);
      } else {
        note(`C the same verdict as ${library}: ${ours[i].error ? 'refused' : 'opened'}`);
      }
    }
  }
}

for (const [direction, run] of Object.entries({ AB: bothWays, C: judge })) {
  if (![...direction].some((letter) => only.includes(letter))) continue;
  const r = new Random(`${seed}/messages/${direction}`);
  for (let done = 0; done < count && mismatches < 10; done += ROUND) {
    const n = Math.min(ROUND, count - done);
    await run(
      r,
      r.times(n, () => randomMessage(r, keys)),
    );
    console.error(`${[...direction].join(' and ')}: ${done + n} of ${count}`);
  }
}
for (const [what, n] of [...tally].sort()) console.log(`${what}: ${n}`);
console.log(`${seenFaults.size} kinds of faults, ${mismatches} mismatches`);
console.log(mismatches ? `FAILED with seed ${seed}` : 'ok');
process.exit(mismatches ? 1 : 0);
