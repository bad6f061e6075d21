using System.Text.RegularExpressions;
using Pages.Tests.Infrastructure;

namespace Pages.Tests.Modules;

public sealed partial class ModuleTests(PagesFixture fixture)
{
    [Theory]
    // RFC 4648 §10.
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public async Task Base32_VectorsOfTheRfc_Match(string bytes, string expected)
        => Assert.Equal(expected, await CallAsync<string>("encoding.js", "toBase32(utf8(argument))", bytes));

    [Theory]
    [InlineData("password", 0, "word")]
    [InlineData("P@ssw0rd1", 0, "word")]
    [InlineData("qwertyuiop", 0, "pattern")]
    [InlineData("aaaaaaaaaaaa", 0, "pattern")]
    [InlineData("abcabcabcabc", 0, "pattern")]
    [InlineData("summer2024", 0, "word")]
    [InlineData("kqzv7", 0, "short")]
    [InlineData("kqzvxw", 1, "short")]
    [InlineData("kqzvxwbt", 2, "short")]
    [InlineData("kqzvxwbtrm", 3, "")]
    [InlineData("kqzvxwbtrmgp", 4, "")]
    [InlineData("correct horse battery staple", 4, "")]
    public async Task Judge_Password_SaysWhatItIsWorthAndWhy(string password, int score, string reason)
        => Assert.Equal($"{score} {reason}", await CallAsync<string>("passwordStrength.js", "((judged) => `${judged.score} ${judged.reason}`)(judge(argument))", password));

    [Fact]
    public async Task Judge_OwnName_CountsForLittle()
        => Assert.Equal("0 personal", await CallAsync<string>("passwordStrength.js", "((judged) => `${judged.score} ${judged.reason}`)(judge(argument, ['Ada Lovelace']))", "lovelace-ada"));

    [Fact]
    public async Task Fingerprint_KnownKey_IsTheFirstEightyBitsOfItsHash()
    {
        // SHA-256 of "abc" begins ba7816bf 8f01cfea 4141 (FIPS 180-4).
        var fingerprint = await CallAsync<string>("keys/groupKey.js", "fingerprint(btoa(argument))", "abc");

        Assert.Equal(Crockford("ba7816bf8f01cfea4141"), fingerprint);
    }

    [Fact]
    public async Task GroupKey_WrappedForAnotherDevice_OpensThereOnly()
    {
        var outcome = await CallAsync<string>(
            "keys/groupKey.js",
            """
            (async () => {
              const [ada, grace, eve] = [await makeDeviceKey(), await makeDeviceKey(), await makeDeviceKey()];
              const key = await makeGroupKey();
              const wrapped = await wrapGroupKey(key, ada.privateKey, grace.publicKey);
              const opened = await unwrapGroupKey(wrapped, grace.privateKey, ada.publicKey);
              const bytes = async (one) => [...new Uint8Array(await crypto.subtle.exportKey("raw", one))].join();
              const stranger = await unwrapGroupKey(wrapped, eve.privateKey, ada.publicKey).then(() => "opened", (error) => error.name);
              return `${atob(wrapped).length} ${await bytes(key) === await bytes(opened)} ${stranger} ${ada.privateKey.extractable}`;
            })()
            """,
            "");

        Assert.Equal("60 true OperationError false", outcome);
    }

    [Fact]
    public void Texts_EveryKeyUsed_HasWords()
    {
        var english = File.ReadAllText(Path.Combine(Assets, "texts", "en.js"));
        var words = KeyDefinition().Matches(english).Select(match => match.Groups["key"].Value).ToHashSet(StringComparer.Ordinal);

        var used = Sources().SelectMany(source => KeyUse().Matches(source)).Select(match => match.Groups["key"].Value).ToHashSet(StringComparer.Ordinal);

        Assert.True(used.Count > 200, "The pattern finds the uses.");
        Assert.Empty(used.Except(words));
        Assert.Equal(words.Count, KeyDefinition().Count(english));
    }

    [Fact]
    public void Modules_Markup_IsNeverMadeFromText()
    {
        foreach (var source in Sources())
        {
            Assert.DoesNotMatch(MarkupFromText(), source);
        }
    }

    private static string Assets => Path.Combine(PagesFixture.FolderOf("WebRoot"), "assets");

    private static IEnumerable<string> Sources()
        => Directory.EnumerateFiles(Assets, "*.js", SearchOption.AllDirectories).Where(file => !file.EndsWith("en.js", StringComparison.Ordinal)).Select(File.ReadAllText);

    private static string Crockford(string hex)
    {
        const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        var bits = string.Concat(hex.Select(digit => Convert.ToString(Convert.ToInt32(digit.ToString(), 16), 2).PadLeft(4, '0')));
        var characters = Enumerable.Range(0, 16).Select(index => Alphabet[Convert.ToInt32(bits.Substring(5 * index, 5), 2)]);
        return string.Join('-', characters.Chunk(4).Select(chunk => new string(chunk)));
    }

    private async Task<T> CallAsync<T>(string module, string expression, string argument)
    {
        var visitor = await fixture.LaboratoryAsync();
        var names = ExportedName().Matches(File.ReadAllText(Path.Combine(Assets, module))).Select(match => match.Groups["name"].Value);
        return await visitor.Page.EvaluateAsync<T>(
            $$"""
            async (argument) => {
              const { {{string.Join(", ", names)}} } = await import(document.querySelector("script[type=module]").src.replace("app.js", "{{module}}"));
              return await ({{expression}});
            }
            """,
            argument);
    }

    [GeneratedRegex("""^  "(?<key>[^"]+)": """, RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyDefinition();

    [GeneratedRegex("""\btext\("(?<key>[^"]+)"|title: "(?<key>[^"]+)",$""", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyUse();

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MarkupFromText();

    [GeneratedRegex(@"^export (?:async )?function\*? (?<name>\w+)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExportedName();
}
