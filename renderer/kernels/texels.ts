/** Pixels and texels of four bytes, red first and opacity last. */

/** Four channels in the low lanes. */
export function channels(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load32_zero(at));
}

export function floats(at: usize): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(channels(at)));
}

/** The way from one to another in 256ths. */
export function between(from: v128, to: v128, share: i32): v128 {
  const first = i16x8.mul(from, i16x8.splat(<i16>(256 - share)));
  const second = i16x8.mul(to, i16x8.splat(<i16>share));
  return i16x8.shr_u(i16x8.add(i16x8.add(first, second), i16x8.splat(128)), 8);
}
