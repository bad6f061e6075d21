using System.Text;
using System.Text.Json;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class GetScopeTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAA!")]
    public async Task GetScope_UnknownOrMalformed_IsUnknown(string job)
    {
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{job}", accept: "application/jwt")).Code);
        Assert.Equal(404, (await api.HeadAsync($"/scope/{job}")).Status);
    }

    [Fact]
    public async Task GetScope_Waiting_IsEmptyAndSaysSo()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        foreach (var answer in new[] { await api.GetAsync($"/scope/{job}"), await api.HeadAsync($"/scope/{job}") })
        {
            Assert.Equal(204, answer.Status);
            Assert.Empty(answer.Body);
            Assert.Equal("waiting", Assert.Single(answer.Headers.GetValues("Authentiq-Job-Status")));
        }
    }

    [Fact]
    public async Task GetScope_ConfirmedAndNotSigned_IsEmptyAndSaysSo()
    {
        var (person, _) = await api.RegisterAsync();
        var street = $"Street {Guid.NewGuid():N}";
        var job = (await api.PostAsync("/scope", person.Token(new { scope = "address", address = new { street_address = street, locality = "T", postal_code = "1", country = "NL" } }))).Text("job");
        var letter = await Eventually.AsyncNotNull(() => Task.FromResult(host.Sinks.Find(message => message.To.Contains(street, StringComparison.Ordinal))), "the letter");
        await api.ConfirmAsync(job, new { code = letter.Code });

        var answer = await api.GetAsync($"/scope/{job}");

        Assert.Equal(204, answer.Status);
        Assert.Equal("confirmed", Assert.Single(answer.Headers.GetValues("Authentiq-Job-Status")));
        Assert.Equal(204, (await api.GetAsync($"/scope/{job}", shift: (7 * 86_400) - 60)).Status);
        Assert.Equal(404, (await api.GetAsync($"/scope/{job}", shift: (7 * 86_400) + 5)).Status);
    }

    [Fact]
    public async Task GetScope_Email_HasTheClaimsOfTheContract()
    {
        var (person, _) = await api.RegisterAsync();
        var email = $"Jane-{Guid.NewGuid():N}@MAIL.example";
        var typed = email.Replace("MAIL", "mail", StringComparison.Ordinal);
        var job = (await api.PostAsync("/scope", person.Token(new { scope = "email", email }))).Text("job");
        var mail = await host.Sinks.WaitForAsync(typed);
        await api.ConfirmAsync(job, new { code = mail.Code });
        var token = await api.WaitForTokenAsync(job);
        var answer = await api.GetAsync($"/scope/{job}");
        var payload = Payload(token);

        Assert.Equal("ready", Assert.Single(answer.Headers.GetValues("Authentiq-Job-Status")));
        Assert.Equal(["sub", "field", "exp", "status", "jwt"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(person.Sub, answer.Text("sub"));
        Assert.Equal("email", answer.Text("field"));
        Assert.Equal("ready", answer.Text("status"));
        Assert.Equal(payload.GetProperty("exp").GetInt64(), answer.Json.GetProperty("exp").GetInt64());
        Assert.Equal(
            ["iss", "sub", "scope", "email", "email_verified", "iat", "nbf", "exp", "jti"], payload.EnumerateObject().Select(member => member.Name));
        Assert.Equal(ScopeSigningHost.Issuer, payload.GetProperty("iss").GetString());
        Assert.Equal(typed, payload.GetProperty("email").GetString());
        Assert.Equal(365 * 86_400, payload.GetProperty("exp").GetInt64() - payload.GetProperty("iat").GetInt64());
        Assert.Equal(22, payload.GetProperty("jti").GetString()!.Length);
        var header = Json(token.Split('.')[0]);
        Assert.Equal("EdDSA", header.GetProperty("alg").GetString());
        Assert.Equal("scope+jwt", header.GetProperty("typ").GetString());
        Assert.Equal(43, header.GetProperty("kid").GetString()!.Length);
    }

    [Theory]
    [InlineData("mobile", "mobile")]
    [InlineData("landline", "landline")]
    public async Task GetScope_Phone_HasTheClaimsOfTheContract(string type, string phoneType)
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var job = (await api.PostAsync("/scope", person.Token(new { scope = "phone", phone, type }))).Text("job");
        await api.ConfirmAsync(job, new { code = (await host.Sinks.WaitForAsync(phone)).Code });
        var payload = Payload(await api.WaitForTokenAsync(job));

        Assert.Equal(phone, payload.GetProperty("phone").GetString());
        Assert.Equal(phone, payload.GetProperty("phone_number").GetString());
        Assert.True(payload.GetProperty("phone_number_verified").GetBoolean());
        Assert.Equal(phoneType, payload.GetProperty("phone_type").GetString());
        Assert.Equal(180 * 86_400, payload.GetProperty("exp").GetInt64() - payload.GetProperty("iat").GetInt64());
        Assert.False(payload.TryGetProperty("test", out _));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("application/jwt", true)]
    [InlineData("application/JWT;q=0.3", true)]
    [InlineData("application/jwt, application/json", false)]
    [InlineData("application/jwt, application/json;q=0.9", true)]
    [InlineData("application/jwt;q=0.5, application/json;q=0.9", false)]
    [InlineData("application/jwt, */*;q=0.1", true)]
    [InlineData("application/*", false)]
    [InlineData("application/jwt;q=0", false)]
    [InlineData("text/html", false)]
    [InlineData("not a media type", false)]
    public async Task GetScope_Accept_PicksTokenOrJson(string? accept, bool token)
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        await api.ConfirmAsync(job, new { code = message.Code });
        var expected = await api.WaitForTokenAsync(job);

        var answer = await api.GetAsync($"/scope/{job}", accept: accept);

        Assert.Equal(200, answer.Status);
        Assert.Equal(token ? "application/jwt" : "application/json", answer.ContentHeaders.ContentType!.MediaType);
        Assert.Equal(expected, token ? answer.Body : answer.Text("jwt"));
    }

    [Fact]
    public async Task GetScope_ReadyForADay_IsGoneAfterwards()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        await api.ConfirmAsync(job, new { code = message.Code });
        await api.WaitForTokenAsync(job);

        Assert.Equal(200, (await api.GetAsync($"/scope/{job}", shift: 86_400 - 60)).Status);
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{job}", shift: 86_405)).Code);
    }

    [Fact]
    public async Task GetScope_HundredAndTwentyFirstReadInAMinute_IsTooMuch()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? api.GetAsync($"/scope/{job}") : api.HeadAsync($"/scope/{job}")));

        Assert.Equal(120, answers.Count(answer => answer.Status == 204));
        Assert.Equal(80, answers.Count(answer => answer.Status == 429));
    }

    internal static JsonElement Payload(string token) => Json(token.Split('.')[1]);

    private static JsonElement Json(string part) => JsonDocument.Parse(Encoding.UTF8.GetString(Identity.Decode(part))).RootElement;
}
