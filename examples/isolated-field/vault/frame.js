// In the frame: one field, what seals it, and a port to the page around it. In your project the imports are
// `from 'fieldseal/items'` and `from 'fieldseal/forms'`, in one bundle.

import { sealField } from '/pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring } from '/pkg/entrypoints/items.js';
import { embedders } from './embedders.js';
import { fields } from './fields.js';

const name = new URLSearchParams(location.search).get('name');
if (!Object.hasOwn(fields, name)) throw new Error('There is no such field.');
const { label, hint, ...attributes } = fields[name];

const input = document.querySelector('input');
const problem = document.querySelector('#problem');
Object.assign(input, attributes);
document.querySelector('label').textContent = document.title = label;

/** Known once the page has connected. */
let port;
let valid;

/** All that the page can have the frame do. Nothing in it names a key, a recipient or another field, or gives what was typed. */
const commands = {
  focus: () => input.focus(),
  report: () => show(input.validity.valid ? '' : hint),
  reset() {
    input.value = '';
    show('');
    tellValidity();
  },
  async seal() {
    // A page that asks at each key would learn from the tokens how long it is by then.
    if (!input.validity.valid) {
      commands.report();
      return port.postMessage({ failed: true });
    }
    try {
      const token = await sealField(name, input.value, { keyring: await keyring() });
      show('');
      return port.postMessage({ token });
    } catch {
      show('This could not be sealed. Please try again.');
      return port.postMessage({ failed: true });
    }
  },
};

addEventListener('message', ({ source, origin, data, ports }) => {
  const known = source === parent && embedders.includes(origin);
  if (!known || port || data !== 'fieldseal-field' || ports.length !== 1) return;
  [port] = ports;
  port.onmessage = ({ data: command }) => {
    if (Object.hasOwn(commands, command)) commands[command]();
  };
  port.postMessage({ label, hint });
  tellValidity();
  const main = document.querySelector('main');
  new ResizeObserver(() => port.postMessage({ height: main.offsetHeight })).observe(main);
});

input.addEventListener('input', () => {
  if (input.validity.valid) show('');
  tellValidity();
});
input.addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') port?.postMessage({ submit: true });
});

/** Not the browser's own message: some quote what was typed. */
function tellValidity() {
  if (!port || valid === input.validity.valid) return;
  valid = input.validity.valid;
  port.postMessage({ valid });
}

function show(text) {
  problem.textContent = text;
  input.setAttribute('aria-invalid', String(text !== ''));
}

/** The key of this origin, for everybody. Asked for whenever something is sealed, so that a failure can be tried again. */
async function keyring() {
  const response = await fetch('/public-key');
  const { keyId, publicKeyPem } = await response.json();
  return awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem });
}
