// The package in pkg/ has no node_modules above it: its peers are those of the tests.

let folder;
export function initialize(given) {
  folder = given;
}

export function resolve(specifier, context, next) {
  const isPeer = specifier.startsWith('@aws-sdk/') && context.parentURL?.includes('/pkg/');
  return next(specifier, isPeer ? { ...context, parentURL: folder } : context);
}
