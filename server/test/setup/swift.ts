/** Starts one S3 server for the whole run; each test makes a bucket of its own. */
import type { TestProject } from 'vitest/node';
import { startSwift } from '../../src/testing/swift.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly s3Endpoint: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const swift = await startSwift();
  project.provide('s3Endpoint', swift.endpoint);
  return () => swift.remove();
}
