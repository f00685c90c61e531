import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The page sends to its own server only, and no form leaves by itself: all of them are sent by `fetch`. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

export default defineConfig({
  root: path('.'),
  // React's JSX needs no plugin.
  plugins: [vue(), svelte({ configFile: false })],
  // In your project the package is installed, and this line is not needed.
  resolve: { alias: { fieldseal: path('../../pkg/entrypoints') } },
  build: {
    rolldownOptions: {
      input: ['react', 'vue', 'svelte'].map((name) => path(`${name}/index.html`)),
    },
    // The core is in the package's JavaScript.
    chunkSizeWarningLimit: 1500,
  },
  preview: { headers: { 'content-security-policy': POLICY } },
});
