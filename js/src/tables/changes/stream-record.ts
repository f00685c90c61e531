/**
 * Records of DynamoDB Streams and of Kinesis Data Streams for DynamoDB, in the forms that they come in: as Lambda gives them
 * (JSON, bytes as base64), and as AWS's SDK does (`Uint8Array`, `Date`).
 *
 * @module
 */

import type { AttributeMap } from '../../items/attribute-value.js';
import { fromBase64 } from '../../util/base64.js';
import { isBinary, windowOf } from '../../util/bytes.js';
import { tagOf } from '../../util/tag.js';
import { utf8Decoder } from '../../util/utf8.js';
import type { ItemChange } from './change.js';
import { malformed, membersOf, parseJson, readItem } from './read.js';

const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'] as const;

/** What happened to an item, as {@link openStreamRecord} says it. */
export type StreamEventName = (typeof EVENT_NAMES)[number];

/** The events whose records have the item before, and the item after. */
const HAVE_OLD: readonly string[] = ['MODIFY', 'REMOVE'];
const HAVE_NEW: readonly string[] = ['INSERT', 'MODIFY'];
/** What a stream is told to have of each item: the old one, the new one. */
const VIEWS: Readonly<Record<string, readonly [old: boolean, new_: boolean]>> = {
  KEYS_ONLY: [false, false],
  NEW_IMAGE: [false, true],
  OLD_IMAGE: [true, false],
  NEW_AND_OLD_IMAGES: [true, true],
};

/** A record that was read; its items are as they are stored. */
export interface StreamRecord extends ItemChange {
  readonly eventName: StreamEventName;
  /** What the record calls its table, a name or an ARN with that of the stream behind it; absent if it does not say. */
  readonly tableName: string | undefined;
  readonly expired: boolean;
  readonly approximateCreationTime: number | undefined;
}

const DATE = '[object Date]';

type Members = Readonly<Record<string, unknown>>;
const refuse = (problem: string) => malformed('stream record', problem);
const object = (name: string, value: unknown) => membersOf('stream record', name, value);

/**
 * Reads a record.
 *
 * @throws MalformedInputError `MALFORMED_DYNAMODB_RESPONSE`; `MALFORMED_ATTRIBUTE` for what is not an attribute value
 */
export function readStreamRecord(given: unknown): StreamRecord {
  const record = changeRecord(object('a record', given));
  const { eventName, userIdentity = {} } = record;
  if (!isEventName(eventName)) throw refuse(`eventName is none of ${EVENT_NAMES.join(', ')}`);
  const data = object('dynamodb', record['dynamodb']);
  return {
    eventName,
    tableName: tableNameIn(record),
    keys: readItem('stream record', 'Keys', data['Keys']),
    ...imagesOf(eventName, data),
    expired: eventName === 'REMOVE' && isTimeToLive(object('userIdentity', userIdentity)),
    approximateCreationTime: timeOf(record, data),
  };
}

/** The change itself: a record of a Kinesis stream has it in its data, as JSON. */
function changeRecord(record: Members): Members {
  const data =
    record['kinesis'] === undefined ? record['Data'] : object('kinesis', record['kinesis'])['data'];
  if (data === undefined) return record;
  const decoded = typeof data === 'string' ? fromBase64(data) : undefined;
  const bytes = isBinary(data) ? windowOf(data) : decoded;
  if (!bytes) throw refuse('the data of the Kinesis record is neither base64 nor a Uint8Array');
  let text: string;
  try {
    text = utf8Decoder().decode(bytes);
  } catch {
    throw refuse('the data of the Kinesis record is not UTF-8');
  }
  const name = 'the data of the Kinesis record';
  return object(name, parseJson('stream record', name, text));
}

function isEventName(name: unknown): name is StreamEventName {
  return EVENT_NAMES.includes(name as StreamEventName);
}

function tableNameIn({ tableName, eventSourceARN }: Members): string | undefined {
  const name = tableName ?? eventSourceARN;
  if (name === undefined || typeof name === 'string') return name;
  throw refuse('the name of the table is not a string');
}

/** The items that a record has. One that should be there and is not would be taken for one that never was. */
function imagesOf(
  eventName: StreamEventName,
  data: Members,
): Pick<ItemChange, 'oldItem' | 'newItem'> {
  // Records of Kinesis do not say it: they have both.
  const { StreamViewType: view = 'NEW_AND_OLD_IMAGES' } = data;
  if (typeof view !== 'string' || !Object.hasOwn(VIEWS, view)) {
    throw refuse(`StreamViewType is none of ${Object.keys(VIEWS).join(', ')}`);
  }
  const [hasOld, hasNew] = VIEWS[view]!;
  const image = (name: 'OldImage' | 'NewImage', isThere: boolean): AttributeMap | undefined => {
    if (data[name] !== undefined) return readItem('stream record', name, data[name]);
    if (isThere) throw refuse(`a record of ${eventName} with the view ${view} lacks ${name}`);
    return undefined;
  };
  const oldItem = image('OldImage', hasOld && HAVE_OLD.includes(eventName));
  const newItem = image('NewImage', hasNew && HAVE_NEW.includes(eventName));
  return { ...(oldItem && { oldItem }), ...(newItem && { newItem }) };
}

/** Whether DynamoDB deleted the item itself, because its time to live was over: Lambda's spelling, and the SDK's. */
function isTimeToLive({
  type,
  Type = type,
  principalId,
  PrincipalId = principalId,
}: Members): boolean {
  return Type === 'Service' && PrincipalId === 'dynamodb.amazonaws.com';
}

/** Milliseconds since 1970. DynamoDB Streams count seconds, Kinesis streams milliseconds or microseconds. */
function timeOf({ tableName }: Members, data: Members): number | undefined {
  const { ApproximateCreationDateTime: time, ApproximateCreationDateTimePrecision: precision } =
    data;
  if (time === undefined) return undefined;
  const unit = tableName === undefined ? 1000 : precision === 'MICROSECOND' ? 0.001 : 1;
  const ms = typeof time === 'number' ? time * unit : tagOf(time) === DATE ? Number(time) : NaN;
  if (Number.isFinite(ms)) return ms;
  throw refuse('ApproximateCreationDateTime is neither a number nor a Date');
}
