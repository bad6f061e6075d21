using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.9.</summary>
public sealed class GetUsernameSuggestionsTests(IdentityApp app)
{
    private const string Path = "/v1/auth/username-suggestions";

    [Theory]
    [InlineData("Magic Tester", "Magic_Tester")]
    [InlineData("a - . b", "a_b")]
    [InlineData("Żółć Müller", "Zolc_Mueller")]
    [InlineData("Ольга", "Olga")]
    [InlineData("🎉", null)]
    [InlineData("fluxer fan", null)]
    [InlineData("日本", null)]
    public async Task GetUsernameSuggestions_DisplayName_OneOrNone(string name, string? suggestion)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, new { global_name = name });

        var suggestions = (await response.JsonAsync(200)).GetProperty("suggestions").EnumerateArray().Select(one => one.GetString()).ToList();
        Assert.Equal(suggestion is null ? [] : [suggestion], suggestions);
    }

    [Theory]
    [InlineData("{}", "global_name=INVALID_FORMAT")]
    [InlineData("""{"global_name":"everyone"}""", "global_name=GLOBAL_NAME_RESERVED_VALUE")]
    public async Task GetUsernameSuggestions_BadName_Refused(string body, string error)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(error);
    }
}
