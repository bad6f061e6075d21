using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Data;
using System.Text.Json;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>Changes of a group that no operation is needed for: what operations do inside, and what only the database sees.</summary>
internal static class Changes
{
    /// <summary>Tells something in a change of the group, as an operation does.</summary>
    public static async Task TellAsync(this TestGroup group, Action<GroupEffects> tell)
    {
        await using var change = await group.App.Get<GroupTransactions>().BeginAsync(group.Id, "tests", CancellationToken.None);
        tell(change!.Effects);
        await change.CommitAsync();
    }

    /// <summary>Revokes a device, as the operation does.</summary>
    public static async Task RevokeAsync(this TestDevice device)
    {
        var app = device.Group.App;
        await using (var change = await app.Get<GroupTransactions>().BeginAsync(device.Group.Id, "tests", CancellationToken.None))
        {
            var row = await DeviceStore.FindAsync(change!, device.Id, CancellationToken.None);
            Assert.Single(await DeviceChanges.RevokeAsync(change!, [row!], CancellationToken.None));
            await change!.CommitAsync();
        }
    }

    /// <summary>Takes somebody's membership away where only the database sees it.</summary>
    public static Task RemoveSilentlyAsync(this TestGroup group, TestUser user)
        => group.App.ExecuteAsync("UPDATE group_members SET state = 'removed' WHERE group_id = @Id AND identity = @Identity", new { group.Id, user.Identity });

    /// <summary>Appends events straight to the group's buffer.</summary>
    /// <param name="number">The number of the change; they count from 1.</param>
    public static Task AppendAsync(this TestGroup group, long number, int events, int firstValue = 1)
        => group.App.Get<EventBuffer>().AppendAsync(new GroupChanged
        {
            GroupId = group.Id,
            Number = number,
            Events = [.. Enumerable.Range(firstValue, events).Select(value => new GroupStreamEvent("secrets_updated", JsonSerializer.SerializeToElement(new { version = value })))],
            Closures = [],
            OccurredAt = group.App.Clock.GetUtcNow(),
        });

    /// <summary>The version that an event of <see cref="AppendAsync"/> tells.</summary>
    public static int Version(this TestEvent one) => one.Data.GetProperty("version").GetInt32();

    /// <summary>Redis loses everything of this service.</summary>
    public static async Task LoseRedisAsync(this RegistryApp app)
    {
        var keys = (string[])(await app.RedisDatabase.ExecuteAsync("KEYS", $"device-registry:{app.RedisNamespace}:*"))!;
        foreach (var key in keys)
        {
            await app.RedisDatabase.KeyDeleteAsync(key);
        }
    }
}
