/**
 * Client-side, field-level encryption, wire-compatible with the AWS Database Encryption SDK.
 *
 * @packageDocumentation
 */

import '../core/inline.js';

export * from './api.js';
