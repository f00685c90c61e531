/**
 * DynamoDB attribute values, the same type as `AttributeValue` of `@aws-sdk/client-dynamodb`, so
 * that items pass between the two without a cast.
 *
 * @module
 */

/** Every member that a value can have; exactly one is present in each kind of value. */
interface Members {
  S: string;
  N: string;
  B: Uint8Array;
  SS: string[];
  NS: string[];
  BS: Uint8Array[];
  M: Record<string, AttributeValue>;
  L: AttributeValue[];
  NULL: boolean;
  BOOL: boolean;
  /** What the AWS SDK hands out for a type it does not know. Refused when it is used. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as AWS's SDK declares it: either type takes the other
  $unknown: [string, any];
}

type Only<K extends keyof Members> = { [P in K]: Members[P] } & {
  [P in Exclude<keyof Members, K>]?: never;
};

/**
 * One value: an object with exactly one of `S` (a string), `N` (a decimal number as a string), `B` (bytes),
 * `SS`, `NS`, `BS` (sets of these, as arrays), `M` (map), `L` (list), `NULL` and `BOOL`. Members
 * that are `undefined` count as absent.
 *
 * @example
 * ```ts
 * import { fromAttributeMap, type AttributeValue } from 'fieldseal'
 *
 * const address: AttributeValue = { M: { street: { S: 'Lindenstr. 4' }, floor: { N: '2' } } }
 * const tags: AttributeValue = { SS: ['a', 'b'] }
 * console.log(fromAttributeMap({ address })) // → { address: { street: 'Lindenstr. 4', floor: 2 } }
 * console.log(fromAttributeMap({ tags })) // → { tags: Set(2) { 'a', 'b' } }
 * ```
 */
export type AttributeValue =
  | Only<'S'>
  | Only<'N'>
  | Only<'B'>
  | Only<'SS'>
  | Only<'NS'>
  | Only<'BS'>
  | Only<'M'>
  | Only<'L'>
  | Only<'NULL'>
  | Only<'BOOL'>
  | Only<'$unknown'>;

/**
 * An item: attribute names and their values, as {@link ItemEncryptor.encryptItem} takes it. The same type as that of
 * `@aws-sdk/client-dynamodb`.
 */
export type AttributeMap = Record<string, AttributeValue>;
