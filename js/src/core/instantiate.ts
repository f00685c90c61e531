/**
 * What hosts let a program do with WebAssembly: some pages' policies forbid to compile, and Chromium up to version 114 makes
 * nothing of more than 4 KB at once on a page's main thread.
 *
 * @module
 */

import { unsupported, type FieldsealError } from '../errors.js';
import type { Glue } from '../generated/glue.js';

/** An instance that has done nothing yet. */
export interface NewInstance {
  readonly glue: Glue;
  readonly instance: WebAssembly.Instance;
}

/** Whether the host makes large instances at once, when that is known. */
let atOnce: boolean | undefined;

type MakeGlue = () => Glue & WebAssembly.ModuleImports;

const imports = (glue: WebAssembly.ModuleImports) => ({ './fieldseal_bg.js': glue });

/** Makes an instance at once. */
export function instance(makeGlue: MakeGlue, load: () => WebAssembly.Module): NewInstance {
  try {
    const glue = makeGlue();
    const made = { glue, instance: new WebAssembly.Instance(load(), imports(glue)) };
    atOnce = true;
    return made;
  } catch (error) {
    throw notMade(error);
  }
}

/** Makes an instance while other things go on. */
export async function instantiate(
  makeGlue: MakeGlue,
  module: WebAssembly.Module,
): Promise<NewInstance> {
  try {
    const glue = makeGlue();
    return { glue, instance: await WebAssembly.instantiate(module, imports(glue)) };
  } catch (error) {
    throw notMade(error);
  }
}

/** The smallest module. */
const SMALL = [0, 97, 115, 109, 1, 0, 0, 0];

/** One with a section of zeros, of 5,000 bytes. */
const large = (): number[] => [...SMALL, 0, 0x88, 0x27, ...Array<number>(5000).fill(0)];

function makes(bytes: readonly number[]): boolean {
  try {
    return Boolean(new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))));
  } catch {
    return false;
  }
}

/** Whether modules are compiled and instantiated at once here, however large they are. */
export const makesAtOnce = (): boolean => (atOnce ??= makes(large()));

/** Whether the host compiles anything. */
export const compiles = (): boolean => makes(SMALL);

/** The error for a core that the host does not make. */
export function notMade(cause: unknown): FieldsealError {
  if (!compiles()) {
    return unsupported(
      'compiling WebAssembly under the policy of this host',
      // Not a module instead: but for Chromium, such a page takes none.
      "In a page, add 'wasm-unsafe-eval' to script-src. Elsewhere, import core.wasm and give the module to `init` of 'fieldseal/slim'.",
      { cause },
    );
  }
  // On the main thread of Chromium up to 114, or for want of memory.
  return unsupported(
    `starting the core here (${(cause as Error).message})`,
    "In a page, import 'fieldseal/slim' and call `await init(…)` first.",
    { cause },
  );
}
