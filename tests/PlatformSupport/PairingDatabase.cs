using Npgsql;

namespace PlatformSupport;

/// <summary>Reads pairing's own tables: what is there, whatever the API says.</summary>
public sealed class PairingDatabase(string server)
{
    private readonly string connectionString = new NpgsqlConnectionStringBuilder(server) { Database = "pairing-db" }.ConnectionString;

    public Task<long> LinksAsync(Guid jti) => CountAsync("SELECT count(*) FROM pairing_link WHERE jti = $1", jti);

    public Task<long> UsersAsync(Guid user) => CountAsync("SELECT count(*) FROM app_user WHERE user_id = $1", user);

    public Task<long> DevicesAsync(Guid user)
        => CountAsync("SELECT count(*) FROM user_device JOIN app_user ON app_user.id = user_device.app_user WHERE user_id = $1", user);

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    private async Task<long> CountAsync(string sql, Guid id)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = id } } };
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
