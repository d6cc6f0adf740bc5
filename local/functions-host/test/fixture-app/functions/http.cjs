const { app } = require('@azure/functions');

app.http('mirror', {
  methods: ['POST', 'PUT', 'HEAD'],
  route: 'echo/{name?}',
  handler: async (request, context) => {
    context.log(`echo for ${request.params.name}`);
    const body = await request.text();
    return {
      status: 201,
      headers: { 'x-size': String(body.length), 'x-url': request.url, 'content-type': 'application/json' },
      cookies: [
        { name: 'a', value: '1', path: '/', httpOnly: true, sameSite: 'Strict' },
        { name: 'b', value: '2', maxAge: 60 },
      ],
      jsonBody: {
        name: request.params.name ?? null,
        method: request.method,
        query: request.query.get('q'),
        header: request.headers.get('x-custom'),
        body: body.slice(0, 100),
      },
    };
  },
});

const answer = (text) => async (request) => ({ body: `${text} ${JSON.stringify(request.params)}` });
app.http('literal', { methods: ['GET'], route: 'things/special', handler: answer('literal') });
app.http('number', { methods: ['GET'], route: 'things/{id:int}', handler: answer('number') });
app.http('thing', { methods: ['GET', 'OPTIONS'], route: 'things/{id}', handler: answer('thing') });
app.http('rest', { methods: ['GET'], route: 'files/{*rest}', handler: answer('rest') });
app.http('bytes', { methods: ['GET'], handler: async () => ({ body: new Uint8Array([0, 255, 1, 254]) }) });
app.http('nothing', { methods: ['GET'], handler: async () => undefined });
app.http('broken', {
  methods: ['GET'],
  handler: async () => {
    throw new Error('the secret reason');
  },
});
app.http('guarded', { methods: ['GET'], authLevel: 'function', handler: answer('guarded') });
app.http('administered', { methods: ['GET'], authLevel: 'admin', handler: answer('administered') });
