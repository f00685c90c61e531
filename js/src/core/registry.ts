/** Where the compiled core comes from: each entry point of the package registers its own. */

import { unsupported, usage } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import type { Work } from '../host/work.js';

/** A build of the core. */
export interface CoreBuild {
  /** Whether it can do everything, or only what `fieldseal/items` offers. */
  readonly complete: boolean;
  /** The glue that belongs to it. */
  readonly makeGlue: () => Glue & WebAssembly.ModuleImports;
  /** What it asks of the host's cryptography beside what every build does. */
  readonly hostWork?: Readonly<Record<string, Work>>;
  /** Compiles it; called when it is first needed. */
  readonly load: () => WebAssembly.Module;
}

let registered: CoreBuild | undefined;
let compiled: WebAssembly.Module | undefined;

/**
 * Names the build to use. The one that can do everything wins, whichever entry point was imported first: all of them
 * share one core, and with it their objects.
 */
export function registerCore(build: CoreBuild): void {
  if (registered?.complete && !build.complete) return;
  registered = build;
  compiled = undefined;
}

/** The build in use. Fails before `init()` of a slim entry point. */
export function coreBuild(): CoreBuild {
  if (typeof WebAssembly === 'undefined') {
    throw unsupported('a JavaScript engine without WebAssembly');
  }
  if (!registered) {
    throw usage('NOT_INITIALIZED', 'the core is not loaded', 'Call `await init(…)` first.');
  }
  return registered;
}

/** Its module, compiled once. */
export function coreModule(): WebAssembly.Module {
  return (compiled ??= coreBuild().load());
}
