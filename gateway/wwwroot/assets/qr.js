// QR codes (ISO/IEC 18004): text in byte mode, error correction level M, versions 1 to 20, which is up to 666 bytes. The
// numbers in brackets are the clauses of the edition of 2015.

/** Codewords in all, per version (7.1, table 1). */
const totals = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346, 404, 466, 532, 581, 655, 733, 815, 901, 991, 1085];

/** Error correction codewords of one block, and number of blocks, per version at level M (7.5.1, table 9). */
const correction = [
  [10, 1], [16, 1], [26, 1], [18, 2], [24, 2], [16, 4], [18, 4], [22, 4], [22, 5], [26, 5],
  [30, 5], [22, 8], [22, 9], [24, 9], [24, 10], [28, 10], [28, 11], [26, 13], [26, 14], [26, 16],
];

/** Centres of the alignment patterns, in both directions, per version (annex E). */
const alignments = [
  [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
  [6, 30, 54], [6, 32, 58], [6, 34, 62], [6, 26, 46, 66], [6, 26, 48, 70], [6, 26, 50, 74], [6, 30, 54, 78],
  [6, 30, 56, 82], [6, 30, 58, 86], [6, 34, 62, 90],
];

/** The data mask patterns: where they turn a module over (7.8.2, table 10). */
const masks = [
  (i, j) => (i + j) % 2 === 0,
  (i) => i % 2 === 0,
  (i, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
];

/**
 * @param {string} content
 * @param {number} [mask] 0 to 7; without it, the one that is best to read
 * @returns {boolean[][]} rows of modules, true is dark; the quiet zone around them is not there
 * @throws {RangeError} for more than 666 bytes
 */
export function encodeQr(content, mask) {
  const bytes = new TextEncoder().encode(content);
  const version = smallestVersion(bytes.length);
  const codewords = interleave(dataCodewords(bytes, version), version);
  const candidates = mask === undefined ? masks.keys() : [mask];
  let best = null;
  for (const candidate of candidates) {
    const modules = draw(codewords, version, candidate);
    const score = penalty(modules);
    if (best === null || score < best.score) {
      best = { modules, score };
    }
  }

  return best.modules;
}

function dataLength(version) {
  const [perBlock, blocks] = correction[version - 1];
  return totals[version - 1] - perBlock * blocks;
}

function countBits(version) {
  return version < 10 ? 8 : 16;
}

function smallestVersion(length) {
  for (let version = 1; version <= totals.length; version++) {
    if (4 + countBits(version) + 8 * length <= 8 * dataLength(version)) {
      return version;
    }
  }

  throw new RangeError("The text is too long for a QR code of these versions.");
}

/** Mode, length, bytes, terminator, padding (7.4.5, 7.4.9, 7.4.10). */
function dataCodewords(bytes, version) {
  const capacity = 8 * dataLength(version);
  const bits = [];
  const append = (value, length) => {
    for (let bit = length - 1; bit >= 0; bit--) {
      bits.push((value >> bit) & 1);
    }
  };
  append(0b0100, 4);
  append(bytes.length, countBits(version));
  bytes.forEach((byte) => append(byte, 8));
  append(0, Math.min(4, capacity - bits.length));
  append(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) {
    append(pad, 8);
  }

  const codewords = [];
  for (let at = 0; at < bits.length; at += 8) {
    codewords.push(bits.slice(at, at + 8).reduce((value, bit) => (value << 1) | bit, 0));
  }

  return codewords;
}

/** Splits into blocks, adds their error correction, and takes from the blocks in turn (7.5.2, 7.6). */
function interleave(data, version) {
  const [perBlock, count] = correction[version - 1];
  const short = Math.floor(data.length / count);
  const longFrom = count - (data.length % count);
  const blocks = [];
  for (let block = 0, at = 0; block < count; block++) {
    const length = short + (block >= longFrom ? 1 : 0);
    blocks.push(data.slice(at, at + length));
    at += length;
  }

  const generator = generatorPolynomial(perBlock);
  const corrections = blocks.map((block) => remainder(block, generator));
  return [...takeInTurn(blocks), ...takeInTurn(corrections)];
}

function takeInTurn(blocks) {
  const result = [];
  for (let at = 0; at < Math.max(...blocks.map((block) => block.length)); at++) {
    for (const block of blocks) {
      if (at < block.length) {
        result.push(block[at]);
      }
    }
  }

  return result;
}

// The field of 256 elements over x^8 + x^4 + x^3 + x^2 + 1 (7.5.2).
const power = new Uint8Array(255);
const logarithm = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  power[exponent] = value;
  logarithm[value] = exponent;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}

function multiply(a, b) {
  return a === 0 || b === 0 ? 0 : power[(logarithm[a] + logarithm[b]) % 255];
}

/** (x - 1)(x - 2)(x - 4)… without its leading 1, highest power first. */
function generatorPolynomial(degree) {
  let polynomial = [1];
  for (let root = 0; root < degree; root++) {
    const next = [...polynomial, 0];
    polynomial.forEach((coefficient, index) => {
      next[index + 1] ^= multiply(coefficient, power[root]);
    });
    polynomial = next;
  }

  return polynomial.slice(1);
}

function remainder(block, generator) {
  const result = new Array(generator.length).fill(0);
  for (const codeword of block) {
    const factor = codeword ^ result.shift();
    result.push(0);
    generator.forEach((coefficient, index) => {
      result[index] ^= multiply(coefficient, factor);
    });
  }

  return result;
}

function draw(codewords, version, mask) {
  const size = 17 + 4 * version;
  const modules = Array.from({ length: size }, () => new Array(size).fill(false));
  const taken = Array.from({ length: size }, () => new Array(size).fill(false));
  const set = (row, column, dark) => {
    modules[row][column] = dark;
    taken[row][column] = true;
  };

  drawTiming(size, set);
  drawFinders(size, set);
  drawAlignments(version, size, set);
  drawFormat(mask, size, set);
  if (version >= 7) {
    drawVersion(version, size, set);
  }

  drawData(codewords, size, modules, taken, masks[mask]);
  return modules;
}

/** 6.3.5 */
function drawTiming(size, set) {
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
}

/** With their separators (6.3.3, 6.3.4). */
function drawFinders(size, set) {
  for (const [centreRow, centreColumn] of [[3, 3], [3, size - 4], [size - 4, 3]]) {
    for (let row = -4; row <= 4; row++) {
      for (let column = -4; column <= 4; column++) {
        const inside = centreRow + row >= 0 && centreRow + row < size && centreColumn + column >= 0 && centreColumn + column < size;
        const ring = Math.max(Math.abs(row), Math.abs(column));
        if (inside) {
          set(centreRow + row, centreColumn + column, ring !== 2 && ring !== 4);
        }
      }
    }
  }
}

/** Everywhere but on the finders (6.3.6). */
function drawAlignments(version, size, set) {
  const centres = alignments[version - 1];
  const last = size - 7;
  for (const row of centres) {
    for (const column of centres) {
      if ((row === 6 && column === 6) || (row === 6 && column === last) || (row === last && column === 6)) {
        continue;
      }

      for (let down = -2; down <= 2; down++) {
        for (let right = -2; right <= 2; right++) {
          set(row + down, column + right, Math.max(Math.abs(down), Math.abs(right)) !== 1);
        }
      }
    }
  }
}

/** Level M is 00; five bits with their BCH code, twice (7.9, annex C). */
function drawFormat(mask, size, set) {
  const bits = (mask << 10 | bch(mask, 10, 0x537)) ^ 0x5412;
  const dark = (bit) => ((bits >> bit) & 1) === 1;
  for (let bit = 0; bit < 15; bit++) {
    // Down the column beside the upper left finder, then left along the row, over the timing patterns.
    set(bit < 6 ? bit : bit < 8 ? bit + 1 : 8, bit < 8 ? 8 : bit === 8 ? 7 : 14 - bit, dark(bit));
    set(bit < 8 ? 8 : size - 15 + bit, bit < 8 ? size - 1 - bit : 8, dark(bit));
  }

  set(size - 8, 8, true);
}

/** Six bits with their BCH code, twice (7.10, annex D). */
function drawVersion(version, size, set) {
  const bits = version << 12 | bch(version, 12, 0x1f25);
  for (let bit = 0; bit < 18; bit++) {
    const near = Math.floor(bit / 3);
    const far = size - 11 + (bit % 3);
    const dark = ((bits >> bit) & 1) === 1;
    set(near, far, dark);
    set(far, near, dark);
  }
}

/** @returns {number} the remainder of value · x^degree */
function bch(value, degree, generator) {
  let rest = value << degree;
  for (let bit = 31 - Math.clz32(rest); rest !== 0 && bit >= degree; bit = 31 - Math.clz32(rest)) {
    rest ^= generator << (bit - degree);
  }

  return rest;
}

/** Two columns at a time, from the right, upwards and downwards in turn, around what is taken (7.7.3). */
function drawData(codewords, size, modules, taken, mask) {
  let bit = 0;
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) {
      right--;
    }

    for (let step = 0; step < size; step++) {
      const row = upwards ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (!taken[row][column]) {
          // What is left over after the last codeword is light.
          const dark = bit < codewords.length * 8 && ((codewords[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
          modules[row][column] = dark !== mask(row, column);
          bit++;
        }
      }
    }

    upwards = !upwards;
  }
}

/** How hard it is to read: 7.8.3.1, table 11. */
function penalty(modules) {
  const size = modules.length;
  const columns = modules.map((_, column) => modules.map((row) => row[column]));
  let points = 0;
  for (const line of [...modules, ...columns]) {
    const signs = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const run of signs.match(/0{5,}|1{5,}/g) ?? []) {
      points += 3 + run.length - 5;
    }

    // A finder's proportions with four light modules before or behind.
    points += 40 * ((signs.match(/(?=00001011101)/g) ?? []).length + (signs.match(/(?=10111010000)/g) ?? []).length);
  }

  let darkCount = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      darkCount += modules[row][column] ? 1 : 0;
      if (row > 0 && column > 0 && modules[row][column] === modules[row - 1][column]
        && modules[row][column] === modules[row][column - 1] && modules[row][column] === modules[row - 1][column - 1]) {
        points += 3;
      }
    }
  }

  return points + 10 * Math.floor(Math.abs((100 * darkCount) / (size * size) - 50) / 5);
}
