// Modules that the examples import and that are not installed here.

declare module '@aws-sdk/credential-providers' {
  export function fromNodeProviderChain(): () => Promise<import('fieldseal').AwsCredentials>;
}

declare module '@aws-sdk/client-s3' {
  export class S3Client {
    constructor(options: object);
    send(
      command: GetObjectCommand,
    ): Promise<{ Body: { transformToWebStream(): ReadableStream<Uint8Array> } }>;
  }
  export class GetObjectCommand {
    constructor(input: { Bucket: string; Key: string });
  }
}

declare module '*?url' {
  const url: string;
  export default url;
}

// A script of the page's own.
declare module 'app/customer-form';
