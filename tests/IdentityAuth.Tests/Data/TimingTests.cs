using System.Diagnostics;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Data;

/// <summary>
/// Enumeration (contract §10): neither the answer nor its time tells whether an address is known. Medians of interleaved measurements,
/// with bounds that only a missing hash, or work that an answer waits for, exceeds.
/// </summary>
public sealed class TimingTests
{
    private const int Rounds = 15;

    [Fact]
    public async Task Login_UnknownAddressAndWrongPassword_CostTheSame()
    {
        await using var app = await IdentityApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            // Many times what everything else in a sign-in takes together.
            ["IdentityAuth:Passwords:MemoryKiB"] = "32768",
            ["IdentityAuth:Passwords:Iterations"] = "2",
        });
        using var client = app.CreateClient();
        var known = await client.RegisterAsync();
        var passwordless = await client.RegisterAsync();
        await app.ChangeUserAsync(passwordless.Id, "password_hash = NULL");
        await LogInAsync(client, known.Email);

        List<double> unknown = [], wrong = [], none = [];
        for (var round = 0; round < Rounds; round++)
        {
            unknown.Add(await MeasureAsync(() => LogInAsync(client, TestClient.NewEmail())));
            wrong.Add(await MeasureAsync(() => LogInAsync(client, known.Email)));
            none.Add(await MeasureAsync(() => LogInAsync(client, passwordless.Email)));
        }

        Assert.InRange(Median(unknown) / Median(wrong), 0.4, 2.5);
        Assert.InRange(Median(none) / Median(wrong), 0.4, 2.5);
        Assert.Equal(await LogInAsync(client, known.Email), await LogInAsync(client, TestClient.NewEmail()));
        Assert.Equal(await LogInAsync(client, known.Email), await LogInAsync(client, passwordless.Email));
    }

    [Fact]
    public async Task Forgot_KnownAndUnknownAddress_AnswerAlikeAtOnce()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await ForgetAsync(client, account.Email);

        List<double> unknown = [], known = [];
        for (var round = 0; round < 3 * Rounds; round++)
        {
            unknown.Add(await MeasureAsync(() => ForgetAsync(client, TestClient.NewEmail())));
            known.Add(await MeasureAsync(() => ForgetAsync(client, account.Email)));
        }

        Assert.InRange(Median(unknown) / Median(known), 0.2, 5);
        Assert.Equal(await ForgetAsync(client, account.Email), await ForgetAsync(client, TestClient.NewEmail()));
    }

    [Fact]
    public async Task Passkey_UnknownOrWrong_IsAnsweredAlike()
    {
        await using var app = new FactorsApp();
        await app.InitializeAsync();
        using var known = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        using var unknown = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await Person.RegisterAsync(app);
        unknown.Create(await person.CreationOptionsAsync());
        await person.WithCredentialAsync(known);

        var wrong = await SignInAsync(known, new() { BreakSignature = true });

        Assert.Equal(wrong, await SignInAsync(unknown, null));
        Assert.Equal(wrong, await SignInAsync(known, new() { UserHandle = "1"u8.ToArray() }));
        Assert.Equal(wrong, await SignInAsync(known, new() { UserVerified = false }));
        Assert.Equal(wrong, await SignInAsync(known, new() { Challenge = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" }));

        async Task<string> SignInAsync(SoftwareAuthenticator authenticator, SoftwareAuthenticator.Quirks? quirks)
        {
            using var asked = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
            var options = await asked.JsonAsync(200);
            using var response = await app.Client.PostAsync(
                "/v1/auth/webauthn/authenticate", new { challenge = options.Text("challenge"), response = authenticator.Get(options, quirks) });
            Assert.Equal(401, (int)response.StatusCode);
            return await DescribeAsync(response);
        }
    }

    private static async Task<string> LogInAsync(TestClient client, string email)
    {
        using var response = await client.LoginAsync(email, "wrong horse battery");
        Assert.Equal(400, (int)response.StatusCode);
        return await DescribeAsync(response);
    }

    private static async Task<string> ForgetAsync(TestClient client, string email)
    {
        using var response = await client.PostAsync("/v1/auth/forgot", new { email });
        Assert.Equal(204, (int)response.StatusCode);
        return await DescribeAsync(response);
    }

    private static async Task<double> MeasureAsync(Func<Task<string>> call)
    {
        var start = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Everything that a client sees, but for the name of the request.</summary>
    private static async Task<string> DescribeAsync(HttpResponseMessage response)
        => string.Join('\n', response.Headers.Concat(response.Content.Headers)
            .Where(header => header.Key != "X-Correlation-Id")
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}")
            .Order(StringComparer.Ordinal)
            .Append(await response.Content.ReadAsStringAsync()));

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
