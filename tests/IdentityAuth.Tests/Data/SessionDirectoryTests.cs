using IdentityAuth.Data;
using IdentityAuth.Tests.Infrastructure;
using Npgsql;

namespace IdentityAuth.Tests.Data;

/// <summary>What an instance remembers of sessions and accounts is bounded.</summary>
public sealed class SessionDirectoryTests(IdentityApp app)
{
    private const int Capacity = 3;

    [Fact]
    public async Task Read_ManyAccountsWhoseSessionsEnd_RemembersNoMoreThanTheCapacity()
    {
        using var client = app.CreateClient();
        var directory = Create();
        for (var number = 0; number < 3 * Capacity; number++)
        {
            var account = await client.RegisterAsync();
            var caller = await directory.ReadAsync(account.Token, TestContext.Current.CancellationToken);
            directory.ForgetSessions([caller!.Session.Hash]);

            Assert.InRange(directory.Count.Users, 1, Capacity);
        }
    }

    [Fact]
    public async Task FindUser_ManyAccounts_RemembersNoMoreThanTheCapacity()
    {
        using var client = app.CreateClient();
        var directory = Create();
        for (var number = 0; number < 3 * Capacity; number++)
        {
            var account = await client.RegisterAsync();
            Assert.NotNull(await directory.FindUserAsync(long.Parse(account.Id, null), TestContext.Current.CancellationToken));

            Assert.InRange(directory.Count.Users, 1, Capacity);
        }
    }

    private SessionDirectory Create()
        => new(app.Get<NpgsqlDataSource>(), app.Get<UserStore>(), app.Get<IdentityAuthOptions>(), app.Clock, app.Get<LastUseWriter>()) { Capacity = Capacity };
}
