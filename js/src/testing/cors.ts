import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * The real service answers no preflight at all; this one does, so that a page under development
 * can talk to it directly.
 */

/** Headers KMS clients send; `x-` ones besides, because a proxy in between may want its own. */
const REQUEST_HEADER = /^(authorization|content-type|accept|amz-sdk-[a-z-]+|x-[a-z0-9-]+)$/;
const ALWAYS = [
  'authorization',
  'content-type',
  'x-amz-date',
  'x-amz-target',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-user-agent',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
];

/** Sets what every answer to a cross-origin request needs. */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: string,
): void {
  response.setHeader('Vary', 'Origin');
  if (allowed !== '*' && request.headers.origin !== allowed) return;
  response.setHeader('Access-Control-Allow-Origin', allowed);
  response.setHeader('Access-Control-Expose-Headers', 'x-amzn-requestid, x-amzn-errortype, date');
}

export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = (request.headers['access-control-request-headers'] ?? '').toLowerCase().split(',');
  const extra = asked.map((name) => name.trim()).filter((name) => REQUEST_HEADER.test(name));
  // `*` never covers Authorization, so the headers are listed one by one.
  response.setHeader(
    'Access-Control-Allow-Headers',
    [...new Set([...ALWAYS, ...extra])].join(', '),
  );
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204).end();
}
