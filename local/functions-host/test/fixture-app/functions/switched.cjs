// Parts of the app that one test each turns on.
const { app } = require('@azure/functions');
const df = require('durable-functions');
const { appendFileSync } = require('node:fs');

const turnedOn = (process.env.FIXTURE_TURN_ON ?? '').split(',');

if (turnedOn.includes('throw')) throw new Error('The setting CHAT_SECRET is missing');
if (turnedOn.includes('queue')) {
  app.storageQueue('from-queue', {
    queueName: 'q',
    connection: 'AzureWebJobsStorage',
    handler: async () => {},
  });
}
if (turnedOn.includes('entity')) df.app.entity('counter', () => {});
if (turnedOn.includes('stream')) app.setup({ enableHttpStream: true });
if (turnedOn.includes('output')) {
  app.http('with-output', {
    extraOutputs: [{ type: 'blob', name: 'copy', path: 'a/b', connection: 'X' }],
    handler: async () => ({ status: 200 }),
  });
}
if (turnedOn.includes('constraint')) {
  app.http('odd-route', { route: 'odd/{id:banana}', handler: async () => ({ status: 200 }) });
}
if (turnedOn.includes('timer')) {
  const handler = async (timer) => {
    appendFileSync(process.env.FIXTURE_NOTES, `timer ${JSON.stringify(timer)}\n`);
  };
  app.timer('every-second', { schedule: '%FIXTURE_SCHEDULE%', handler });
  app.timer('at-start', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler });
}
if (turnedOn.includes('crontab'))
  app.timer('bad-timer', { schedule: '0 0 0 L * *', handler: async () => {} });
