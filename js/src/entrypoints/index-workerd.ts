/** `fieldseal` for Cloudflare's Workers, which compile nothing while they run: the core is deployed as a module. */

import '../core/deployed-workerd.js';

export * from './api.js';
