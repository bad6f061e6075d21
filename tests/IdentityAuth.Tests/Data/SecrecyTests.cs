using Dapper;
using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;
using Npgsql;

namespace IdentityAuth.Tests.Data;

/// <summary>Contract §1.11: what must not be found anywhere but where it belongs.</summary>
public sealed class SecrecyTests
{
    [Fact]
    public async Task Secrets_OfAWholeAccount_AreInNoLogEventOrRow()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        using var forgot = await client.PostAsync("/v1/auth/forgot", new { email = account.Email });
        var reset = (await app.MessageAsync(account.Email, DeliveryKind.PasswordReset)).Token!;
        var verification = (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification)).Token!;
        using var wrong = await client.LoginAsync(account.Email, "wrong horse battery");
        client.Address = TestClient.NewAddress();
        using var elsewhere = await client.LoginAsync(account.Email);
        var ticket = (await elsewhere.JsonAsync(403)).Text("ticket");
        var mailed = (await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token!;
        using var poll = await client.GetAsync($"/v1/auth/ip-authorization/poll?ticket={ticket}");
        using var handoff = await client.PostAsync("/v1/auth/handoff/initiate");
        var code = (await handoff.JsonAsync(200)).Text("code");
        using var status = await client.GetAsync($"/v1/auth/handoff/{code}/status");

        string[] secrets = [TestClient.Password, "wrong horse battery", account.Token, reset, verification, ticket, mailed, code.Replace("-", "", StringComparison.Ordinal), code];

        var log = string.Join('\n', app.Logs.Lines);
        Assert.DoesNotContain(secrets, secret => log.Contains(secret, StringComparison.Ordinal));
        Assert.DoesNotContain(account.Email, log, StringComparison.OrdinalIgnoreCase);

        await using var connection = new NpgsqlConnection(app.Database);
        foreach (var table in await connection.QueryAsync<string>("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        {
            var rows = string.Join('\n', await connection.QueryAsync<string>($"SELECT t::text FROM {table} t"));
            Assert.DoesNotContain(secrets, secret => rows.Contains(secret, StringComparison.Ordinal));
            if (table is "outbox" or "audit_log" or "deliveries")
            {
                Assert.DoesNotContain(account.Email, rows, StringComparison.OrdinalIgnoreCase);
            }
        }
    }
}
