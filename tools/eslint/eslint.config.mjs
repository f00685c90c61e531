// The linter's rules: those that find faults. Layout is Prettier's; what js/tsconfig.json makes an error is not asked
// again; import circles are found by tests/node/structure.test.mjs. Run by `make lint`.

import { fileURLToPath } from 'node:url';

import js from '@eslint/js';
import { parser, plugin } from 'typescript-eslint';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Objects of another realm (frames, workers of test runners, vm contexts) are not instances of this one's classes. */
const REALM_BOUND =
  'Array|ArrayBuffer|Date|Headers|Map|Promise|ReadableStream|RegExp|Request|Response|Set|SharedArrayBuffer|Uint8Array|URL';

const anyFile = {
  ...js.configs.recommended.rules,
  'array-callback-return': 'error',
  eqeqeq: 'error',
  'no-constructor-return': 'error',
  'no-self-compare': 'error',
  'no-control-regex': 'off',
  'no-regex-spaces': 'off',
  'no-template-curly-in-string': 'error',
  'no-unreachable-loop': 'error',
  'no-unused-vars': ['error', { ignoreRestSiblings: true, varsIgnorePattern: '^_' }],
  'no-var': 'error',
  'prefer-const': ['error', { destructuring: 'all', ignoreReadBeforeAssign: true }],
};

/** Found by the compiler, which knows types' names and overloads. */
const compilers = { 'no-redeclare': 'off', 'no-undef': 'off', 'no-unused-vars': 'off' };

/** What only types tell. */
const typed = {
  'await-thenable': 'error',
  'no-array-delete': 'error',
  'no-base-to-string': 'error',
  'no-deprecated': 'error',
  'no-duplicate-type-constituents': 'error',
  'no-explicit-any': 'error',
  // A promise is awaited, returned or caught: `void` before it would only hide that its failure ends the process.
  'no-floating-promises': ['error', { ignoreVoid: false, checkThenables: true }],
  'no-for-in-array': 'error',
  'no-implied-eval': 'error',
  'no-misused-promises': 'error',
  'no-misused-spread': 'error',
  'no-mixed-enums': 'error',
  'no-redundant-type-constituents': 'error',
  'no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
  'no-unnecessary-type-assertion': 'error',
  'no-unsafe-argument': 'error',
  'no-unsafe-assignment': 'error',
  'no-unsafe-call': 'error',
  'no-unsafe-enum-comparison': 'error',
  'no-unsafe-function-type': 'error',
  'no-unsafe-member-access': 'error',
  'no-unsafe-return': 'error',
  'no-unsafe-unary-minus': 'error',
  'require-array-sort-compare': ['error', { ignoreStringArrays: true }],
  'restrict-plus-operands': ['error', { skipCompoundAssignments: false }],
  // No 'undefined' and no '[object Object]' in a message.
  'restrict-template-expressions': ['error', { allowNumber: true }],
  // The frames of a caller, and what is to be wiped, need the function to be there still when its promise fails.
  'return-await': ['error', 'error-handling-correctness-only'],
  // '' and 0 are values.
  'strict-boolean-expressions': ['error', { allowNullableBoolean: true, allowNumber: false }],
  'switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'use-unknown-in-catch-callback-variable': 'error',
};

const own = {
  'no-restricted-globals': [
    'error',
    { name: 'console', message: 'The package prints nothing.' },
    {
      name: 'process',
      message: 'Only Node has it: `globalThis as …`, and what if it is not there.',
    },
    { name: 'Buffer', message: 'Only Node has it: a Uint8Array.' },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
      message: 'Errors have codes: use the helpers of js/src/errors.ts.',
    },
    {
      selector: `BinaryExpression[operator="instanceof"][right.name=/^(${REALM_BOUND})$/]`,
      message: 'Other realms have their own: see js/src/util/bytes.ts and kind.ts.',
    },
    { selector: 'MetaProperty', message: 'No import.meta: bundlers rewrite it.' },
  ],
};

/** Node's, and those of a page. */
const HOST = [
  ...Object.getOwnPropertyNames(globalThis),
  ...['document', 'getComputedStyle', 'requestAnimationFrame'],
];

export default [
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['js/src/**/*.ts'],
    languageOptions: {
      parser,
      parserOptions: { project: 'js/tsconfig.json', tsconfigRootDir: root },
    },
    plugins: { '@typescript-eslint': plugin },
    rules: {
      ...anyFile,
      ...compilers,
      ...Object.fromEntries(
        Object.entries(typed).map(([name, rule]) => [`@typescript-eslint/${name}`, rule]),
      ),
      ...own,
    },
  },
  // For Node, and a program that a developer watches.
  { files: ['js/src/testing/**'], rules: { 'no-restricted-globals': 'off' } },
  // Tests: a promise that nobody waits for is a check that cannot fail. Their types come from pkg/ as it was built last.
  {
    files: ['tests/**/*.mjs'],
    languageOptions: {
      parser,
      parserOptions: { project: 'tests/tsconfig.json', tsconfigRootDir: root },
    },
    plugins: { '@typescript-eslint': plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'describe', 'before', 'after'],
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: Object.fromEntries(HOST.map((name) => [name, 'readonly'])) },
    rules: anyFile,
  },
];
