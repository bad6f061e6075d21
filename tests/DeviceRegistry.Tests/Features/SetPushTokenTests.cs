using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.11.</summary>
public sealed class SetPushTokenTests(RegistryApp app)
{
    [Fact]
    public async Task SetPushToken_Owner_StoredSealedAndNeverShown()
    {
        using var scene = await Scene.CreateAsync(app);
        var token = $"token-{Guid.NewGuid():N}";

        using var response = await scene.Administrator.PutAsync($"{scene.First.Path}/push-token", new { pushToken = token, platform = "ios" });

        await response.AssertNoContentAsync();
        Assert.Equal("ios", await ColumnAsync(scene.First, "push_platform"));
        Assert.DoesNotContain(token, await app.ScalarAsync<string>("SELECT encode(push_token, 'escape') FROM devices WHERE device_id = @Id", new { scene.First.Id }), StringComparison.Ordinal);
        Assert.DoesNotContain(token, (await scene.First.GetAsync()).ToString(), StringComparison.Ordinal);
        var (name, data) = (await app.StreamEventsAsync(scene.Group.Id))[^1];
        Assert.Equal(("device_updated", """["pushToken"]"""), (name, data.GetProperty("fields").ToString()));
    }

    [Fact]
    public async Task SetPushToken_TokenOfAnotherDevice_MovesThereAcrossGroups()
    {
        using var one = await Scene.CreateAsync(app);
        using var other = await Scene.CreateAsync(app);
        var token = $"token-{Guid.NewGuid():N}";
        await SetAsync(one.First, token);
        await SetAsync(other.First, token);

        Assert.Null(await ColumnAsync(one.First, "push_platform"));
        Assert.Null(await ColumnAsync(one.First, "push_token_mac"));
        Assert.Equal("android", await ColumnAsync(other.First, "push_platform"));
        Assert.Equal(2, (await app.StreamEventsAsync(one.Group.Id)).Count(told => told.Event == "device_updated"));
    }

    [Fact]
    public async Task SetPushToken_SameTokenInParallelInManyGroups_OneDeviceHasIt()
    {
        var scenes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Scene.CreateAsync(app)));
        var token = $"token-{Guid.NewGuid():N}";

        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(scenes.Select(scene => scene.Administrator.PutAsync($"{scene.First.Path}/push-token", new { pushToken = token, platform = "android" })));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            Array.ForEach(answers, answer => answer.Dispose());
        }

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = ANY(@ids) AND push_token IS NOT NULL", new { ids = scenes.Select(scene => scene.Group.Id).ToArray() }));
        Array.ForEach(scenes, scene => scene.Dispose());
    }

    [Theory]
    [InlineData("""{"platform":"ios"}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"","platform":"ios"}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"a b","platform":"ios"}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"ä","platform":"ios"}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"t"}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"t","platform":"IOS"}""", "INVALID_PLATFORM")]
    [InlineData("""{"pushToken":"t","platform":"web"}""", "INVALID_PLATFORM")]
    [InlineData("""{"pushToken":"t","platform":""}""", "INVALID_PLATFORM")]
    [InlineData("""{"pushToken":"t","platform":"ios\n"}""", "INVALID_PLATFORM")]
    [InlineData("""{"pushToken":"t","platform":null}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"t","platform":5}""", "VALIDATION_FAILED")]
    [InlineData("""{"pushToken":"","platform":"web"}""", "VALIDATION_FAILED")]
    public async Task SetPushToken_InvalidField_Refused(string json, string error)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Administrator.PutAsync($"{scene.First.Path}/push-token", json);
        await response.AssertProblemAsync(400, error);
        Assert.Null(await ColumnAsync(scene.First, "push_platform"));
    }

    /// <summary>While one device takes a token over, the device that had it gets another one: that one stays.</summary>
    [Fact]
    public async Task SetPushToken_HolderGetsAnotherTokenMeanwhile_KeepsThatOne()
    {
        using var one = await Scene.CreateAsync(app);
        using var other = await Scene.CreateAsync(app);
        var token = $"token-{Guid.NewGuid():N}";
        await SetAsync(one.First, token);

        await using var held = await HeldGroup.HoldAsync(one.Group);
        var taking = SetAsync(other.First, token);
        await held.SomebodyWaitsAsync();
        await held.ExecuteAsync("UPDATE devices SET push_token_mac = 'another' WHERE device_id = @Id", new { one.First.Id });
        await held.LetGoAsync();
        await taking;

        Assert.NotNull(await ColumnAsync(one.First, "push_token_mac"));
        Assert.Equal("android", await ColumnAsync(other.First, "push_platform"));
    }

    [Theory]
    [InlineData(4096, HttpStatusCode.NoContent)]
    [InlineData(4097, HttpStatusCode.BadRequest)]
    public async Task SetPushToken_LongestToken_IsTaken(int length, HttpStatusCode status)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Administrator.PutAsync($"{scene.First.Path}/push-token", new { pushToken = Guid.NewGuid().ToString("N").PadRight(length, '~'), platform = "ios" });
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task SetPushToken_NotTheOwnerOrRevoked_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var foreign = await scene.Administrator.PutAsync($"{device.Path}/push-token", new { pushToken = "t", platform = "ios" });
        await foreign.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        await scene.RevokeAsync(device);
        using var revoked = await scene.Member.PutAsync($"{device.Path}/push-token", new { pushToken = "t", platform = "ios" });
        await revoked.AssertProblemAsync(403, "DEVICE_REVOKED");
    }

    private static async Task SetAsync(TestDevice device, string token)
    {
        using var response = await device.Owner.PutAsync($"{device.Path}/push-token", new { pushToken = token, platform = "android" });
        await response.AssertNoContentAsync();
    }

    private Task<string?> ColumnAsync(TestDevice device, string column) => app.ScalarAsync<string?>($"SELECT {column}::text FROM devices WHERE device_id = @Id", new { device.Id });
}
