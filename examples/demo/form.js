// The form page. It seals while you type, with nothing but the public key it downloaded.

import { actionOf, table } from '/table.js';
import { byId, clearResult, say, showNoRow, showOpened } from '/view.js';
import { showRefusal, showRow, showState } from '/view.js';

const FIELDS = ['name', 'email', 'ssn', 'card', 'notes'];
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

const created = new Date().toISOString();
const customerId = `c-${crypto.randomUUID().slice(0, 8)}`;
let fieldseal;
let encryptor;
/** Counts changes, so that a slow answer about an older text is dropped. */
let version = 0;
/** Whether the stored row is one that somebody changed a byte of. */
let isChanged = false;

start();

async function start() {
  try {
    [fieldseal, encryptor] = await prepare();
  } catch (error) {
    byId('key').classList.add('failed');
    byId('key-state').textContent = `No public key: ${explain(error)}`;
    say('Sealing is off until the page has the public key. Reload to try again.', 'error');
    return;
  }
  byId('form').addEventListener('input', draft);
  byId('form').addEventListener('submit', store);
  byId('example').addEventListener('click', fillIn);
  byId('open').addEventListener('click', open);
  byId('flip').addEventListener('click', flip);
  await draft();
}

async function prepare() {
  const { keyId, publicKeyPem, keySpec } = await request('GET', '/public-key');
  // Not a static import: were the server to stop now, nothing could say so.
  const package_ = await import('/pkg/entrypoints/index.js').catch((cause) => {
    throw new Refused('SERVER_UNREACHABLE', 'the encryption module did not load', { cause });
  });
  const keyring = package_.awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem });
  const made = new package_.ItemEncryptor({ ...table, keyring });
  byId('key-state').textContent = `Only the public key reached this browser (${keySpec})`;
  byId('key-arn').textContent = keyId;
  byId('key-fingerprint').textContent = await fingerprint(publicKeyPem);
  byId('key-facts').hidden = false;
  return [package_, made];
}

/** Seals what the form holds: an item as the database takes it, or undefined when it is empty. */
async function seal() {
  const record = { customer_id: customerId, created_at: created };
  for (const field of FIELDS) {
    const value = byId(field).value.trim();
    if (value) record[field] = value;
  }
  if (Object.keys(record).every((name) => actionOf(name) !== 'sealed')) return undefined;
  const { item } = await encryptor.encryptItem(fieldseal.toAttributeMap(record));
  return fieldseal.toDynamoJson(item);
}

async function draft() {
  const mine = ++version;
  enable({ store: false, open: false, flip: false });
  clearResult();
  say('');
  try {
    const text = await seal();
    if (mine !== version) return;
    if (text === undefined) {
      showNoRow();
      showState('');
      return;
    }
    showRow(JSON.parse(text));
    showState('Sealed here, not sent yet', 'draft');
    enable({ store: true });
  } catch (error) {
    say(explain(error), 'error');
  }
}

async function store(event) {
  event.preventDefault();
  if (byId('store').disabled) return;
  const mine = ++version;
  enable({ store: false });
  clearResult();
  say('Sending…');
  try {
    // Sealed anew: no two sealings of a record are alike, even of the same text.
    const { row } = await request('POST', '/customers', await seal());
    if (mine !== version) return;
    showRow(row);
    say('Stored. Every field of the form left this page sealed.', 'good');
    enable({ store: true, open: true, flip: true });
    showChange(false);
  } catch (error) {
    if (mine !== version) return;
    enable({ store: true });
    say(`Not stored. ${explain(error)} What you typed is still here.`, 'error');
  }
}

async function open() {
  const mine = version;
  enable({ open: false, flip: false });
  try {
    const opened = await request('POST', '/open', JSON.stringify({ customer_id: customerId }));
    if (mine === version) showOpened(opened);
  } catch (error) {
    if (mine === version) refused(error);
  } finally {
    if (mine === version) enable({ open: true, flip: true });
  }
}

/** A database administrator changes a byte, then the key holder opens the row. */
async function flip() {
  const mine = version;
  enable({ open: false, flip: false });
  try {
    const body = JSON.stringify({ customer_id: customerId });
    const { row, flipped } = await request('POST', '/flip', body);
    if (mine !== version) return;
    showRow(row, isChanged ? undefined : flipped);
    showChange(!isChanged);
    await open();
  } catch (error) {
    if (mine === version) refused(error);
  } finally {
    if (mine === version) enable({ open: true, flip: true });
  }
}

function showChange(changed) {
  isChanged = changed;
  showState(changed ? 'One byte changed' : 'Stored', changed ? 'changed' : 'stored');
  byId('flip').textContent = changed ? 'Flip it back' : 'Flip one byte';
}

function fillIn() {
  for (const field of FIELDS) byId(field).value = EXAMPLE[field];
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
