/** Where the compiled core comes from: each entry point of the package registers its own. */

import { unsupported, usage } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import type { beginHash } from '../host/hash.js';
import type { Work } from '../host/work.js';
import { shared } from '../util/shared.js';
import { instance, instantiate, makesAtOnce, type NewInstance } from './instantiate.js';

/** A build of the core. */
export interface CoreBuild {
  /** Whether it can do everything, or only what `fieldseal/items` offers. */
  readonly complete: boolean;
  /** The glue that belongs to it. */
  readonly makeGlue: () => Glue & WebAssembly.ModuleImports;
  /** What it asks of the host's cryptography beside what every build does. */
  readonly hostWork?: Readonly<Record<string, Work>>;
  /** How it has a synchronous host hash what is signed. */
  readonly beginHash?: typeof beginHash;
  /** Compiles it; called when it is first needed. */
  readonly load: () => WebAssembly.Module;
}

/** What the ES modules and the CommonJS modules share. */
interface State {
  /** The build in use. */
  build: CoreBuild | undefined;
  compiled: WebAssembly.Module | undefined;
  /** The next instance, where `init` or a host that makes none at once had it made before it is needed. */
  spare: NewInstance | undefined;
  /** The build of which one is being made. */
  making: CoreBuild | undefined;
}

/** The best that came with the entry points of these modules. Importing them alone changes nothing outside. */
let own: CoreBuild | undefined;

/**
 * Names the build to use. The one that can do everything wins, whichever entry point was imported first: all of them
 * share one core, and with it their objects.
 *
 * @param first - its first instance, when a caller loads it: this one is used then, and not another that does the same
 */
export function registerCore(build: CoreBuild, first?: NewInstance): void {
  if (first) {
    if (!inUse()?.complete || build.complete) take(build, first);
  } else if (!own?.complete || build.complete) {
    own = build;
  }
}

function take(build: CoreBuild, spare?: NewInstance): void {
  Object.assign(shared<State>(), { build, spare, compiled: undefined });
}

function inUse(): CoreBuild | undefined {
  const state = shared<State>();
  if (own && (own.complete ? !state.build?.complete : !state.build)) take(own);
  return state.build;
}

export function mustHaveWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') {
    throw unsupported('a JavaScript engine without WebAssembly');
  }
}

/** The build in use. Fails before `init()` of a slim entry point. */
export function coreBuild(): CoreBuild {
  mustHaveWebAssembly();
  const build = inUse();
  if (!build) {
    throw usage('NOT_INITIALIZED', 'the core is not loaded', 'Call `await init(…)` first.');
  }
  return build;
}

/** The module of the build in use, which is compiled once. */
export function compiledCore(): WebAssembly.Module {
  // First of all: where a better one has come, what was compiled of the other is forgotten.
  const build = coreBuild();
  return (shared<State>().compiled ??= build.load());
}

/** An instance of the build in use. */
export function newInstance(): NewInstance {
  const build = coreBuild();
  const state = shared<State>();
  try {
    return state.spare ?? instance(build.makeGlue, compiledCore);
  } finally {
    state.spare = undefined;
    if (!makesAtOnce()) makeSpare(build);
  }
}

/** Whether there would be another instance at once. */
export const canReplace = (): boolean => shared<State>().spare !== undefined || makesAtOnce();

function makeSpare(build: CoreBuild): void {
  const state = shared<State>();
  if (state.making === build) return;
  state.making = build;
  const keep = (next?: NewInstance): void => {
    if (state.build === build) state.spare ??= next;
    if (state.making === build) state.making = undefined;
  };
  // What fails here fails when it is needed, too, and says so; then it is tried again.
  const load = async () => instantiate(build.makeGlue, build.load());
  load().then(keep, () => keep());
}
