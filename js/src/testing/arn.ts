import { randomBytes, randomUUID } from 'node:crypto';

/** A parsed KMS ARN: `arn:aws:kms:us-east-1:111122223333:key/…` or `…:alias/…`. */
export interface KmsArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly kind: 'key' | 'alias';
  /** What follows `key/`; for an alias the whole name, `alias/` included. */
  readonly resource: string;
}

const ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key|alias)\/(.+)$/;
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MRK = /^mrk-[0-9a-f]{32}$/i;

export const isRegion = (text: string): boolean => REGION.test(text);

/** A key id as KMS writes them: a UUID, or `mrk-` and 32 hexadecimal digits. */
export const isKeyId = (text: string): boolean => UUID.test(text) || MRK.test(text);

export const isMultiRegionKeyId = (keyId: string): boolean => keyId.startsWith('mrk-');

export function parseArn(text: string): KmsArn | undefined {
  const match = ARN.exec(text);
  if (match === null) return undefined;
  const [, partition, region, account, kind, rest] = match as unknown as string[];
  return {
    partition: partition as string,
    region: region as string,
    account: account as string,
    kind: kind as 'key' | 'alias',
    resource: kind === 'alias' ? `alias/${rest}` : (rest as string),
  };
}

/** The partition is a property of the Region, so callers never have to name it. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

export const keyArn = (region: string, account: string, keyId: string): string =>
  `arn:${partitionOf(region)}:kms:${region}:${account}:key/${keyId}`;

export const aliasArn = (region: string, account: string, name: string): string =>
  `arn:${partitionOf(region)}:kms:${region}:${account}:${name}`;

export const newKeyId = (multiRegion: boolean): string =>
  multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
