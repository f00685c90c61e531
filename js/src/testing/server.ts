import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRegion, parseArn } from './arn.js';
import type { CallLog, CallRecord } from './calls.js';
import { allowOrigin, answerPreflight } from './cors.js';
import { dispatch } from './dispatch.js';
import { KmsFault } from './errors.js';
import type { FaultPlan } from './faults.js';
import { Input } from './input.js';
import { Call } from './operations/call.js';
import { signedRegion, verifySignature, type DevKmsCredentials } from './sigv4.js';
import type { StateFile } from './state-file.js';
import type { Store } from './store.js';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET_PREFIX = 'TrentService.';
const MAX_BODY_BYTES = 1024 * 1024;
/** Members that can name the key a request is about, the deciding one first. */
const KEY_MEMBERS = ['KeyId', 'TargetKeyId', 'SourceKeyId', 'DestinationKeyId'];

export interface ServerParts {
  readonly store: Store;
  readonly faults: FaultPlan;
  readonly log: CallLog;
  readonly stateFile: StateFile | undefined;
  readonly defaultRegion: string;
  readonly regions: readonly string[] | undefined;
  readonly credentials: readonly DevKmsCredentials[] | undefined;
  readonly corsOrigin: string;
  readonly requestTimeoutMs: number;
  readonly now: () => number;
}

/** What is known of a request so far; the log writes whatever has been found out by then. */
interface Progress {
  readonly requestId: string;
  /** By the clock of the options. */
  at: number;
  operation: string;
  region: string;
  keyId: string | undefined;
  contextKeys: readonly string[];
}

export function createKmsServer(parts: ServerParts): Server {
  const server = createServer(
    // Node looks for late requests only this often.
    { connectionsCheckingInterval: Math.min(1000, parts.requestTimeoutMs) },
    (request, response) => {
      serve(parts, request, response).catch((error: unknown) => {
        // Nothing that a request or the clock does may end the process.
        internal(error);
        response.destroy();
      });
    },
  );
  // A client that sends half a request and stops loses its connection, not the server.
  server.requestTimeout = parts.requestTimeoutMs;
  server.headersTimeout = parts.requestTimeoutMs;
  return server;
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const progress: Progress = {
    requestId: randomUUID(),
    at: Date.now(),
    operation: '',
    region: parts.defaultRegion,
    keyId: undefined,
    contextKeys: [],
  };
  // A client may go away at any time, and that must not end the process.
  request.on('error', () => {});
  response.on('error', () => {});
  response.setHeader('Server', 'fieldseal-dev-kms (for development and tests only)');
  response.setHeader('x-amzn-requestid', progress.requestId);
  allowOrigin(request, response, parts.corsOrigin);
  if (request.method === 'OPTIONS') return answerPreflight(request, response);

  try {
    const answer = await handle(parts, request, response, progress);
    if (answer === 'drop' || answer === 'hang') {
      record(parts, progress, 0, answer === 'drop' ? 'ConnectionDropped' : 'Hang');
      if (answer === 'drop') request.socket.destroy();
      return;
    }
    record(parts, progress, 200);
    await send(parts, progress, response, 200, answer);
  } catch (error) {
    if (request.errored) return;
    const fault = error instanceof KmsFault ? error : internal(error);
    record(parts, progress, fault.status, fault.type);
    response.setHeader('x-amzn-errortype', fault.type);
    await send(parts, progress, response, fault.status, {
      __type: fault.type,
      message: fault.wireMessage,
    });
  }
}

async function handle(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  progress: Progress,
): Promise<object | undefined | 'drop' | 'hang'> {
  const body = await readBody(request);
  const now = parts.now();
  progress.at = now;
  // By the clock of the options, by which signatures are judged.
  response.setHeader('Date', new Date(now).toUTCString());
  const operation = readOperation(request);
  progress.operation = operation;

  const fault = parts.faults.take(operation);
  if (fault !== undefined && fault.kind !== 'answer') return fault.kind;
  if (fault !== undefined) throw fault.fault;

  if (parts.credentials !== undefined) verifySignature(request, body, parts.credentials, now);
  const raw = parseJson(body);
  const region = regionOf(parts, request, raw);
  progress.region = region;
  progress.keyId = KEY_MEMBERS.map((member) => textMember(raw, member)).find(
    (id) => id !== undefined,
  );
  progress.contextKeys = contextKeys(raw);

  const { store, regions } = parts;
  const call = new Call({
    operation,
    region,
    input: new Input(raw),
    store,
    now,
    requestId: progress.requestId,
    regions,
  });
  const before = store.revision;
  try {
    return await dispatch(call);
  } finally {
    progress.keyId = call.resolved.at(0)?.arn ?? progress.keyId;
    // Before the answer: whoever has been told of a change may rely on it being kept. The clock
    // may have changed something even when the operation itself failed.
    if (store.revision !== before) await parts.stateFile?.save();
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and forgotten: an answer to a client that is still sending would be lost.
    if (size > MAX_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) {
    throw new KmsFault('RequestEntityTooLargeException', 'Request size limit exceeded', 413);
  }
  return Buffer.concat(chunks);
}

function readOperation(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  const [mediaType = ''] = (request.headers['content-type'] ?? '').split(';');
  if (request.method !== 'POST' || mediaType.trim().toLowerCase() !== CONTENT_TYPE) {
    throw new KmsFault('UnknownOperationException', undefined, 404);
  }
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX)) {
    throw new KmsFault('UnknownOperationException');
  }
  return target.slice(TARGET_PREFIX.length);
}

function parseJson(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const raw: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
      return raw as Record<string, unknown>;
    }
  } catch {
    // Reported below, with JSON that is no object.
  }
  throw new KmsFault('SerializationException');
}

/**
 * The Region a request is for. One port stands for the endpoints of all Regions, so it is the
 * signature that says, or the key ARN, or the path of the endpoint (`…:1234/eu-west-1`).
 */
function regionOf(
  { defaultRegion, regions }: ServerParts,
  request: IncomingMessage,
  raw: Readonly<Record<string, unknown>>,
): string {
  const signed = signedRegion(request);
  if (signed !== undefined) {
    if (!isRegion(signed) || (regions !== undefined && !regions.includes(signed))) {
      throw new KmsFault(
        'InvalidSignatureException',
        'Credential should be scoped to a valid region. ',
      );
    }
    return signed;
  }
  const served = (name: string) =>
    isRegion(name) && (regions === undefined || regions.includes(name));
  for (const member of KEY_MEMBERS) {
    const region = parseArn(textMember(raw, member) ?? '')?.region;
    if (region !== undefined && served(region)) return region;
  }
  const [, prefix = ''] = (request.url ?? '/').split(/[/?]/);
  return served(prefix) ? prefix : defaultRegion;
}

function textMember(raw: Readonly<Record<string, unknown>>, member: string): string | undefined {
  const value = Object.hasOwn(raw, member) ? raw[member] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function contextKeys(raw: Readonly<Record<string, unknown>>): readonly string[] {
  const context = raw.EncryptionContext ?? raw.SourceEncryptionContext;
  return typeof context === 'object' && context !== null ? Object.keys(context).sort() : [];
}

function record(
  { log }: ServerParts,
  progress: Progress,
  status: number,
  errorName?: string,
): void {
  const entry: CallRecord = {
    operation: progress.operation,
    keyId: progress.keyId,
    region: progress.region,
    status,
    ...(errorName === undefined ? {} : { errorName }),
    encryptionContextKeys: progress.contextKeys,
    requestId: progress.requestId,
    at: new Date(progress.at),
  };
  log.add(entry);
}

async function send(
  { faults }: ServerParts,
  { operation }: Progress,
  response: ServerResponse,
  status: number,
  answer: object | undefined,
): Promise<void> {
  const latency = faults.latencyFor(operation);
  if (latency > 0) await sleep(latency, undefined, { ref: false });
  // Operations without output answer an empty body, not an empty object.
  const body = answer === undefined ? '' : JSON.stringify(answer);
  response.writeHead(status, {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-cache, no-store, must-revalidate, private',
  });
  response.end(body);
}

function internal(error: unknown): KmsFault {
  // A mistake in this server: the client sees what AWS would say, the developer sees what it was.
  console.error('[dev-kms] internal error', error);
  return new KmsFault('KMSInternalException', undefined, 500);
}
