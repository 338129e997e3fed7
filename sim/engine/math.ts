/**
 * Trigonometry whose results are the same to the bit in every JavaScript engine.
 *
 * ECMAScript leaves sin, cos and atan2 to the implementation; only + - * / and sqrt are exact. These follow
 * fdlibm (k_sin.c, k_cos.c, s_atan.c, e_atan2.c) with a two-part reduction by pi/2, good to about 1 ulp for
 * |x| < 1e5, which is far more than any heading here.
 */

export const PI = Math.PI;
export const TWO_PI = 2 * Math.PI;

const HALF_PI_HIGH = 1.5707963267341256; // first 33 bits of pi/2
const HALF_PI_LOW = 6.077100506506192e-11; // the rest

function sinKernel(x: number): number {
  const z = x * x;
  const r =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return x + z * x * (-1.66666666666666324348e-1 + z * r);
}

function cosKernel(x: number): number {
  const z = x * x;
  const r =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z *
                (-2.75573143513906633035e-7 +
                  z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))));
  return 1 - (0.5 * z - z * r);
}

/** Sine of an angle in radians. */
export function sin(x: number): number {
  const quadrant = Math.round(x / (HALF_PI_HIGH + HALF_PI_LOW));
  const r = x - quadrant * HALF_PI_HIGH - quadrant * HALF_PI_LOW;
  switch (((quadrant % 4) + 4) % 4) {
    case 0:
      return sinKernel(r);
    case 1:
      return cosKernel(r);
    case 2:
      return -sinKernel(r);
    default:
      return -cosKernel(r);
  }
}

/** Cosine of an angle in radians. */
export function cos(x: number): number {
  const quadrant = Math.round(x / (HALF_PI_HIGH + HALF_PI_LOW));
  const r = x - quadrant * HALF_PI_HIGH - quadrant * HALF_PI_LOW;
  switch (((quadrant % 4) + 4) % 4) {
    case 0:
      return cosKernel(r);
    case 1:
      return -sinKernel(r);
    case 2:
      return -cosKernel(r);
    default:
      return sinKernel(r);
  }
}

const ATAN_COEFFICIENTS = [
  3.33333333333329318027e-1, -1.99999999998764832476e-1, 1.42857142725034663711e-1, -1.1111110405462355788e-1,
  9.09088713343650656196e-2, -7.69187620504482999495e-2, 6.66107313738753120669e-2,
  -5.83357013379057348645e-2, 4.97687799461593236017e-2, -3.6531572744216915527e-2, 1.62858201153657823623e-2,
];

function atanKernel(x: number): number {
  const z = x * x;
  let sum = 0;
  for (let i = ATAN_COEFFICIENTS.length - 1; i >= 0; i--) sum = ATAN_COEFFICIENTS[i] + z * sum;
  return x - x * z * sum;
}

function atan(x: number): number {
  if (x < 0) return -atan(-x);
  if (x < 0.4375) return atanKernel(x);
  if (x < 0.6875) return 0.4636476090008061 + atanKernel((2 * x - 1) / (2 + x));
  if (x < 1.1875) return 0.7853981633974483 + atanKernel((x - 1) / (x + 1));
  if (x < 2.4375) return 0.982793723247329 + atanKernel((x - 1.5) / (1 + 1.5 * x));
  return PI / 2 + atanKernel(-1 / x);
}

/** Angle of the vector (x, y) in (-pi, pi]; atan2(0, 0) is 0. Signed zeros are not told apart. */
export function atan2(y: number, x: number): number {
  if (x > 0) return atan(y / x);
  if (x < 0) return y >= 0 ? atan(y / x) + PI : atan(y / x) - PI;
  if (y > 0) return PI / 2;
  return y < 0 ? -PI / 2 : 0;
}

/** The same angle in [-pi, pi). */
export function wrapAngle(angleRad: number): number {
  return angleRad - TWO_PI * Math.floor((angleRad + PI) / TWO_PI);
}

/** `value` kept within [low, high]. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : Math.min(value, high);
}
