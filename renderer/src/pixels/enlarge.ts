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

interface Columns {
  /** The first value of the small pixel left of each column, and how far the column is on the way to the next one. */
  readonly left: Int32Array;
  readonly share: Float32Array;
}

function widen(small: Float32Array, { left, share }: Columns, full: Float32Array): void {
  for (let x = 0; x < left.length; x += 1) {
    const i = left[x] as number;
    const value = small[i] as number;
    full[x] = value + ((small[i + 1] as number) - value) * (share[x] as number);
  }
}

/** As `widen`, written out: a loop over the three would take twice as long. */
function widenColours(small: Float32Array, { left, share }: Columns, full: Float32Array): void {
  for (let x = 0, o = 0; x < left.length; x += 1, o += 3) {
    const i = left[x] as number;
    const t = share[x] as number;
    const red = small[i] as number;
    const green = small[i + 1] as number;
    const blue = small[i + 2] as number;
    full[o] = red + ((small[i + 3] as number) - red) * t;
    full[o + 1] = green + ((small[i + 4] as number) - green) * t;
    full[o + 2] = blue + ((small[i + 5] as number) - blue) * t;
  }
}

export function createEnlarger(options: EnlargeOptions): Enlarger {
  const { values, width, height, channels, fullWidth, fullHeight } = options;
  const small = new Float32Array(width * channels);
  const full = new Float32Array(fullWidth * channels);
  const columns: Columns = { left: new Int32Array(fullWidth), share: new Float32Array(fullWidth) };
  const enlargeRow = channels === 1 ? widen : widenColours;
  for (let x = 0; x < fullWidth; x += 1) {
    const position = Math.min(width - 1.001, Math.max(0, ((x + 0.5) * width) / fullWidth - 0.5));
    columns.left[x] = Math.floor(position) * channels;
    columns.share[x] = position - Math.floor(position);
  }
  return {
    row(y) {
      const position = Math.min(height - 1.001, Math.max(0, ((y + 0.5) * height) / fullHeight - 0.5));
      const top = (position | 0) * width * channels;
      const bottom = top + width * channels;
      const down = position - (position | 0);
      let isEmpty = true;
      for (let i = 0; i < small.length; i += 1) {
        const upper = values[top + i] as number;
        const value = upper + ((values[bottom + i] as number) - upper) * down;
        small[i] = value;
        if (value !== 0) isEmpty = false;
      }
      // Most rows of a mask are: there is no sky below the horizon, and no water in most pictures.
      if (isEmpty) return full.fill(0);
      enlargeRow(small, columns, full);
      return full;
    },
  };
}
