using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Campaigns.Tests.Faults;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.Restarts;

/// <summary>Two instances of every service; each is restarted in turn, and clients do not notice.</summary>
[Trait(Campaign.Category, Campaign.Slow)]
[Trait(Campaign.Category, Campaign.Alone)]
[Collection(nameof(TwoInstances))]
public sealed class RollingRestartTests(SecondPlatform platform, ITestOutputHelper output)
{
    private const int RequestsPerSecond = 100;

    [Fact]
    public async Task EveryInstance_RestartedUnderLoad_NoIdempotentRequestFails()
    {
        var ledger = new RequestLedger(new Outages());
        await using var mailroom = new Mailroom(platform.Inbox);
        var context = new LoadContext(platform, new Outages(), ledger, mailroom);
        var requests = new List<Func<HttpRequestMessage>>();
        foreach (var load in EveryLoad.All())
        {
            requests.AddRange(await load.ReadsAsync(context));
        }

        using var ends = new CancellationTokenSource();
        var load100 = AskAsync(requests, ends.Token);
        foreach (var service in platform.Services)
        {
            foreach (var instance in platform.InstancesOf(service))
            {
                await platform.RestartAsync(instance.Id);
                await platform.WaitForHealthyAsync(service);
                await WaitUntilUsedAsync(instance);
            }
        }

        await ends.CancelAsync();
        var (answers, failures) = await load100;

        await Reports.WriteAsync(output, string.Create(CultureInfo.InvariantCulture, $"Rolling restart: {answers} requests, {failures.Count} failed\n{string.Join('\n', failures.Take(50))}"));
        Assert.Empty(failures);
        Assert.True(answers > 100);
    }

    /// <summary>The gateway has probed the new process: nobody takes the other one away before.</summary>
    private static async Task WaitUntilUsedAsync(ServiceInstance instance)
    {
        using var client = new HttpClient { BaseAddress = instance.Address };
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var answer = await client.GetAsync("health");
                return answer.IsSuccessStatusCode;
            },
            TimeSpan.FromSeconds(60),
            $"{instance.Id} did not become healthy");
        await Task.Delay(TimeSpan.FromSeconds(2)); // twice the time between two probes and their limit: a deployment tool waits too
    }

    /// <summary>Asks at a steady rate, whether or not the answers keep up.</summary>
    private async Task<(int Answers, ConcurrentQueue<string> Failures)> AskAsync(List<Func<HttpRequestMessage>> requests, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<string>();
        var open = new List<Task>();
        var clients = Enumerable.Range(0, 10).Select(_ => Caller.New(platform.Gateway)).ToList();
        var started = Stopwatch.GetTimestamp();
        var sent = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            for (var due = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * RequestsPerSecond); sent < due; sent++)
            {
                open.Add(AskAsync(clients[sent % clients.Count], requests[sent % requests.Count](), failures));
            }

            open.RemoveAll(task => task.IsCompletedSuccessfully);
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }

        await Task.WhenAll(open);
        clients.ForEach(client => client.Dispose());
        return (sent, failures);
    }

    private static async Task AskAsync(HttpClient client, HttpRequestMessage request, ConcurrentQueue<string> failures)
    {
        using (request)
        {
            try
            {
                using var answer = await client.SendAsync(request);
                if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NoContent))
                {
                    failures.Enqueue($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                failures.Enqueue($"{request.Method} {request.RequestUri}: {exception.Message}");
            }
        }
    }
}
