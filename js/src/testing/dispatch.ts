import { KmsFault } from './errors.js';
import { Call, dryRun } from './operations/call.js';
import { isCryptographic, operationNamed } from './operations/index.js';

/** Runs one operation and gives its answer, or undefined where the operation has no output. */
export async function dispatch(call: Call): Promise<object | undefined> {
  const operation = operationNamed(call.operation);
  if (operation === undefined) throw new KmsFault('UnknownOperationException');
  call.store.advance(call.now);
  const answer = (await operation(call)) ?? undefined;
  // eslint-disable-next-line no-restricted-syntax -- a mistake in this server, which answers `KMSInternalException`
  if (!call.input.checked) throw new Error(`${call.operation} did not check its input`);
  if (isCryptographic(call.operation)) {
    // They change nothing, so a dry run can be a real run whose answer is withheld.
    if (call.input.flag('DryRun')) throw dryRun();
    for (const key of call.resolved) {
      key.lastUsage = { operation: call.operation, at: call.now, requestId: call.requestId };
    }
  }
  return answer;
}
