/** Node's own modules, without an import that a bundler would trip on. */

interface Host {
  process?: { getBuiltinModule?: (id: string) => unknown };
}

/** A module of Node's, by its name, where there is one; what it has is not known, and may be little. */
export function hostModule(id: string): unknown {
  try {
    return (globalThis as Host).process?.getBuiltinModule?.(id);
  } catch {
    // Next's edge routes have a process that throws when it is read.
    return undefined;
  }
}
