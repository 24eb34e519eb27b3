/** An upstream that does nothing: takes a body, answers the same short JSON at once. What stands before it adds to this. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportTo } from './measured-process.ts';

const answer = JSON.stringify({
  id: 'video_0123456789abcdef0123456789abcdef',
  object: 'video',
  model: 'sora-2',
  status: 'queued',
  progress: 0,
  created_at: 1_700_000_000,
  seconds: '6',
  size: '1280x720',
});

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  reportTo(process, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
