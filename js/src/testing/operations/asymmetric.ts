import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { KmsFault, unsupported, validation } from '../errors.js';
import { algorithmLists, signingAlgorithms, type Key } from '../keys.js';
import { curveOf, privateKeyOf, publicKeyDer, publicKeyOf } from '../material.js';
import {
  sign as makeSignature,
  verify as checkSignature,
  type MessageType,
} from '../signatures.js';
import { SIGNING_ALGORITHMS, SPECS } from '../specs.js';
import {
  readCommon,
  refuseRecipient,
  requireAlgorithm,
  requireState,
  requireUsable,
  type Call,
} from './call.js';
import { currentVersion } from './encryption.js';

export function getPublicKey(call: Call): object {
  const { input } = call;
  const keyId = input.keyId();
  readCommon(call);
  input.check();

  const key = call.findManaged(keyId, { aliases: true });
  const { spec, usage } = key.family;
  requireState(key, ['Enabled']);
  if (SPECS[spec].kind === 'symmetric' || SPECS[spec].kind === 'hmac') {
    throw unsupported(`${key.arn} key spec is ${spec} which is not valid for GetPublicKey.`);
  }
  return {
    KeyId: key.arn,
    PublicKey: publicKeyDer(currentVersion(key)).toString('base64'),
    CustomerMasterKeySpec: spec,
    KeySpec: spec,
    KeyUsage: usage,
    ...algorithmLists(key.family),
  };
}

export function deriveSharedSecret(call: Call): object {
  const { input } = call;
  const keyId = input.keyId();
  const algorithm = input.text('KeyAgreementAlgorithm', { values: ['ECDH'] });
  const publicKey = input.blob('PublicKey', { min: 1, max: 8192 });
  readCommon(call);
  input.check();
  refuseRecipient(call);

  const key = call.find(keyId);
  requireUsable(key, 'KEY_AGREEMENT', 'DeriveSharedSecret');
  const secret = diffieHellman({
    privateKey: privateKeyOf(currentVersion(key)),
    publicKey: parsePeer(key, publicKey),
  });
  return {
    KeyId: key.arn,
    SharedSecret: secret.toString('base64'),
    KeyAgreementAlgorithm: algorithm,
    KeyOrigin: key.family.origin,
  };
}

/** OpenSSL refuses points that are not on the curve; the curve itself is for us to compare. */
function parsePeer(key: Key, der: Buffer): KeyObject {
  let peer: KeyObject;
  try {
    peer = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw validation('The public key is not a valid DER-encoded X.509 SubjectPublicKeyInfo.');
  }
  if (curveOf(peer) !== SPECS[key.family.spec].curve) {
    throw validation(`The public key is not on the curve of key spec ${key.family.spec}.`);
  }
  return peer;
}

export function sign(call: Call): object {
  const { keyId, message, messageType, algorithm } = readSigning(call);
  call.input.check();

  const key = requireSigner(call, keyId, algorithm);
  const privateKey = privateKeyOf(currentVersion(key));
  const signature = makeSignature(privateKey, algorithm, requireType(key, messageType), message);
  return {
    KeyId: key.arn,
    Signature: signature.toString('base64'),
    SigningAlgorithm: algorithm,
  };
}

export function verify(call: Call): object {
  const { keyId, message, messageType, algorithm } = readSigning(call);
  const signature = call.input.blob('Signature', { min: 1, max: 6144 });
  call.input.check();

  const key = requireSigner(call, keyId, algorithm);
  const publicKey = publicKeyOf(currentVersion(key));
  const type = requireType(key, messageType);
  // A bad signature is an error, never SignatureValid: false.
  if (!checkSignature(publicKey, algorithm, type, message, signature)) {
    throw new KmsFault('KMSInvalidSignatureException');
  }
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm };
}

function readSigning(call: Call) {
  const { input } = call;
  readCommon(call);
  return {
    keyId: input.keyId(),
    message: input.blob('Message', { min: 1, max: 4096 }),
    messageType:
      input.optionalText('MessageType', { values: ['RAW', 'DIGEST', 'EXTERNAL_MU'] }) ?? 'RAW',
    algorithm: input.text('SigningAlgorithm', { values: SIGNING_ALGORITHMS }),
  };
}

function requireSigner(call: Call, keyId: string, algorithm: string): Key {
  const key = call.find(keyId);
  requireUsable(key, 'SIGN_VERIFY', call.operation);
  requireAlgorithm(key, algorithm, signingAlgorithms(key.family) ?? []);
  return key;
}

/** EXTERNAL_MU is a notion of ML-DSA, which no key here has. */
function requireType(key: Key, messageType: string): MessageType {
  if (messageType === 'EXTERNAL_MU') {
    throw validation(`Message type EXTERNAL_MU is incompatible with key spec ${key.family.spec}.`);
  }
  return messageType as MessageType;
}
