import type { Filling, Language } from './language.ts';
import { typescriptLiteral } from './literals.ts';
import { typescriptReceiver } from './receivers.ts';

const imports = `import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';`;

const receiverImports = `import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';`;

/** What the programs begin with that ask more than once. */
const head = `const headers = {
  Authorization: \`Bearer \${process.env.REELAY_API_KEY}\`,
  'Content-Type': 'application/json',
};

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** The JSON of an answer; ends the program where it is an error. */
async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) fail(\`\${answer.status}: \${await answer.text()}\`);
  return (await answer.json()) as T;
}`;

function post({ baseUrl, body }: Filling, path: string): string {
  return `await fetch('${baseUrl}${path}', {
  method: 'POST',
  headers,
  body: JSON.stringify(${typescriptLiteral(body, 1)}),
})`;
}

const queued = `interface Queued {
  generations: [{ generation_id: string }];
}`;

export const typescript: Language = {
  name: 'typescript',
  templates: {
    'foxapi-async': (filling) => `${imports}

interface Task {
  id: string;
  status: 'pending' | 'processing' | 'completed' | 'failed';
  results: { url: string }[] | null;
  error: { code: string; message: string } | null;
}

${head}

// Create the task.
const created = ${post(filling, '/v1/videos/generations')};
let task = await read<Task>(created);

// Look at it until it has ended.
while (task.status === 'pending' || task.status === 'processing') {
  await sleep(2_000);
  task = await read<Task>(await fetch(\`${filling.baseUrl}/v1/tasks/\${task.id}\`, { headers }));
}

const [video] = task.results ?? [];
if (!video) fail(\`\${task.error?.code}: \${task.error?.message}\`);
console.log(video.url);
`,

    'oxen-sync': ({ baseUrl, body }) => `import process from 'node:process';

interface Generated {
  videos: [{ url: string }];
}

// The answer comes when the video is done.
const answer = await fetch('${baseUrl}/api/ai/videos/generate', {
  method: 'POST',
  headers: {
    Authorization: \`Bearer \${process.env.REELAY_API_KEY}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${typescriptLiteral(body, 1)}),
});
if (!answer.ok) {
  console.error(\`\${answer.status}: \${await answer.text()}\`);
  process.exit(1);
}
const { videos } = (await answer.json()) as Generated;
console.log(videos[0].url);
`,

    'oxen-async': (filling) => `${imports}

${queued}

interface Job {
  status: 'queued' | 'processing' | 'succeeded' | 'failed' | 'cancelled';
  result_url: string | null;
  error_message: string | null;
}

${head}

// Put the job into the queue.
const answer = ${post(filling, '/api/ai/queue')};
const { generations } = await read<Queued>(answer);
const url = \`${filling.baseUrl}/api/ai/queue/\${generations[0].generation_id}\`;

// Look at it until it has ended.
let job = await read<Job>(await fetch(url, { headers }));
while (job.status === 'queued' || job.status === 'processing') {
  await sleep(2_000);
  job = await read<Job>(await fetch(url, { headers }));
}

if (!job.result_url) fail(\`\${job.status}: \${job.error_message}\`);
console.log(job.result_url);
`,

    'oxen-sse': (filling) => `import process from 'node:process';

${queued}

interface JobEvent {
  generation_id: string;
  status: 'queued' | 'processing' | 'succeeded' | 'failed' | 'cancelled';
  url?: string;
  error?: string;
}

${head}

/** Listens until the end of a job comes by. */
async function endOf(id: string): Promise<JobEvent> {
  const events = await fetch('${filling.baseUrl}/api/events', { headers });
  if (!events.ok || !events.body) fail(\`\${events.status}: \${await events.text()}\`);
  let text = '';
  for await (const chunk of events.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split('\\n');
    text = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.startsWith('data: '))) {
      const event = JSON.parse(line.slice(6)) as JobEvent;
      const hasEnded = event.status !== 'queued' && event.status !== 'processing';
      if (event.generation_id === id && hasEnded) return event;
    }
  }
  return fail('the stream ended early');
}

// Put the job into the queue.
const answer = ${post(filling, '/api/ai/queue')};
const { generations } = await read<Queued>(answer);
const { status, url, error } = await endOf(generations[0].generation_id);

if (!url) fail(\`\${status}: \${error}\`);
console.log(url);
`,

    'foxapi-webhook': (filling) => `${receiverImports}

interface Task {
  status: 'completed' | 'failed';
  results: { url: string }[] | null;
  error: { code: string; message: string } | null;
}

${head}

${typescriptReceiver}

// Create the task. Its callback_url has to lead here.
const created = ${post(filling, '/v1/videos/generations')};
await read(created);
const task = await ended;
server.close();

const [video] = task.results ?? [];
if (!video) fail(\`\${task.error?.code}: \${task.error?.message}\`);
console.log(video.url);
`,

    'oxen-webhook': (filling) => `${receiverImports}

interface Task {
  status: 'succeeded' | 'failed' | 'cancelled';
  result_url: string | null;
  error_message: string | null;
}

${head}

${typescriptReceiver}

// Put the job into the queue. Its callback_url has to lead here.
const answer = ${post(filling, '/api/ai/queue')};
await read(answer);
const task = await ended;
server.close();

if (!task.result_url) fail(\`\${task.status}: \${task.error_message}\`);
console.log(task.result_url);
`,
  },
};
