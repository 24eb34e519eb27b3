import { describe, expect, test } from 'vitest';
import { limitsInWords, readKeyFlags, readLimitFlags } from './limit-flags.ts';

const now = Date.UTC(2026, 10, 21, 12);
const day = 86_400_000;

describe('flags of a key', () => {
  test.each([
    ['30d', now + 30 * day],
    ['12h', now + day / 2],
    ['90m', now + day / 16],
    ['2027-01-31', Date.UTC(2027, 0, 31)],
    ['2027-01-31T08:30Z', Date.UTC(2027, 0, 31, 8, 30)],
    ['never', null],
  ])('--expires %s', async (expires, expiresAt) => {
    expect(await readKeyFlags({ expires }, now)).toMatchObject({ expiresAt });
  });

  test('all of them', async () => {
    const flags = {
      ...{ name: 'ci', scopes: 'read, create', models: 'xai-grok-imagine-video-edit-video,veo-3.1' },
      ...{ 'requests-per-minute': '60', 'tasks-in-flight': 'none', 'budget-day': '0.50', 'budget-month': '19.999999' },
    };
    expect(await readKeyFlags(flags, now)).toEqual({
      name: 'ci',
      scopes: ['create', 'read'],
      models: ['grok-imagine-edit-video', 'veo-3.1'],
      limits: {
        ...{ requestsPerMinute: 60, tasksInFlight: null, budgetDayMicros: 500_000, budgetMonthMicros: 19_999_999 },
      },
    });
    expect(await readKeyFlags({ name: ' ', models: 'all' }, now)).toEqual({ name: null, models: null, limits: {} });
  });

  test.each([
    [{ scopes: 'read,root' }, '--scopes has to be one or more of create, read, files, admin'],
    [{ scopes: '' }, '--scopes'],
    [{ models: ' , ' }, '--models has to name one model or more'],
    ...['yesterday', '0d', '2020-01-01', '2027-02-31T', '1e3d', ''].map((expires) => [
      { expires },
      '--expires has to be later',
    ]),
    [{ 'budget-day': '-1' }, '--budget-day has to be US dollars such as 5 or 0.50, or "none", not -1'],
    [{ 'budget-month': '1e9' }, '--budget-month'],
    [{ 'requests-per-minute': '0' }, '--requests-per-minute has to be a whole number from 1 on'],
    [{ 'tasks-in-flight': '2.5' }, '--tasks-in-flight'],
  ] as readonly (readonly [object, string])[])('%j is refused', async (flags, message) => {
    await expect(readKeyFlags(flags, now)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 2,
    });
  });
});

test('limits in words', () => {
  const limits = { requestsPerMinute: 60, tasksInFlight: 4, budgetDayMicros: 500_000, budgetMonthMicros: 50_000_000 };
  expect(limitsInWords(limits)).toBe('60/min, 4 in flight, $0.5/day, $50/month');
  expect(limitsInWords({})).toBe('');
  expect(readLimitFlags({})).toEqual({});
});
