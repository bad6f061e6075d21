using System.Text;
using Npgsql;
using Pairing.Domain;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Data;

/// <summary>What must not be readable: at rest, in logs, in events (contract §5.2, §6, §8).</summary>
public sealed class SecrecyTests : IAsyncLifetime
{
    private const string Planted = "1234.5678901";
    private static readonly string[] s_tables = ["tenant", "app_user", "user_device", "reference_measurement", "pairing_link", "outbox", "realm_token_seen"];

    private PairingApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await PairingApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Secrets_AreInNoRow_NoStateAndNoLogLine()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app) { PushToken = "push-token-that-is-planted" };
        var nonce = await phone.InitAsync(pairing.Jwt);
        var pendingState = await StateAsync(pairing.Jti);
        var signature = phone.Sign(nonce);
        var dataToken = await phone.DataTokenAsync($$"""{"refEcg":[[{{Planted}}]]}""");
        using var malformed = await phone.PostCompleteAsync(pairing.Jwt, "malformed-signature", dataToken);
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, signature, dataToken);
        using var replay = await phone.PostCompleteAsync(pairing.Jwt, signature, dataToken);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, complete.StatusCode);
        using var forged = await phone.PostInitAsync(pairing.Jwt + "x");
        using var denied = new TestPhone(_app) { PushToken = "push-token-that-is-planted-too" };
        var second = await tenant.CreatePairingAsync();
        await denied.InitAsync(second.Jwt);
        using var refused = await denied.PostCompleteAsync(second.Jwt, nonce);

        var rows = await RowsAsync();
        foreach (var secret in new[] { phone.PushToken, denied.PushToken, Planted, nonce, signature, tenant.ApiKey, pairing.Jwt.Split('.')[2], dataToken[..200] })
        {
            Assert.DoesNotContain(secret, rows, StringComparison.OrdinalIgnoreCase);
        }

        // While it waits for the proof, Redis has the nonce but not the push token.
        Assert.Contains(nonce, pendingState, StringComparison.Ordinal);
        Assert.DoesNotContain(phone.PushToken, pendingState, StringComparison.Ordinal);
        Assert.DoesNotContain(nonce, await StateAsync(pairing.Jti), StringComparison.Ordinal);

        var logs = string.Join('\n', _app.Logs.Lines);
        foreach (var secret in new[]
        {
            phone.PushToken, Planted, nonce, signature, tenant.ApiKey, PairingApp.AdminKey, PairingApp.KeySeed, PairingApp.DataKey,
            pairing.Jwt.Split('.')[1], pairing.Jwt.Split('.')[2], dataToken[..200], "malformed-signature",
        })
        {
            Assert.DoesNotContain(secret, logs, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains($"complete of pairing {pairing.Jti}, tenant {tenant.Id}: ok", logs, StringComparison.Ordinal);
        Assert.Contains($"complete of pairing {pairing.Jti}, tenant {tenant.Id}: pairing_replayed", logs, StringComparison.Ordinal);
        Assert.Contains(complete.Headers.GetValues("X-Correlation-Id").Single(), logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SealedValues_OpenWithTheConfiguredKey()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(pairing);

        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT d.id, d.push_token, u.id, m.measurement, d.public_key
            FROM app_user u JOIN user_device d ON d.app_user = u.id JOIN reference_measurement m ON m.app_user = u.id WHERE u.user_id = $1
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = pairing.UserId });
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
        var sealer = new DataSealer(PairingApp.DataKey, null);
        Assert.Equal(phone.PushToken, Encoding.UTF8.GetString(sealer.Open(reader.GetFieldValue<byte[]>(1), SealPurpose.PushToken, reader.GetGuid(0))));
        Assert.Equal(TestPhone.Measurement, Encoding.UTF8.GetString(sealer.Open(reader.GetFieldValue<byte[]>(3), SealPurpose.Measurement, reader.GetGuid(2))));
        Assert.Equal(phone.PublicKey, reader.GetString(4));
    }

    private async Task<string> RowsAsync()
    {
        // Text of every row, and bytes both as hex (which that text is) and as characters.
        var text = new StringBuilder();
        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.OpenAsync();
        foreach (var table in s_tables)
        {
            await using var command = new NpgsqlCommand($"SELECT t::text FROM {table} t", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                text.AppendLine(reader.GetString(0));
            }
        }

        var rows = text.ToString();
        var hex = System.Text.RegularExpressions.Regex.Matches(rows, @"\\x([0-9a-f]+)", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(10))
            .Select(match => Encoding.Latin1.GetString(Convert.FromHexString(match.Groups[1].Value)));
        return rows + string.Join('\n', hex);
    }

    private async Task<string> StateAsync(Guid jti)
    {
        var fields = await _app.RedisDatabase.HashGetAllAsync($"pairing:state:{jti}");
        return string.Join('\n', fields.Select(field => Encoding.Latin1.GetString((byte[])field.Value!)));
    }
}
