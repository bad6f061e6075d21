using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Campaigns.Tests.Families;

namespace Campaigns.Tests.Faults;

/// <summary>Every request of the load as clients saw it, and what was wrong with the answers.</summary>
internal sealed class RequestLedger(Outages outages)
{
    /// <summary>However ill the platform is, a client knows after this long.</summary>
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, int> statuses = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> faults = [];
    private readonly Lock gate = new();
    private int acknowledged;
    private int starved;
    private (TimeSpan Took, string What) slowest;

    /// <summary>State-changing requests that were answered with success.</summary>
    public int Acknowledged => acknowledged;

    /// <summary>Answers 502, 503 and 504 while nothing was away, but the machine was busy with other work.</summary>
    public int Starved => starved;

    /// <summary>The answer that took longest, and to what.</summary>
    public (TimeSpan Took, string What) Slowest
    {
        get
        {
            lock (gate)
            {
                return slowest;
            }
        }
    }

    public IReadOnlyDictionary<string, int> Statuses => statuses;

    public IReadOnlyCollection<string> Faults => faults;

    /// <summary>A client whose every request is written down; from an address of its own.</summary>
    public HttpClient NewClient(Uri gateway) => new(new Watch(this, Caller.NewHandler())) { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(60) };

    public void AddFault(string fault) => faults.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {fault}"));

    private async Task JudgeAsync(HttpRequestMessage request, HttpResponseMessage? answer, DateTimeOffset from, TimeSpan took)
    {
        var what = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        statuses.AddOrUpdate(answer is null ? "no answer" : ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture), 1, (_, count) => count + 1);
        lock (gate)
        {
            if (took > slowest.Took)
            {
                slowest = (took, $"{what}: {(answer is null ? "no answer" : (int)answer.StatusCode)}, {from:HH:mm:ss}");
            }
        }

        if (took > Machine.Stretch(HangLimit))
        {
            AddFault(string.Create(CultureInfo.InvariantCulture, $"{what} took {took.TotalSeconds:0.0} s"));
        }

        if (answer is null)
        {
            AddFault($"{what}: no answer");
            return;
        }

        if (answer.IsSuccessStatusCode && request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
        {
            Interlocked.Increment(ref acknowledged);
        }

        if ((int)answer.StatusCode < 500)
        {
            return;
        }

        if (!outages.Overlap(from, from + took))
        {
            if (Machine.IsStarved)
            {
                Interlocked.Increment(ref starved);
            }
            else
            {
                AddFault($"{what}: {(int)answer.StatusCode} while nothing was away");
            }
        }

        if (answer.StatusCode is not (HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
        {
            AddFault($"{what}: {(int)answer.StatusCode}");
        }

        if (answer.Headers.RetryAfter?.Delta is not { } wait || wait <= TimeSpan.Zero)
        {
            AddFault($"{what}: {(int)answer.StatusCode} without Retry-After");
        }

        var id = answer.Headers.TryGetValues("X-Correlation-Id", out var ids) ? string.Join(',', ids) : "";
        foreach (var family in ApiFamilies.Of(request.RequestUri.PathAndQuery))
        {
            foreach (var fault in family.FaultsOf((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsByteArrayAsync(), id))
            {
                AddFault($"{what}: {(int)answer.StatusCode} not in the shape of {family.Name}: {fault}");
            }
        }
    }

    private sealed class Watch(RequestLedger ledger, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (from, started) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
            HttpResponseMessage? answer = null;
            try
            {
                answer = await base.SendAsync(request, cancellationToken);
                await answer.Content.LoadIntoBufferAsync(cancellationToken);
                return answer;
            }
            catch (IOException exception)
            {
                answer = null;
                throw new HttpRequestException("The answer broke off.", exception);
            }
            finally
            {
                await ledger.JudgeAsync(request, answer, from, Stopwatch.GetElapsedTime(started));
            }
        }
    }
}
