using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Benchmarks.Load;
using IdentityAuth.Passwords;

namespace Benchmarks;

/// <summary>
/// Sign-ins with a password against the same hash alone on the same cores; what they cost beside the hash; what others notice meanwhile; how
/// soon those are turned away for whom there is no room.
/// </summary>
internal sealed class SignIn : IBenchmark
{
    private const string Path = "/v1/auth/login";
    private const string Password = "correct horse battery staple of the benchmark";
    private const int MemoryKiB = 19_456;
    private const int Iterations = 2;
    private const int Connections = 16;
    private const int Slices = 3;

    /// <summary>An account takes five sign-ins in a quarter of an hour.</summary>
    private const int People = 1000;

    private const int CrowdSize = 140;

    /// <summary>How the service names the threads that hash.</summary>
    private const string HashThreads = "password-";

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);

    public string Name => "sign-in";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var platform = await Platform.GetAsync();
        var people = await platform.CreatePeopleAsync(People, $"sign-in-{RandomNumberGenerator.GetHexString(8, lowercase: true)}", PasswordHash.Create(Password, MemoryKiB, Iterations).ToString());
        var script = await Wrk.WriteScriptAsync(people.Select(person =>
            $$"""wrk.format('POST', '{{Path}}', { ['Content-Type'] = 'application/json', ['X-Forwarded-For'] = '{{person.Address}}' }, '{"email":"{{person.Email}}","password":"{{Password}}"}')"""));
        try
        {
            // As long as it takes until nothing is compiled any more: there are few of them in a second.
            await Wrk.RunAsync(platform.IdentityPort, Path, Connections, WarmUp, script);
            // What the stores do anyway would count for much beside few sign-ins.
            var idle = Clock();
            await Task.Delay(Slice);
            idle = Clock() - idle;
            var (hashes, signIns, hashing, others) = (0L, Usage.None, TimeSpan.Zero, new List<TimeSpan>());
            for (var slice = 0; slice < Slices; slice++)
            {
                hashes += HashOnAllCores();
                var before = platform.IdentityAuth.CpuTimeOf(HashThreads);
                using var ended = new CancellationTokenSource();
                var watching = WatchOthersAsync(platform, people, others, ended.Token);
                signIns += await Usage.MeasureAsync(
                    Clock, () => Wrk.RunAsync(platform.IdentityPort, Path, Connections, Slice, script));
                hashing += platform.IdentityAuth.CpuTimeOf(HashThreads) - before;
                await ended.CancelAsync();
                await watching;
            }

            await CrowdAsync(platform, people.Take(CrowdSize)); // this client's own code is cold, too
            var (refusals, refused) = await CrowdAsync(platform, people.TakeLast(CrowdSize));
            var (alone, together) = (hashes / Slices / Slice.TotalSeconds, signIns.Requests / Slices / Slice.TotalSeconds);
            return
            [
                new(
                    "password sign-in",
                    string.Create(CultureInfo.InvariantCulture, $"{together:0.0}/s"),
                    string.Create(CultureInfo.InvariantCulture, $"Argon2id alone, {alone:0.0}/s"),
                    together / alone,
                    "≥ 0.85"),
                new(
                    "password sign-in, CPU beside the hash, stores included",
                    Milliseconds(signIns.CpuEach - ((hashing + (idle * Slices)) / signIns.Requests)),
                    $"the hash, {Milliseconds(hashing / signIns.Requests)}; without any, {Milliseconds(idle / Slice.TotalSeconds)} a second",
                    Ratio: null,
                    "≤ 3 ms"),
                new("other route while sign-in is saturated, p50 / p99", $"{Quantile(others, 0.5)} / {Quantile(others, 0.99)}", "–", Ratio: null, "p99 ≤ 50 ms"),
                new($"429 when the queue is full, {refused} of {CrowdSize} at once, p50 / p99", $"{Quantile(refusals, 0.5)} / {Quantile(refusals, 0.99)}", "–", Ratio: null, "≤ 20 ms"),
            ];
        }
        finally
        {
            File.Delete(script);
        }

        TimeSpan Clock() => platform.IdentityAuth.CpuTime + platform.StoresCpuTime;
    }

    // What libargon2 gives when nothing else is done: a thread per processor, each with memory of its own.
    private static long HashOnAllCores()
    {
        var count = 0L;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            var (salt, hash) = (RandomNumberGenerator.GetBytes(16), new byte[32]);
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < Slice; Interlocked.Increment(ref count))
            {
                Argon2.Hash("password"u8, salt, MemoryKiB, Iterations, lanes: 1, hash);
            }

            Argon2.Release();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return count;
    }

    private static async Task WatchOthersAsync(Platform platform, IReadOnlyList<Person> people, List<TimeSpan> times, CancellationToken ended)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{platform.IdentityPort}") };
        for (var next = 0; !ended.IsCancellationRequested; next++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "v1/users/@me");
            request.Headers.TryAddWithoutValidation("Authorization", people[next % people.Count].Token);
            var sent = Stopwatch.GetTimestamp();
            using var response = await client.SendAsync(request, CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(sent));
            response.EnsureSuccessStatusCode();
            await Task.Delay(Pace, CancellationToken.None);
        }
    }

    private static async Task<(List<TimeSpan> Times, int Count)> CrowdAsync(Platform platform, IEnumerable<Person> crowd)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = CrowdSize }) { BaseAddress = new Uri($"http://127.0.0.1:{platform.IdentityPort}") };

        // Connections first: the crowd is there, it does not arrive.
        await Task.WhenAll(Enumerable.Range(0, CrowdSize).Select(_ => client.GetStringAsync(new Uri("alive", UriKind.Relative))));
        var times = new List<TimeSpan>();
        await Task.WhenAll(crowd.Select(async person =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(new { email = person.Email, password = Password }) };
            request.Headers.Add("X-Forwarded-For", person.Address);
            var sent = Stopwatch.GetTimestamp();
            using var response = await client.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                lock (times)
                {
                    times.Add(Stopwatch.GetElapsedTime(sent));
                }
            }
            else
            {
                response.EnsureSuccessStatusCode();
            }
        }));
        return (times, times.Count);
    }

    private static string Quantile(List<TimeSpan> times, double share)
    {
        if (times.Count == 0)
        {
            return "none";
        }

        times.Sort();
        return Milliseconds(times[(int)((times.Count - 1) * share)]);
    }

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");
}
