import { endsSection } from './ends.ts';
import { fanOutSection, steadyEventsSection } from './fan-out.ts';
import { filesSection } from './files.ts';
import { manyTasksSection } from './many-tasks.ts';
import { memorySection } from './memory.ts';
import { requestsSection } from './requests.ts';
import { runningJobsSection } from './running-jobs.ts';
import type { Section } from './section.ts';
import { toldJobsSection } from './told-jobs.ts';

/** In the order of the report. */
export const sections: readonly Section[] = [
  requestsSection,
  manyTasksSection,
  memorySection,
  fanOutSection,
  steadyEventsSection,
  endsSection,
  toldJobsSection,
  runningJobsSection,
  filesSection,
];
