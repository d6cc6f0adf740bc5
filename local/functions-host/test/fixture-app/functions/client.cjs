const { app } = require('@azure/functions');
const df = require('durable-functions');

/** Calls one method of the real durable client and answers with what it returned or threw. */
app.http('client', {
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const { method, args = [] } = await request.json();
    const client = df.getClient(context);
    const revive = (arg) =>
      arg?.createdTimeFrom ? { ...arg, createdTimeFrom: new Date(arg.createdTimeFrom) } : arg;
    try {
      return { jsonBody: { result: (await client[method](...args.map(revive))) ?? null } };
    } catch (error) {
      return { status: 418, jsonBody: { error: error.message } };
    }
  },
});
