using System.Net;

namespace Platform.Tests.Faults;

/// <summary>Event streams through the gateway over two instances of device-registry, which die one after the other.</summary>
public sealed class EventStreamFaultTests(ReplicatedPlatform stack) : IClassFixture<ReplicatedPlatform>
{
    private const int Streams = 8;
    private const int Devices = 12;

    [Fact]
    public async Task EventStream_EachInstanceIsKilled_EveryClientHasEveryEventOnceAndInOrder()
    {
        using var client = Caller.New(stack.Gateway);
        var administrator = new Member(client, stack.Tokens, "administrator", roles: ["sysadmin"]);
        using var created = await administrator.SendAsync(HttpMethod.Put, $"{Member.Api}/admin/group", new { id = -1, name = "family" });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var group = (await administrator.FindGroupAsync("family"))!.Value;
        using var limited = await administrator.SendAsync(HttpMethod.Put, $"{Member.Api}/admin/group/id/{group}/device-limit", new { max = 100 });
        using var added = await administrator.SendAsync(HttpMethod.Post, $"{Member.Api}/admin/group/family/members", new { identity = "ada", email = "ada@example.com", firstName = "Ada", lastName = "L", group = "family" });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (limited.StatusCode, added.StatusCode));
        var ada = new Member(client, stack.Tokens, "ada");
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => ada.OpenStreamAsync(group)));
        foreach (var stream in streams)
        {
            await stream.NextAsync("connected");
        }

        // Every stream has an id to go on from before anything breaks.
        var expected = new List<Guid> { await RegisterAsync(ada, group) };
        foreach (var stream in streams)
        {
            Assert.Equal(expected[0], (await stream.NextAsync("device_registered")).GetProperty("deviceId").GetGuid());
        }

        var reading = streams.Select(stream => ReadAllAsync(ada, group, stream, expected[0])).ToArray();
        for (var number = 1; number < Devices; number++)
        {
            // The one, and when it is back the other: whichever a stream was on, it has broken off.
            if (number is Devices / 3 or Devices * 2 / 3)
            {
                await stack.WaitForHealthyAsync("device-registry");
                Signal.Kill(PrivatePlatform.TryProcessOf(stack.InstancesOf("device-registry")[number / (Devices / 2)])!.Value);
            }

            expected.Add(await RegisterAsync(ada, group));
        }

        foreach (var (seen, breaks) in await Task.WhenAll(reading))
        {
            Assert.Equal(expected, seen);
            Assert.InRange(breaks, 1, int.MaxValue);
        }
    }

    // A request that the dying instance had taken on is lost; asking again is what clients do, and the same key is the same device.
    private static async Task<Guid> RegisterAsync(Member member, long group)
    {
        using var key = System.Security.Cryptography.ECDiffieHellman.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        return await Eventually.GetAsync<Guid>(
            async () =>
            {
                using var response = await member.SendAsync(
                    HttpMethod.Post, $"{Member.Api}/realm/groups/{group}/devices", new { deviceName = "Firefox", deviceType = "web", publicKey });
                return response.IsSuccessStatusCode
                    ? System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("deviceId").GetGuid()
                    : null;
            },
            TimeSpan.FromSeconds(60),
            "The device was not registered");
    }

    /// <summary>Reads as a browser does: when the stream breaks off, it reconnects with the last id that it has seen.</summary>
    private static async Task<(IReadOnlyList<Guid> Seen, int Breaks)> ReadAllAsync(Member member, long group, GroupStream stream, Guid first)
    {
        var seen = new List<Guid> { first };
        var breaks = 0;
        while (seen.Count < Devices)
        {
            if (await stream.NextAsync() is { } next)
            {
                Assert.NotEqual("resync", next.Name);
                if (next.Name == "device_registered")
                {
                    seen.Add(next.Data.GetProperty("deviceId").GetGuid());
                }

                continue;
            }

            breaks++;
            var last = stream.LastId;
            await stream.DisposeAsync();
            stream = await Eventually.GetAsync<Reconnection>(
                async () =>
                {
                    try
                    {
                        return new Reconnection(await member.OpenStreamAsync(group, lastEventId: last));
                    }
                    catch (HttpRequestException)
                    {
                        return null; // the gateway has not noticed yet, or the places of the dead instance are still taken
                    }
                },
                TimeSpan.FromSeconds(90),
                "The stream could not be opened again") is { Stream: { } again } ? again : stream;
        }

        await stream.DisposeAsync();
        return (seen, breaks);
    }

    private readonly record struct Reconnection(GroupStream Stream);
}
