import type { Finding } from './finding.ts';
import { duration } from './output.ts';

/** Beyond these, links and log lines confuse people; and signatures of webhooks and object stores are refused. */
const noticedMs = 30_000;
const brokenMs = 300_000;

/** How another clock compares with this machine's. */
export function clockFinding(whose: string, aheadMs: number): Finding {
  const name = 'Clock';
  const apart = Math.abs(aheadMs);
  if (apart < noticedMs) return { name, state: 'ok', detail: `agrees with ${whose}` };
  return {
    name,
    state: apart < brokenMs ? 'warning' : 'broken',
    detail: `${duration(apart)} ${aheadMs > 0 ? 'behind' : 'ahead of'} ${whose}`,
    remedy: 'Set the clock by NTP (timedatectl set-ntp true), here and there.',
  };
}
