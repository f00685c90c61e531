// What the examples of the pages take for granted. A name that is not here, and that an example does not make, is an error.

import type {
  AwsCredentials,
  EncryptionClient,
  ItemEncryptor,
  ItemEncryptorOptions,
  Keyring,
} from 'fieldseal';
import type { Tables } from 'fieldseal/tables';

declare global {
  const keyring: Keyring;
  const oldKeyring: Keyring;
  const encryptor: ItemEncryptor;
  const oldEncryptor: ItemEncryptor;
  const items: ItemEncryptor;
  const table: Omit<ItemEncryptorOptions, 'keyring' | 'cmm'>;
  const tables: Tables;
  const client: EncryptionClient;
  const credentials: AwsCredentials;
  const generatorKeyId: string;
  const kmsKeyArn: string;
  const publicKey: string;
  const expected: string;
  const pair: CryptoKeyPair;
  const jwks: { readonly keys: readonly JsonWebKey[] };
  const certificate: string;
  const privateKey: string;
  const seals: Keyring;
  const opens: Keyring;
  const defineNuxtConfig: (config: object) => object;
  const bytes: Uint8Array;
  const message: Uint8Array;
  const file: File;
  const upload: WritableStream<Uint8Array>;
  const form: { readonly ssn: HTMLInputElement };
  // A server of Express, Fastify or Hono.
  const app: any;
  const record: Record<string, unknown>;
  const stored: Record<string, unknown>;
  const item: Parameters<ItemEncryptor['decryptItem']>[0];
  const batch: Parameters<ItemEncryptor['resealItems']>[0];
  const scanned: Parameters<ItemEncryptor['resealAll']>[0];
  const everyItem: Parameters<ItemEncryptor['resealAll']>[0];
  const store: (...what: unknown[]) => Promise<void>;
  const report: (...what: unknown[]) => void;
  const log: (...what: unknown[]) => void;
  const later: () => Promise<void>;
  type OnKey = (
    keyId: string,
    key: Uint8Array,
    options: { readonly aad: Uint8Array; readonly signal: AbortSignal },
  ) => Promise<Uint8Array>;
  const hsm: { readonly wrap: OnKey; readonly unwrap: OnKey };
}
