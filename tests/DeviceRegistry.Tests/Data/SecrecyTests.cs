using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Tests.Infrastructure;
using Npgsql;
using RabbitMQ.Client;

namespace DeviceRegistry.Tests.Data;

/// <summary>
/// What nobody may read (contract §2): plaintext keys and secrets are nowhere, because they are never sent; wrapped keys, ciphertext and push
/// tokens are in the database alone, the latter sealed. A device's whole life is run, then everything that was written is searched.
/// </summary>
public sealed partial class SecrecyTests : IAsyncLifetime
{
    private const string PushToken = "push-token-that-is-planted";

    private RegistryApp _app = null!;

    // Spans are recorded only where somebody collects them; here nobody answers, and the test listens itself.
    public async ValueTask InitializeAsync() => _app = await RegistryApp.StartAsync(
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9" });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Secrets_AreNowhereTheyShouldNotBe()
    {
        var events = typeof(GroupChanged).Assembly.GetExportedTypes().Where(type => type.IsClass).ToList();
        await using var tap = await BrokerTap.OnAsync(_app.RabbitMQ, events);
        using var traces = new TraceTap();
        var firstKey = RandomNumberGenerator.GetBytes(32);
        var secondKey = RandomNumberGenerator.GetBytes(32);
        var secretText = "planted-secret-document"u8.ToArray();
        var ciphertexts = new List<string>();

        // A life: bootstrap, secrets, push token, grant, rotation, change of keys, refusals, revocation, reset.
        var group = await _app.CreateGroupAsync();
        var (ada, bob) = (await group.AddAdministratorAsync(), await group.AddMemberAsync());
        using var first = await TestDevice.RegisterAsync(group, ada);
        ciphertexts.Add(first.Keys.Wrap(firstKey, first.Keys.PublicKey));
        using (var activated = await first.ActivateAsync(ciphertexts[^1]))
        {
            await activated.AssertJsonAsync(HttpStatusCode.OK);
        }

        ciphertexts.Add(DeviceKeys.Encrypt(firstKey, secretText));
        using var stored = await ada.PostAsync($"{group.Realm}/secrets", new { encryptedPayload = ciphertexts[^1] });
        using var push = await ada.PutAsync($"{first.Path}/push-token", new { pushToken = PushToken, platform = "ios" });
        using var badPush = await ada.PutAsync($"{first.Path}/push-token", new { pushToken = PushToken + " bad", platform = "ios" });
        using var second = await TestDevice.RegisterAsync(group, bob);
        var request = await second.RequestKeyAsync();
        ciphertexts.Add(first.Keys.Wrap(firstKey, second.Keys.PublicKey));
        using var granted = await first.GrantAsync(request, ciphertexts[^1]);
        Assert.Equal(firstKey, await second.OpenKeyAsync());
        using var badGrant = await first.GrantAsync(request, ciphertexts[^1]);
        ciphertexts.AddRange([first.Keys.Wrap(secondKey, first.Keys.PublicKey), first.Keys.Wrap(secondKey, second.Keys.PublicKey), DeviceKeys.Encrypt(secondKey, secretText)]);
        var rotation = new
        {
            deviceKeys = new[] { new { deviceId = first.Id, encryptedGroupKey = ciphertexts[^3] }, new { deviceId = second.Id, encryptedGroupKey = ciphertexts[^2] } },
            newEncryptedSecrets = ciphertexts[^1],
        };
        using var rotated = await ada.PostAsync($"{group.Admin}/keys/rotate", rotation);
        await rotated.AssertJsonAsync(HttpStatusCode.OK);
        using var conflict = await ada.PostAsync($"{group.Admin}/devices/{second.Id}/revoke", rotation);
        await conflict.AssertProblemAsync(400, "INVALID_DEVICE_KEYS");
        Assert.Equal(secondKey, await second.OpenKeyAsync());
        using var revoked = await ada.PostAsync($"{group.Admin}/devices/{second.Id}/revoke");
        await revoked.AssertNoContentAsync();

        string[] plain =
        [
            .. Spellings(firstKey), .. Spellings(secondKey), .. Spellings(secretText), .. Spellings(first.Keys.PrivateKey), .. Spellings(second.Keys.PrivateKey),
        ];
        string[] opaque = [.. ciphertexts.SelectMany(text => Spellings(Convert.FromBase64String(text))), .. Spellings(Encoding.ASCII.GetBytes(PushToken))];
        string[] tokens = [ada.Token().Split('.')[2], bob.Token().Split('.')[1]];

        // The database: nothing plain; and what is opaque is there, so the search finds what there is to find.
        var rows = await RowsAsync();
        Assert.All(plain, text => Assert.DoesNotContain(text, rows, StringComparison.OrdinalIgnoreCase));
        Assert.All(Spellings(Encoding.ASCII.GetBytes(PushToken)), text => Assert.DoesNotContain(text, rows, StringComparison.OrdinalIgnoreCase));
        Assert.Contains(Convert.ToHexString(Convert.FromBase64String(ciphertexts[^1])), rows, StringComparison.OrdinalIgnoreCase);

        // What goes out: neither, and what was looked at is really what happened.
        await Eventually.IsTrueAsync(async () => (await tap.ReadAsync()).Contains(nameof(DeviceRevoked), StringComparison.Ordinal), "The broker has not got the last event");
        var wire = await tap.ReadAsync();
        var logs = string.Join('\n', _app.Logs.Lines);
        var spans = traces.Text;
        var redis = await RedisAsync();
        Assert.Contains(nameof(GroupKeyRotated), wire, StringComparison.Ordinal);
        Assert.Contains("keys/rotate", spans, StringComparison.Ordinal);
        Assert.NotEmpty(logs);
        foreach (var place in new[] { wire, logs, spans, redis })
        {
            Assert.All(plain, text => Assert.DoesNotContain(text, place, StringComparison.OrdinalIgnoreCase));
            Assert.All(opaque, text => Assert.DoesNotContain(text, place, StringComparison.OrdinalIgnoreCase));
            Assert.All(tokens, text => Assert.DoesNotContain(text, place, StringComparison.Ordinal));
        }
    }

    // As bytes turn up in text: hex, both kinds of base64, and as they are.
    private static string[] Spellings(byte[] bytes)
        => [Convert.ToHexString(bytes), Convert.ToBase64String(bytes).TrimEnd('='), System.Buffers.Text.Base64Url.EncodeToString(bytes), Encoding.Latin1.GetString(bytes)];

    private async Task<string> RowsAsync()
    {
        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        Assert.Contains("outbox", tables);
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"SELECT t::text FROM \"{table}\" t", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                text.AppendLine(reader.GetString(0));
            }
        }

        // Bytes are hex in that text; a text inside them shows only when they are read as one.
        var rows = text.ToString();
        return rows + string.Join('\n', Hex().Matches(rows).Select(match => Encoding.Latin1.GetString(Convert.FromHexString(match.Groups["hex"].Value))));
    }

    private async Task<string> RedisAsync()
    {
        var text = new StringBuilder();
        foreach (var key in (string[])(await _app.RedisDatabase.ExecuteAsync("KEYS", $"device-registry:{_app.RedisNamespace}:*"))!)
        {
            text.Append(key).Append(' ').AppendLine(Encoding.Latin1.GetString((byte[])(await _app.RedisDatabase.ExecuteAsync("DUMP", key))!));
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\\x(?<hex>[0-9a-f]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Hex();

    /// <summary>Every span of this process, with all that is on it.</summary>
    private sealed class TraceTap : IDisposable
    {
        private readonly ConcurrentQueue<string> _spans = new();
        private readonly ActivityListener _listener;

        public TraceTap()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity => _spans.Enqueue(
                    $"{activity.DisplayName} {string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))} "
                    + string.Join(' ', activity.Events.SelectMany(one => one.Tags.Select(tag => $"{one.Name} {tag.Key}={tag.Value}")))),
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public string Text => string.Join('\n', _spans);

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>A queue on the exchanges of all events: what any consumer would get.</summary>
    private sealed class BrokerTap : IAsyncDisposable
    {
        private readonly StringBuilder _text = new();
        private readonly IConnection _connection;
        private readonly IChannel _channel;
        private readonly string _queue;

        private BrokerTap(IConnection connection, IChannel channel, string queue)
        {
            _connection = connection;
            _channel = channel;
            _queue = queue;
        }

        public static async Task<BrokerTap> OnAsync(string broker, IEnumerable<Type> events)
        {
            var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
            var channel = await connection.CreateChannelAsync();
            var queue = (await channel.QueueDeclareAsync(exclusive: true)).QueueName;
            foreach (var type in events)
            {
                var exchange = $"{type.Namespace}:{type.Name}";
                await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
                await channel.QueueBindAsync(queue, exchange, routingKey: "");
            }

            return new BrokerTap(connection, channel, queue);
        }

        /// <summary>Everything so far: headers and bodies.</summary>
        public async Task<string> ReadAsync()
        {
            while (await _channel.BasicGetAsync(_queue, autoAck: true) is { } delivery)
            {
                _text.AppendLine(Encoding.Latin1.GetString(delivery.Body.Span));
                foreach (var (name, value) in delivery.BasicProperties.Headers ?? new Dictionary<string, object?>())
                {
                    _text.Append(name).Append('=').AppendLine(value is byte[] bytes ? Encoding.Latin1.GetString(bytes) : $"{value}");
                }
            }

            return _text.ToString();
        }

        public async ValueTask DisposeAsync()
        {
            await _channel.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }
}
