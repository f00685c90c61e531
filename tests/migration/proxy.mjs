// A DynamoDB that is too busy for some requests: between a client and a server, it counts all of them.

import { Agent, createServer, request } from 'node:http';

const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'too busy',
});

/**
 * Starts it.
 *
 * @param share the part of the requests that are throttled, chosen by `random`
 * @param onServed is told of each request that was served, with the numbers so far
 */
export async function startBusyProxy(target, { share, random, onServed = () => undefined }) {
  const agent = new Agent({ keepAlive: true });
  /** Of each operation: throttled, served, and conditions that did not hold. */
  const numbers = {};
  const server = createServer(async (incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1];
    const of = (numbers[operation] ??= { throttled: 0, served: 0, refused: 0 });
    const body = Buffer.concat(await incoming.toArray());
    if (random() < share) {
      of.throttled++;
      outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(THROTTLED);
      return;
    }
    const { method, headers } = incoming;
    const forwarded = request(target, { method, headers, agent }, async (response) => {
      const answer = Buffer.concat(await response.toArray());
      if (response.statusCode === 200) of.served++;
      else of.refused++;
      outgoing.writeHead(response.statusCode, response.headers);
      outgoing.end(answer);
      onServed(numbers);
    });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end(body);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    numbers,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      agent.destroy();
    },
  };
}
