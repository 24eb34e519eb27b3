import type { Filling, Language } from './language.ts';
import { pythonLiteral } from './literals.ts';
import { pythonReceiver } from './receivers.ts';

const authorization = `{"Authorization": f"Bearer {os.environ['REELAY_API_KEY']}"}`;

/** What the programs begin with that ask more than once. */
function head(modules: readonly string[]): string {
  return `${modules.map((name) => `import ${name}\n`).join('')}
import requests

headers = ${authorization}


def checked(answer):
    """The JSON of an answer; ends the program where it is an error."""
    if not answer.ok:
        sys.exit(f"{answer.status_code}: {answer.text}")
    return answer.json()`;
}

function post({ baseUrl, body }: Filling, path: string): string {
  return `checked(
    requests.post(
        "${baseUrl}${path}",
        headers=headers,
        json=${pythonLiteral(body, 2)},
        timeout=60,
    )
)`;
}

const receiverModules = ['base64', 'hashlib', 'hmac', 'http.server', 'json', 'os', 'sys', 'time'];

export const python: Language = {
  name: 'python',
  templates: {
    'foxapi-async': (filling) => `${head(['os', 'sys', 'time'])}


# Create the task.
task = ${post(filling, '/v1/videos/generations')}
url = f"${filling.baseUrl}/v1/tasks/{task['id']}"

# Look at it until it has ended.
while task["status"] in ("pending", "processing"):
    time.sleep(2)
    task = checked(requests.get(url, headers=headers, timeout=60))

if task["status"] == "failed":
    sys.exit(f"{task['error']['code']}: {task['error']['message']}")
print(task["results"][0]["url"])
`,

    'oxen-sync': ({ baseUrl, body }) => `import os
import sys

import requests

# The answer comes when the video is done.
answer = requests.post(
    "${baseUrl}/api/ai/videos/generate",
    headers=${authorization},
    json=${pythonLiteral(body, 1)},
    timeout=600,
)
if not answer.ok:
    sys.exit(f"{answer.status_code}: {answer.text}")
print(answer.json()["videos"][0]["url"])
`,

    'oxen-async': (filling) => `${head(['os', 'sys', 'time'])}


# Put the job into the queue.
queued = ${post(filling, '/api/ai/queue')}
job = queued["generations"][0]
url = f"${filling.baseUrl}/api/ai/queue/{job['generation_id']}"

# Look at it until it has ended.
while job["status"] in ("queued", "processing"):
    time.sleep(2)
    job = checked(requests.get(url, headers=headers, timeout=60))

if job["status"] != "succeeded":
    sys.exit(f"{job['status']}: {job['error_message']}")
print(job["result_url"])
`,

    'oxen-sse': (filling) => `${head(['json', 'os', 'sys'])}


# Put the job into the queue.
queued = ${post(filling, '/api/ai/queue')}
job_id = queued["generations"][0]["generation_id"]

# Listen until its end comes by.
with requests.get("${filling.baseUrl}/api/events", headers=headers, stream=True, timeout=60) as events:
    for line in events.iter_lines():
        if not line.startswith(b"data: "):
            continue
        job = json.loads(line[6:])
        if job["generation_id"] == job_id and job["status"] in ("succeeded", "failed", "cancelled"):
            break
    else:
        sys.exit("the stream ended early")

if job["status"] != "succeeded":
    sys.exit(f"{job['status']}: {job.get('error')}")
print(job["url"])
`,

    'foxapi-webhook': (filling) => `${head(receiverModules)}


${pythonReceiver}

# Create the task. Its callback_url has to lead here.
${post(filling, '/v1/videos/generations')}
while ended is None:
    server.handle_request()

if ended["status"] == "failed":
    sys.exit(f"{ended['error']['code']}: {ended['error']['message']}")
print(ended["results"][0]["url"])
`,

    'oxen-webhook': (filling) => `${head(receiverModules)}


${pythonReceiver}

# Put the job into the queue. Its callback_url has to lead here.
${post(filling, '/api/ai/queue')}
while ended is None:
    server.handle_request()

if ended["status"] != "succeeded":
    sys.exit(f"{ended['status']}: {ended['error_message']}")
print(ended["result_url"])
`,
  },
};
