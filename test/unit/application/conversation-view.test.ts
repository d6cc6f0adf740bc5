import { describe, expect, it } from '@jest/globals';
import { entriesForCustomers } from '../../../shared/conversation/conversation-routes';
import type { TranscriptEntry } from '../../../shared/conversation/transcript';
import {
  accepted,
  afterStart,
  agentAccepted,
  change,
  connectedCustomer,
  customerMessage,
  deadlineReached,
  lost,
  NOBODY,
  offered,
} from '../../support/domain/builders';

/** A notice for the customer, a message, and a notice for the agent, as `decide` has written them. */
const ENTRIES: readonly TranscriptEntry[] = [
  ...change(offered(connectedCustomer()), agentAccepted(), afterStart(3)).entries,
  ...change(accepted(), customerMessage('m1'), afterStart(5)).entries,
  ...change(lost(), deadlineReached(2, NOBODY), afterStart(600)).entries,
];
const told = (entries: ReturnType<typeof entriesForCustomers>) =>
  entries.map((entry) => (entry.kind === 'notice' ? entry.trigger : entry.text));

describe('a transcript', () => {
  it('shows a customer the messages and what is meant for customers, and no notice that is meant for the agent [R69]', () => {
    expect(told(entriesForCustomers(ENTRIES))).toEqual(['agent-joined', 'text of m1']);
  });
});
