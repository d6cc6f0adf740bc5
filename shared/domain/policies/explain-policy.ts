import { decidingRule, policyFor, rulesOf, unmetCondition } from './policy-for';
import type { PolicyName, PolicyTable, PolicyValues, Situation } from './policy';

export interface PolicyExplanation<K extends PolicyName = PolicyName> {
  readonly name: K;
  readonly value: PolicyValues[K];
  /** The id of the rule that decides, or `default`. */
  readonly from: string;
  /** Every rule that sets the value, in order, and what became of it. */
  readonly considered: readonly { readonly rule: string; readonly because: string }[];
}

/** Which value applies, and why: the same resolution as `policyFor`, told. */
export function explainPolicy<K extends PolicyName>(
  table: PolicyTable,
  name: K,
  situation: Situation,
): PolicyExplanation<K> {
  const deciding = decidingRule(table, name, situation);
  const considered = rulesOf(table)
    .filter((rule) => name in rule.set)
    .map((rule) => {
      const unmet = unmetCondition(rule, situation);
      if (unmet !== undefined) return { rule: rule.id, because: `${unmet} is ${situation[unmet]}` };
      return { rule: rule.id, because: rule === deciding ? 'applies' : 'an earlier rule applies' };
    });
  return { name, value: policyFor(table, name, situation), from: deciding?.id ?? 'default', considered };
}
