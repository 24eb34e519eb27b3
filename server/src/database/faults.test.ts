import { expect, test } from 'vitest';
import { isDatabaseAway } from './faults.ts';

const fault = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

test.each([
  ['a locked file', fault('database is locked', { code: 'SQLITE_BUSY' })],
  ['a silent PostgreSQL', fault('Query read timeout')],
  ['no connection in time', fault('timeout exceeded when trying to connect')],
  ['a broken connection', fault('Connection terminated unexpectedly')],
  ['a refused connection', fault('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' })],
  ['a host that has no name any more', fault('getaddrinfo', { code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
  ['a database that shuts down', fault('terminating connection', { code: '57P01' })],
  ['no connection left', fault('sorry, too many clients already', { code: '53300' })],
])('%s passes: clients are to come again', (_, error) => {
  expect(isDatabaseAway(error)).toBe(true);
});

test.each([
  ['a defect', new TypeError('x is not a function')],
  ['a wrong statement', fault('column "x" does not exist', { code: '42703' })],
  ['a file that is not there', fault('ENOENT', { code: 'ENOENT', syscall: 'open' })],
  ['no error at all', 'text'],
])('%s does not', (_, error) => {
  expect(isDatabaseAway(error)).toBe(false);
});
