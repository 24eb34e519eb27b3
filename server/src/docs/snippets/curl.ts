import type { Filling, Language } from './language.ts';
import { bashJson } from './literals.ts';
import { bashDelivery } from './receivers.ts';

/** Filters of jq for the reason in an error's answer. */
const foxapiReason = '.error.message';
const oxenReason = '.error | .detail // .title // .message';

function post({ baseUrl, body }: Filling, path: string): string {
  return `curl -sS -X POST ${baseUrl}${path} \\
  -H "Authorization: Bearer $REELAY_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${bashJson(body)}'`;
}

const get = 'curl -sS -H "Authorization: Bearer $REELAY_API_KEY"';

/** The parentheses keep `set -e` away from the shell that the program is pasted into. */
function program(steps: string): string {
  return `( set -e

${steps}
)
`;
}

export const curl: Language = {
  name: 'bash',
  templates: {
    'foxapi-async': (filling) =>
      program(`# Create the task.
task=$(${post(filling, '/v1/videos/generations')})
id=$(jq -er '.id // error(${foxapiReason})' <<< "$task")

# Look at it until it has ended.
state=pending
while [[ $state == pending || $state == processing ]]; do
  sleep 2
  task=$(${get} "${filling.baseUrl}/v1/tasks/$id")
  state=$(jq -er '.status // error(${foxapiReason})' <<< "$task")
  echo "$state" >&2
done

jq -er '.results[0].url // error(${foxapiReason})' <<< "$task"`),

    'oxen-sync': (filling) => `# The answer comes when the video is done.
answer=$(${post(filling, '/api/ai/videos/generate')}) &&
jq -er '.videos[0].url // error(${oxenReason})' <<< "$answer"
`,

    'oxen-async': (filling) =>
      program(`${enqueue(filling)}

# Look at it until it has ended.
state=queued
while [[ $state == queued || $state == processing ]]; do
  sleep 2
  job=$(${get} "${filling.baseUrl}/api/ai/queue/$id")
  state=$(jq -er '.status' <<< "$job")
  echo "$state" >&2
done

jq -er '.result_url // error(.error_message // .error.title // .status)' <<< "$job"`),

    'oxen-sse': (filling) =>
      program(`${enqueue(filling)}

# Listen until its end comes by.
${get.replace('-sS', '-sN')} ${filling.baseUrl}/api/events | jq -nRer --arg id "$id" '
  def event: select(startswith("data: ")) | .[6:] | fromjson;
  def is_end: .generation_id == $id and (.status | IN("succeeded", "failed", "cancelled"));
  first((inputs | event | select(is_end)), {error: "the stream ended early"})
  | .url // error(.error // .status)'`),

    'foxapi-webhook': (filling) =>
      program(`# Create the task.
task=$(${post(filling, '/v1/videos/generations')})
jq -er '.id // error(${foxapiReason})' <<< "$task" >&2

${bashDelivery}

jq -er '.results[0].url // error(${foxapiReason})' delivery.json`),

    'oxen-webhook': (filling) =>
      program(`${enqueue(filling)}

${bashDelivery}

jq -er '.result_url // error(.error_message // .status)' delivery.json`),
  },
};

function enqueue(filling: Filling): string {
  return `# Put the job into the queue.
answer=$(${post(filling, '/api/ai/queue')})
id=$(jq -er '.generations[0].generation_id // error(${oxenReason})' <<< "$answer")`;
}
