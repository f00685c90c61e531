// What the page shows. Everything is written as text, never as markup.

import { actionOf } from '/table.js';

const BYTES_SHOWN = 10;
const LABELS = {
  sealed: ['Sealed', 'encrypted and signed'],
  signed: ['Readable', 'in plaintext, signed'],
  open: ['Readable', 'in plaintext, not signed'],
  format: ['Format', 'header and signature of the format'],
};
const NAMES = {
  customer_id: 'Customer',
  name: 'Name',
  email: 'E-mail',
  ssn: 'Social security number',
  card: 'Card number',
  notes: 'Notes',
};

// A narrow screen lays rows out as grids, and browsers then forget that they were table rows.
const ROLES = { table: 'table', thead: 'rowgroup', tbody: 'rowgroup', tr: 'row', td: 'cell' };

export const byId = (id) => document.getElementById(id);

function element(name, { className, text, title } = {}, ...children) {
  const made = document.createElement(name);
  if (name in ROLES) made.setAttribute('role', ROLES[name]);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (title) made.title = title;
  made.append(...children);
  return made;
}

/** A row as the database holds it; `flipped` marks the byte that somebody changed. */
export function showRow(row, flipped) {
  const head = element('tr', {});
  for (const text of ['Attribute', 'Form', 'Stored value']) {
    const cell = element('th', { text });
    cell.setAttribute('role', 'columnheader');
    head.append(cell);
  }
  const body = element('tbody');
  for (const attribute of inOrder(row)) {
    const kind = actionOf(attribute);
    const [label, title] = LABELS[kind];
    const mark = flipped?.attribute === attribute ? flipped.offset : undefined;
    const name = element('th', { text: attribute });
    name.setAttribute('role', 'rowheader');
    const badge = element('span', { className: `badge ${kind}`, text: label, title });
    body.append(
      element(
        'tr',
        { className: kind },
        name,
        element('td', {}, badge),
        valueCell(row[attribute], mark),
      ),
    );
  }
  const table = element('table', { className: 'row' }, element('thead', {}, head), body);
  byId('row').replaceChildren(table);
  byId('row').hidden = false;
  byId('row-hint').hidden = false;
  const sealed = Object.keys(row).filter((attribute) => actionOf(attribute) === 'sealed').length;
  byId('row-hint').textContent =
    `${sealed} sealed ${sealed === 1 ? 'field' : 'fields'}. Readable attributes are signed: ` +
    'they can be searched, but not changed unnoticed.';
  byId('row-empty').hidden = true;
}

export function showNoRow() {
  byId('row').hidden = true;
  byId('row-hint').hidden = true;
  byId('row-empty').hidden = false;
}

function valueCell(value, mark) {
  if (!value.B) return element('td', { className: 'value', text: value.S ?? value.N });
  const bytes = Uint8Array.from(atob(value.B), (char) => char.charCodeAt(0));
  const code = element('code', { className: 'bytes' });
  bytes.slice(0, BYTES_SHOWN).forEach((byte, i) => {
    const text = byte.toString(16).padStart(2, '0');
    code.append(i === mark ? element('mark', { text, title: 'the changed byte' }) : text, ' ');
  });
  if (bytes.length > BYTES_SHOWN) code.append('…');
  return element(
    'td',
    { className: 'value' },
    code,
    element('small', { text: `${bytes.length} bytes` }),
  );
}

/** The opened record. */
export function showOpened({ item, kmsCalls }) {
  const list = element('dl', { className: 'opened' });
  for (const attribute of inOrder(item)) {
    const value = item[attribute].S ?? JSON.stringify(item[attribute]);
    const term = element('dt', { text: NAMES[attribute] ?? attribute });
    list.append(element('div', {}, term, element('dd', { text: value })));
  }
  const calls = kmsCalls === 1 ? '1 KMS call (Decrypt)' : `${kmsCalls} KMS calls`;
  const text = `Opened and verified with ${calls}.`;
  byId('result').replaceChildren(element('p', { className: 'message good', text }), list);
}

/** Why something did not work, with the stable code that a program would look at. */
export function showRefusal({ title, code, message }) {
  const head = element('p', { className: 'refusal-title' }, title, ' ');
  if (code) head.append(element('code', { text: code }));
  const box = element(
    'div',
    { className: 'refusal' },
    head,
    element('p', { text: sentence(message) }),
  );
  byId('result').replaceChildren(box);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function clearResult() {
  byId('result').replaceChildren();
}

/** One line below the form. */
export function say(text, kind = '') {
  byId('form-message').textContent = text;
  byId('form-message').className = `message ${kind}`;
}

/** Where the shown row is: sealed here, stored, or changed by somebody. */
export function showState(text, kind = '') {
  byId('row-state').textContent = text;
  byId('row-state').className = `state ${kind}`;
}

function inOrder(row) {
  const rank = (attribute) => {
    if (attribute.startsWith('aws_dbe_')) return 1_000;
    const place = Object.keys(NAMES).indexOf(attribute);
    return place < 0 ? 500 : place;
  };
  return Object.keys(row).sort((a, b) => rank(a) - rank(b));
}
