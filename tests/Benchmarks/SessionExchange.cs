using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Benchmarks.Load;
using Npgsql;

namespace Benchmarks;

/// <summary>
/// A session token on device-registry's paths, which the gateway exchanges for an access token, against a client that brings the access
/// token itself.
/// </summary>
internal sealed class SessionExchange : IBenchmark
{
    private const int People = 60;
    private const int Connections = 16;
    private const int Slices = 2;

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(4);

    public string Name => "session-exchange";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var platform = await Platform.GetAsync();
        var people = await platform.CreatePeopleAsync(People, "exchange");
        var group = await CreateGroupAsync(platform, people);
        var path = string.Create(CultureInfo.InvariantCulture, $"/authlance/identity/api/v1/realm/groups/{group}/devices/count");
        using var client = new HttpClient { BaseAddress = platform.GatewayAddress };

        // The first request of each session is exchanged, the others find it.
        var firsts = new List<TimeSpan>();
        var tokens = new List<string>();
        foreach (var person in people)
        {
            var sent = Stopwatch.GetTimestamp();
            await GetAsync(client, path, person.Token);
            firsts.Add(Stopwatch.GetElapsedTime(sent));
            tokens.Add(await TokenAsync(client, person.Token));
        }

        var exchanged = await Wrk.WriteScriptAsync(people.Select(person => Request(path, person.Token)));
        var brought = await Wrk.WriteScriptAsync(tokens.Select(token => Request(path, token)));
        try
        {
            await Wrk.WarmUpAsync(platform.GatewayPort, path, Connections, exchanged);
            var (ours, theirs) = (Usage.None, Usage.None);
            for (var slice = 0; slice < Slices; slice++)
            {
                ours += await Usage.MeasureAsync(() => platform.Gateway.CpuTime, () => Wrk.RunAsync(platform.GatewayPort, path, Connections, Slice, exchanged));
                theirs += await Usage.MeasureAsync(() => platform.Gateway.CpuTime, () => Wrk.RunAsync(platform.GatewayPort, path, Connections, Slice, brought));
            }

            // The first few pay for what is compiled on the way.
            var warm = firsts.Skip(People / 3).Order().ToList();
            return
            [
                new("session token exchanged by the gateway, kept", ours.ToString(), $"access token brought along, {theirs}", ours.PerCpuSecond / theirs.PerCpuSecond, "–"),
                new(
                    "the first request of a session, exchange included, p50 / p99",
                    string.Create(CultureInfo.InvariantCulture, $"{warm[warm.Count / 2].TotalMilliseconds:0.0} / {warm[warm.Count * 99 / 100].TotalMilliseconds:0.0} ms"),
                    "–",
                    Ratio: null,
                    "–"),
            ];
        }
        finally
        {
            File.Delete(exchanged);
            File.Delete(brought);
        }
    }

    private static string Request(string path, string token) => $"wrk.format('GET', '{path}', {{ ['Authorization'] = 'Bearer {token}' }})";

    private static async Task GetAsync(HttpClient client, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<string> TokenAsync(HttpClient client, string session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/auth/token");
        request.Headers.TryAddWithoutValidation("Authorization", session);
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    private static async Task<long> CreateGroupAsync(Platform platform, IReadOnlyList<Person> people)
    {
        await using var connection = new NpgsqlConnection(platform.RegistryDatabase);
        await connection.OpenAsync();
        return await Registry.CreateGroupAsync(connection, "exchange", [.. people.Select(person => person.Id)]);
    }
}
