// Bundles a program with Metro, as for an app, and runs it in Hermes. In build/hosts/metro/:
//
//   node ../../../tests/hosts/metro/build.mjs

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const place = process.cwd();
const Metro = createRequire(join(place, 'package.json'))('metro');
const config = await Metro.loadConfig({ config: join(place, 'metro.config.js') });
await Metro.runBuild(config, {
  entry: 'refused.js',
  out: 'bundle.js',
  platform: 'android',
  dev: false,
  minify: true,
});
const hermes = join(place, 'node_modules/hermes-engine-cli/linux64-bin/hermes');
process.stdout.write(execFileSync(hermes, ['bundle.js'], { encoding: 'utf8' }));
