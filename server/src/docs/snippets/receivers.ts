/** The parts of programs that take a webhook and check that it comes from Reelay. */

/** A shell does not listen: it finds what came in files. */
export const bashDelivery = String.raw`# Have your receiver keep what comes: its headers as lines, its body byte for byte.
until [[ -e delivery.json ]]; do sleep 1; done
header() { grep -i "^$1:" delivery.headers | cut -d ' ' -f 2- | tr -d '\r'; }

# Check that it comes from Reelay, and that it is not an old one.
key=$(base64 -d <<< "$(cut -d _ -f 2 <<< "$REELAY_WEBHOOK_SECRET")" | od -An -v -tx1 | tr -d ' \n')
signature=$( (printf '%s.%s.' "$(header webhook-id)" "$(header webhook-timestamp)"; cat delivery.json) |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
[[ " $(header webhook-signature) " == *" v1,$signature "* ]] || { echo 'not from Reelay' >&2; exit 1; }
(( $(date +%s) - $(header webhook-timestamp) < 300 )) || { echo 'too old' >&2; exit 1; }`;

export const pythonReceiver = `def is_from_reelay(headers, body):
    """Whether one of its signatures fits, and it is not an old one."""
    timestamp = headers.get("webhook-timestamp", "0")
    signed = f"{headers.get('webhook-id')}.{timestamp}.".encode() + body
    key = base64.b64decode(os.environ["REELAY_WEBHOOK_SECRET"].removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    signatures = headers.get("webhook-signature", "").split(" ")
    is_signed = any(hmac.compare_digest(expected, one) for one in signatures)
    return is_signed and abs(time.time() - int(timestamp)) < 300


ended = None


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global ended
        body = self.rfile.read(int(self.headers["content-length"]))
        is_ours = is_from_reelay(self.headers, body)
        self.send_response(204 if is_ours else 401)
        self.end_headers()
        if is_ours:
            ended = json.loads(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("", int(os.environ.get("PORT", "8000"))), Receiver)`;

export const typescriptReceiver = `/** Whether one of its signatures fits, and it is not an old one. */
function isFromReelay(headers: IncomingHttpHeaders, body: string): boolean {
  const timestamp = String(headers['webhook-timestamp']);
  const signed = \`\${headers['webhook-id']}.\${timestamp}.\${body}\`;
  const key = Buffer.from((process.env.REELAY_WEBHOOK_SECRET ?? '').replace('whsec_', ''), 'base64');
  const expected = Buffer.from(\`v1,\${createHmac('sha256', key).update(signed).digest('base64')}\`);
  const signatures = String(headers['webhook-signature'])
    .split(' ')
    .map((one) => Buffer.from(one));
  const isSigned = signatures.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  return isSigned && Math.abs(Date.now() / 1_000 - Number(timestamp)) < 300;
}

const { promise: ended, resolve } = Promise.withResolvers<Task>();
const server = createServer(async (request, response) => {
  const body = await text(request);
  const isOurs = isFromReelay(request.headers, body);
  response.writeHead(isOurs ? 204 : 401).end();
  if (isOurs) resolve(JSON.parse(body) as Task);
});
server.listen(Number(process.env.PORT ?? 8000));`;
