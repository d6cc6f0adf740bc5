import { describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../../shared/conversation/time';
import {
  explainPolicy,
  type PolicyRule,
  type PolicyTable,
  type Situation,
} from '../../../../shared/policies/policy';
import { policies } from '../../../support/domain/policies';

const SITUATION: Situation = {
  channel: 'live-chat',
  workstream: 'sales',
  channelInstance: 'shop',
  state: 'Active',
  device: 'desktop',
};
const RULES: readonly PolicyRule[] = [
  { id: 'phones', when: { workstream: ['sales'], device: ['phone', 'tablet'] }, set: { grace: 5 * MINUTE } },
  { id: 'agents', when: {}, set: { agentGrace: 2 * MINUTE } },
  { id: 'sales', when: { workstream: ['sales'] }, set: { grace: 4 * MINUTE } },
  { id: 'all', when: {}, set: { grace: MINUTE, openAutoClose: 'never' } },
];
const TABLE: PolicyTable = { ...policies(), rules: RULES };

describe('an explanation', () => {
  it('names the rule that decides, and why no other one does [R101]', () => {
    expect(explainPolicy(TABLE, 'grace', SITUATION)).toEqual({
      name: 'grace',
      value: 4 * MINUTE,
      from: 'sales',
      considered: [
        { rule: 'phones', because: 'device is desktop' },
        { rule: 'sales', because: 'applies' },
        { rule: 'all', because: 'an earlier rule applies' },
      ],
    });
  });

  it('says of a rule that comes too late and would not fit either that it does not fit', () => {
    const rules = [...RULES.slice(2), ...RULES.slice(0, 1)];
    expect(explainPolicy({ ...TABLE, rules }, 'grace', SITUATION).considered.at(-1)).toEqual({
      rule: 'phones',
      because: 'device is desktop',
    });
  });

  it('names the first of several conditions that are not met', () => {
    const elsewhere: Situation = { ...SITUATION, workstream: 'support' };
    expect(explainPolicy(TABLE, 'grace', elsewhere)).toMatchObject({
      from: 'all',
      considered: [
        { rule: 'phones', because: 'workstream is support' },
        { rule: 'sales', because: 'workstream is support' },
        { rule: 'all', because: 'applies' },
      ],
    });
  });

  it('names the base "default", and says nothing of rules that do not set the value', () => {
    expect(explainPolicy(TABLE, 'maxExtension', SITUATION)).toEqual({
      name: 'maxExtension',
      value: 30 * MINUTE,
      from: 'default',
      considered: [],
    });
  });

  it('tells of built-in rules, too', () => {
    const situation: Situation = { ...SITUATION, channel: 'persistent-chat' };
    expect(explainPolicy(policies(), 'openAutoClose', situation)).toMatchObject({
      from: 'built-in-persistent-chat',
      considered: [{ rule: 'built-in-persistent-chat', because: 'applies' }],
    });
    expect(explainPolicy(TABLE, 'openAutoClose', situation)).toMatchObject({
      value: 'never',
      from: 'all',
      considered: [
        { rule: 'all', because: 'applies' },
        { rule: 'built-in-persistent-chat', because: 'an earlier rule applies' },
      ],
    });
  });

  it('tells a URL that a rule takes away from one that nobody has set', () => {
    const rules: readonly PolicyRule[] = [{ id: 'none', when: {}, set: { reconnectPortalUrl: undefined } }];
    const table = { ...policies(), rules };
    expect(explainPolicy(table, 'reconnectPortalUrl', SITUATION)).toEqual({
      name: 'reconnectPortalUrl',
      value: undefined,
      from: 'none',
      considered: [{ rule: 'none', because: 'applies' }],
    });
    expect(explainPolicy(table, 'reconnectRedirectUrl', SITUATION).from).toBe('default');
  });
});
