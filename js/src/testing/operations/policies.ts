import { KmsFault } from '../errors.js';
import type { Input } from '../input.js';
import type { Call } from './call.js';
import { readPage } from './paging.js';

/*
 * Key policies are kept and given back, and never evaluated: this server authenticates callers at
 * most, it does not authorise them.
 */

/** Reads an optional Policy, which has to be a JSON object. */
export function readPolicy(input: Input): string | undefined {
  const policy = input.optionalText('Policy', { min: 1, max: 131_072 });
  return policy === undefined ? undefined : requirePolicy(policy);
}

export function getKeyPolicy(call: Call): object {
  const keyId = call.input.keyId();
  const name = readName(call.input);
  call.input.check();
  const key = call.findManaged(keyId);
  requireDefault(name);
  return { Policy: key.policy, PolicyName: name };
}

export function putKeyPolicy(call: Call): void {
  const { input } = call;
  const keyId = input.keyId();
  const name = readName(input);
  const policy = input.text('Policy', { min: 1, max: 131_072 });
  input.flag('BypassPolicyLockoutSafetyCheck');
  input.check();
  const key = call.findManaged(keyId);
  requireDefault(name);
  key.policy = requirePolicy(policy);
  call.store.touch();
}

export function listKeyPolicies(call: Call): object {
  const keyId = call.input.keyId();
  readPage(call.input, { limit: 100, max: 1000 });
  call.input.check();
  call.findManaged(keyId);
  return { PolicyNames: ['default'], Truncated: false };
}

const readName = (input: Input): string =>
  input.optionalText('PolicyName', { min: 1, max: 128, pattern: /^[\w]+$/ }) ?? 'default';

function requireDefault(name: string): void {
  if (name !== 'default') throw new KmsFault('NotFoundException', `No such policy exists`);
}

function requirePolicy(policy: string): string {
  try {
    const parsed: unknown = JSON.parse(policy);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return policy;
  } catch {
    // Reported below, with documents that are JSON and no policy.
  }
  throw new KmsFault('MalformedPolicyDocumentException', 'This policy contains invalid Json');
}
