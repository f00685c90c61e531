// Assembles the npm package in pkg/ from the compiled core, the TypeScript output and pkg-template/.
// Run by `make build`, after cargo, wasm-bindgen and tsc.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const built = join(root, 'target/wasm-bindgen')
const pkg = join(root, 'pkg')

rmSync(pkg, { recursive: true, force: true })
mkdirSync(pkg)

// The core, optimized. Features are named: `--all-features` would emit what Node 20 refuses.
const wasmOpt = join(root, 'js/node_modules/.bin/wasm-opt')
const features = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'simd', 'multivalue', 'reference-types']
const flags = features.map((feature) => `--enable-${feature}`)
const core = join(pkg, 'core.wasm')
// -O3 because item and message calls lose up to a tenth without its inlining. Functions beside those of the same
// module compress better.
const passes = ['-O3', '--reorder-functions-by-name', '--reorder-locals', '--strip-producers']
execFileSync(wasmOpt, [...passes, ...flags, join(built, 'fieldseal_bg.wasm'), '-o', core], { stdio: 'inherit' })

// wasm-bindgen's glue keeps its instance in module variables. As a factory, it can serve a second instance when
// the first has trapped.
const glue = readFileSync(join(built, 'fieldseal_bg.js'), 'utf8')
const names = [...glue.matchAll(/^export (?:function|const) (\w+)/gm)].map((match) => match[1])
if (/^(import|export \{|export default|export class)/m.test(glue) || names.length === 0) {
  throw new Error('wasm-bindgen writes glue of another form: adapt js/build/assemble.mjs')
}
const body = glue.replace(/^export /gm, '')
writeFileSync(
  join(pkg, 'glue.js'),
  `export default function makeGlue() {\n${body}\nreturn { ${names.join(', ')} }\n}\n`,
)

const base64 = readFileSync(core).toString('base64')
writeFileSync(join(pkg, 'wasm-base64.js'), `export default '${base64}'\n`)

// The documentation stays in the declarations, which editors show, and out of the JavaScript.
const tsc = (...options) =>
  execFileSync(join(root, 'js/node_modules/.bin/tsc'), ['-p', join(root, 'js'), ...options], { stdio: 'inherit' })
tsc('--declaration', 'false', '--removeComments')
tsc('--emitDeclarationOnly')
// The compiler writes no declarations for those it was given, and core.d.ts names these.
cpSync(join(root, 'js/src/glue.d.ts'), join(pkg, 'glue.d.ts'))
cpSync(join(root, 'pkg-template'), pkg, { recursive: true })
cpSync(join(root, 'LICENSE'), join(pkg, 'LICENSE'))
const manifest = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'))
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1]
writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`)
