/** `fieldseal/tables` for Vercel's edge functions, which compile nothing while they run: the core is deployed as a module. */

import '../core/deployed-edge-light.js';

export * from './tables-api.js';
