/** Reads a small float picture row by row at full width, bilinear. One row at a time keeps memory in the cache. */
export interface Enlarger {
  /** Row `y` of the full-size picture: `fullWidth * channels` values, valid until the next call. */
  readonly row: (y: number) => Float32Array;
}

export interface EnlargeOptions {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly fullWidth: number;
  readonly fullHeight: number;
}

export function createEnlarger(options: EnlargeOptions): Enlarger {
  const { values, width, height, channels, fullWidth, fullHeight } = options;
  const small = new Float32Array(width * channels);
  const full = new Float32Array(fullWidth * channels);
  const left = new Int32Array(fullWidth);
  const share = new Float32Array(fullWidth);
  for (let x = 0; x < fullWidth; x += 1) {
    const position = Math.min(width - 1.001, Math.max(0, ((x + 0.5) * width) / fullWidth - 0.5));
    left[x] = Math.floor(position) * channels;
    share[x] = position - Math.floor(position);
  }
  return {
    row(y) {
      const position = Math.min(height - 1.001, Math.max(0, ((y + 0.5) * height) / fullHeight - 0.5));
      const top = (position | 0) * width * channels;
      const bottom = top + width * channels;
      const down = position - (position | 0);
      for (let i = 0; i < small.length; i += 1) {
        const upper = values[top + i] as number;
        small[i] = upper + ((values[bottom + i] as number) - upper) * down;
      }
      for (let x = 0, o = 0; x < fullWidth; x += 1, o += channels) {
        const i = left[x] as number;
        const t = share[x] as number;
        for (let channel = 0; channel < channels; channel += 1) {
          const value = small[i + channel] as number;
          full[o + channel] = value + ((small[i + channels + channel] as number) - value) * t;
        }
      }
      return full;
    },
  };
}
