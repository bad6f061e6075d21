using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using ScopeSigning.Data;
using ScopeSigning.Signing;
using TestSupport;

namespace ScopeSigning.Tests.Signing;

/// <summary>Against a database of its own, so that keys can grow old.</summary>
public sealed class IssuerKeyRotationTests : IAsyncLifetime
{
    private readonly MovedClock clock = new();
    private readonly SealedData sealedData;
    private NpgsqlDataSource database = null!;

    public IssuerKeyRotationTests() => sealedData = new SealedData(Settings);

    private static IOptions<ScopeSigningOptions> Settings
        => Options.Create(new ScopeSigningOptions { Issuer = new IssuerOptions { KeyEncryptionKey = new string('k', 43) } });

    public async ValueTask InitializeAsync()
    {
        database = NpgsqlDataSource.Create(await (await BackingServers.GetAsync()).CreateDatabaseAsync("scope-signing-keys"));
        var assembly = typeof(ScopeSigningOptions).Assembly;
        await using var stream = assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(name => name.EndsWith("0001_scope_signing.sql", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(stream);
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(await reader.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Run_FirstStartOfTwentyInstances_OneActiveAndOneNextForEachIssuer()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RunAsync()));

        var keys = await KeysAsync();
        Assert.Equal(
            ["real active", "real next", "test active", "test next"],
            keys.Select(key => $"{(key.Test ? "test" : "real")} {key.State}").Order(StringComparer.Ordinal));
        Assert.Equal(4, keys.Select(key => key.Kid).Distinct(StringComparer.Ordinal).Count());
        Assert.All(keys, key => Assert.Equal(JwkThumbprint.Of(key.PublicKey), key.Kid));
    }

    [Fact]
    public async Task Run_PrivateKeys_AreSealedAndOpenToTheirPublicKeys()
    {
        await RunAsync();

        foreach (var key in await KeysAsync())
        {
            var seed = sealedData.Open(key.PrivateKey, SealedKind.IssuerKey, key.Kid);
            Assert.Equal(key.PublicKey, Ed25519.PublicKeyOf(seed));
            Assert.False(key.PrivateKey.AsSpan().IndexOf(seed) >= 0);
        }
    }

    [Fact]
    public async Task Run_BeforeNinetyDays_ChangesNothing()
    {
        await RunAsync();
        var before = await NamesAsync();
        clock.Now += TimeSpan.FromDays(90) - TimeSpan.FromSeconds(1);

        await RunAsync();

        Assert.Equal(before, await NamesAsync());
    }

    [Fact]
    public async Task Run_AfterNinetyDays_TheAnnouncedKeySignsAndTheOldOneStaysPublished()
    {
        await RunAsync();
        var before = (await KeysAsync()).Where(key => !key.Test).ToDictionary(key => key.State);
        clock.Now += TimeSpan.FromDays(90);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RunAsync()));

        var after = (await KeysAsync()).Where(key => !key.Test).ToDictionary(key => key.State);
        Assert.Equal(before["next"].Kid, after["active"].Kid);
        Assert.Equal(before["active"].Kid, after["retired"].Kid);
        Assert.Equal(3, after.Count);
        var ring = new IssuerKeyRing(new IssuerKeyStore(database));
        await ring.RefreshAsync(CancellationToken.None);
        Assert.NotNull(ring.FindReal(before["active"].Kid));
        Assert.NotNull(ring.FindReal(after["next"].Kid));
    }

    [Fact]
    public async Task Run_RetiredKey_IsRemovedADayAfterItsLastToken()
    {
        await RunAsync();
        var old = (await KeysAsync()).Single(key => !key.Test && key.State == "active").Kid;
        clock.Now += TimeSpan.FromDays(90);
        await RunAsync();

        clock.Now += TimeSpan.FromDays(366) - TimeSpan.FromSeconds(1);
        await RunAsync();
        Assert.Contains(await KeysAsync(), key => key.Kid == old);
        clock.Now += TimeSpan.FromSeconds(1);
        await RunAsync();
        Assert.DoesNotContain(await KeysAsync(), key => key.Kid == old);
    }

    [Fact]
    public async Task Rotate_ByCommandBeforeTheNextKeyIsADayOld_IsRefused()
    {
        await RunAsync();
        var before = await NamesAsync();

        Assert.False(await Rotation().RunAsync(force: true, forceTest: false, CancellationToken.None));
        Assert.Equal(before, await NamesAsync());
        clock.Now += TimeSpan.FromHours(24);
        Assert.True(await Rotation().RunAsync(force: true, forceTest: false, CancellationToken.None));
        Assert.Equal(3, (await KeysAsync()).Count(key => !key.Test));
        Assert.Equal(2, (await KeysAsync()).Count(key => key.Test));
    }

    [Fact]
    public async Task Remove_CompromisedActiveKey_IsGoneAtOnceAndTheNextOneSigns()
    {
        await RunAsync();
        var before = (await KeysAsync()).Where(key => !key.Test).ToDictionary(key => key.State);

        Assert.True(await Rotation().RemoveCompromisedAsync(before["active"].Kid, CancellationToken.None));
        Assert.False(await Rotation().RemoveCompromisedAsync(before["active"].Kid, CancellationToken.None));

        var after = (await KeysAsync()).Where(key => !key.Test).ToDictionary(key => key.State);
        Assert.Equal(before["next"].Kid, after["active"].Kid);
        Assert.Equal(2, after.Count);
        Assert.NotEqual(before["next"].Kid, after["next"].Kid);
    }

    private Task<bool> RunAsync() => Rotation().RunAsync(force: false, forceTest: false, CancellationToken.None);

    private IssuerKeyRotation Rotation()
        => new(new IssuerKeyStore(database), sealedData, Settings, clock, NullLogger<IssuerKeyRotation>.Instance);

    private Task<IReadOnlyList<IssuerKeyRow>> KeysAsync() => new IssuerKeyStore(database).ListAsync(CancellationToken.None);

    private async Task<IEnumerable<string>> NamesAsync() => (await KeysAsync()).Select(key => $"{key.Kid} {key.State}");

    private sealed class MovedClock : TimeProvider
    {
        // Whole milliseconds, which Postgres keeps.
        public DateTimeOffset Now { get; set; } = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
