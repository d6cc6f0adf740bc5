import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';
import { conversationDeadline } from '../shared/deadlines/conversation-deadline-orchestrator';
import { ACTIVITIES, type DeadlineInput, ORCHESTRATORS } from '../shared/deadlines/deadline-contract';

df.app.orchestration(ORCHESTRATORS.conversationDeadline, conversationDeadline);

const steps = Object.keys(ACTIVITIES) as (keyof typeof ACTIVITIES)[];
for (const step of steps) {
  df.app.activity(ACTIVITIES[step], {
    extraInputs: [df.input.durableClient()],
    handler: (input: DeadlineInput, context) =>
      composition.activities({ durable: df.getClient(context), log: context })[step](input),
  });
}
