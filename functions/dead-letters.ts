import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';
import { listDeadLetters, replayDeadLetter } from '../shared/dead-letters/dead-letters-routes';

// Dead letters are for operators, who have the function key.

app.http('list-dead-letters', {
  route: 'v1/dead-letters',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request, context) => listDeadLetters(request, composition.deadLetters(context)),
});

app.http('replay-dead-letter', {
  route: 'v1/dead-letters/{deadLetterId}/replay',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    replayDeadLetter(request, composition.handling(df.getClient(context), context)),
});
