import { expect, test } from 'vitest';
import { readDirectives } from './directives.ts';

test.each([
  ['a sea', { prompt: 'a sea', slowSeconds: 0, fast: false }],
  ['[reelay:fast] a sea', { prompt: 'a sea', slowSeconds: 0, fast: true }],
  ['a sea [reelay:slow=5][reelay:fail]', { prompt: 'a sea', slowSeconds: 5, fast: false, ending: 'fail' }],
  ['a sea [reelay:slow=9999]', { prompt: 'a sea', slowSeconds: 3_600, fast: false }],
  ['[reelay:moderation]', { prompt: '', slowSeconds: 0, fast: false, ending: 'moderation' }],
  ['[reelay:expired] x', { prompt: 'x', slowSeconds: 0, fast: false, ending: 'expired' }],
  ['[reelay:stuck] x', { prompt: 'x', slowSeconds: 0, fast: false, ending: 'stuck' }],
  ['[reelay:explode] [reelay:slow=] x', { prompt: '[reelay:explode] [reelay:slow=] x', slowSeconds: 0, fast: false }],
])('%s', (prompt, directives) => {
  expect(readDirectives(prompt)).toEqual(directives);
});
