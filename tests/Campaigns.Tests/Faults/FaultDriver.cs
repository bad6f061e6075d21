using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using RabbitMQ.Client;

namespace Campaigns.Tests.Faults;

/// <summary>Makes the faults happen, one after the other, and watches each part come back.</summary>
internal sealed class FaultDriver(PrivatePlatform platform, Outages outages)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BackLimit = TimeSpan.FromMinutes(3);

    /// <summary>Makes one fault happen, and returns when the part is there again.</summary>
    public async Task<Outage> RunAsync(Fault fault)
    {
        var process = await platform.ProcessOfAsync(fault.Part);
        var outage = outages.Begin(fault);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                Signal.Kill(process);
                await platform.WaitForSuccessorAsync(fault.Part, process);
                break;

            case FaultKind.Pause:
                Signal.Pause(process);
                try
                {
                    await Task.Delay(fault.Lasts);
                }
                finally
                {
                    Signal.Continue(process);
                }

                break;

            default:
                await FlushAsync();
                break;
        }

        await WaitUntilThereAsync(fault.Part);
        outage.Back = DateTimeOffset.UtcNow;
        return outage;
    }

    /// <summary>The part itself answers, whatever the services make of it.</summary>
    public async Task WaitUntilThereAsync(string part)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < BackLimit)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await AskAsync(part, limit.Token);
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or SocketException or IOException or OperationCanceledException or TimeoutException
                or HttpRequestException or RabbitMQ.Client.Exceptions.RabbitMQClientException)
            {
                await Task.Delay(Poll, CancellationToken.None);
            }
        }

        throw new TimeoutException($"{part} did not come back.");
    }

    private async Task AskAsync(string part, CancellationToken cancellationToken)
    {
        switch (part)
        {
            case "postgres":
                await using (var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(platform.Postgres) { Pooling = false, Database = "postgres" }.ConnectionString))
                {
                    await connection.OpenAsync(cancellationToken);
                }

                break;

            case "rabbitmq":
                await using (var connection = await new ConnectionFactory { Uri = new Uri(platform.Broker) }.CreateConnectionAsync(cancellationToken))
                {
                    await connection.CloseAsync(cancellationToken);
                }

                break;

            case "redis":
                await RedisAsync("PING", cancellationToken);
                break;

            default:
                using (var client = new HttpClient())
                using (var answer = await client.GetAsync(new Uri(platform.InstancesOf(part)[0].Address, "alive"), cancellationToken))
                {
                    answer.EnsureSuccessStatusCode();
                }

                break;
        }
    }

    private async Task FlushAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await RedisAsync("FLUSHALL", limit.Token);
    }

    /// <summary>One command, in RESP (redis.io/docs/latest/develop/reference/protocol-spec, "Inline commands").</summary>
    private async Task RedisAsync(string command, CancellationToken cancellationToken)
    {
        var settings = platform.Redis.Split(',');
        var password = settings.Single(setting => setting.StartsWith("password=", StringComparison.Ordinal))["password=".Length..];
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, int.Parse(settings[0].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture), cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"AUTH {password}\r\n{command}\r\n"), cancellationToken);
        using var reader = new StreamReader(stream);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            if (await reader.ReadLineAsync(cancellationToken) is not ['+', ..])
            {
                throw new IOException("Redis is not ready.");
            }
        }
    }
}
