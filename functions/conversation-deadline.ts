import * as df from 'durable-functions';
import { composition } from '../shared/composition';
import { createActivities } from '../shared/workflow/activities';
import type { DeadlineInput } from '../shared/workflow/deadline';
import { ACTIVITIES, ORCHESTRATORS } from '../shared/workflow/names';
import { conversationDeadline } from '../shared/workflow/orchestrators/conversation-deadline';

df.app.orchestration(ORCHESTRATORS.conversationDeadline, conversationDeadline);

df.app.activity(ACTIVITIES.reachDeadline, {
  extraInputs: [df.input.durableClient()],
  handler: (input: DeadlineInput, context) =>
    createActivities(composition.conversationService(df.getClient(context), context)).reachDeadline(input),
});

df.app.activity(ACTIVITIES.tellParticipants, {
  extraInputs: [df.input.durableClient()],
  handler: (input: DeadlineInput, context) =>
    createActivities(composition.conversationService(df.getClient(context), context)).tellParticipants(input),
});
