import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { KmsFault } from './errors.js';

/**
 * Credentials that the development KMS knows, for {@link DevKmsOptions}: requests must be signed with one of them.
 */
export interface DevKmsCredentials {
  /** As the client has it. */
  readonly accessKeyId: string;
  /** As the client has it. */
  readonly secretAccessKey: string;
  /** Where the client has one, too. */
  readonly sessionToken?: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 5 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
/** Headers that change what a request means, so a signature that leaves them out proves nothing. */
const MUST_BE_SIGNED = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token'];

interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

interface Authorization {
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** The Region a request was signed for, if it was signed at all; nothing is verified. */
export const signedRegion = (request: IncomingMessage): string | undefined =>
  parse(request.headers.authorization)?.scope.region;

function parse(header: string | undefined): Authorization | undefined {
  const match = AUTHORIZATION.exec(header ?? '');
  if (match === null) return undefined;
  const [, credential, signedHeaders, signature] = match as unknown as [
    string,
    string,
    string,
    string,
  ];
  const parts = credential.split('/');
  if (parts.length !== 5 || parts[4] !== 'aws4_request') return undefined;
  const [accessKeyId, date, region, service] = parts as [string, string, string, string];
  return {
    scope: { accessKeyId, date, region, service },
    signedHeaders: signedHeaders.split(';'),
    signature,
  };
}

/**
 * Verifies the signature of a request (AWS Signature Version 4).
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 *
 * @throws what AWS answers: MissingAuthenticationTokenException, IncompleteSignatureException,
 * UnrecognizedClientException or InvalidSignatureException.
 */
export function verifySignature(
  request: IncomingMessage,
  body: Buffer,
  accepted: readonly DevKmsCredentials[],
  now: number,
): void {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new KmsFault('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const authorization = parse(header);
  if (authorization === undefined) {
    throw new KmsFault(
      'IncompleteSignatureException',
      `Authorization header is not a complete ${ALGORITHM} signature.`,
    );
  }
  const { scope, signedHeaders, signature } = authorization;
  for (const name of MUST_BE_SIGNED) {
    if (request.headers[name] !== undefined && !signedHeaders.includes(name)) {
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  if (scope.service !== 'kms')
    throw invalid("Credential should be scoped to correct service: 'kms'. ");

  const date = singleHeader(request, 'x-amz-date');
  checkDate(date, scope, now);
  const credentials = accepted.find(({ accessKeyId }) => accessKeyId === scope.accessKeyId);
  const token = request.headers['x-amz-security-token'];
  if (credentials === undefined || token !== credentials.sessionToken) {
    throw new KmsFault(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const expected = hmac(
    signingKey(credentials.secretAccessKey, scope),
    [
      ALGORITHM,
      date,
      `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
      sha256(canonicalRequest(request, signedHeaders, body)),
    ].join('\n'),
  );
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

function checkDate(date: string, scope: Scope, now: number): void {
  const parts = DATE.exec(date);
  if (parts === null) {
    throw new KmsFault(
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${date}'.`,
    );
  }
  if (!date.startsWith(scope.date)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${date.slice(0, 8)}'.`,
    );
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const signedAt = Date.UTC(year, month - 1, day, hour, minute, second);
  if (signedAt < now - MAX_SKEW_MS) {
    throw invalid(
      `Signature expired: ${date} is now earlier than ${basic(now - MAX_SKEW_MS)} (${basic(now)} - 5 min.)`,
    );
  }
  if (signedAt > now + MAX_SKEW_MS) {
    throw invalid(
      `Signature not yet current: ${date} is still later than ${basic(now + MAX_SKEW_MS)} (${basic(now)} + 5 min.)`,
    );
  }
}

const basic = (time: number): string =>
  new Date(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');

function canonicalRequest(
  request: IncomingMessage,
  signedHeaders: readonly string[],
  body: Buffer,
): string {
  const [path, query = ''] = (request.url ?? '/').split(/\?(.*)/s) as [string, string?];
  return [
    request.method,
    // Every service but S3 signs the path encoded a second time.
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${singleHeader(request, name)}`),
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(
    ([key, value]) => `${encode(key)}=${encode(value)}`,
  );
  return pairs.sort().join('&');
}

/** All values of a header joined, with runs of spaces made one. */
function singleHeader({ headers }: IncomingMessage, name: string): string {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text.trim().replaceAll(/ +/g, ' ');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function signingKey(secret: string, { date, region, service }: Scope): Buffer {
  const parts = [date, region, service, 'aws4_request'];
  return parts.reduce(hmac, Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const invalid = (message: string): KmsFault => new KmsFault('InvalidSignatureException', message);
