// What is done with which table: for a table of yours, this file is all that changes.

import { KmsClient, awsKmsKeyring } from '../../pkg/entrypoints/index.js'; // 'fieldseal'

const { TABLE_NAME, AWS_REGION, KMS_KEY_ARN, KMS_ENDPOINT } = process.env;
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;

// Lambda has credentials in the environment. Elsewhere: a provider of @aws-sdk/credential-providers.
const credentials = AWS_ACCESS_KEY_ID && {
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  sessionToken: AWS_SESSION_TOKEN,
};
const kms = new KmsClient({ region: AWS_REGION, endpoint: KMS_ENDPOINT, credentials });

/** What `sealTable` is given, beside the segments. */
export const job = {
  TableName: TABLE_NAME,
  mode: 'seal',
  table: {
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN', visits: 'SIGN_ONLY' },
    algorithmSuite: '6700',
    keyring: awsKmsKeyring({ kms, generatorKeyId: KMS_KEY_ARN }),
  },
};
