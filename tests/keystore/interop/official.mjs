// AWS's own Encryption SDK for Node, from the packages of this folder: with the ones of tests/ they would not share
// classes, and refuse each other's key stores.

export {
  AlgorithmSuiteIdentifier,
  BranchKeyStoreNode,
  buildClient,
  CommitmentPolicy,
  KmsHierarchicalKeyRingNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
export { DynamoDBClient } from '@aws-sdk/client-dynamodb';
export { KMSClient } from '@aws-sdk/client-kms';
