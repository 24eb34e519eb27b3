/** `@portkey-ai/gateway` as its command starts it, but on the loopback alone and on a free port: it would listen everywhere. */
import { type AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { reportTo } from './measured-process.ts';
import { peersFolder } from './peers.ts';

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server): Server {
  this.once('listening', () => reportTo(process, `http://127.0.0.1:${(this.address() as AddressInfo).port}`));
  return listen.call(this, { port: 0, host: '127.0.0.1' });
} as typeof listen;

process.argv.push('--headless');
await import(join(peersFolder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js'));
