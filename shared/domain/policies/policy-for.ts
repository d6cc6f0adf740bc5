import type { Channel } from '../channel';
import { BUILT_IN_RULES } from './built-in-rules';
import type { PolicyName, PolicyRule, PolicyTable, PolicyValues, Situation } from './policy';

/** The rules in the order in which they are asked: the operator's, then those that are built in. */
export const rulesOf = (table: PolicyTable): readonly PolicyRule[] => [...table.rules, ...BUILT_IN_RULES];

/** The first condition of a rule that the situation does not meet; undefined where the rule fits. */
export const unmetCondition = ({ when }: PolicyRule, situation: Situation): keyof Situation | undefined =>
  (Object.keys(when) as (keyof Situation)[]).find(
    (condition) => !(when[condition] as readonly string[]).includes(situation[condition]),
  );

/** The rule that decides a value: the first one that fits and sets it; undefined where the base does. */
export const decidingRule = (
  table: PolicyTable,
  name: PolicyName,
  situation: Situation,
): PolicyRule | undefined =>
  rulesOf(table).find((rule) => name in rule.set && unmetCondition(rule, situation) === undefined);

/** What applies in a situation. */
export function policyFor<K extends PolicyName>(
  table: PolicyTable,
  name: K,
  situation: Situation,
): PolicyValues[K] {
  const rule = decidingRule(table, name, situation);
  return (rule === undefined ? table.base : (rule.set as PolicyValues))[name];
}

/** The channel of a workstream: live chat, where the table does not say otherwise. */
export const channelOf = ({ channels }: PolicyTable, workstream: string): Channel =>
  Object.hasOwn(channels, workstream) ? (channels[workstream] ?? 'live-chat') : 'live-chat';
