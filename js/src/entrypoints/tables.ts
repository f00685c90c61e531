/**
 * Encrypted DynamoDB tables: a plugin for AWS's SDK for JavaScript, version 3.
 *
 * @packageDocumentation
 */

import '../core/inline.js';

export * from './tables-api.js';
