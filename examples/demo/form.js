// The form page. It seals while you type, with nothing but the public key it downloaded. In your project the imports are
// `from 'fieldseal/items'` and `from 'fieldseal/forms'`.

import { sealForm } from '/pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring } from '/pkg/entrypoints/items.js';
import { fields, table } from '/table.js';
import { byId, clearResult, say, showNoRow, showOpened } from '/view.js';
import { showRefusal, showRow, showState } from '/view.js';

const EXAMPLE = {
  name: 'Grace Hopper',
  email: 'grace@example.com',
  ssn: '219-09-9999',
  card: '4111 1111 1111 1111',
  notes: 'Prefers to be called in the morning.',
};
const TITLES = {
  SERVER_UNREACHABLE: 'The demo server does not answer.',
  KMS_UNREACHABLE: 'The backend cannot reach KMS.',
  KMS_TIMED_OUT: 'KMS does not answer.',
  KMS_ACCESS_DENIED: 'KMS refused: the backend may not use this key.',
  KMS_KEY_DISABLED: 'KMS refused: the key is disabled.',
  SIGNATURE_MISMATCH: 'Refused: the row was changed since it was sealed.',
};

/** Counts changes, so that a slow answer about an older text is dropped. */
let version = 0;
/** Whether something was asked of the server that has not answered yet. */
let isBusy = false;
/** Whether the stored row is one that somebody changed a byte of. */
let isChanged = false;
/** Ends with the last sealing. */
let sealed = Promise.resolve();

const form = byId('form');
byId('customer_id').value = `c-${crypto.randomUUID().slice(0, 8)}`;
const key = request('GET', '/public-key');
// From here on nothing of the form leaves in plaintext, whether or not there is a key.
const sealing = sealForm(form, {
  keyring: async () => {
    const { keyId, publicKeyPem } = await key;
    return awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem });
  },
  table,
  seal: fields,
});
// This page has its own place for it.
form.addEventListener('fieldseal-error', (event) => event.preventDefault());
start();

async function start() {
  try {
    await showKey();
  } catch (error) {
    byId('key').classList.add('failed');
    byId('key-state').textContent = `No public key: ${explain(error)}`;
    say('Sealing is off until the page has the public key. Reload to try again.', 'error');
    return;
  }
  form.addEventListener('input', draft);
  form.addEventListener('submit', store);
  byId('example').addEventListener('click', fillIn);
  byId('open').addEventListener('click', () => alone(open));
  byId('flip').addEventListener('click', () => alone(flip));
  await draft();
}

async function showKey() {
  const { keyId, publicKeyPem, keySpec } = await key;
  byId('key-state').textContent = `Only the public key reached this browser (${keySpec})`;
  byId('key-arn').textContent = keyId;
  byId('key-fingerprint').textContent = await fingerprint(publicKeyPem);
  byId('key-facts').hidden = false;
}

/** Seals what is in the form: one after the other, since a form is sealed once at a time. */
function seal() {
  const made = sealed.then(() => sealing.seal());
  sealed = made.catch(() => undefined);
  return made;
}

async function draft() {
  const mine = ++version;
  enable({ store: false, open: false, flip: false });
  clearResult();
  say('');
  if (fields.every((name) => byId(name).value.trim() === '')) {
    showNoRow();
    showState('');
    return;
  }
  try {
    const { json } = await seal();
    if (mine !== version) return;
    showRow(JSON.parse(json).fieldseal);
    showState('Sealed here, not sent yet', 'draft');
    enable({ store: true });
  } catch (error) {
    say(explain(error), 'error');
  }
}

async function store(event) {
  event.preventDefault();
  await alone(async () => {
    const mine = ++version;
    clearResult();
    say('Sending…');
    try {
      // Sealed anew: no two sealings of a record are alike, even of the same text.
      const { json } = await seal();
      const { row } = await request('POST', '/customers', json);
      if (mine !== version) return;
      showRow(row);
      say('Stored. Every field of the form left this page sealed.', 'good');
      enable({ open: true, flip: true });
      showChange(false);
    } catch (error) {
      if (mine !== version) return;
      say(`Not stored. ${explain(error)} What you typed is still here.`, 'error');
    }
  });
}

async function open() {
  const mine = version;
  try {
    const opened = await request('POST', '/open', idOfRow());
    if (mine === version) showOpened(opened);
  } catch (error) {
    if (mine === version) refused(error);
  }
}

/** A database administrator changes a byte, then the key holder opens the row. */
async function flip() {
  const mine = version;
  try {
    const { row, flipped } = await request('POST', '/flip', idOfRow());
    if (mine !== version) return;
    showRow(row, isChanged ? undefined : flipped);
    showChange(!isChanged);
    await open();
  } catch (error) {
    if (mine === version) refused(error);
  }
}

/** One request at a time. Its button is not disabled meanwhile: a button that is loses the keyboard's focus. */
async function alone(work) {
  if (isBusy) return;
  isBusy = true;
  await work();
  isBusy = false;
}

const idOfRow = () => JSON.stringify({ customer_id: byId('customer_id').value });

function showChange(changed) {
  isChanged = changed;
  showState(changed ? 'One byte changed' : 'Stored', changed ? 'changed' : 'stored');
  byId('flip').textContent = changed ? 'Flip it back' : 'Flip one byte';
}

function fillIn() {
  for (const field of fields) byId(field).value = EXAMPLE[field];
  draft();
}

function enable(buttons) {
  for (const [id, on] of Object.entries(buttons)) byId(id).disabled = !on;
}

function refused(error) {
  const title = TITLES[error.code] ?? 'This did not work.';
  showRefusal({ title, code: error.code, message: error.message });
}

/** A sentence about an error, with its code. */
function explain(error) {
  const title = TITLES[error.code] ?? error.message;
  return error.code ? `${title} (${error.code})` : title;
}

class Refused extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

async function request(method, path, body) {
  let response;
  let answer;
  try {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    response = await fetch(path, { method, headers, body });
    answer = await response.json();
  } catch (cause) {
    const message = 'Start it again with "make demo", then reload this page.';
    throw new Refused('SERVER_UNREACHABLE', message, { cause });
  }
  if (response.ok) return answer;
  throw new Refused(answer.error.code, answer.error.message);
}

/** SHA-256 of the key: what the terminal shows too, for comparison. */
async function fingerprint(pem) {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, '');
  const der = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', der));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
