// The same with the oldest SDK, whose commands the helper sends.

process.env.FIELDSEAL_TEST_SDK = 'lowest';
await import('./seal-table-faults.test.mjs');
