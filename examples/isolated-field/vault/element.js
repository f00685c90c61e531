// In the page: `<fieldseal-field name="ssn">`, which has a frame of the origin that this script comes from. What is typed stays in
// the frame; the element's value is a token, made when the form is submitted.

const FRAME = new URL('frame.html', import.meta.url);
const MISSING = 'This field has not loaded.';

export class FieldsealField extends HTMLElement {
  static formAssociated = true;
  #internals = this.attachInternals();
  #root = this.attachShadow({ mode: 'closed', delegatesFocus: true });
  #frame;
  #port;
  #hint = '';
  #waiting;

  constructor() {
    super();
    this.addEventListener('invalid', (event) => this.#onInvalid(event));
  }

  connectedCallback() {
    const missing = document.createElement('p');
    missing.textContent = MISSING;
    const frame = document.createElement('iframe');
    frame.src = `${FRAME}?name=${encodeURIComponent(this.getAttribute('name'))}`;
    frame.title = 'Field';
    // Its own origin, and nothing else of what frames may do.
    frame.sandbox = 'allow-scripts allow-same-origin';
    frame.inert = this.matches(':disabled');
    Object.assign(frame.style, { border: 0, display: 'block', height: '5rem', width: '100%' });
    frame.addEventListener('load', () => this.#connect(missing));
    this.#frame = frame;
    this.#disconnect();
    this.#root.replaceChildren(frame, missing);
  }

  disconnectedCallback() {
    this.#disconnect();
  }

  formDisabledCallback(disabled) {
    if (this.#frame) this.#frame.inert = disabled;
  }

  formResetCallback() {
    this.#internals.setFormValue(null);
    this.#port?.postMessage('reset');
  }

  focus() {
    this.#frame.focus();
    this.#port?.postMessage('focus');
  }

  /** Makes what is in the frame now the element's value, sealed. Rejects if that fails: the frame says so. */
  seal() {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#port.postMessage('seal');
    });
  }

  /** The port goes to the frame's origin: whatever else may have been loaded there, it does not get it. */
  #connect(missing) {
    this.#disconnect();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      missing.remove();
      this.#port = port1;
      this.#hear(data);
    };
    this.#frame.contentWindow.postMessage('fieldseal-field', FRAME.origin, [port2]);
  }

  /** Without its frame the element has no value, and the form is not submitted. */
  #disconnect() {
    this.#port?.close();
    this.#port = undefined;
    this.#waiting?.reject();
    this.#internals.setFormValue(null);
    this.#internals.setValidity({ customError: true }, MISSING);
  }

  #hear({ label, hint, valid, height, token, failed, submit }) {
    if (label) this.#frame.title = label;
    if (hint) this.#hint = hint;
    if (height) this.#frame.style.height = `${height}px`;
    if (valid) this.#internals.setValidity({});
    if (valid === false)
      this.#internals.setValidity({ customError: true }, this.#hint, this.#frame);
    if (token) {
      this.#internals.setFormValue(token);
      this.#waiting?.resolve();
    }
    if (failed) this.#waiting?.reject();
    if (submit) this.#internals.form?.requestSubmit();
  }

  /** Says it in the frame, beside the field; the browser does where there is no frame. */
  #onInvalid(event) {
    if (!this.#port) return;
    event.preventDefault();
    this.#port.postMessage('report');
    const { elements } = this.#internals.form;
    if ([...elements].find((one) => one.matches(':invalid:not(fieldset)')) === this) this.focus();
  }
}

/** Forms whose tokens are being made, and the one that is submitted with them. */
const busy = new WeakSet();
let passing;

/** Before anything else happens to a submission, its fields are sealed; then it is submitted again. */
async function onSubmit(event) {
  const { target: form, submitter } = event;
  const fields = [...form.elements].filter(
    (one) => one instanceof FieldsealField && !one.matches(':disabled'),
  );
  if (form === passing || fields.length === 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (busy.has(form)) return;
  busy.add(form);
  try {
    await Promise.all(fields.map((field) => field.seal()));
    passing = form;
    form.requestSubmit(submitter);
  } catch {
    // The frame has said why.
  } finally {
    passing = undefined;
    busy.delete(form);
  }
}

addEventListener('submit', onSubmit, true);
customElements.define('fieldseal-field', FieldsealField);
