import type { Explanation, PolicyRule, PolicyTable } from '../core/model';

/** What rules can depend on. */
export interface Situation {
  readonly channel: string;
  readonly workstream: string;
  readonly channelInstance: string;
  readonly state: string;
  readonly device: string;
}

/**
 * Which value applies in a situation, and why: as the app decides it, for rules that may not be saved yet. For each value the
 * first rule that fits and sets it wins. A test holds it against the app's own.
 */
export function explain(
  { rules, builtIn, base }: Pick<PolicyTable, 'rules' | 'builtIn' | 'base'>,
  name: string,
  situation: Situation,
): Explanation {
  const setting = [...rules, ...builtIn].filter(({ set }) => Object.hasOwn(set, name));
  const deciding = setting.find((rule) => unmetIn(rule, situation) === undefined);
  return {
    name,
    value: (deciding?.set ?? base)[name],
    from: deciding?.id ?? 'default',
    considered: setting.map((rule) => {
      const unmet = unmetIn(rule, situation);
      if (unmet !== undefined) return { rule: rule.id, because: `${unmet} is ${situation[unmet]}` };
      return { rule: rule.id, because: rule === deciding ? 'applies' : 'an earlier rule applies' };
    }),
  };
}

/**
 * How long the customer may be away: with reconnection to a previous chat its time limit takes the place of the grace period,
 * once an agent has accepted.
 */
export function explainGrace(table: PolicyTable, situation: Situation): Explanation {
  const reconnects = situation.state === 'Active' && explain(table, 'reconnect', situation).value === true;
  return explain(table, reconnects ? 'reconnectTimeLimit' : 'grace', situation);
}

const unmetIn = ({ when }: PolicyRule, situation: Situation): keyof Situation | undefined =>
  (Object.keys(when) as (keyof Situation)[]).find(
    (condition) => !when[condition]?.includes(situation[condition]),
  );
