// Where each segment is, in a DynamoDB table (partition key `job`, a string; sort key `segment`, a number). A worker takes a segment
// for a while, its lease, and takes it anew with each checkpoint that it stores. One that dies lets its lease run out, and another
// goes on from its checkpoint.

import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';

/** Another worker has the segment: this one was too slow, and must not store anything about it. */
export class LeaseLost extends Error {}

export class Checkpoints {
  #client;
  #TableName;
  #job;
  #leaseMs;

  /**
   * @param job - what the checkpoints are of: another table, mode or number of segments has its own
   * @param leaseMs - how long a worker has a segment without storing a checkpoint: longer than a page takes
   */
  constructor(client, { TableName, job, leaseMs = 120_000 }) {
    this.#client = client;
    this.#TableName = TableName;
    this.#job = job;
    this.#leaseMs = leaseMs;
  }

  /**
   * Takes a segment. Returns its lease; `'sealed'` if nothing is left to do, and `'taken'` if another worker has it.
   */
  async take(segment) {
    const owner = randomUUID();
    const free =
      'attribute_not_exists(sealed) AND (attribute_not_exists(#owner) OR expires < :now)';
    try {
      const { Attributes } = await this.#update(
        segment,
        'SET #owner = :owner, expires = :until',
        free,
        {
          ':owner': { S: owner },
          ':now': { N: String(Date.now()) },
          ':until': this.#until(),
        },
      );
      return new Lease((...change) => this.#update(segment, ...change), {
        owner,
        checkpoint: Attributes.checkpoint?.S,
        until: () => this.#until(),
      });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item?.sealed ? 'sealed' : 'taken';
    }
  }

  #until() {
    return { N: String(Date.now() + this.#leaseMs) };
  }

  #update(segment, UpdateExpression, ConditionExpression, ExpressionAttributeValues) {
    return this.#client.send(
      new UpdateItemCommand({
        TableName: this.#TableName,
        Key: { job: { S: this.#job }, segment: { N: String(segment) } },
        UpdateExpression,
        ConditionExpression,
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues,
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }
}

/** A segment that this worker has. Each change is made on the condition that it still has it. */
class Lease {
  #update;
  #owner;
  #until;
  /** Where the worker before it was; `undefined` at the beginning. */
  checkpoint;

  constructor(update, { owner, checkpoint, until }) {
    this.#update = update;
    this.#owner = owner;
    this.#until = until;
    this.checkpoint = checkpoint;
  }

  /** Stores a checkpoint, and takes the segment for another while. */
  save(checkpoint) {
    const values = { ':checkpoint': { S: checkpoint }, ':until': this.#until() };
    return this.#change('SET checkpoint = :checkpoint, expires = :until', values);
  }

  /** The segment is sealed: nobody takes it any more. */
  finish() {
    return this.#change('SET sealed = :true REMOVE #owner, expires', { ':true': { BOOL: true } });
  }

  /** Gives the segment back before it is sealed, so that the next worker need not wait. */
  release() {
    return this.#change('REMOVE #owner, expires', {});
  }

  async #change(expression, values) {
    try {
      await this.#update(expression, '#owner = :owner', {
        ...values,
        ':owner': { S: this.#owner },
      });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new LeaseLost('another worker has the segment', { cause: error });
    }
  }
}
