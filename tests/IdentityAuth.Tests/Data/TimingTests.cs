using System.Diagnostics;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Data;

/// <summary>
/// Issue of enumeration (contract §10): the time of a sign-in does not tell whether an address is known. Medians of interleaved
/// measurements, with a bound that only a missing hash exceeds: the hash alone is most of the time.
/// </summary>
public sealed class TimingTests
{
    private const int Rounds = 15;

    [Fact]
    public async Task Login_UnknownAddressAndWrongPassword_CostTheSame()
    {
        await using var app = await IdentityApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["IdentityAuth:Passwords:MemoryKiB"] = "65536",
            ["IdentityAuth:Passwords:Iterations"] = "3",
        });
        using var client = app.CreateClient();
        var known = await client.RegisterAsync();
        var passwordless = await client.RegisterAsync();
        await app.ChangeUserAsync(passwordless.Id, "password_hash = NULL");
        await MeasureAsync(client, known.Email);

        List<double> unknown = [], wrong = [], none = [];
        for (var round = 0; round < Rounds; round++)
        {
            unknown.Add(await MeasureAsync(client, TestClient.NewEmail()));
            wrong.Add(await MeasureAsync(client, known.Email));
            none.Add(await MeasureAsync(client, passwordless.Email));
        }

        Assert.InRange(Median(unknown) / Median(wrong), 0.4, 2.5);
        Assert.InRange(Median(none) / Median(wrong), 0.4, 2.5);
    }

    private static async Task<double> MeasureAsync(TestClient client, string email)
    {
        var start = Stopwatch.GetTimestamp();
        using var response = await client.LoginAsync(email, "wrong horse battery");
        Assert.Equal(400, (int)response.StatusCode);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
