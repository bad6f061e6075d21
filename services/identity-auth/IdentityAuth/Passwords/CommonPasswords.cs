using System.Reflection;

namespace IdentityAuth.Passwords;

/// <summary>
/// Passwords that a guesser tries first. The list is kept as what makes it: words in <c>words.txt</c>, and the ways in which people
/// lengthen a word until a form takes it. It is spread out once, into hashes.
/// </summary>
internal sealed class CommonPasswords
{
    /// <summary>What a form takes at all.</summary>
    private const int MinimumLength = 8;

    private static readonly string[] Endings =
    [
        "", "1", "2", "3", "7", "12", "13", "11", "21", "22", "23", "69", "77", "88", "99", "00", "01", "007", "100", "101", "111", "123", "321", "420", "666", "777", "911",
        "1234", "4321", "1111", "2000", "12345", "54321", "123456", "1234567", "12345678", "123456789", "!", "!!", "1!", "123!", "@123", "#1", ".", "?", "a", "s", "x", "abc",
    ];

    private static readonly string[] Rows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm", "yxcvbnm", "abcdefghijklmnopqrstuvwxyz"];

    private static readonly string[] Columns = ["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"];

    private readonly HashSet<ulong> _hashes = [];

    public CommonPasswords()
    {
        foreach (var password in All())
        {
            _hashes.Add(Hash(password));
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _hashes.Count;

    /// <summary>Whether a password is among them, in any case.</summary>
    public bool Contains(string password) => _hashes.Contains(Hash(password));

    private static IEnumerable<string> All() => Words().Concat(Numbers()).Concat(Walks()).Where(password => password.Length >= MinimumLength);

    // Words and names, as they are, lengthened, doubled, and with digits for letters.
    private static IEnumerable<string> Words()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("IdentityAuth.Passwords.words.txt")!;
        using var reader = new StreamReader(stream);
        foreach (var word in reader.ReadToEnd().Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] spellings = [word, Leet(word, all: false), Leet(word, all: true)];
            foreach (var spelling in spellings.Distinct(StringComparer.Ordinal))
            {
                foreach (var ending in Endings)
                {
                    yield return spelling + ending;
                }
            }

            for (var year = 1950; year <= 2030; year++)
            {
                yield return $"{word}{year}";
            }

            yield return word + word;
            yield return "123" + word;
            yield return "1234" + word;
            yield return "my" + word;
            yield return "ilove" + word;
            yield return "the" + word;
            yield return new string([.. word.Reverse()]);
        }
    }

    // Runs, repetitions, and days of birth.
    private static IEnumerable<string> Numbers()
    {
        for (var length = MinimumLength; length <= 16; length++)
        {
            for (var start = 0; start <= 9; start++)
            {
                yield return Run(start, +1, length);
                yield return Run(start, -1, length);
                yield return new string((char)('0' + start), length);
            }

            for (var letter = 'a'; letter <= 'z'; letter++)
            {
                yield return new string(letter, length);
            }
        }

        for (var pair = 0; pair <= 9_999; pair++)
        {
            yield return $"{pair:D4}{pair:D4}";
        }

        for (var pair = 0; pair <= 99; pair++)
        {
            yield return $"{pair:D2}{pair:D2}{pair:D2}{pair:D2}";
            yield return $"{pair:D2}{pair:D2}{pair:D2}{pair:D2}{pair:D2}";
        }

        for (var day = new DateOnly(1940, 1, 1); day.Year <= 2025; day = day.AddDays(1))
        {
            yield return day.ToString("yyyyMMdd", null);
            yield return day.ToString("ddMMyyyy", null);
            yield return day.ToString("MMddyyyy", null);
        }
    }

    // Fingers that run over a keyboard.
    private static IEnumerable<string> Walks()
    {
        foreach (var row in Rows)
        {
            for (var start = 0; start < row.Length; start++)
            {
                for (var length = 3; start + length <= row.Length; length++)
                {
                    var walk = row.Substring(start, length);
                    foreach (var one in new[] { walk, new string([.. walk.Reverse()]) })
                    {
                        yield return one + one;
                        foreach (var ending in Endings)
                        {
                            yield return one + ending;
                        }

                        yield return "1234" + one;
                        yield return "12345" + one;
                        yield return "123456" + one;
                    }
                }
            }
        }

        for (var first = 0; first < Columns.Length; first++)
        {
            for (var count = 1; first + count <= Columns.Length; count++)
            {
                var walk = string.Concat(Columns.Skip(first).Take(count));
                yield return walk;
                yield return walk + "1234";
                yield return new string([.. walk.Reverse()]);
                yield return string.Concat(Columns.Skip(first).Take(count).Reverse());
            }

            yield return Columns[first] + Columns[first];
        }

        for (var length = 4; length <= 10; length++)
        {
            // 1q2w3e4r, q1w2e3r4, a1b2c3d4 and their like.
            foreach (var row in Rows.Skip(1).Where(row => row.Length >= length))
            {
                var digits = "1234567890";
                yield return string.Concat(Enumerable.Range(0, length).Select(index => $"{digits[index]}{row[index]}"));
                yield return string.Concat(Enumerable.Range(0, length).Select(index => $"{row[index]}{digits[index]}"));
            }
        }
    }

    private static string Run(int start, int step, int length)
        => string.Create(length, (start, step), static (text, run) =>
        {
            for (var index = 0; index < text.Length; index++)
            {
                text[index] = (char)('0' + ((((run.start + (run.step * index)) % 10) + 10) % 10));
            }
        });

    private static string Leet(string word, bool all)
        => string.Concat(word.Select(letter => letter switch
        {
            'o' => '0',
            'a' => '@',
            'i' when all => '1',
            'e' when all => '3',
            's' when all => '$',
            _ => letter,
        }));

    // FNV-1a, 64 bits, of the lower-case UTF-16 code units: two of a hundred thousand passwords meet once in ten billion lists.
    private static ulong Hash(string password)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var character in password)
        {
            hash = (hash ^ char.ToLowerInvariant(character)) * 1_099_511_628_211UL;
        }

        return hash;
    }
}
