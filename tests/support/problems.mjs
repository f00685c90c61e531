// What goes wrong in a page besides, for tests to ask for.

const problems = [];
globalThis.problems = problems;

globalThis.addEventListener('error', ({ message }) => problems.push(message));
globalThis.addEventListener('unhandledrejection', ({ reason }) =>
  problems.push(`not caught: ${reason}`),
);
globalThis.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  // Browsers look for one by themselves.
  if (!blockedURI.endsWith('/favicon.ico'))
    problems.push(`${effectiveDirective} forbids ${blockedURI}`);
});
const { error } = console;
console.error = (...said) => {
  problems.push(said.join(' '));
  error.apply(console, said);
};
