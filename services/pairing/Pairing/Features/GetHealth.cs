using Npgsql;
using Pairing.Data;

namespace Pairing.Features;

/// <summary>
/// Whether phones can pair now (contract §7.5): Postgres and Redis answer. The broker is not asked, because while it is away pairing
/// goes on.
/// </summary>
public static class GetHealth
{
    // Anonymous: the phone asks before it has a token.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/actuator/health", HandleAsync)
        .WithName(nameof(GetHealth))
        .WithTags("Health")
        .WithSummary("Whether phones can pair")
        .WithDescription("UP when the service and the servers that a pairing needs are there.")
        .Answers<HealthResponse>(StatusCodes.Status200OK, "Pairing works.");

    internal static async Task<IResult> HandleAsync(StoreHealth health)
        => await health.IsUpAsync() ? TypedResults.Ok(new HealthResponse("UP")) : PairingProblems.ServiceUnavailable;
}

/// <summary>Whether phones can pair.</summary>
/// <param name="Status"><c>UP</c>.</param>
public sealed record HealthResponse(string Status);

/// <summary>Asks both stores, at most once a second however often it is asked: anybody may ask.</summary>
internal sealed class StoreHealth(NpgsqlDataSource source, PairingStore store, TimeProvider clock)
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<bool>? _last;
    private long _lastAt;

    public Task<bool> IsUpAsync()
    {
        lock (_lock)
        {
            if (_last is null || clock.GetElapsedTime(_lastAt) >= KeepFor)
            {
                _lastAt = clock.GetTimestamp();
                _last = AskAsync();
            }

            return _last;
        }
    }

    private async Task<bool> AskAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await using var command = source.CreateCommand("SELECT 1");
            var postgres = command.ExecuteScalarAsync(limit.Token);
            await Task.WhenAll(postgres, store.PingAsync().WaitAsync(limit.Token));
            return true;
        }
        catch (Exception)
        {
            // Whatever the reason, pairing does not work.
            return false;
        }
    }
}
