export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : Math.min(value, high);
}

export function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** 0 at `from`, 1 at `to` with flat ends; `from` may be above `to`. */
export function smoothstep(from: number, to: number, value: number): number {
  const share = clamp((value - from) / (to - from), 0, 1);
  return share * share * (3 - 2 * share);
}

/** Eases in and out with no jump in speed or acceleration. */
export function ease(share: number): number {
  const t = clamp(share, 0, 1);
  return t * t * t * (t * (t * 6 - 15) + 10);
}
