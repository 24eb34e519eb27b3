import { describe, expect, test } from 'vitest';
import { createLog, type LogOptions } from './create-log.ts';
import { hideFromLog, inLogContext } from './log-context.ts';

const prompt = 'a fox in the "old" harbour, rain on its back';

function written(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(
    createLog({ level: 'trace', showsPrompts: false, secrets: [], ...options }, { write: (line) => lines.push(line) }),
  );
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
  return lines.join('');
}

describe('attack: secrets in what others said', () => {
  test.each([
    ['a query', 'GET https://cdn.example/a.png?X-Amz-Signature=CANARY failed', 'https://cdn.example/…'],
    ['a path', 'POST to https://hooks.example/services/CANARY failed', 'https://hooks.example/…'],
    ['a password', 'connect to postgres://reelay:CANARY@db.example:5432/reelay failed', 'postgres://db.example:5432/…'],
    ['a bare address', 'asked https://user:CANARY@api.example, in vain', 'https://api.example'],
    ['a header', 'sent {"authorization":"Bearer CANARYCANARY"}', 'Bearer …'],
    ['another scheme', 'sent Authorization: Key CANARY-id:CANARY-secret', 'Key …'],
    ['an API key', 'Incorrect API key provided: sk-CANARYCANARYCANARY.', 'sk-…'],
    ['a signing secret', 'with whsec_CANARYCANARYCANARY=', 'whsec_…'],
    ['a data URI', 'image_url: data:image/png;base64,CANARY is no picture', 'data:… is no picture'],
    [
      'a path of ours',
      'there is no /files/file-1/a.mp4?expires=1&signature=CANARY',
      '/files/file-1/a.mp4?expires=…&signature=…',
    ],
    ['an address of ours', 'answered /webhooks/vendor/attempt-1/CANARY', '/webhooks/vendor/attempt-1/…'],
    ['a value that only the operator knows', 'the driver said CANA\\RY"X', 'the driver said …'],
  ])('%s', (_what, said, left) => {
    const secrets = ['CANA\\RY"X'];
    const error = new Error(said, { cause: Object.assign(new AggregateError([new Error(said)], said), { code: 'E' }) });
    const text = written({ secrets }, (log) => log.error({ err: error, text: said, deep: { list: [said] } }, said));
    expect(text).not.toMatch(/CANA/);
    expect(text.split(JSON.stringify(left).slice(1, -1)).length).toBeGreaterThan(5);
  });

  test('fields that a driver hangs onto its errors', () => {
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Failing row contains (CANARY).',
    });
    const text = written({}, (log) => log.error({ err: error }, 'no'));
    expect(JSON.parse(text)).toMatchObject({ err: { type: 'Error', code: '23505', message: 'duplicate key' } });
    expect(text).not.toContain('CANARY');
  });
});

describe('prompts', () => {
  const quoted = `refused: ${JSON.stringify({ prompt })}; and it began ${prompt.slice(0, 24)}`;
  const say = (log: ReturnType<typeof createLog>) =>
    inLogContext({ task: 'task-1', reqId: 'req-1' }, () => {
      hideFromLog(prompt, undefined);
      log.info({ prompt, text: quoted }, 'said');
    });

  test('are not seen, whole, begun or spelt as JSON', () => {
    const text = written({}, say);
    expect(text).not.toMatch(/a fox|harbour/);
    expect(JSON.parse(text)).toMatchObject({ msg: 'said', task: 'task-1', reqId: 'req-1' });
  });

  test('are seen where the operator wants them', () => {
    expect(JSON.parse(written({ showsPrompts: true }, say))).toMatchObject({ prompt, text: quoted });
  });

  test('of one piece of work are no matter of another', () => {
    const text = written({}, (log) => {
      say(log);
      log.info({ text: quoted }, 'elsewhere');
    });
    expect(text).toMatch(/a fox/);
    expect(JSON.parse(text.split('\n')[1] ?? '')).not.toHaveProperty('task');
  });
});

test('a stack keeps the files of its lines', () => {
  expect(written({}, (log) => log.error({ err: new Error('no') }, 'no'))).toMatch(/log\.test\.ts:\d+:\d+/);
});
