import { expect, test } from 'vitest';
import { readDirectives, unknownDirectives } from './directives.ts';

test.each([
  ['a sea', { prompt: 'a sea', slowSeconds: 0, fast: false }],
  ['[reelay:fast] a sea', { prompt: 'a sea', slowSeconds: 0, fast: true }],
  ['a sea [reelay:slow=5][reelay:fail]', { prompt: 'a sea', slowSeconds: 5, fast: false, ending: 'fail' }],
  ['a sea [reelay:slow=99999]', { prompt: 'a sea', slowSeconds: 3_600, fast: false }],
  ['[reelay:moderation]', { prompt: '', slowSeconds: 0, fast: false, ending: 'moderation' }],
  ['[reelay:expired] x', { prompt: 'x', slowSeconds: 0, fast: false, ending: 'expired' }],
  ['[reelay:stuck] x', { prompt: 'x', slowSeconds: 0, fast: false, ending: 'stuck' }],
  ['[reelay:explode] [reelay:slow=] x', { prompt: '[reelay:explode] [reelay:slow=] x', slowSeconds: 0, fast: false }],
])('%s', (prompt, directives) => {
  expect(readDirectives(prompt)).toEqual(directives);
});

test.each([
  ['a sea [reelay:fail] [reelay:slow=5]', []],
  ['[reelay:fial] a sea [reelay:slow] [REELAY:FAIL]', ['[reelay:fial]', '[reelay:slow]', '[REELAY:FAIL]']],
  [
    '[reelay:fial] [reelay:fial] [ reelay : fast ] [reelay:fail',
    ['[reelay:fial]', '[ reelay : fast ]', '[reelay:fail'],
  ],
  ['a sea, [relay race] and reelay:fail', []],
])('what is no directive in %s: %j', (prompt, unknown) => {
  expect(unknownDirectives(prompt)).toEqual(unknown);
});
