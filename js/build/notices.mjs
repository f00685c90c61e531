// The notices of what is compiled into the package: each crate's licence, in its own words, and that of Rust's standard
// library. A crate whose licence is not known here, or whose text it does not bring, ends the build.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = 'wasm32-unknown-unknown';
const cargo = (...args) =>
  execFileSync('cargo', [...args, '--locked'], { encoding: 'utf8', maxBuffer: 1 << 26 });

/** Licences that ask for no more than a notice, the shortest first, with words by which their texts are known. */
const LICENCES = {
  MIT: 'Permission is hereby granted, free of charge',
  'BSD-3-Clause': 'Redistribution and use in source and binary forms',
  'Unicode-3.0': 'UNICODE LICENSE V3',
  'Apache-2.0': 'Apache License',
};

/** The crates that are compiled into the core: not those that only build it. */
export function compiledCrates() {
  const tree = [
    'tree',
    '--package',
    'fieldseal-wasm',
    '--target',
    TARGET,
    '--edges',
    'normal,no-proc-macro',
    '--prefix',
    'none',
  ];
  const names = new Set(cargo(...tree, '--format', '{p}').match(/^\S+ v\S+/gm));
  const platform = ['--filter-platform', TARGET];
  const { packages } = JSON.parse(cargo('metadata', '--format-version', '1', ...platform));
  return packages
    .filter(({ name, version, source }) => source !== null && names.has(`${name} v${version}`))
    .map(({ name, version, license, repository, manifest_path: manifest }) => {
      return { name: `${name} ${version}`, license, repository, folder: dirname(manifest) };
    });
}

/** The texts of one crate's licence; of several to choose from, of the first in the list above. */
export function licenceTexts({ name, license, folder }) {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|copyright)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  // 'MIT/Apache-2.0' is an old way to write 'MIT OR Apache-2.0'.
  return (license ?? 'none').split(' AND ').map((part) => {
    const choice = part.replace(/[()]/g, '').split(/ OR |\//);
    const chosen = Object.keys(LICENCES).find((one) => choice.includes(one));
    if (!chosen) throw new Error(`${name}: the licence ${license} is not in js/build/notices.mjs`);
    const text = texts.find((one) => one.includes(LICENCES[chosen]));
    if (!text) throw new Error(`${name}: no text of the licence ${chosen} in ${files.join(', ')}`);
    return text;
  });
}

/** The file THIRD_PARTY_NOTICES. Crates with the same text stand over it together. */
export function thirdPartyNotices(crates) {
  const headings = new Map();
  for (const crate of crates) {
    for (const text of licenceTexts(crate)) {
      const heading = `${crate.name} (${crate.license}) ${crate.repository ?? ''}`.trim();
      headings.set(text, [...(headings.get(text) ?? []), heading]);
    }
  }
  const rust = readFileSync(fileURLToPath(new URL('rust-notice.txt', import.meta.url)), 'utf8');
  const parts = [...headings].map(([text, over]) => `${over.join('\n')}\n\n${text}`);
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  const about =
    'fieldseal is licensed under Apache-2.0 (LICENSE). Its WebAssembly modules and their JavaScript glue\n' +
    'contain code of these projects, under these licences.';
  return `${[about, rust.trim(), ...parts].join(line)}\n`;
}
