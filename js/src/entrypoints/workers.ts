/**
 * Sealing, opening and resealing many items in several threads of Node.
 *
 * @packageDocumentation
 */

import '../core/inline.js';
import { provideProgram } from '../workers/item-workers.js';

// In a constant: a bundler that sees a literal copies this one file, and not what it imports.
const PROGRAM = '../workers/program.js';
// eslint-disable-next-line no-restricted-syntax -- where a bundler rewrote it, the error says to leave this module out
provideProgram(() => new URL(PROGRAM, import.meta.url));

export * from './workers-api.js';
