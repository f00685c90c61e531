// Joins the form to the sealer.

import { sealer } from './seal.js';

const seal = sealer(await (await fetch('/public-key')).json());
const form = document.querySelector('form');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const sealed = await seal(Object.fromEntries(new FormData(form)));
  // Here you would send it, with the content type application/json: fetch('/customers', { method: 'POST', … }).
  document.querySelector('output').textContent = sealed;
});
