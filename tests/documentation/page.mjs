// A page for the examples of forms: loaded before them, it gives Node what a browser has.

import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><body></body>', { url: 'https://shop.example/' });
globalThis.window = window;
for (const name of [
  'document',
  'AbortController',
  'AbortSignal',
  'CustomEvent',
  'Element',
  'Event',
  'EventTarget',
  'FormData',
  'HTMLElement',
  'HTMLFormElement',
  'Node',
]) {
  globalThis[name] = window[name];
}
