/** Where the compiled core comes from: each entry point of the package registers its own. */

import { unsupported, usage } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import type { Work } from '../host/work.js';
import { instance, instantiate, makesAtOnce, type NewInstance } from './instantiate.js';

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
/** The next instance, where `init` or a host that makes none at once had it made before it is needed. */
let spare: NewInstance | undefined;
/** The build of which one is being made. */
let making: CoreBuild | undefined;

/**
 * Names the build to use. The one that can do everything wins, whichever entry point was imported first: all of them
 * share one core, and with it their objects.
 *
 * @param first - its first instance
 */
export function registerCore(build: CoreBuild, first?: NewInstance): void {
  if (registered?.complete && !build.complete) return;
  registered = build;
  compiled = undefined;
  spare = first;
}

export function mustHaveWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') {
    throw unsupported('a JavaScript engine without WebAssembly');
  }
}

/** The build in use. Fails before `init()` of a slim entry point. */
export function coreBuild(): CoreBuild {
  mustHaveWebAssembly();
  if (!registered) {
    throw usage('NOT_INITIALIZED', 'the core is not loaded', 'Call `await init(…)` first.');
  }
  return registered;
}

/** An instance of the build in use, whose module is compiled once. */
export function newInstance(): NewInstance {
  const build = coreBuild();
  try {
    return spare ?? instance(build.makeGlue, () => (compiled ??= build.load()));
  } finally {
    spare = undefined;
    if (!makesAtOnce()) makeSpare(build);
  }
}

/** Whether there would be another instance at once. */
export const canReplace = (): boolean => spare !== undefined || makesAtOnce();

function makeSpare(build: CoreBuild): void {
  if (making === build) return;
  making = build;
  const take = (next?: NewInstance): void => {
    if (registered === build) spare ??= next;
    if (making === build) making = undefined;
  };
  // What fails here fails when it is needed, too, and says so; then it is tried again.
  const load = async () => instantiate(build.makeGlue, build.load());
  load().then(take, () => take());
}
