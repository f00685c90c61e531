import { randomBytes } from 'node:crypto';
import { KmsFault, validation } from '../errors.js';
import { seconds, type Grant } from '../keys.js';
import { refuseDryRun, requireState, type Call } from './call.js';
import { paginate, readPage } from './paging.js';

/*
 * Grants are kept and listed; like key policies they decide nothing here, so every caller may do
 * what every grant would allow.
 */

const GRANT_OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
];
const PRINCIPAL_MEMBERS = [
  'GranteePrincipal',
  'RetiringPrincipal',
  'GranteeServicePrincipal',
  'RetiringServicePrincipal',
];

export function createGrant(call: Call): object {
  const { input, store } = call;
  const keyId = input.keyId();
  const operations = input.texts('Operations', { values: GRANT_OPERATIONS });
  const name = input.optionalText('Name', { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
  const principals = PRINCIPAL_MEMBERS.map((member) => [
    member,
    input.optionalText(member, { min: 1, max: 256 }),
  ]);
  const constraints = input.optionalStructure('Constraints');
  input.check();
  const given = Object.fromEntries(
    principals.filter(([, value]) => value !== undefined),
  ) as Partial<Record<string, string>>;
  if ((given.GranteePrincipal === undefined) === (given.GranteeServicePrincipal === undefined)) {
    throw validation('Specify either GranteePrincipal or GranteeServicePrincipal.');
  }
  if (operations.length === 0) throw validation('Operations must not be empty.');

  const key = call.findManaged(keyId);
  requireState(key, ['Enabled']);
  refuseDryRun(call);
  const entry = { Name: name, ...given, Operations: operations, Constraints: constraints };
  const token = randomBytes(48).toString('base64');
  // A name makes retries safe: the same request again is the same grant, with a new token.
  const twin = [...store.grants.values()].find(
    (g) =>
      name !== undefined &&
      g.keyArn === key.arn &&
      JSON.stringify(g.entry) === JSON.stringify(entry),
  );
  if (twin !== undefined) twin.tokens.push(token);
  const id = twin?.id ?? randomBytes(32).toString('hex');
  if (twin === undefined) {
    store.grants.set(id, { id, keyArn: key.arn, createdAt: call.now, entry, tokens: [token] });
  }
  store.touch();
  return { GrantToken: token, GrantId: id };
}

export function listGrants(call: Call): object {
  const { input } = call;
  const keyId = input.keyId();
  const grantId = input.optionalText('GrantId', { min: 1, max: 128 });
  const grantee = input.optionalText('GranteePrincipal', { min: 1, max: 256 });
  const asked = readPage(input, { limit: 50, max: 100 });
  input.check();
  const key = call.findManaged(keyId);
  const grants = [...call.store.grants.values()].filter(
    (grant) =>
      grant.keyArn === key.arn &&
      (grantId === undefined || grant.id === grantId) &&
      (grantee === undefined || grant.entry.GranteePrincipal === grantee),
  );
  return listed(call, grants, asked);
}

export function listRetirableGrants(call: Call): object {
  const { input, region, store } = call;
  const principal = input.text('RetiringPrincipal', { min: 1, max: 256 });
  const asked = readPage(input, { limit: 50, max: 100 });
  input.check();
  const grants = [...store.grants.values()].filter(
    (grant) =>
      store.keys.get(grant.keyArn)?.region === region &&
      grant.entry.RetiringPrincipal === principal,
  );
  return listed(call, grants, asked);
}

function listed(
  { store }: Call,
  grants: readonly Grant[],
  asked: ReturnType<typeof readPage>,
): object {
  const { page, more } = paginate(grants, ({ id }) => id, asked);
  return {
    Grants: page.map(({ id, keyArn, createdAt, entry }) => ({
      KeyId: keyArn,
      GrantId: id,
      CreationDate: seconds(createdAt),
      IssuingAccount: `arn:aws:iam::${store.account}:root`,
      ...entry,
    })),
    ...more,
  };
}

export function revokeGrant(call: Call): void {
  const keyId = call.input.keyId();
  const grantId = call.input.text('GrantId', { min: 1, max: 128 });
  call.input.check();
  const key = call.findManaged(keyId);
  const grant = call.store.grants.get(grantId);
  if (grant?.keyArn !== key.arn) throw noGrant(grantId);
  refuseDryRun(call);
  remove(call, grant);
}

export function retireGrant(call: Call): void {
  const { input, store } = call;
  const token = input.optionalText('GrantToken', { min: 1, max: 8192 });
  const keyId = input.optionalKeyId();
  const grantId = input.optionalText('GrantId', { min: 1, max: 128 });
  input.check();
  if (token !== undefined) {
    const grant = [...store.grants.values()].find(({ tokens }) => tokens.includes(token));
    if (grant === undefined) {
      throw new KmsFault('InvalidGrantTokenException', 'The grant token is not valid.');
    }
    refuseDryRun(call);
    return remove(call, grant);
  }
  if (keyId === undefined || grantId === undefined) {
    throw validation('Specify a GrantToken, or both KeyId and GrantId.');
  }
  const key = call.findManaged(keyId);
  const grant = store.grants.get(grantId);
  if (grant?.keyArn !== key.arn) throw noGrant(grantId);
  refuseDryRun(call);
  remove(call, grant);
}

function remove({ store }: Call, grant: Grant): void {
  store.grants.delete(grant.id);
  store.touch();
}

const noGrant = (grantId: string): KmsFault =>
  new KmsFault('NotFoundException', `Grant ID ${grantId} not found`);
