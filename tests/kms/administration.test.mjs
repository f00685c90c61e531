// What an administrator does with keys, against the development KMS: aliases, lists, rotation,
// states, deletion, grants, Regions.

import assert from 'node:assert/strict';
import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { awsKmsKeyring } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import {
  administer,
  clientOf,
  customers,
  CUSTOMER,
  refused,
  serverOf,
  text,
  utf8,
} from './support.mjs';

const DAY_MS = 86_400_000;

let dev;
let kms;
let events;
before(async () => {
  dev = await startDevKms();
  events = [];
  kms = clientOf(dev, { onEvent: (event) => events.push(event) });
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
  events.length = 0;
});

/** A key whose material comes from here. */
async function importedKey() {
  const { KeyMetadata } = await administer(dev, 'CreateKey', { Origin: 'EXTERNAL' });
  const KeyId = KeyMetadata.Arn;
  const WrappingAlgorithm = 'RSAES_OAEP_SHA_256';
  const { PublicKey, ImportToken } = await administer(dev, 'GetParametersForImport', {
    KeyId,
    WrappingAlgorithm,
    WrappingKeySpec: 'RSA_2048',
  });
  const key = { key: Buffer.from(PublicKey, 'base64'), format: 'der', type: 'spki' };
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ ...key, padding, oaepHash: 'sha256' }, randomBytes(32));
  await administer(dev, 'ImportKeyMaterial', {
    KeyId,
    ImportToken,
    EncryptedKeyMaterial: wrapped.toString('base64'),
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  });
  return { arn: KeyId };
}

/** The events since the last look: operation and outcome. */
function seen() {
  return events.splice(0).map(({ operation, outcome }) => [operation, outcome]);
}

describe('aliases', () => {
  test('create, use, move, delete', async () => {
    const [first, second] = [await dev.createKey(), await dev.createKey()];
    const aliasName = 'alias/life';
    assert.equal(await kms.createAlias({ aliasName, targetKeyId: first.arn }), undefined);
    assert.equal((await kms.describeKey({ keyId: aliasName })).arn, first.arn);
    assert.equal(await kms.updateAlias({ aliasName, targetKeyId: second.keyId }), undefined);
    assert.equal((await kms.describeKey({ keyId: aliasName })).arn, second.arn);
    assert.equal(await kms.deleteAlias({ aliasName }), undefined);
    await refused(kms.describeKey({ keyId: aliasName }), { code: 'KMS_KEY_NOT_FOUND' });
    assert.deepEqual(
      events.map(({ operation, keyId, outcome }) => [operation, keyId, outcome]),
      [
        ['CreateAlias', first.arn, 'OK'],
        ['DescribeKey', aliasName, 'OK'],
        ['UpdateAlias', second.keyId, 'OK'],
        ['DescribeKey', aliasName, 'OK'],
        ['DeleteAlias', aliasName, 'OK'],
        ['DescribeKey', aliasName, 'KMS_KEY_NOT_FOUND'],
      ],
    );
    assert.deepEqual(
      events.map(({ requestId }) => requestId),
      dev.calls.map(({ requestId }) => requestId),
    );
  });

  test('refusals of the service', async () => {
    const key = await dev.createKey({ alias: 'alias/taken' });
    const rsa = await dev.createKey({ keySpec: 'RSA_2048' });
    const targetKeyId = key.arn;
    const nobody = '00000000-0000-0000-0000-000000000000';
    for (const [call, request, expected] of [
      [
        'createAlias',
        { aliasName: 'alias/taken', targetKeyId },
        {
          code: 'KMS_ALREADY_EXISTS',
          operation: 'CreateAlias',
          keyId: key.arn,
          serviceError: 'AlreadyExistsException',
          message: /alias\/taken already exists.* Choose another name/,
        },
      ],
      [
        'createAlias',
        { aliasName: 'alias/a:b', targetKeyId },
        { code: 'KMS_REJECTED', serviceError: 'InvalidAliasNameException' },
      ],
      ['createAlias', { aliasName: 'life', targetKeyId }, { code: 'KMS_REJECTED' }],
      ['createAlias', { aliasName: 'alias/aws/x', targetKeyId }, { code: 'KMS_ACCESS_DENIED' }],
      [
        'createAlias',
        { aliasName: 'alias/b', targetKeyId: nobody },
        { code: 'KMS_KEY_NOT_FOUND', keyId: nobody },
      ],
      [
        'createAlias',
        { aliasName: 'alias/b', targetKeyId: 'alias/taken' },
        { code: 'KMS_REJECTED' },
      ],
      ['updateAlias', { aliasName: 'alias/none', targetKeyId }, { code: 'KMS_KEY_NOT_FOUND' }],
      [
        'updateAlias',
        { aliasName: 'alias/taken', targetKeyId: rsa.arn },
        { code: 'KMS_REJECTED', serviceError: 'ValidationException' },
      ],
      [
        'deleteAlias',
        { aliasName: 'alias/none' },
        { code: 'KMS_KEY_NOT_FOUND', keyId: 'alias/none', operation: 'DeleteAlias' },
      ],
    ]) {
      const error = await refused(kms[call](request), expected);
      assert.equal(error.requestId, dev.calls.at(-1).requestId);
    }
  });

  test('refusals before the network', async () => {
    for (const [call, request, code, message] of [
      ['createAlias', { targetKeyId: 'k' }, 'INVALID_ARGUMENT', /alias name is empty/],
      ['createAlias', { aliasName: 'alias/a' }, 'INVALID_ARGUMENT', /key id is empty/],
      ['createAlias', { aliasName: 5, targetKeyId: 'k' }, 'INVALID_ARGUMENT', /a string/],
      ['updateAlias', { aliasName: '', targetKeyId: 'k' }, 'INVALID_ARGUMENT', /alias name/],
      ['deleteAlias', {}, 'INVALID_ARGUMENT', /alias name is empty/],
      ['deleteAlias', { aliasName: 'alias/' }, 'MALFORMED_KEY_ID'],
      ['deleteAlias', { aliasName: 'alias/a', targetKeyId: 'k' }, 'INVALID_ARGUMENT', /not known/],
      ['deleteAlias', undefined, 'INVALID_ARGUMENT'],
    ]) {
      await refused(kms[call](request), { code, ...(message && { message }) });
    }
    assert.equal(dev.calls.length + events.length, 0);
  });
});

describe('lists', () => {
  let many;
  let client;
  before(async () => {
    many = await startDevKms();
    client = clientOf(many, { onEvent: (event) => events.push(event) });
    for (let i = 0; i < 7; i++) {
      const { arn } = await many.createKey({ alias: `alias/key-${i}` });
      if (i < 2) await client.createAlias({ aliasName: `alias/more-${i}`, targetKeyId: arn });
    }
  });
  after(() => many.close());
  beforeEach(() => many.clearCalls());

  const all = async (list) => {
    const found = [];
    for await (const entry of list) found.push(entry);
    return found;
  };

  test('one page, and the next by its marker', async () => {
    const first = await client.listKeys({ limit: 4 });
    assert.equal(first.keys.length, 4);
    assert.equal(first.truncated, true);
    const second = await client.listKeys({ limit: 4, marker: first.nextMarker });
    assert.equal(second.keys.length, 3);
    assert.deepEqual([second.truncated, second.nextMarker], [false, undefined]);
    for (const { keyId, keyArn } of [...first.keys, ...second.keys]) {
      assert.ok(keyArn.endsWith(`:key/${keyId}`));
    }
    assert.equal((await client.listKeys()).keys.length, 7);
  });

  for (const [limit, pages] of [
    [1, 7],
    [3, 3],
    [7, 1],
    [undefined, 1],
  ]) {
    test(`all keys, ${limit ?? 'as many as the service likes'} at a time`, async () => {
      const found = await all(client.listAllKeys(limit === undefined ? undefined : { limit }));
      assert.equal(new Set(found.map(({ keyArn }) => keyArn)).size, 7);
      assert.equal(many.countCalls('ListKeys'), pages);
      assert.equal(events.length, pages, 'an event for each page');
    });
  }

  test('all aliases, and those of one key', async () => {
    const found = await all(client.listAllAliases({ limit: 2 }));
    assert.equal(found.length, 9);
    assert.equal(many.countCalls('ListAliases'), 5);
    const [entry] = found;
    assert.match(entry.aliasArn, /:alias\/key-0$/);
    assert.ok(Math.abs(entry.creationDateMs - Date.now()) < 600_000);
    assert.ok(Math.abs(entry.lastUpdatedDateMs - Date.now()) < 600_000);
    const { arn: keyId } = await client.describeKey({ keyId: 'alias/key-1' });
    const ofOne = await all(client.listAllAliases({ keyId, limit: 1 }));
    assert.deepEqual(
      ofOne.map(({ aliasName }) => aliasName),
      ['alias/key-1', 'alias/more-1'],
    );
    assert.equal(events.at(-1).keyId, keyId);
  });

  test('a reader that stops fetches no more', async () => {
    // eslint-disable-next-line no-unreachable-loop -- how a reader stops
    for await (const { keyId } of client.listAllKeys({ limit: 2 })) {
      assert.ok(keyId);
      break;
    }
    assert.equal(many.countCalls('ListKeys'), 1);
  });

  test('nothing there', async () => {
    const empty = await startDevKms();
    const nothing = clientOf(empty);
    assert.deepEqual(await nothing.listKeys(), { keys: [], truncated: false });
    assert.deepEqual(await nothing.listAliases(), { aliases: [], truncated: false });
    assert.deepEqual(await all(nothing.listAllKeys()), []);
    await empty.close();
  });

  test('refusals', async () => {
    for (const [call, request] of [
      ['listKeys', { limit: 0 }],
      ['listKeys', { limit: 1001 }],
      ['listKeys', { limit: 1.5 }],
      ['listKeys', { limit: '5' }],
      ['listKeys', { marker: 5 }],
      ['listKeys', { keyId: 'k' }],
      ['listKeys', null],
      ['listAliases', { limit: 101 }],
      ['listAliases', { grantTokens: ['t'] }],
    ]) {
      await refused(client[call](request), { code: 'INVALID_ARGUMENT' });
    }
    await refused(all(client.listAllKeys({ limit: 0 })), { code: 'INVALID_ARGUMENT' });
    await refused(client.listAliases({ keyId: 'key/x' }), { code: 'MALFORMED_KEY_ID' });
    assert.equal(many.calls.length, 0);
    await refused(client.listKeys({ marker: 'bm9uc2Vuc2U=' }), {
      code: 'KMS_REJECTED',
      operation: 'ListKeys',
      serviceError: 'InvalidMarkerException',
    });
    const nobody = '00000000-0000-0000-0000-000000000000';
    await refused(all(client.listAllAliases({ keyId: nobody })), { code: 'KMS_KEY_NOT_FOUND' });
  });

  for (const [what, markers, message] of [
    ['goes in circles', ['a', 'b', 'a', 'b'], /the same NextMarker again/],
    ['stands still', ['a', 'a'], /the same NextMarker again/],
    ['has more and no marker', [undefined], /no NextMarker/],
    ['has more and an empty marker', [''], /no NextMarker/],
  ]) {
    test(`an endpoint that ${what}`, async (t) => {
      let page = 0;
      const { url } = await serverOf(t, (_, response) => {
        const NextMarker = markers[page++];
        const Keys = [{ KeyId: `k-${page}`, KeyArn: `arn-${page}` }];
        response.end(JSON.stringify({ Keys, Truncated: true, NextMarker }));
      });
      const lost = clientOf({ url, region: 'us-east-1' });
      await refused(all(lost.listAllKeys()), {
        code: 'MALFORMED_KMS_RESPONSE',
        operation: 'ListKeys',
        message,
      });
      assert.ok(page <= 4);
    });
  }

  for (const [what, period, most] of [
    ['goes in circles of a thousand pages', 1000, 2050],
    ['is an endless list of empty pages', Infinity, 1001],
  ]) {
    test(`an endpoint that ${what}`, async () => {
      let pages = 0;
      const fetch = async () => {
        const NextMarker = `m-${pages++ % period}`;
        const Keys = period === Infinity ? [] : [{ KeyId: 'k', KeyArn: 'arn' }];
        return Response.json({ Keys, Truncated: true, NextMarker });
      };
      const lost = clientOf({ url: 'http://localhost:1', region: 'us-east-1' }, { fetch });
      await refused(all(lost.listAllKeys()), {
        code: 'MALFORMED_KMS_RESPONSE',
        message: /the same NextMarker again|1001 empty pages, one after the other/,
      });
      assert.ok(pages <= most, `${pages} pages`);
    });
  }

  test('an endpoint whose list is none', async (t) => {
    for (const Keys of [{}, 'x', [5], [{}], [{ KeyId: 'k' }]]) {
      const { url } = await serverOf(t, (_, response) => response.end(JSON.stringify({ Keys })));
      const odd = clientOf({ url, region: 'us-east-1' });
      await refused(odd.listKeys(), { code: 'MALFORMED_KMS_RESPONSE' });
    }
  });
});

describe('rotation', () => {
  test('on demand: new material encrypts, the old goes on to decrypt', async () => {
    const { arn: keyId } = await dev.createKey();
    const before = await kms.generateDataKey({ keyId, keySpec: 'AES_256' });
    const { currentKeyMaterialId } = await kms.describeKey({ keyId });
    assert.equal(before.keyMaterialId, currentKeyMaterialId);
    assert.deepEqual(await kms.rotateKeyOnDemand({ keyId }), { keyId });
    const after = await kms.generateDataKey({ keyId, keySpec: 'AES_256' });
    assert.notEqual(after.keyMaterialId, before.keyMaterialId);
    for (const { ciphertextBlob, plaintext, keyMaterialId } of [before, after]) {
      const opened = await kms.decrypt({ keyId, ciphertextBlob });
      assert.deepEqual(opened.plaintext, plaintext);
      assert.equal(opened.keyMaterialId, keyMaterialId);
    }
  });

  test('automatic', async () => {
    let now = Date.now();
    const timed = await startDevKms({ now: () => new Date(now) });
    const client = clientOf(timed);
    const { arn: keyId } = await timed.createKey();
    assert.equal(await client.enableKeyRotation({ keyId, rotationPeriodInDays: 90 }), undefined);
    const { currentKeyMaterialId: first } = await client.describeKey({ keyId });
    now += 91 * DAY_MS;
    const { currentKeyMaterialId: second } = await client.describeKey({ keyId });
    assert.notEqual(second, first);
    await client.enableKeyRotation({ keyId });
    await timed.close();
  });

  test('refusals', async () => {
    const { arn: rsa } = await dev.createKey({ keySpec: 'RSA_2048' });
    const { arn: keyId } = await dev.createKey();
    for (const [call, expected] of [
      [() => kms.rotateKeyOnDemand({ keyId: rsa }), { operation: 'RotateKeyOnDemand' }],
      [() => kms.enableKeyRotation({ keyId: rsa }), { operation: 'EnableKeyRotation' }],
    ]) {
      await refused(call, {
        code: 'KMS_WRONG_KEY_USAGE',
        keyId: rsa,
        serviceError: 'UnsupportedOperationException',
        ...expected,
      });
    }
    for (const rotationPeriodInDays of [0, 89, 2561, 90.5, '90']) {
      await refused(kms.enableKeyRotation({ keyId, rotationPeriodInDays }), {
        code: 'INVALID_ARGUMENT',
      });
    }
    for (let i = 0; i < 25; i++) await kms.rotateKeyOnDemand({ keyId });
    await refused(kms.rotateKeyOnDemand({ keyId }), {
      code: 'KMS_QUOTA_EXCEEDED',
      serviceError: 'LimitExceededException',
      keyId,
      message: /quota raised/,
    });
    await kms.disableKey({ keyId });
    await refused(kms.rotateKeyOnDemand({ keyId }), { code: 'KMS_KEY_DISABLED' });
  });

  test('by hand, behind an alias: imported keys have no other way', async () => {
    const [old, fresh] = [await importedKey(), await importedKey()];
    await refused(kms.rotateKeyOnDemand({ keyId: old.arn }), {
      code: 'KMS_WRONG_KEY_USAGE',
      serviceError: 'UnsupportedOperationException',
    });
    const aliasName = 'alias/by-hand';
    await kms.createAlias({ aliasName, targetKeyId: old.arn });
    // Who seals uses the alias; who opens knows both keys by their own ids.
    const seal = () => customers({ keyring: awsKmsKeyring({ kms, generatorKeyId: aliasName }) });
    const opener = (...keyIds) => customers({ keyring: awsKmsKeyring({ kms, keyIds }) });
    const { item: before } = await seal().encryptItem(CUSTOMER);
    await kms.updateAlias({ aliasName, targetKeyId: fresh.arn });
    const { item: after } = await seal().encryptItem(CUSTOMER);

    const both = opener(fresh.arn, old.arn);
    assert.deepEqual((await both.decryptItem(before)).item, CUSTOMER);
    assert.deepEqual((await both.decryptItem(after)).item, CUSTOMER);
    assert.deepEqual((await opener(old.arn).decryptItem(before)).item, CUSTOMER);
    const code = 'NO_KEYRING_OPENED';
    await refused(opener(fresh.arn).decryptItem(before), { code });
    await refused(opener(old.arn).decryptItem(after), { code });

    // The same with KMS ciphertexts: the key's own id opens them, the alias names another by now.
    const keyId = old.arn;
    const { ciphertextBlob } = await kms.encrypt({ keyId, plaintext: utf8('old') });
    assert.equal(text((await kms.decrypt({ keyId, ciphertextBlob })).plaintext), 'old');
    await refused(kms.decrypt({ keyId: aliasName, ciphertextBlob }), {
      code: 'KMS_INCORRECT_KEY',
    });
    // And moved for good, without the plaintext ever leaving the service.
    const moved = await kms.reEncrypt({ ciphertextBlob, destinationKeyId: aliasName });
    assert.equal(moved.keyId, fresh.arn);
  });
});

describe('states', () => {
  test('disable and enable', async () => {
    const { arn: keyId } = await dev.createKey();
    assert.equal(await kms.disableKey({ keyId }), undefined);
    await refused(kms.encrypt({ keyId, plaintext: utf8('x') }), { code: 'KMS_KEY_DISABLED' });
    assert.equal(await kms.enableKey({ keyId }), undefined);
    await kms.encrypt({ keyId, plaintext: utf8('x') });
    assert.deepEqual(seen(), [
      ['DisableKey', 'OK'],
      ['Encrypt', 'KMS_KEY_DISABLED'],
      ['EnableKey', 'OK'],
      ['Encrypt', 'OK'],
    ]);
  });

  test('a planned deletion, and its cancellation', async () => {
    const { arn: keyId } = await dev.createKey();
    const planned = await kms.scheduleKeyDeletion({ keyId, pendingWindowInDays: 7 });
    const { deletionDateMs, ...rest } = planned;
    assert.deepEqual(rest, { keyId, keyState: 'PendingDeletion', pendingWindowInDays: 7 });
    assert.ok(Math.abs(deletionDateMs - Date.now() - 7 * DAY_MS) < 600_000);
    assert.equal((await kms.describeKey({ keyId })).deletionDateMs, deletionDateMs);
    const pending = { code: 'KMS_KEY_PENDING_DELETION', keyId };
    await refused(kms.encrypt({ keyId, plaintext: utf8('x') }), pending);
    await refused(kms.enableKey({ keyId }), { ...pending, operation: 'EnableKey' });
    await refused(kms.disableKey({ keyId }), pending);
    await refused(kms.scheduleKeyDeletion({ keyId }), pending);
    await refused(kms.createAlias({ aliasName: 'alias/late', targetKeyId: keyId }), pending);
    assert.deepEqual(await kms.cancelKeyDeletion({ keyId }), { keyId });
    assert.equal((await kms.describeKey({ keyId })).keyState, 'Disabled');
    await refused(kms.cancelKeyDeletion({ keyId }), {
      code: 'KMS_INVALID_STATE',
      serviceError: 'KMSInvalidStateException',
    });
    assert.equal((await kms.scheduleKeyDeletion({ keyId })).pendingWindowInDays, 30);
  });

  test('windows that are none send nothing', async () => {
    const { arn: keyId } = await dev.createKey();
    dev.clearCalls();
    for (const pendingWindowInDays of [0, 6, 31, -7, 7.5, '7']) {
      await refused(kms.scheduleKeyDeletion({ keyId, pendingWindowInDays }), {
        code: 'INVALID_ARGUMENT',
      });
    }
    await refused(kms.scheduleKeyDeletion({ pendingWindowInDays: 7 }), {
      code: 'INVALID_ARGUMENT',
      message: /key id is empty/,
    });
    assert.equal(dev.calls.length, 0);
  });

  test('operations of one key id say which key is missing', async () => {
    const keyId = '00000000-0000-0000-0000-000000000000';
    for (const call of [
      'enableKey',
      'disableKey',
      'cancelKeyDeletion',
      'scheduleKeyDeletion',
      'rotateKeyOnDemand',
      'enableKeyRotation',
    ]) {
      const operation = call[0].toUpperCase() + call.slice(1);
      const error = await refused(kms[call]({ keyId }), {
        code: 'KMS_KEY_NOT_FOUND',
        operation,
        keyId,
        serviceError: 'NotFoundException',
      });
      assert.equal(error.requestId, dev.calls.at(-1).requestId);
      await refused(kms[call]({}), { code: 'INVALID_ARGUMENT', message: /key id is empty/ });
      await refused(kms[call]({ keyId: 'arn:aws' }), { code: 'MALFORMED_KEY_ID' });
      await refused(kms[call]({ keyId, grantTokens: ['t'] }), {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`${operation}: 'grantTokens' is not known`),
      });
    }
  });
});

describe('grants', () => {
  const granteePrincipal = 'arn:aws:iam::111122223333:role/app';

  test('with constraints, tokens and a name', async () => {
    const { arn: keyId } = await dev.createKey();
    const request = {
      keyId,
      granteePrincipal,
      retiringPrincipal: 'arn:aws:iam::111122223333:role/admin',
      operations: ['Decrypt', 'GenerateDataKey'],
      constraints: { encryptionContextSubset: { table: 'value-one' } },
      name: 'app',
    };
    const { grantId, grantToken } = await kms.createGrant(request);
    assert.match(grantId, /^[0-9a-f]{64}$/);
    assert.ok(grantToken.length > 20);
    // The same name and request: the same grant.
    assert.equal((await kms.createGrant(request)).grantId, grantId);
    const other = await kms.createGrant({ ...request, name: 'another' });
    assert.notEqual(other.grantId, grantId);
    await kms.generateDataKey({ keyId, keySpec: 'AES_256', grantTokens: [grantToken] });
    // An event holds the names of the context, and neither its values nor the token.
    assert.deepEqual(events[0].encryptionContextKeys, ['table']);
    const all = JSON.stringify(events);
    assert.ok(!all.includes('value-one') && !all.includes(grantToken));
  });

  test('refusals', async () => {
    const { arn: keyId } = await dev.createKey();
    const good = { keyId, granteePrincipal, operations: ['Decrypt'] };
    for (const [request, expected] of [
      [{ operations: undefined }, { code: 'INVALID_ARGUMENT', message: /operations is empty/ }],
      [{ operations: [] }, { code: 'INVALID_ARGUMENT' }],
      [{ operations: 'Decrypt' }, { code: 'INVALID_ARGUMENT', message: /array of strings/ }],
      [{ operations: [5] }, { code: 'INVALID_ARGUMENT', message: /operations\[0\]/ }],
      [{ constraints: 'x' }, { code: 'INVALID_ARGUMENT', message: /constraints must be/ }],
      [
        { constraints: { encryptionContextSubset: { a: 5 } } },
        { code: 'INVALID_ARGUMENT', message: /encryptionContextSubset\['a'\]/ },
      ],
      [
        { constraints: { encryptionContext: 'x' } },
        { code: 'INVALID_ARGUMENT', message: /encryptionContext/ },
      ],
      [{ operations: ['Fly'] }, { code: 'KMS_REJECTED', operation: 'CreateGrant', keyId }],
      [{ granteePrincipal: undefined }, { code: 'KMS_REJECTED' }],
    ]) {
      await refused(kms.createGrant({ ...good, ...request }), expected);
    }
    dev.faults.failNext(1, 400, { errorName: 'InvalidGrantTokenException' });
    await refused(kms.createGrant({ ...good, grantTokens: ['old'] }), {
      code: 'KMS_INVALID_GRANT',
      message: /grant token/,
    });
    dev.faults.failNext(1, 400, { errorName: 'LimitExceededException' });
    await refused(kms.createGrant(good), { code: 'KMS_QUOTA_EXCEEDED' });
    await kms.disableKey({ keyId });
    await refused(kms.createGrant(good), { code: 'KMS_KEY_DISABLED', operation: 'CreateGrant' });
  });
});

describe('Regions', () => {
  test('a replica, and then it is the primary', async () => {
    const { arn: primary } = await dev.createKey({ multiRegion: true });
    const west = clientOf(dev, { endpoint: dev.urlFor('us-west-2'), region: 'us-west-2' });
    const { ciphertextBlob } = await kms.encrypt({ keyId: primary, plaintext: utf8('both') });
    const tags = [
      { tagKey: 'team', tagValue: 'a' },
      { tagKey: 'empty', tagValue: '' },
    ];
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const made = await kms.replicateKey({
      keyId: primary,
      replicaRegion: 'us-west-2',
      description: 'the replica',
      policy,
      bypassPolicyLockoutSafetyCheck: true,
      tags,
    });
    const replica = primary.replace('us-east-1', 'us-west-2');
    const { replicaKeyMetadata: metadata } = made;
    assert.equal(metadata.arn, replica);
    assert.equal(metadata.multiRegionKeyType, 'REPLICA');
    assert.equal(metadata.primaryKeyArn, primary);
    assert.deepEqual(metadata.replicaKeyArns, [replica]);
    assert.equal(metadata.description, 'the replica');
    assert.equal(metadata.keyState, 'Creating');
    assert.equal(made.replicaPolicy, policy);
    assert.deepEqual(made.replicaTags, tags);
    const opened = await west.decrypt({ keyId: replica, ciphertextBlob });
    assert.equal(text(opened.plaintext), 'both');

    const promote = { keyId: primary, primaryRegion: 'us-west-2' };
    assert.equal(await kms.updatePrimaryRegion(promote), undefined);
    assert.equal((await west.describeKey({ keyId: replica })).multiRegionKeyType, 'PRIMARY');
    assert.equal((await kms.describeKey({ keyId: primary })).multiRegionKeyType, 'REPLICA');
    // It waits for its replicas, without a date.
    const planned = await west.scheduleKeyDeletion({ keyId: replica });
    assert.equal(planned.keyState, 'PendingReplicaDeletion');
    assert.ok(!('deletionDateMs' in planned));
    await refused(west.encrypt({ keyId: replica, plaintext: utf8('x') }), {
      code: 'KMS_KEY_PENDING_DELETION',
    });
  });

  test('refusals', async () => {
    const { arn: single } = await dev.createKey();
    const { arn: keyId } = await dev.createKey({
      multiRegion: true,
      replicaRegions: ['eu-west-1'],
    });
    for (const [call, request, expected] of [
      [
        'replicateKey',
        { keyId: single, replicaRegion: 'us-west-2' },
        { code: 'KMS_WRONG_KEY_USAGE', serviceError: 'UnsupportedOperationException' },
      ],
      [
        'replicateKey',
        { keyId, replicaRegion: 'eu-west-1' },
        { code: 'KMS_ALREADY_EXISTS', operation: 'ReplicateKey', keyId },
      ],
      ['replicateKey', { keyId, replicaRegion: 'nowhere' }, { code: 'KMS_REJECTED' }],
      [
        'replicateKey',
        { keyId, replicaRegion: 'us-west-2', policy: 'no JSON' },
        { code: 'KMS_REJECTED', serviceError: 'MalformedPolicyDocumentException' },
      ],
      ['replicateKey', { keyId }, { code: 'INVALID_ARGUMENT', message: /replicaRegion is empty/ }],
      [
        'replicateKey',
        { keyId, replicaRegion: 'us-west-2', tags: [{ tagKey: 5 }] },
        { code: 'INVALID_ARGUMENT', message: /tags\[0\]\.tagKey/ },
      ],
      [
        'replicateKey',
        { keyId, replicaRegion: 'us-west-2', tags: [{ tagKey: '', tagValue: 'x' }] },
        { code: 'INVALID_ARGUMENT', message: /tagKey is empty/ },
      ],
      [
        'replicateKey',
        { keyId, replicaRegion: 'us-west-2', bypassPolicyLockoutSafetyCheck: 'yes' },
        { code: 'INVALID_ARGUMENT', message: /a boolean/ },
      ],
      [
        'updatePrimaryRegion',
        { keyId, primaryRegion: 'ap-south-1' },
        { code: 'KMS_KEY_NOT_FOUND', operation: 'UpdatePrimaryRegion', keyId },
      ],
      [
        'updatePrimaryRegion',
        { keyId: single, primaryRegion: 'eu-west-1' },
        { code: 'KMS_WRONG_KEY_USAGE' },
      ],
      ['updatePrimaryRegion', { keyId }, { code: 'INVALID_ARGUMENT', message: /primaryRegion/ }],
    ]) {
      await refused(kms[call](request), expected);
    }
  });
});

test('throttling and server errors are repeated, whatever the operation', async () => {
  const { arn: keyId } = await dev.createKey();
  dev.faults.throttleNext(1);
  await kms.disableKey({ keyId });
  dev.faults.failNext(1, 500);
  await kms.enableKey({ keyId });
  dev.faults.dropNext(1);
  await kms.listKeys();
  assert.deepEqual(
    events.map(({ attempts, outcome }) => [attempts, outcome]),
    [
      [2, 'OK'],
      [2, 'OK'],
      [2, 'OK'],
    ],
  );
});
