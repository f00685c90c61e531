// For resolvers that do not read the `exports` of package.json: Parcel 2, TypeScript's node10.
export * from './entrypoints/workers.js';
