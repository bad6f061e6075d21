using System.Diagnostics;
using System.Globalization;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.Faults;

/// <summary>
/// Clients of every service go on while processes die, stand still or forget. Afterwards every acknowledged request is accounted for:
/// nothing lost, nothing doubled, nothing accepted twice; no request over 10 s; during an outage 502, 503 or 504 with Retry-After in
/// the shape of the API; and 5 s after a part is back everything works.
/// </summary>
[Trait(Campaign.Category, Campaign.Slow)]
public sealed class FaultCampaign(CampaignPlatform platform, ITestOutputHelper output)
{
    /// <summary>After a part is back.</summary>
    internal static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(5);

    /// <summary>For events, after the last outage and the last request.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);

    /// <summary>No service has taken an event in this time: there are none any more, but for those that are tried again later.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task MixedLoad_ProcessesDieAndStandStill_NothingAcknowledgedIsLostOrDoubled()
    {
        var started = Stopwatch.GetTimestamp();
        var outages = new Outages();
        var ledger = new RequestLedger(outages);
        await using var mailroom = new Mailroom(platform.Inbox);
        var context = new LoadContext(platform, outages, ledger, mailroom);
        var loads = EveryLoad.All();
        foreach (var load in loads)
        {
            await load.PrepareAsync(context);
        }

        var working = 1;
        var clients = loads.SelectMany((load, place) => Enumerable.Range(0, Campaign.Clients)
            .Select(number => Task.Run(() => WorkAsync(load, context, new Random(unchecked((Campaign.Seed * 31) + (place * 1_000) + number)), () => Volatile.Read(ref working) == 1)))).ToList();

        var driver = new FaultDriver(platform, outages);
        var errors = new ServiceErrors(platform);
        var told = 0;
        foreach (var fault in Fault.Plan(Campaign.Seed, platform.Services))
        {
            await Task.Delay(fault.Calm);
            try
            {
                // Of a campaign that somebody stops this is what is left.
                await Reports.NoteAsync($"{fault}, limits × {Machine.Scale:0.0}");
                var outage = await driver.RunAsync(fault);
                await WaitUntilWellAsync(outage, ledger);
                await errors.ReadAsync();
                await Reports.NoteAsync($"  away {(outage.Back - outage.From)?.TotalSeconds:0.0} s, well after {outage.Recovery?.TotalSeconds:0.0} s, {ledger.Acknowledged} acknowledged, {ledger.Faults.Count} faults");
                foreach (var found in ledger.Faults.Skip(told))
                {
                    told++;
                    await Reports.NoteAsync($"    {found}");
                }

                if (fault.Part == "redis")
                {
                    await Task.WhenAll(loads.Select(load => load.ReplayAsync(context)));
                }
            }
            catch (Exception exception)
            {
                // What was acknowledged until then is still worth counting.
                ledger.AddFault($"{fault}: the campaign broke off: {exception}");
                break;
            }

            if ((Campaign.Operations > 0 && ledger.Acknowledged >= Campaign.Operations)
                || (Campaign.Minutes > 0 && Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMinutes(Campaign.Minutes)))
            {
                break;
            }
        }

        Volatile.Write(ref working, 0);
        await Task.WhenAll(clients);
        await Task.WhenAll(loads.Select(load => load.ReplayAsync(context)));
        await WaitUntilPublishedAsync(context);
        await WaitUntilConsumedAsync(context);

        var rows = new List<(string, string, long)>();
        foreach (var load in loads)
        {
            rows.AddRange((await load.AccountAsync(context)).Select(row => (load.Service, row.What, row.Count)));
        }

        await errors.ReadAsync();
        var report = FaultReport.Of(Stopwatch.GetElapsedTime(started), outages, ledger, rows, errors.Found);
        await Reports.WriteAsync(output, report);
        Assert.True(ledger.Faults.Count == 0, report);
        Assert.All(loads, load => Assert.Contains(rows, row => row.Item1 == load.Service && row.Item3 > 0));
    }

    /// <summary>The gateway and every service say that all is well.</summary>
    private async Task WaitUntilWellAsync(Outage outage, RequestLedger ledger)
    {
        using var client = Caller.New(platform.Gateway);
        var deadline = outage.Back + Machine.Stretch(TimeSpan.FromSeconds(60));
        while (DateTimeOffset.UtcNow < deadline)
        {
            var answer = await GetHealthAsync(client);
            if (answer)
            {
                outage.Recovery = DateTimeOffset.UtcNow - outage.Back;
                break;
            }

            await Task.Delay(Poll);
        }

        if (outage.Recovery is not { } recovery || recovery > Machine.Stretch(RecoveryLimit))
        {
            ledger.AddFault(string.Create(CultureInfo.InvariantCulture, $"{outage.Fault}: recovered {outage.Recovery?.TotalSeconds ?? double.NaN:0.0} s after it was back"));
        }
    }

    /// <summary>Nothing waits in an outbox any more: what a tap has not got by now is lost.</summary>
    private async Task WaitUntilPublishedAsync(LoadContext context)
    {
        foreach (var service in platform.Services)
        {
            var accounts = new Accounts(context, service);
            var waiting = 0L;
            for (var until = DateTimeOffset.UtcNow + Machine.Stretch(DrainLimit); DateTimeOffset.UtcNow < until; await Task.Delay(Poll))
            {
                waiting = (await accounts.RowsAsync("SELECT 'waiting', count(*) FROM outbox WHERE published_at IS NULL"))["waiting"];
                if (waiting == 0)
                {
                    break;
                }
            }

            if (waiting > 0)
            {
                var why = await accounts.RowsAsync("""
                    SELECT COALESCE(parked_because, 'not tried') || ', attempts: ' || attempts, count(*) FROM outbox WHERE published_at IS NULL GROUP BY 1
                    """);
                accounts.AddFault(string.Create(CultureInfo.InvariantCulture, $"{waiting} events wait in the outbox: {string.Join("; ", why)}"));
            }
        }
    }

    /// <summary>However long the queues are: what a service does about others' events is done, or the accounts would count what is only late as lost.</summary>
    private async Task WaitUntilConsumedAsync(LoadContext context)
    {
        var (taken, last) = (-1L, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(last) < Machine.Stretch(Silence))
        {
            var now = 0L;
            foreach (var service in platform.Services)
            {
                now += (await new Accounts(context, service).RowsAsync("SELECT 'taken', count(*) FROM inbox"))["taken"];
            }

            (taken, last) = now == taken ? (taken, last) : (now, Stopwatch.GetTimestamp());
            await Task.Delay(Poll);
        }
    }

    private static async Task<bool> GetHealthAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("health");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task WorkAsync(IServiceLoad load, LoadContext context, Random random, Func<bool> goesOn)
    {
        while (goesOn())
        {
            try
            {
                await load.RunAsync(context, random);
            }
            catch (Exception exception)
            {
                context.Ledger.AddFault($"{load.Service}: the load itself failed: {exception}");
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }
}
