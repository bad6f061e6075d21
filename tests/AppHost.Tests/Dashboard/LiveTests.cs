using System.Net;
using System.Text.Json;
using Aspire.Hosting.Local.Dashboard;
using Aspire.Hosting.Local.Dashboard.Live;

namespace AppHost.Tests.Dashboard;

public sealed class LiveTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/live?console=x&after=-1")]
    [InlineData("/api/live?console=x&after=abc")]
    [InlineData("/api/live?console=x&after=99999999999999999999")]
    public async Task Live_BadNumber_Answers400(string path)
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Live_Resources_NeverCarryValues()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live");
        server.Source.Set(DashboardServer.Resource());

        var resources = await FirstResourceAsync(events);

        Assert.DoesNotContain("secret", resources.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("http://localhost:5000", resources.GetRawText(), StringComparison.Ordinal);
        Assert.True(resources[0].GetProperty("hasConnectionString").GetBoolean());
        Assert.Equal(
            [("ASPNETCORE_URLS", false), ("Pairing__AdminKey", true)],
            resources[0].GetProperty("environment").EnumerateArray().Select(one => (one.GetProperty("name").GetString()!, one.GetProperty("isSecret").GetBoolean())));
    }

    [Fact]
    public async Task Live_ResourceChanges_SendsOnlyTheChangedOne()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Source.Set(DashboardServer.Resource());
        server.Source.Set(DashboardServer.Resource("other-aaaaaaaa", "other"));
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live");
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (known.Count < 2)
        {
            known.UnionWith((await FirstResourceAsync(events)).EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
        }

        server.Source.Set(DashboardServer.Resource() with { State = "Exited", Health = null, ExitCode = 137 });

        var changes = await events.NextAsync("changes", data => data[0].GetProperty("state").GetString() == "Exited");
        Assert.Equal(1, changes.GetArrayLength());
        Assert.Equal(137, changes[0].GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task Live_ManyChangesAtOnce_SendsTheLastStateAndNoBacklog()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live");
        server.Source.Set(DashboardServer.Resource());
        await FirstResourceAsync(events);

        for (var restarts = 1; restarts <= 10_000; restarts++)
        {
            server.Source.Set(DashboardServer.Resource() with { Restarts = restarts });
        }

        var updates = 0;
        await events.NextAsync("changes", data =>
        {
            updates++;
            return data[0].GetProperty("restarts").GetInt32() == 10_000;
        });
        Assert.InRange(updates, 1, 100);
    }

    [Fact]
    public async Task Live_Console_SendsKeptThenLiveLines()
    {
        await using var server = await DashboardServer.StartAsync();
        server.Source.Write("pairing-aaaaaaaa", "kept");
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live?console=pairing-aaaaaaaa");

        var kept = (await events.NextAsync("console")).GetProperty("lines");
        server.Source.Write("another", "not this one");
        server.Source.Write("pairing-aaaaaaaa", "live", isError: true);
        var live = (await events.NextAsync("console")).GetProperty("lines");

        Assert.Equal("kept", kept[0].GetProperty("x").GetString());
        Assert.Equal("live", live[0].GetProperty("x").GetString());
        Assert.True(live[0].GetProperty("e").GetBoolean());
        Assert.Equal(2, live[0].GetProperty("n").GetInt64());
    }

    [Fact]
    public async Task Live_ConsoleAfterReconnect_GoesOnBehindTheLastLine()
    {
        await using var server = await DashboardServer.StartAsync();
        Enumerable.Range(1, 5).ToList().ForEach(number => server.Source.Write("x", $"line {number}"));
        using var client = await server.LogInAsync();
        string run;
        using (var first = await EventReader.OpenAsync(client, "/api/live?console=x"))
        {
            run = (await first.NextAsync("hello")).GetProperty("run").GetString()!;
        }

        using var second = await EventReader.OpenAsync(client, $"/api/live?console=x&after=3&run={run}");
        var lines = (await second.NextAsync("console")).GetProperty("lines");
        // Numbers of another run of AppHost mean nothing: everything comes again.
        using var third = await EventReader.OpenAsync(client, "/api/live?console=x&after=3&run=another");
        var all = (await third.NextAsync("console")).GetProperty("lines");

        Assert.Equal([4, 5], lines.EnumerateArray().Select(line => line.GetProperty("n").GetInt32()));
        Assert.Equal(5, all.GetArrayLength());
    }

    [Fact]
    public async Task Live_ProcessEndsAndStarts_MarksBoth()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        var first = DashboardServer.Resource() with { ProcessId = 1, StartedAt = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero) };
        server.Source.Set(first);
        server.Source.Set(first with { State = "Exited", Health = null, ProcessId = null, ExitCode = 139 });
        server.Source.Set(first with { ProcessId = 2, Restarts = 1, StartedAt = first.StartedAt + TimeSpan.FromSeconds(5), ExitCode = 139 });
        using var events = await EventReader.OpenAsync(client, "/api/live?console=pairing-aaaaaaaa");

        var runs = (await events.NextAsync("runs", data => data.GetProperty("runs").GetArrayLength() == 3)).GetProperty("runs");

        Assert.Equal([false, true, false], runs.EnumerateArray().Select(run => run.GetProperty("hasEnded").GetBoolean()));
        Assert.Equal(139, runs[1].GetProperty("exitCode").GetInt32());
        Assert.Equal(1, runs[2].GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task Live_TelemetryArrives_TellsWhichKind()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live?telemetry=1");
        var before = await events.NextAsync("telemetry");

        using var answer = await server.ExportAsync("/v1/logs", OtlpRequests.Log("pairing", "hello"));
        var after = await events.NextAsync("telemetry");

        Assert.Equal(0, before.GetProperty("logs").GetInt64());
        Assert.Equal(1, after.GetProperty("logs").GetInt64());
        Assert.Equal(before.GetProperty("traces").GetInt64(), after.GetProperty("traces").GetInt64());
    }

    [Fact]
    public async Task ResourceFeed_EngineFails_ReadsItAgain()
    {
        var source = new FailingSource(failures: 2);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var feed = new ResourceFeed(source, new ImpatientClock(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var changed = feed.Changed.Next;

        var running = feed.RunAsync(ending.Token);
        await changed.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        Assert.NotNull(feed.Find("pairing-aaaaaaaa"));
        await ending.CancelAsync();
        await running;
    }

    [Fact]
    public void ConsoleBacklog_BrowserTooSlow_DropsTheOldestAndCountsThem()
    {
        var backlog = new ConsoleBacklog(maxLines: 100, maxCharacters: 10_000);

        backlog.Add([.. Enumerable.Range(1, 250).Select(number => new DashboardLogLine(number, default, "x", false))]);

        var (lines, dropped) = backlog.Take(1_000);
        Assert.Equal(150, dropped);
        Assert.Equal(100, lines.Count);
        Assert.Equal(151, lines[0].Number);
        Assert.Equal((0, 0L), (backlog.Take(1_000).Lines.Count, backlog.Take(1_000).Dropped));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(101, 1)]
    public void ConsoleBacklog_Characters_AreBoundedToo(int lineCount, int dropped)
    {
        var backlog = new ConsoleBacklog(maxLines: 1_000, maxCharacters: 10_000);

        for (var number = 1; number <= lineCount; number++)
        {
            backlog.Add([new DashboardLogLine(number, default, new string('x', 100), false)]);
        }

        Assert.Equal(dropped, backlog.Take(1_000).Dropped);
    }

    private static async Task<JsonElement> FirstResourceAsync(EventReader events)
    {
        while (true)
        {
            var (name, data) = await events.NextAsync() ?? throw new EndOfStreamException();
            if (name is "resources" or "changes" && data.GetArrayLength() > 0)
            {
                return data;
            }
        }
    }

    private sealed class FailingSource(int failures) : IDashboardSource
    {
        private int left = failures;

        public async IAsyncEnumerable<DashboardResource> WatchResourcesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (left-- > 0)
            {
                throw new InvalidOperationException("The engine failed.");
            }

            yield return DashboardServer.Resource();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public IAsyncEnumerable<IReadOnlyList<DashboardLogLine>> WatchLogsAsync(string resourceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>Every wait is over at once.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
    }
}
