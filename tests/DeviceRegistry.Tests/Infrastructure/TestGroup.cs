namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>A group of the service under test.</summary>
public sealed record TestGroup(RegistryApp App, long Id, string Name)
{
    /// <summary>The operations of its members.</summary>
    public string Realm => $"{RegistryApp.Api}/realm/groups/{Id}";

    /// <summary>The operations of its administrators.</summary>
    public string Admin => $"{RegistryApp.Api}/realm/admin/groups/{Id}";

    /// <summary>A new member, by his row.</summary>
    public Task<TestUser> AddMemberAsync() => AddAsync([]);

    /// <summary>A new administrator of the group, by his row.</summary>
    public Task<TestUser> AddAdministratorAsync() => AddAsync(["group-admin"]);

    /// <summary>Somebody whose token says that he is a member; there is no row.</summary>
    public TestUser MemberByClaim() => App.User() with { Groups = [Name] };

    public Task<T> ColumnAsync<T>(string column) => App.ScalarAsync<T>($"SELECT {column} FROM groups WHERE id = @Id", new { Id });

    private async Task<TestUser> AddAsync(string[] roles)
    {
        var user = App.User();
        await App.ExecuteAsync(
            "INSERT INTO group_members (group_id, identity, state, roles, created_at, updated_at) VALUES (@Id, @Identity, 'active', @roles, now(), now())",
            new { Id, user.Identity, roles });
        return user;
    }
}
