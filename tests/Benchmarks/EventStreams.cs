using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>What 2 000 open event streams cost device-registry, and how soon an event is on 200 of them.</summary>
internal sealed class EventStreams : IBenchmark
{
    private const int Streams = 2000;
    private const int StreamsOfOneGroup = 200;
    private const int StreamsPerMember = 10;
    private const int Events = 50;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(16); // each stream is pinged once
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Name => "event-streams";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        await using var registry = await Registry.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Streams });
        var before = registry.Process.WorkingSet;
        var watched = new List<OpenStream>();
        var others = new List<OpenStream>();
        long group = 0;
        for (var number = 0; number < Streams / StreamsOfOneGroup; number++)
        {
            var members = Enumerable.Range(0, StreamsOfOneGroup / StreamsPerMember).Select(member => $"member-{number}-{member}").ToList();
            var id = await registry.CreateGroupAsync($"streams-{number}", members);
            group = number == 0 ? id : group;
            var opened = await Task.WhenAll(members.SelectMany(member => Enumerable.Repeat(registry.Token(member), StreamsPerMember)).Select(token => OpenStream.OpenAsync(client, registry.PathOf(id, "devices/events"), token)));
            (number == 0 ? watched : others).AddRange(opened);
        }

        await Task.Delay(Idle);
        var perStream = (registry.Process.WorkingSet - before) / Streams;
        var cpu = registry.Process.CpuTime;
        await Task.Delay(Idle);
        var load = (registry.Process.CpuTime - cpu) / Idle;

        var token = registry.Token("member-0-0");
        await registry.RegisterAsync(group, token); // the first event pays for what is compiled on the way
        await Task.WhenAll(watched.Select(stream => stream.NextEventAsync().WaitAsync(Patience)));
        var delays = new List<TimeSpan>();
        for (var one = 0; one < Events; one++)
        {
            var arrivals = watched.Select(stream => stream.NextEventAsync()).ToArray();
            var sent = Stopwatch.GetTimestamp();
            await registry.RegisterAsync(group, token);
            delays.AddRange((await Task.WhenAll(arrivals).WaitAsync(Patience)).Select(arrival => Stopwatch.GetElapsedTime(sent, arrival)));
            await Task.Delay(Pause);
        }

        delays.Sort();
        foreach (var stream in watched.Concat(others))
        {
            stream.Dispose();
        }

        return
        [
            new($"memory per idle stream, {Streams:N0} open", $"{perStream / 1024.0:0.0} KiB", "the process without streams", Ratio: null, "–"),
            new($"{Streams:N0} idle streams, pings included", string.Create(CultureInfo.InvariantCulture, $"{load:P1} of a core"), "–", Ratio: null, "–"),
            new(
                $"event to {StreamsOfOneGroup} streams, from the request that causes it, p50 / p99",
                string.Create(CultureInfo.InvariantCulture, $"{delays[delays.Count / 2].TotalMilliseconds:0} / {delays[delays.Count * 99 / 100].TotalMilliseconds:0} ms"),
                "–",
                Ratio: null,
                "p99 ≤ 200 ms"),
        ];
    }

    private sealed class OpenStream : IDisposable
    {
        private readonly HttpResponseMessage response;
        private readonly StreamReader reader;

        private OpenStream(HttpResponseMessage response, Stream body)
        {
            this.response = response;
            reader = new StreamReader(body, bufferSize: 256);
        }

        public static async Task<OpenStream> OpenAsync(HttpClient client, Uri address, string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            return new OpenStream(answer, await answer.Content.ReadAsStreamAsync());
        }

        /// <summary>Waits for the next event that has an id.</summary>
        /// <returns>When it arrived.</returns>
        public async Task<long> NextEventAsync()
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    return Stopwatch.GetTimestamp();
                }
            }

            throw new InvalidOperationException("A stream ended.");
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
