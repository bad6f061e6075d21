using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;

namespace Pairing.Data;

/// <summary>The tenants and the hashes of their keys. A key that was found is remembered for a while: keys do not change.</summary>
internal sealed class TenantDirectory(NpgsqlDataSource source, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan CacheTime = TimeSpan.FromMinutes(5);

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <summary>Makes a tenant.</summary>
    /// <returns>Its id, and its key, which is nowhere else.</returns>
    public async Task<(Guid Id, Guid ApiKey)> CreateAsync(CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var apiKey = Guid.NewGuid(); // version 4, from the system's CSPRNG: 122 random bits
        await using var command = source.CreateCommand("INSERT INTO tenant (id, api_key_hash, created_at) VALUES ($1, $2, $3)");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Hash(apiKey) });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return (id, apiKey);
    }

    /// <summary>The tenant with that key, or <see langword="null"/>.</summary>
    public async ValueTask<Guid?> FindAsync(Guid apiKey, CancellationToken cancellationToken)
    {
        var hash = Hash(apiKey);
        var cacheKey = Convert.ToBase64String(hash);
        if (_cache.TryGetValue(cacheKey, out Guid cached))
        {
            return cached;
        }

        // The look-up is by hash: how far an index search gets tells nothing about a key that hashes elsewhere.
        await using var command = source.CreateCommand("SELECT id, api_key_hash FROM tenant WHERE api_key_hash = $1");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken) || !CryptographicOperations.FixedTimeEquals(hash, reader.GetFieldValue<byte[]>(1)))
        {
            return null;
        }

        var id = reader.GetGuid(0);
        _cache.Set(cacheKey, id, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = CacheTime });
        return id;
    }

    public void Dispose() => _cache.Dispose();

    // Canonical form: lowercase with hyphens. A random key needs no slow hash.
    private static byte[] Hash(Guid apiKey) => SHA256.HashData(Encoding.ASCII.GetBytes(apiKey.ToString()));
}
