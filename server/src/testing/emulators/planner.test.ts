import { expect, test } from 'vitest';
import { createPlanner, type FaultRule, faultRuleOf } from './planner.ts';

const plannedFaults = (rules: readonly FaultRule[], { seed = 1, count = 1_000 } = {}) => {
  const plan = createPlanner({ rules, seed, jobMs: 10, now: () => 5 });
  return Array.from({ length: count }, () => plan().fault);
};

test.each([
  ['stuck', { fault: 'stuck', when: { chance: 1 } }],
  ['stuck=0', { fault: 'stuck', when: { chance: 0 } }],
  ['stuck=.25', { fault: 'stuck', when: { chance: 0.25 } }],
  ['refuse-429=every-3', { fault: 'refuse-429', when: { every: 3 } }],
  ['stuck=', undefined],
  ['stuck=1.1', undefined],
  ['stuck=-1', undefined],
  ['stuck=every-0', undefined],
  ['stuck=10%', undefined],
  ['toString', undefined],
  ['', undefined],
])('%s', (text, rule) => {
  expect(faultRuleOf(text)).toEqual(rule);
});

test('without a rule nothing goes wrong, and a job ends in its time', () => {
  expect(createPlanner({ rules: [], seed: 1, jobMs: 10, now: () => 5 })()).toEqual({ fault: undefined, endsAt: 15 });
});

test('every n-th submission is struck, and where two strike the first counts', () => {
  const rules: readonly FaultRule[] = [
    { fault: 'moderated', when: { every: 4 } },
    { fault: 'stuck', when: { every: 2 } },
  ];
  expect(plannedFaults(rules, { count: 4 })).toEqual([undefined, 'stuck', undefined, 'moderated']);
});

test('a chance strikes about as often as it says, and with the same seed the same submissions', () => {
  const rules: readonly FaultRule[] = [{ fault: 'stuck', when: { chance: 0.2 } }];
  const struck = plannedFaults(rules);
  const count = struck.filter((fault) => fault === 'stuck').length;
  expect(count).toBeGreaterThan(150);
  expect(count).toBeLessThan(250);
  expect(plannedFaults(rules)).toEqual(struck);
  expect(plannedFaults(rules, { seed: 2 })).not.toEqual(struck);
});

test('a further rule does not shift whom another one strikes', () => {
  const stuck: FaultRule = { fault: 'stuck', when: { chance: 0.2 } };
  const never: FaultRule = { fault: 'expired', when: { chance: 0 } };
  expect(plannedFaults([never, stuck])).toEqual(plannedFaults([stuck]));
});
