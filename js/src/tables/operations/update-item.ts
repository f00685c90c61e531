/** UpdateItem (P5, P11): of attributes that are not signed; others by reading, changing and putting, where that is asked for. */

import { checkUpdated, evaluateUpdate } from '../../dynamodb/expressions.js';
import { FieldsealError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { conditionFailed } from '../aws-client.js';
import type { Call, Input, Operation } from '../call.js';
import { check } from '../check.js';
import { EncryptedRecord, MAX_ATTEMPTS } from '../encrypted-record.js';
import { mapOf } from '../members.js';
import { Asked } from '../record-key.js';
import { openAttributes, openItemOfError } from '../returned.js';
import type { Client, Output } from '../sdk.js';
import { inTable, type EncryptedTable } from '../table.js';

export const updateItem: Operation = (input, call) => {
  const { tables, signal, updates } = call;
  const table = tables.find(input['TableName']);
  if (!table) return undefined;
  try {
    check(table, 'UpdateItem', input);
  } catch (error) {
    if (!updates || !canBeEvaluated(error, input)) throw error;
    // What goes through the stack in its place is serialized, and would be refused by the service: it has no key, and no values.
    const { TableName } = input;
    return { input: { TableName }, instead: () => readChangePut(table, input, updates, call) };
  }
  const asked = new Asked(table, [input['Key']]);
  const some = String(input['ReturnValues']).startsWith('UPDATED_');
  return {
    input,
    output: (output) =>
      some ? mustBeUnsigned(table, output) : openAttributes(asked, output, signal),
    error: (error) => openItemOfError(asked, error, signal),
  };
};

/** UPDATED_OLD and UPDATED_NEW return a part of the item, of which nothing that is signed can be verified. */
function mustBeUnsigned(table: EncryptedTable, output: Output): Output {
  try {
    checkUpdated(table.rules, Object.keys(mapOf(output, 'Attributes') ?? {}));
    return output;
  } catch (error) {
    throw inTable(error, table.name);
  }
}

/** Whether a request was refused only because DynamoDB cannot do it: not one with parameters that nothing here evaluates. */
function canBeEvaluated(error: unknown, input: Input): boolean {
  if (!(error instanceof FieldsealError) || error.code !== 'TABLE_REQUEST_REFUSED') return false;
  const legacy = ['Expected', 'AttributeUpdates', 'ConditionalOperator'];
  return legacy.every((name) => input[name] === undefined);
}

/** Does to the plaintext what the request says. */
async function readChangePut(
  table: EncryptedTable,
  input: Input,
  client: Client,
  { signal }: Call,
): Promise<Output> {
  const Key = input['Key'] as AttributeMap;
  const request = { ...input, Key };
  let returned: AttributeMap | undefined;
  const change = async (item: AttributeMap | undefined) => {
    const outcome = evaluateUpdate(request, item);
    if (!outcome.holds) {
      const asked = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
      throw await conditionFailed(asked ? item : undefined);
    }
    ({ returned } = outcome);
    return outcome.item;
  };
  const record = new EncryptedRecord(client, table, input['TableName'] as string, Key, signal);
  try {
    const { output } = await record.change(change, MAX_ATTEMPTS);
    const $metadata = output?.$metadata ?? {};
    return returned === undefined ? { $metadata } : { $metadata, Attributes: returned };
  } catch (error) {
    throw inTable(error, table.name);
  }
}
