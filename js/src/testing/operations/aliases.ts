import { aliasArn } from '../arn.js';
import { KmsFault, validation } from '../errors.js';
import { seconds, type Alias, type Key } from '../keys.js';
import { SPECS } from '../specs.js';
import { requireNotPendingDeletion, type Call } from './call.js';
import { paginate, readPage } from './paging.js';

const NAME_RULE = { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ };
const RESERVED = 'alias/aws/';

export function createAlias(call: Call): void {
  const { input, store, now, region } = call;
  const name = input.text('AliasName', NAME_RULE);
  const target = input.keyId('TargetKeyId');
  input.check();
  requireName(name);

  const key = requireTarget(call, target);
  const arn = aliasArn(region, store.account, name);
  if (store.aliases.has(arn)) {
    throw new KmsFault('AlreadyExistsException', `An alias with the name ${arn} already exists`);
  }
  store.aliases.set(arn, { name, arn, region, targetArn: key.arn, createdAt: now, updatedAt: now });
  store.touch();
}

export function updateAlias(call: Call): void {
  const { input, store, now } = call;
  const name = input.text('AliasName', NAME_RULE);
  const target = input.keyId('TargetKeyId');
  input.check();
  requireName(name);

  const alias = requireAlias(call, name);
  const key = requireTarget(call, target);
  const old = store.keys.get(alias.targetArn);
  if (old !== undefined && kindOf(old) !== kindOf(key)) {
    throw validation(
      `Alias ${alias.arn} cannot be updated to a key of another type or another key usage.`,
    );
  }
  alias.targetArn = key.arn;
  alias.updatedAt = now;
  store.touch();
}

export function deleteAlias(call: Call): void {
  const name = call.input.text('AliasName', NAME_RULE);
  call.input.check();
  requireName(name);
  call.store.aliases.delete(requireAlias(call, name).arn);
  call.store.touch();
}

export function listAliases(call: Call): object {
  const { input, region, store } = call;
  const keyId = input.optionalKeyId();
  const asked = readPage(input, { limit: 50, max: 100 });
  input.check();
  const key = keyId === undefined ? undefined : call.findManaged(keyId);
  const wanted = [...store.aliases.values()].filter(
    (alias) => alias.region === region && (key === undefined || alias.targetArn === key.arn),
  );
  const { page, more } = paginate(wanted, ({ arn }) => arn, asked);
  return {
    Aliases: page.map((alias) => ({
      AliasName: alias.name,
      AliasArn: alias.arn,
      TargetKeyId: alias.targetArn.slice(alias.targetArn.indexOf('/') + 1),
      CreationDate: seconds(alias.createdAt),
      LastUpdatedDate: seconds(alias.updatedAt),
    })),
    ...more,
  };
}

function requireName(name: string): void {
  if (!name.startsWith('alias/')) {
    throw validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith(RESERVED)) throw new KmsFault('NotAuthorizedException');
  if (name === 'alias/' || name.includes(':')) {
    throw new KmsFault(
      'InvalidAliasNameException',
      `${name} contains invalid characters for an alias`,
    );
  }
}

function requireTarget(call: Call, target: string): Key {
  if (target.startsWith('alias/')) throw validation('Aliases must refer to keys. Not aliases');
  const key = call.findManaged(target);
  requireNotPendingDeletion(key);
  return key;
}

function requireAlias({ region, store }: Call, name: string): Alias {
  const arn = aliasArn(region, store.account, name);
  const alias = store.aliases.get(arn);
  if (alias === undefined) throw new KmsFault('NotFoundException', `Alias ${arn} is not found.`);
  return alias;
}

/** An alias may move between keys of one type and usage: code that uses it must keep working. */
const kindOf = ({ family }: Key): string => `${SPECS[family.spec].kind} ${family.usage}`;
