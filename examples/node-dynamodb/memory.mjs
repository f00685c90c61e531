// A stand-in for DynamoDB that keeps the items of one table in memory: PutItem, GetItem and a Scan of everything.

import { createServer } from 'node:http';

export async function startMemoryTable(...keyNames) {
  const items = new Map();
  const nameOf = (item) => JSON.stringify(keyNames.map((name) => item[name]));
  const operations = {
    PutItem: ({ Item }) => void items.set(nameOf(Item), Item),
    GetItem: ({ Key }) => ({ Item: items.get(nameOf(Key)) }),
    Scan: () => ({ Items: [...items.values()], Count: items.size }),
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = request.headers['x-amz-target'].split('.')[1];
    const output = operations[operation](JSON.parse(Buffer.concat(chunks).toString()));
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(output ?? {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What an administrator sees. */
    items: () => [...items.values()],
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
