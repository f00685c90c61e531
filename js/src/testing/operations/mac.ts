import { createHmac, timingSafeEqual } from 'node:crypto';
import { KmsFault } from '../errors.js';
import type { Key } from '../keys.js';
import { MAC_ALGORITHMS, SPECS } from '../specs.js';
import { readCommon, requireAlgorithm, requireUsable, type Call } from './call.js';
import { currentVersion } from './encryption.js';

export function generateMac(call: Call): object {
  const { keyId, message, algorithm } = readMac(call);
  call.input.check();

  const key = requireMacKey(call, keyId, algorithm);
  return {
    Mac: computeMac(key, algorithm, message).toString('base64'),
    MacAlgorithm: algorithm,
    KeyId: key.arn,
  };
}

export function verifyMac(call: Call): object {
  const { keyId, message, algorithm } = readMac(call);
  const mac = call.input.blob('Mac', { min: 1, max: 6144 });
  call.input.check();

  const key = requireMacKey(call, keyId, algorithm);
  const expected = computeMac(key, algorithm, message);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
    throw new KmsFault('KMSInvalidMacException');
  }
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
}

function readMac(call: Call) {
  readCommon(call);
  return {
    keyId: call.input.keyId(),
    message: call.input.blob('Message', { min: 1, max: 4096 }),
    algorithm: call.input.text('MacAlgorithm', { values: MAC_ALGORITHMS }),
  };
}

function requireMacKey(call: Call, keyId: string, algorithm: string): Key {
  const key = call.find(keyId);
  requireUsable(key, 'GENERATE_VERIFY_MAC', call.operation);
  requireAlgorithm(key, algorithm, SPECS[key.family.spec].mac ?? []);
  return key;
}

const computeMac = (key: Key, algorithm: string, message: Buffer): Buffer =>
  createHmac(`sha${algorithm.slice(-3)}`, currentVersion(key).secret)
    .update(message)
    .digest();
