/**
 * Forms that seal themselves, and what opens them on a server.
 *
 * @packageDocumentation
 */

import '../core/inline-items.js';
import { provideComplete } from '../forms/complete.js';

provideComplete(() => import('../core/inline.js'));

export * from './forms-api.js';
