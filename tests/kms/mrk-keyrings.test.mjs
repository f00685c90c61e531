// Multi-Region keys, discovery, and a client for each Region, against the development KMS in two
// Regions.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  awsKmsDiscoveryKeyring,
  awsKmsKeyring,
  awsKmsMrkDiscoveryKeyring,
  awsKmsMrkKeyring,
  inspect,
  KmsClient,
  multiKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import {
  administer,
  customers,
  CUSTOMER,
  notOpened,
  refused,
  roundTrip,
  text,
} from './support.mjs';

const HERE = 'us-east-1';
const THERE = 'eu-west-1';
const ACCOUNT = '111122223333';

let dev;
/** One client for each Region. */
let here;
let there;
/** The primary and its replica. */
let mrk;
let replica;
let single;
let singleThere;
before(async () => {
  dev = await startDevKms({ region: HERE });
  here = regional(HERE);
  there = regional(THERE);
  mrk = (await dev.createKey({ multiRegion: true })).arn;
  replica = mrk.replace(HERE, THERE);
  await administer(dev, 'ReplicateKey', { KeyId: mrk, ReplicaRegion: THERE });
  single = (await dev.createKey()).arn;
  singleThere = (await dev.createKey({ region: THERE })).arn;
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

/** Signed requests: it is their signature that says which Region's endpoint they were sent to. */
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const regional = (region, options = {}) =>
  new KmsClient({ endpoint: dev.url, region, credentials, ...options });
const operations = () => dev.calls.map(({ operation }) => operation);
const regions = () => dev.calls.map(({ region }) => region);
const owners = (item) => inspect(item).encryptedDataKeys.map((k) => text(k.keyProviderInfo));
const sealedBy = async (keyring) => (await customers({ keyring }).encryptItem(CUSTOMER)).item;
const opens = async (keyring, item) => {
  dev.clearCalls();
  assert.deepEqual((await customers({ keyring }).decryptItem(item)).item, CUSTOMER);
};
const fails = (keyring, item, ...codes) => {
  dev.clearCalls();
  return notOpened(customers({ keyring }).decryptItem(item), ...codes);
};
const mrkKeyring = (kms, generatorKeyId) => awsKmsMrkKeyring({ kms, generatorKeyId });

/** The item with other text in its one key's provider info, of the same length. */
function renamed(item, from, to) {
  assert.equal(from.length, to.length);
  const head = Buffer.from(item.aws_dbe_head.B);
  const at = head.indexOf(from);
  assert.ok(at > 0);
  head.write(to, at);
  return { ...item, aws_dbe_head: { B: new Uint8Array(head) } };
}

describe('AWS KMS MRK keyring', () => {
  for (const algorithmSuite of ['6700', '6701']) {
    test(`seals in one Region, opens with the replica in another: suite ${algorithmSuite}`, async () => {
      const options = { algorithmSuite };
      const sealer = customers({ keyring: mrkKeyring(here, mrk) }, options);
      const opener = customers({ keyring: mrkKeyring(there, replica) }, options);
      const item = await roundTrip(sealer, opener);
      assert.deepEqual(owners(item), [mrk]);
      assert.deepEqual(operations(), ['GenerateDataKey', 'Decrypt']);
      // No call crossed the border.
      assert.deepEqual(regions(), [HERE, THERE]);
    });
  }

  test('the other way round, and in its own Region', async () => {
    const item = await sealedBy(mrkKeyring(there, replica));
    assert.deepEqual(owners(item), [replica]);
    await opens(mrkKeyring(here, mrk), item);
    assert.deepEqual(regions(), [HERE]);
    await opens(mrkKeyring(there, replica), item);
    assert.deepEqual(regions(), [THERE]);
  });

  test('a keyring that is not MRK-aware refuses the replica, and says which one would not', async () => {
    const item = await sealedBy(mrkKeyring(here, mrk));
    const plain = awsKmsKeyring({ kms: there, generatorKeyId: replica });
    const [reason] = await fails(plain, item, 'KEYRING_NOT_MINE');
    assert.match(reason.message, /awsKmsMrkKeyring/);
    assert.ok(reason.message.includes(mrk) && reason.message.includes(replica));
    assert.equal(dev.calls.length, 0);
  });

  test('a single-Region key works in its own Region only', async () => {
    const item = await roundTrip(customers({ keyring: mrkKeyring(here, single) }));
    const elsewhere = single.replace(HERE, THERE);
    const [reason] = await fails(mrkKeyring(there, elsewhere), item, 'KEYRING_NOT_MINE');
    assert.ok(reason.message.includes(single) && reason.message.includes(elsewhere));
    assert.equal(dev.calls.length, 0);
  });

  for (const [what, change] of [
    ['account', [`:${ACCOUNT}:`, ':444455556666:']],
    ['partition', ['arn:aws:', 'arn:aws-cn:']],
    ['key', [/mrk-.{4}/, 'mrk-0000']],
  ]) {
    test(`an MRK of another ${what} is another key`, async () => {
      const item = await sealedBy(mrkKeyring(here, mrk));
      const other = replica.replace(...change);
      assert.notEqual(other, replica);
      await fails(mrkKeyring(there, other), item, 'KEYRING_NOT_MINE');
      assert.equal(dev.calls.length, 0);
    });
  }

  test('a bare mrk id seals, and says that it needs the ARN to open', async () => {
    const bare = mrk.split('/')[1];
    const item = await sealedBy(mrkKeyring(here, bare));
    assert.deepEqual(owners(item), [mrk]);
    const [reason] = await fails(mrkKeyring(here, bare), item, 'KEYRING_CANNOT');
    assert.match(reason.message, /needs the key's ARN/);
  });

  test('a KMS that answers with the primary when the replica was asked is not believed', async () => {
    const item = await sealedBy(mrkKeyring(here, mrk));
    const lying = regional(THERE, {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        return new Response((await response.text()).replaceAll(replica, mrk), response);
      },
    });
    await fails(mrkKeyring(lying, replica), item, 'MALFORMED_KMS_RESPONSE');
  });
});

describe('a client for each Region', () => {
  const supplier = () => {
    const asked = [];
    const kms = (region) => {
      asked.push(region);
      return regional(region);
    };
    return { asked, kms };
  };

  test('each key is called in its own Region, and each client made once', async () => {
    const { asked, kms } = supplier();
    const third = (await dev.createKey({ region: THERE })).arn;
    const keyring = awsKmsKeyring({ kms, generatorKeyId: single, keyIds: [singleThere, third] });
    assert.deepEqual(asked, [HERE, THERE]);
    const item = await roundTrip(customers({ keyring }));
    assert.deepEqual(operations(), ['GenerateDataKey', 'Encrypt', 'Encrypt', 'Decrypt']);
    assert.deepEqual(regions(), [HERE, THERE, THERE, HERE]);
    assert.deepEqual(asked, [HERE, THERE]);
    await opens(awsKmsKeyring({ kms: there, generatorKeyId: third }), item);
  });

  test('the first Region is out: the second opens', async () => {
    const { kms } = supplier();
    const keyring = awsKmsKeyring({ kms, generatorKeyId: single, keyIds: [singleThere] });
    const item = await sealedBy(keyring);
    await administer(dev, 'DisableKey', { KeyId: single });
    try {
      await opens(keyring, item);
      assert.deepEqual(regions(), [HERE, THERE]);
    } finally {
      await administer(dev, 'EnableKey', { KeyId: single });
    }
  });

  test('MRKs: sealed by two different ones, opened by a replica alone', async () => {
    const other = (await dev.createKey({ multiRegion: true, region: THERE })).arn;
    const { asked, kms } = supplier();
    const keyring = awsKmsMrkKeyring({ kms, generatorKeyId: mrk, keyIds: [other, single] });
    assert.deepEqual(asked, [HERE, THERE]);
    const item = await roundTrip(customers({ keyring }));
    assert.deepEqual(owners(item), [mrk, other, single]);
    await opens(mrkKeyring(there, replica), item);
    assert.deepEqual(regions(), [THERE]);
  });

  test('an MRK and its replica in one keyring are refused, all of them named', async () => {
    const again = mrk.replace(HERE, 'ap-south-1');
    const options = { kms: supplier().kms, generatorKeyId: mrk, keyIds: [replica, single, again] };
    const error = await refused(() => awsKmsMrkKeyring(options), { code: 'INVALID_CONFIG' });
    for (const arn of [mrk, replica, again]) assert.ok(error.message.includes(arn), error.message);
    assert.ok(!error.message.includes(single));
    const bare = { kms: here, generatorKeyId: mrk, keyIds: [mrk.split('/')[1]] };
    await refused(() => awsKmsMrkKeyring(bare), { code: 'INVALID_CONFIG' });
    // Not MRK-aware: two keys like any others. Not an MRK: may occur twice.
    awsKmsKeyring(options);
    awsKmsMrkKeyring({ kms: here, generatorKeyId: single, keyIds: [single] });
  });

  for (const [what, options, code] of [
    ['a bare key id', { generatorKeyId: 'mrk-1234' }, 'INVALID_CONFIG'],
    ['an alias', { generatorKeyId: 'alias/customers' }, 'INVALID_CONFIG'],
    ['an ARN of another service', { keyIds: ['arn:aws:s3:::bucket'] }, 'INVALID_CONFIG'],
    ['an ARN without a Region', { keyIds: [`arn:aws:kms::${ACCOUNT}:key/x`] }, 'INVALID_CONFIG'],
    ['a broken ARN', { keyIds: ['arn:aws:kms:us-east-1:1'] }, 'MALFORMED_KEY_ID'],
    ['no key', {}, 'INVALID_CONFIG'],
    ['a key id of another type', { generatorKeyId: 5 }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, async () => {
      for (const make of [awsKmsKeyring, awsKmsMrkKeyring]) {
        await refused(() => make({ kms: supplier().kms, ...options }), { code });
      }
    });
  }

  test('what the function returns must be a client; what it throws comes through', async () => {
    for (const returned of [undefined, null, {}, 'client']) {
      const options = { kms: () => returned, generatorKeyId: single };
      const error = await refused(() => awsKmsKeyring(options), { code: 'INVALID_ARGUMENT' });
      assert.match(error.message, /us-east-1/);
    }
    const kms = () => {
      throw new TypeError('no credentials for this Region');
    };
    assert.throws(() => awsKmsKeyring({ kms, generatorKeyId: single }), /no credentials for this/);
  });
});

describe('AWS KMS discovery keyring', () => {
  test('opens what any key of its Region sealed', async () => {
    const other = (await dev.createKey()).arn;
    for (const arn of [single, other, mrk]) {
      const item = await sealedBy(awsKmsKeyring({ kms: here, generatorKeyId: arn }));
      await opens(awsKmsDiscoveryKeyring({ kms: here }), item);
      assert.deepEqual(operations(), ['Decrypt']);
    }
  });

  test('cannot seal, alone or as a generator', async () => {
    const discovery = awsKmsDiscoveryKeyring({ kms: here });
    for (const keyring of [discovery, multiKeyring({ generator: discovery })]) {
      const seal = customers({ keyring }).encryptItem(CUSTOMER);
      await refused(seal, { code: 'KEYRING_CANNOT', message: /only decrypt/ });
    }
    assert.equal(dev.calls.length, 0);
  });

  const filtered = (filter, make = awsKmsDiscoveryKeyring) =>
    make({ kms: here, discoveryFilter: { partition: 'aws', accountIds: [ACCOUNT], ...filter } });

  for (const make of [awsKmsDiscoveryKeyring, awsKmsMrkDiscoveryKeyring]) {
    test(`${make.name}: the filter's accounts and partition`, async () => {
      const item = await sealedBy(awsKmsKeyring({ kms: here, generatorKeyId: single }));
      await opens(filtered({}, make), item);
      await opens(filtered({ accountIds: ['444455556666', ACCOUNT] }, make), item);
      for (const filter of [
        { accountIds: ['444455556666'] },
        { partition: 'aws-cn' },
        { partition: 'aw' },
        { accountIds: [ACCOUNT.slice(1)] },
      ]) {
        const [reason] = await fails(filtered(filter, make), item, 'KEYRING_NOT_MINE');
        assert.ok(reason.message.includes(single), reason.message);
        assert.ok(reason.message.includes(filter.partition ?? filter.accountIds[0]));
        assert.equal(dev.calls.length, 0);
      }
    });

    for (const [what, filter, code] of [
      ['no account', { accountIds: [] }, 'INVALID_CONFIG'],
      ['an empty account', { accountIds: [''] }, 'INVALID_CONFIG'],
      ['an empty partition', { partition: '' }, 'INVALID_CONFIG'],
      ['an account that is a number', { accountIds: [111122223333] }, 'INVALID_ARGUMENT'],
      ['accounts that are no list', { accountIds: ACCOUNT }, 'INVALID_ARGUMENT'],
      ['no partition', { partition: undefined }, 'INVALID_ARGUMENT'],
    ]) {
      test(`${make.name} refuses a filter with ${what}`, async () => {
        await refused(() => filtered(filter, make), { code });
      });
    }
  }

  test('data of another kind of keyring is not its own', async () => {
    const wrappingKey = new Uint8Array(32);
    const aes = rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey });
    const item = await sealedBy(aes);
    await fails(awsKmsDiscoveryKeyring({ kms: here }), item, 'KEYRING_NOT_MINE');
    await fails(mrkKeyring(here, mrk), item, 'KEYRING_NOT_MINE');
    assert.equal(dev.calls.length, 0);
    // As one of several it is passed by.
    const both = multiKeyring({ generator: aes, children: [mrkKeyring(here, mrk)] });
    await opens(awsKmsDiscoveryKeyring({ kms: here }), await sealedBy(both));
  });

  test('another Region: KMS there does not know the key', async () => {
    const item = await sealedBy(awsKmsKeyring({ kms: here, generatorKeyId: single }));
    const [reason] = await fails(awsKmsDiscoveryKeyring({ kms: there }), item, 'KMS_KEY_NOT_FOUND');
    assert.ok(reason.message.includes(single));
  });

  test('Regions in turn', async () => {
    const kms = regional;
    const item = await sealedBy(awsKmsKeyring({ kms: there, generatorKeyId: singleThere }));
    await opens(awsKmsDiscoveryKeyring({ kms, regions: [HERE, THERE] }), item);
    assert.deepEqual(regions(), [HERE, THERE]);
    await opens(awsKmsDiscoveryKeyring({ kms, region: THERE }), item);
    await fails(awsKmsDiscoveryKeyring({ kms, regions: [HERE] }), item, 'KMS_KEY_NOT_FOUND');
    const seal = customers({ keyring: awsKmsDiscoveryKeyring({ kms, regions: [HERE] }) });
    await refused(seal.encryptItem(CUSTOMER), { code: 'KEYRING_CANNOT' });
  });

  for (const [what, options, code] of [
    ['neither region nor regions with a function', { kms: regional }, 'INVALID_CONFIG'],
    ['both', { kms: regional, region: HERE, regions: [THERE] }, 'INVALID_CONFIG'],
    ['no Region in the list', { kms: regional, regions: [] }, 'INVALID_CONFIG'],
    ['an empty Region in the list', { kms: regional, regions: [HERE, ''] }, 'INVALID_CONFIG'],
    ['an empty Region', { kms: regional, region: '' }, 'INVALID_CONFIG'],
    ['a Region that is a number', { kms: regional, regions: [5] }, 'INVALID_ARGUMENT'],
    ['a list that is none', { kms: regional, regions: HERE }, 'INVALID_CONFIG'],
    ['no client', {}, 'INVALID_ARGUMENT'],
    ['the wrong client', { kms: {} }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, async () => {
      for (const make of [awsKmsDiscoveryKeyring, awsKmsMrkDiscoveryKeyring]) {
        await refused(() => make(options), { code });
      }
    });
  }

  test('refuses Regions that a client cannot serve', async () => {
    await refused(() => awsKmsDiscoveryKeyring({ kms: here, regions: [HERE] }), {
      code: 'INVALID_CONFIG',
    });
    await refused(() => awsKmsDiscoveryKeyring({ kms: here, region: HERE }), {
      code: 'INVALID_CONFIG',
    });
  });
});

describe('AWS KMS MRK discovery keyring', () => {
  test('opens with the replica in its Region, without a call to another', async () => {
    const item = await sealedBy(mrkKeyring(here, mrk));
    await opens(awsKmsMrkDiscoveryKeyring({ kms: there }), item);
    assert.deepEqual(regions(), [THERE]);
    await opens(awsKmsMrkDiscoveryKeyring({ kms: there, region: THERE }), item);
    await opens(awsKmsMrkDiscoveryKeyring({ kms: here }), item);
    assert.deepEqual(regions(), [HERE]);
    // What is not MRK-aware asks for the primary, which is not there.
    await fails(awsKmsDiscoveryKeyring({ kms: there }), item, 'KMS_KEY_NOT_FOUND');
  });

  test('a single-Region key of another Region is refused with both Regions named', async () => {
    const item = await sealedBy(awsKmsKeyring({ kms: here, generatorKeyId: single }));
    await opens(awsKmsMrkDiscoveryKeyring({ kms: here }), item);
    const elsewhere = awsKmsMrkDiscoveryKeyring({ kms: there });
    const [reason] = await fails(elsewhere, item, 'KEYRING_NOT_MINE');
    assert.match(reason.message, /single-Region key/);
    assert.ok(reason.message.includes(HERE) && reason.message.includes(THERE));
    assert.equal(dev.calls.length, 0);
  });

  test('a Region without a replica: KMS there does not know the key', async () => {
    const item = await sealedBy(mrkKeyring(here, mrk));
    const kms = regional('ap-south-1');
    const [reason] = await fails(awsKmsMrkDiscoveryKeyring({ kms }), item, 'KMS_KEY_NOT_FOUND');
    assert.ok(reason.message.includes(mrk.replace(HERE, 'ap-south-1')), reason.message);
  });

  test('Regions in turn, one client each', async () => {
    const asked = [];
    const kms = (region) => {
      asked.push(region);
      return regional(region);
    };
    const keyring = awsKmsMrkDiscoveryKeyring({ kms, regions: ['ap-south-1', THERE, HERE] });
    const item = await sealedBy(mrkKeyring(here, mrk));
    await opens(keyring, item);
    assert.deepEqual(regions(), ['ap-south-1', THERE]);
    assert.deepEqual(asked, ['ap-south-1', THERE, HERE]);
  });

  for (const [what, options] of [
    ['another Region than its client', { region: HERE }],
    ['a Region that cannot be one', { region: 'a:b' }],
    ['an empty one', { region: '' }],
  ]) {
    test(`refuses ${what}`, async () => {
      const make = () => awsKmsMrkDiscoveryKeyring({ kms: there, ...options });
      await refused(make, { code: 'INVALID_CONFIG' });
    });
  }

  test('a client without a Region needs one', async () => {
    const kms = new KmsClient({ endpoint: dev.urlFor(THERE) });
    await refused(() => awsKmsMrkDiscoveryKeyring({ kms }), {
      code: 'INVALID_CONFIG',
      message: /needs region/,
    });
    const item = await sealedBy(mrkKeyring(here, mrk));
    await opens(awsKmsMrkDiscoveryKeyring({ kms, region: THERE }), item);
  });

  test('grant tokens are sent', async () => {
    const seen = [];
    const kms = regional(HERE, {
      fetch: (url, init) => {
        seen.push(JSON.parse(text(init.body)).GrantTokens);
        return fetch(url, init);
      },
    });
    const item = await sealedBy(mrkKeyring(here, mrk));
    for (const make of [awsKmsDiscoveryKeyring, awsKmsMrkDiscoveryKeyring]) {
      await opens(make({ kms, grantTokens: ['token'] }), item);
    }
    assert.deepEqual(seen, [['token'], ['token']]);
  });
});

describe('provider info that is no key ARN fails, and is not passed by', () => {
  const keyrings = () => [
    awsKmsKeyring({ kms: here, generatorKeyId: single }),
    mrkKeyring(here, mrk),
    awsKmsDiscoveryKeyring({ kms: here }),
    awsKmsMrkDiscoveryKeyring({ kms: here }),
  ];
  for (const [what, from, to, code] of [
    ['an alias ARN', ':key/', ':alias/', 'MALFORMED_ENCRYPTED_DATA_KEY'],
    ['another service', ':kms:', ':s3x:', 'MALFORMED_KEY_ID'],
    ['no ARN', 'arn:', 'xrn:', 'MALFORMED_KEY_ID'],
    ['no Region', `:${HERE}:`, `::${HERE}`, 'MALFORMED_KEY_ID'],
    ['another resource', ':key/', ':kez/', 'MALFORMED_KEY_ID'],
    ['no resource id', ':key/', ':key:', 'MALFORMED_KEY_ID'],
    ['text that is no UTF-8', 'arn:', undefined, 'MALFORMED_KEY_ID'],
  ]) {
    test(what, async () => {
      // Two keys: the second would open.
      const options = { kms: here, generatorKeyId: mrk, keyIds: [single] };
      const item = await sealedBy(awsKmsKeyring(options));
      let broken;
      if (to === undefined) {
        const head = Buffer.from(item.aws_dbe_head.B);
        head[head.indexOf(from)] = 0xff;
        broken = { ...item, aws_dbe_head: { B: new Uint8Array(head) } };
      } else {
        const arn = mrk.replace(from, to);
        // Provider info has its length before it: the text must keep it.
        const fitted = arn.length > mrk.length ? arn.slice(0, mrk.length) : arn;
        broken = renamed(item, mrk, fitted);
      }
      for (const keyring of keyrings()) {
        await fails(keyring, broken, code);
        assert.equal(dev.calls.length, 0);
      }
      // Another keyring of a multi-keyring still may.
      const all = multiKeyring({ children: keyrings() });
      await fails(all, broken, code, code, code, code);
    });
  }
});
