import * as df from 'durable-functions';
import { composition } from '../shared/composition';
import { createActivities } from '../shared/workflow/activities';
import type { DeadlineInput } from '../shared/workflow/deadline';
import { ACTIVITIES, ORCHESTRATORS } from '../shared/workflow/names';
import { conversationDeadline } from '../shared/workflow/orchestrators/conversation-deadline';

df.app.orchestration(ORCHESTRATORS.conversationDeadline, conversationDeadline);

const steps = Object.keys(ACTIVITIES) as (keyof typeof ACTIVITIES)[];
for (const step of steps) {
  df.app.activity(ACTIVITIES[step], {
    extraInputs: [df.input.durableClient()],
    handler: (input: DeadlineInput, context) =>
      createActivities(composition.handling(df.getClient(context), context))[step](input),
  });
}
