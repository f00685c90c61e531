/** Where the compiled core comes from: each entry point of the package sets its own source. */

import { unsupported, usage } from './errors.js';

let source: (() => WebAssembly.Module) | undefined;
let compiled: WebAssembly.Module | undefined;

/** Names the source; the module is compiled when it is first needed. */
export function setModuleSource(load: () => WebAssembly.Module): void {
  source = load;
  compiled = undefined;
}

/** The compiled core. Fails before `init()` of `fieldseal/slim`. */
export function coreModule(): WebAssembly.Module {
  if (typeof WebAssembly === 'undefined') {
    throw unsupported('a JavaScript engine without WebAssembly');
  }
  if (!source) {
    throw usage('NOT_INITIALIZED', 'the core is not loaded', 'Call `await init(…)` first.');
  }
  return (compiled ??= source());
}
