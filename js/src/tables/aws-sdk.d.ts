/** What the helpers use of AWS's client; the package does not depend on it. */
declare module '@aws-sdk/client-dynamodb' {
  type Command = new (input: never) => object;
  export const GetItemCommand: Command;
  export const PutItemCommand: Command;
  export const QueryCommand: Command;
  export const ScanCommand: Command;
  export const UpdateItemCommand: Command;
  export const DescribeTableCommand: Command;
  export const DescribeTimeToLiveCommand: Command;
  export const ConditionalCheckFailedException: new (of: object) => Error;
}
