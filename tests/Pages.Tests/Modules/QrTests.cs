using System.Globalization;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using QRCoder;

namespace Pages.Tests.Modules;

/// <summary>The QR encoder, module by module against another one.</summary>
public sealed class QrTests(PagesFixture fixture)
{
    public static TheoryData<int> Lengths { get; } =
    [
        // Both sides of the limits of versions with one block, of two kinds of blocks, of the first with version information,
        // and of the longer length field; the longest.
        1, 14, 15, 26, 27, 62, 63, 106, 107, 122, 123, 152, 153, 180, 181, 213, 214, 251, 252, 331, 412, 504, 624, 666,
    ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Encode_AnyLength_IsWhatAnotherEncoderMakes(int length)
    {
        var visitor = await fixture.LaboratoryAsync();
        var content = string.Concat(Enumerable.Range(0, length).Select(index => (char)('a' + (index * 7 % 26))));
        using var generator = new QRCodeGenerator();
        using var expected = generator.CreateQrCode(content, QRCodeGenerator.ECCLevel.M, forceUtf8: true, utf8BOM: false, QRCodeGenerator.EciMode.Default);
        var rows = Rows(expected);

        // Which mask reads best is a matter of judgement; that one is taken over, everything else is compared.
        var actual = await EncodeAsync(visitor.Page, content, MaskOf(rows));

        Assert.Equal(rows, actual);
    }

    [Fact]
    public async Task Encode_OneByteTooMany_IsRefused()
    {
        var visitor = await fixture.LaboratoryAsync();

        var error = await Assert.ThrowsAsync<PlaywrightException>(() => EncodeAsync(visitor.Page, new string('a', 667), 0));

        Assert.Contains("RangeError", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encode_WithoutAMask_TakesOneOfTheEight()
    {
        var visitor = await fixture.LaboratoryAsync();
        const string Content = "otpauth://totp/Platform:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Platform";

        var chosen = await EncodeAsync(visitor.Page, Content, mask: null);

        Assert.Equal(await EncodeAsync(visitor.Page, Content, MaskOf(chosen)), chosen);
    }

    private static Task<string[]> EncodeAsync(IPage page, string content, int? mask) => page.EvaluateAsync<string[]>(
        """
        async ([content, mask]) => {
          const { encodeQr } = await import(document.querySelector("script[type=module]").src.replace("app.js", "qr.js"));
          return encodeQr(content, mask ?? undefined).map((row) => row.map((dark) => (dark ? "1" : "0")).join(""));
        }
        """,
        new object?[] { content, mask });

    /// <summary>Without the quiet zone.</summary>
    private static string[] Rows(QRCodeData code)
    {
        const int QuietZone = 4;
        var size = code.ModuleMatrix.Count - (2 * QuietZone);
        return [.. Enumerable.Range(QuietZone, size).Select(row => string.Concat(Enumerable.Range(QuietZone, size).Select(column => code.ModuleMatrix[row][column] ? '1' : '0')))];
    }

    /// <summary>From the format information beside the upper left finder (ISO/IEC 18004, 7.9.1).</summary>
    private static int MaskOf(string[] rows)
        => Convert.ToInt32(string.Create(CultureInfo.InvariantCulture, $"{rows[8][2]}{rows[8][3]}{rows[8][4]}"), 2) ^ 0b101;
}
