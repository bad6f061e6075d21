// How long a password would hold against somebody who has the stored hash and guesses in the order in which people choose:
// common words, names, years, rows of the keyboard, repetitions, then everything else. Signs and capitals count for little,
// because everybody puts them in the same places. An estimate, and an upwards rounded one: a password that stands in
// somebody's list of stolen passwords is worth nothing, however it looks.

const common = `password passwort 123456 qwerty abc letmein welcome monkey dragon football iloveyou admin login princess master
  sunshine shadow superman batman trustno michael jordan hunter charlie summer winter spring autumn secret hello freedom whatever
  computer internet platform please love money soccer baseball killer starwars pokemon cheese coffee orange banana flower
  january february march april june july august september october november december monday friday sunday berlin london paris
  ashley daniel jessica thomas robert george andrew jennifer matthew test changeme default guest user root access mustang
  zaq1 1q2w3e asdf zxcv qazwsx`.split(/\s+/);

const rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azertyuiop"];

/** Decimal digits of the number of guesses at which the score rises: seconds, hours, years, longer than anybody waits. */
const thresholds = [6, 8.5, 11, 14];

const letters = { a: "@4", e: "3", i: "1!", o: "0", s: "$5", t: "7" };

/**
 * @param {string} password
 * @param {string[]} known words about the person
 * @returns {{ score: 0 | 1 | 2 | 3 | 4, reason: "" | "short" | "word" | "pattern" | "personal" }}
 */
export function judge(password, known = []) {
  const lower = password.toLowerCase();
  const plain = unleet(lower);
  const personal = known.flatMap((word) => word.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= 3);
  const weakness = new Set();
  let guesses = 0;
  for (let at = 0; at < password.length;) {
    const piece = cheapest([personalPiece(plain, at, personal), wordPiece(plain, at), wordPiece(lower, at), patternPiece(lower, at)]);
    if (piece) {
      weakness.add(piece.kind);
      guesses += piece.digits;
      at += piece.length;
    } else {
      guesses += digitsOf(password[at]);
      at++;
    }
  }

  const score = thresholds.filter((threshold) => guesses >= threshold).length;
  const reason = score >= 3 ? "" : ["personal", "word", "pattern"].find((kind) => weakness.has(kind)) ?? "short";
  return { score, reason };
}

/** What saves an attacker the most guesses per character. */
function cheapest(pieces) {
  return pieces.filter(Boolean).sort((one, other) => one.digits / one.length - other.digits / other.length)[0];
}

function personalPiece(plain, at, words) {
  const word = words.filter((candidate) => plain.startsWith(candidate, at)).sort((a, b) => b.length - a.length)[0];
  return word ? { kind: "personal", digits: 1, length: word.length } : null;
}

function wordPiece(plain, at) {
  const word = common.filter((candidate) => plain.startsWith(candidate, at)).sort((a, b) => b.length - a.length)[0];
  return word ? { kind: "word", digits: 2.5, length: word.length } : null;
}

/** Three or more of a row, of the same, or of the alphabet; a year; a piece that stood there before. */
function patternPiece(lower, at) {
  const year = /^(19|20)\d\d/.exec(lower.slice(at));
  if (year) {
    return { kind: "pattern", digits: 2, length: 4 };
  }

  for (let length = lower.length - at; length >= 3; length--) {
    const piece = lower.slice(at, at + length);
    const repeated = new Set(piece).size === 1 || (at >= length && lower.slice(0, at).includes(piece));
    if (repeated || rows.some((row) => row.includes(piece) || [...row].reverse().join("").includes(piece))) {
      return { kind: "pattern", digits: 1.5, length };
    }
  }

  return null;
}

function digitsOf(character) {
  return /[a-z]/.test(character) ? 1.2 : /[0-9]/.test(character) ? 1 : 1.5;
}

/** Undoes the usual replacements of letters by digits and signs. */
function unleet(lower) {
  let result = lower;
  for (const [letter, signs] of Object.entries(letters)) {
    for (const sign of signs) {
      result = result.replaceAll(sign, letter);
    }
  }

  return result;
}
