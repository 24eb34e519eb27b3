import { expect, test } from 'vitest';
import { RequestIds } from './request-ids.ts';

test('the latest tasks are remembered until they are forgotten, and those of long ago are not', () => {
  const requestIds = new RequestIds();
  for (let task = 0; task < 20_000; task++) requestIds.remember([`task-${task}`], `request-${task}`);
  expect(requestIds.of('task-19999')).toBe('request-19999');
  expect(requestIds.of('task-15000')).toBe('request-15000');
  expect(requestIds.of('task-9999')).toBeUndefined();
  requestIds.forget('task-15000');
  expect(requestIds.of('task-15000')).toBeUndefined();
});
