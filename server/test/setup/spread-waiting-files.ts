import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait: for a store that says nothing, for leases that end, for vendors that take their time. */
const waiting = /\/(s3\/server|soak|two-servers|fallback|oxen-pipelines|attack-slow|bench)\.test\.ts$/;

/** Vitest runs one project after the other; what waits would come last, all at once, and leave the cores idle. It is spread over the run. */
export class SpreadWaitingFiles extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = sorted.filter(({ moduleId }) => waiting.test(moduleId));
    const works = sorted.filter(({ moduleId }) => !waiting.test(moduleId));
    return waits.reduceRight((run, file, index) => {
      return run.toSpliced(Math.floor((index * works.length) / waits.length), 0, file);
    }, works);
  }
}
