using System.Globalization;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class GetKeyTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURx")]
    [InlineData("x")]
    public async Task GetKey_UnknownOrMalformed_IsUnknown(string key)
    {
        Assert.Equal("unknown-key", (await api.GetAsync($"/key/{key}")).Code);
        var head = await api.HeadAsync($"/key/{key}");
        Assert.Equal(404, head.Status);
        Assert.Empty(head.Body);
    }

    [Fact]
    public async Task GetKey_Registered_TellsThatAndNothingElse()
    {
        var (person, _) = await api.RegisterAsync("device");

        var answer = await api.GetAsync($"/key/{person.Sub}");
        var head = await api.HeadAsync($"/key/{person.Sub}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["sub", "status", "since"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(person.Sub, answer.Text("sub"));
        Assert.Equal("registered", answer.Text("status"));
        Assert.EndsWith("Z", answer.Text("since"), StringComparison.Ordinal);
        Assert.InRange(DateTimeOffset.Parse(answer.Text("since"), CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal(200, head.Status);
        Assert.Empty(head.Body);
        Assert.Equal(answer.ContentHeaders.ContentType, head.ContentHeaders.ContentType);
    }

    [Fact]
    public async Task GetKey_Revoked_IsGone()
    {
        var (person, secret) = await api.RegisterAsync();
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");

        Assert.Equal("revoked-key", (await api.GetAsync($"/key/{person.Sub}")).Code);
        Assert.Equal(410, (await api.HeadAsync($"/key/{person.Sub}")).Status);
    }
}
