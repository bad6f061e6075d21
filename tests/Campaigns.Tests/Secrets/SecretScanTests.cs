using System.Text;
using Campaigns.Tests.Faults;
using Campaigns.Tests.Faults.Loads;
using Npgsql;

namespace Campaigns.Tests.Secrets;

/// <summary>Recognisable secrets go through the whole platform, and are found in no console, no telemetry and no message.</summary>
[Trait(Campaign.Category, Campaign.Slow)]
[Collection(nameof(TwoInstances))]
public sealed class SecretScanTests(SecondPlatform platform, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ConsolesTelemetryAndMessages_AfterEveryStory_HoldNoSecret()
    {
        await using var tap = await BrokerTap.OpenAsync(platform);
        await using var mailroom = new Mailroom(platform.Inbox);
        var outages = new Outages();
        var context = new LoadContext(platform, outages, new RequestLedger(outages), mailroom);
        List<Secret> secrets =
        [
            new("password of Postgres", new NpgsqlConnectionStringBuilder(platform.Postgres).Password!),
            new("password of RabbitMQ", Uri.UnescapeDataString(new Uri(platform.Broker).UserInfo).Split(':')[1]),
            new("password of Redis", platform.Redis.Split(',').Single(setting => setting.StartsWith("password=", StringComparison.Ordinal))["password=".Length..]),
        ];
        platform.IsListening = true;
        foreach (var story in Stories())
        {
            secrets.AddRange(await story.RunAsync(context));
        }

        // Not a secret: what is looked for here has to be found, or the rest proves nothing.
        var mark = $"mark-{Guid.NewGuid():N}";
        var messages = new List<(string Exchange, string Text)>();
        await LeaveMarkAsync(mark);
        await Eventually.IsTrueAsync(() => Task.FromResult(Carries("traces", mark)), Patience, "The mark did not come with the traces");
        await Eventually.IsTrueAsync(
            async () =>
            {
                messages.AddRange(await tap.ReadAsync());
                return messages.Exists(message => message.Text.Contains(mark, StringComparison.Ordinal));
            },
            Patience,
            "The mark did not come over the broker");
        var metrics = Count("metrics");
        await Eventually.IsTrueAsync(() => Task.FromResult(Count("metrics") > metrics + (4 * platform.Services.Count)), Patience, "The metrics did not come");
        platform.IsListening = false;

        var findings = await FindAsync(secrets, messages);

        await Reports.WriteAsync(output, $"Secret scan: {secrets.Count} secrets, {platform.Telemetry.Count} messages of telemetry, {messages.Count} messages of the broker, {findings.Count} findings\n{string.Join('\n', findings)}");
        Assert.Empty(findings);
        Assert.All((string[])["traces", "metrics", "logs"], signal => Assert.True(Count(signal) > 0, signal));
    }

    /// <summary>A request whose correlation id goes into traces, log scopes and events.</summary>
    private async Task LeaveMarkAsync(string mark)
    {
        using var client = Caller.New(platform.Gateway);
        client.DefaultRequestHeaders.Add("X-Correlation-Id", mark);
        using var answer = await client.PostAsync(new Uri("key", UriKind.Relative), new StringContent(new Wallet().Token(), Encoding.ASCII, "application/jwt"));
        answer.EnsureSuccessStatusCode();
    }

    private int Count(string signal) => platform.Telemetry.Count(message => message.Signal == signal);

    private bool Carries(string signal, string text)
        => platform.Telemetry.Any(message => message.Signal == signal && message.Message.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    private async Task<List<string>> FindAsync(List<Secret> secrets, List<(string Exchange, string Text)> messages)
    {
        var consoles = new List<(string Resource, string Text)>();
        foreach (var resource in platform.Resources)
        {
            consoles.Add((resource, string.Join('\n', await platform.ConsoleOfAsync(resource))));
        }

        Assert.All(platform.Services, service => Assert.Contains(consoles, console => console.Resource == service && console.Text.Length > 0));
        var findings = new List<string>();
        foreach (var secret in secrets)
        {
            // As it is, and as it stands in a query.
            foreach (var value in new[] { secret.Value, Uri.EscapeDataString(secret.Value) }.Distinct())
            {
                findings.AddRange(consoles.Where(console => console.Text.Contains(value, StringComparison.Ordinal)).Select(console => $"{secret.Name}: console of {console.Resource}"));
                findings.AddRange(((string[])["traces", "metrics", "logs"]).Where(signal => Carries(signal, value)).Select(signal => $"{secret.Name}: {signal}"));
                findings.AddRange(messages
                    .Where(message => message.Text.Contains(value, StringComparison.Ordinal) && !secret.AllowedIn.Any(type => message.Exchange.EndsWith($":{type}", StringComparison.Ordinal)))
                    .Select(message => $"{secret.Name}: message on {message.Exchange}"));
            }
        }

        return [.. findings.Distinct()];
    }

    private static IEnumerable<ISecretStory> Stories()
        => typeof(ISecretStory).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(ISecretStory)))
            .Select(type => (ISecretStory)Activator.CreateInstance(type)!);
}
