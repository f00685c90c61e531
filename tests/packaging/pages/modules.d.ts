// Modules that the examples import and that are not installed here.

declare module '@aws-sdk/credential-providers' {
  export function fromNodeProviderChain(): () => Promise<import('fieldseal').AwsCredentials>;
}

declare module '*?url' {
  const url: string;
  export default url;
}
