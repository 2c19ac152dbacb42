/**
 * Key generation of Kyber1024, NIST round 3, from a seed.
 *
 * It differs from ML-KEM-1024 in one place: the seed is hashed without the parameter byte. The
 * transform and the packing come from noble; its key generation cannot be reused for that byte.
 *
 * Source: CRYSTALS-Kyber, round 3 submission to NIST, algorithms 4 and 7.
 * @module
 */
import { sha3_256, sha3_512, shake256 } from '@noble/hashes/sha3.js';
import { genCrystals, XOF128 } from '@noble/post-quantum/_crystals.js';
import { wipe } from '../bytes/compare.js';
import { concat } from '../bytes/writer.js';

const DEGREE = 256;
const MODULUS = 3329;
const RANK = 4;
/** η₁ = 2: four random bits per coefficient. */
const NOISE_LENGTH = DEGREE / 2;
const SEED_PART = 32;
const VECTOR_LENGTH = (RANK * DEGREE * 12) / 8;

type Polynomial = Uint16Array;

const ring = genCrystals<Polynomial>({
  newPoly: (length) => new Uint16Array(length),
  N: DEGREE,
  Q: MODULUS,
  F: 3303, // 128^-1 mod q
  ROOT_OF_UNITY: 17,
  brvBits: 7,
  isKyber: true,
});
const identity = (value: number): number => value;
const coefficients12 = ring.bitsCoder(12, { encode: identity, decode: identity });

/** A uniform polynomial out of SHAKE128, by rejection of 12-bit candidates; all input is public. */
const sampleUniform = (nextBlock: () => Uint8Array): Polynomial => {
  const polynomial = new Uint16Array(DEGREE);
  let filled = 0;
  while (filled < DEGREE) {
    for (const candidate of coefficients12Of(nextBlock())) {
      if (candidate < MODULUS && filled < DEGREE) polynomial[filled++] = candidate;
    }
  }
  return polynomial;
};

/** The 12-bit little-endian numbers of `bytes`, whose length is a multiple of 3. */
const coefficients12Of = (bytes: Uint8Array): number[] => {
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const low = bytes[at] ?? 0;
    const middle = bytes[at + 1] ?? 0;
    const high = bytes[at + 2] ?? 0;
    numbers.push(low | ((middle & 0xf) << 8), (middle >> 4) | (high << 4));
  }
  return numbers;
};

/** A small polynomial, centred binomial with η = 2, from PRF(`seed`, `index`), transformed. */
const sampleNoise = (seed: Uint8Array, index: number): Polynomial => {
  const bytes = shake256(concat(seed, Uint8Array.of(index)), { dkLen: NOISE_LENGTH });
  const polynomial = new Uint16Array(DEGREE);
  for (let i = 0; i < DEGREE; i++) {
    const bits = (bytes[i >> 1] ?? 0) >> (i & 1 ? 4 : 0);
    const difference = (bits & 1) + ((bits >> 1) & 1) - ((bits >> 2) & 1) - ((bits >> 3) & 1);
    polynomial[i] = ring.mod(difference);
  }
  wipe(bytes);
  return ring.NTT.encode(polynomial);
};

/** `sum` += `a` ∘ `b` in the transformed domain: products of pairs modulo X² - ζ. */
const addProduct = (sum: Polynomial, a: Polynomial, b: Polynomial): void => {
  for (let i = 0; i < DEGREE; i += 2) {
    const zeta = (ring.nttZetas[64 + (i >> 2)] ?? 0) * (i & 2 ? -1 : 1);
    const a0 = a[i] ?? 0;
    const a1 = a[i + 1] ?? 0;
    const b0 = b[i] ?? 0;
    const b1 = b[i + 1] ?? 0;
    sum[i] = ring.mod((sum[i] ?? 0) + ring.mod(a1 * b1) * zeta + a0 * b0);
    sum[i + 1] = ring.mod((sum[i + 1] ?? 0) + a0 * b1 + a1 * b0);
  }
};

/** t = A ∘ s + e, where A grows out of ρ (column index first). */
const publicVector = (
  rho: Uint8Array,
  secret: readonly Polynomial[],
  noise: readonly Polynomial[],
): Polynomial[] => {
  const matrix = XOF128(rho);
  return noise.map((error, row) => {
    const sum = error.slice();
    secret.forEach((s, column) => addProduct(sum, sampleUniform(matrix.get(column, row)), s));
    return sum;
  });
};

const encodeVector = (vector: readonly Polynomial[]): Uint8Array =>
  concat(...vector.map((polynomial) => coefficients12.encode(polynomial)));

/** Whether all numbers of a 1568-byte public key are reduced modulo q. */
export const isCanonicalPublicKey = (publicKey: Uint8Array): boolean =>
  coefficients12Of(publicKey.subarray(0, VECTOR_LENGTH)).every((number) => number < MODULUS);

/**
 * The key pair of a 64-byte seed d ‖ z.
 *
 * @returns publicKey 1568 bytes; secretKey 3168 bytes = s ‖ publicKey ‖ SHA3-256(publicKey) ‖ z
 */
export const kyberKeyPair = (
  seed: Uint8Array,
): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array } => {
  const expanded = sha3_512(seed.subarray(0, SEED_PART));
  const rho = expanded.subarray(0, SEED_PART);
  const sigma = expanded.subarray(SEED_PART);
  const noise = Array.from({ length: 2 * RANK }, (_, index) => sampleNoise(sigma, index));
  const secret = noise.slice(0, RANK);
  const publicKey = concat(encodeVector(publicVector(rho, secret, noise.slice(RANK))), rho);
  const z = seed.subarray(SEED_PART);
  const secretKey = concat(encodeVector(secret), publicKey, sha3_256(publicKey), z);
  wipe(expanded);
  for (const polynomial of noise) polynomial.fill(0);
  return { publicKey, secretKey };
};
