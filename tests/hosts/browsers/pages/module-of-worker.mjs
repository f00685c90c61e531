// A core that a worker compiled, under a policy of its own.

export function moduleOfWorker() {
  const worker = new Worker('compiling-worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onmessageerror = () => reject(new Error('the module does not reach the page'));
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}
