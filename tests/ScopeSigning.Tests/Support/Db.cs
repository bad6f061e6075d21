using Dapper;
using Npgsql;

namespace ScopeSigning.Tests.Support;

/// <summary>Looks into the service's database, for what no answer shows.</summary>
internal static class Db
{
    public static async Task<long> CountAsync(this ScopeSigningHost host, string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(host.Database);
        return await connection.ExecuteScalarAsync<long>(sql, parameters);
    }

    public static async Task ExecuteAsync(this ScopeSigningHost host, string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(host.Database);
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>Events of one type about one key in the outbox, published or not.</summary>
    public static Task<long> EventsAsync(this ScopeSigningHost host, string type, string sub)
        => host.CountAsync("SELECT count(*) FROM outbox WHERE type LIKE '%' || @type AND body->>'sub' = @sub", new { type, sub });
}
