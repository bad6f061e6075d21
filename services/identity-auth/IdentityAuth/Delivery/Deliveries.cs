using System.Text.Json;
using IdentityAuth.Data;
using Npgsql;

namespace IdentityAuth.Delivery;

/// <summary>
/// Messages on their way. A message is a row, written in the transaction that decides on it, so none is sent for what did not happen
/// and none is forgotten for what did.
/// </summary>
internal sealed class Deliveries(SealedData sealer, TimeProvider clock) : IDisposable
{
    public const string Email = "email";
    public const string Sms = "sms";

    /// <summary>No way out of here: <see cref="PasswordResetWorker"/> makes an e-mail of it.</summary>
    public const string PasswordReset = "password_reset";

    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Adds a message to a transaction. Call <see cref="Wake"/> after its commit.</summary>
    /// <param name="channel"><see cref="Email"/>, <see cref="Sms"/> or <see cref="PasswordReset"/>.</param>
    /// <param name="lifetime">After that it is worth nothing any more and is not sent.</param>
    public void Add(NpgsqlBatch batch, string channel, DeliveryContent content, TimeSpan lifetime)
    {
        var id = Guid.CreateVersion7();
        var now = clock.GetUtcNow();
        var bytes = sealer.Seal(JsonSerializer.SerializeToUtf8Bytes(content), SealedKind.Delivery, id.ToString());
        batch.Add(
            "INSERT INTO deliveries (id, channel, content, created_at, due_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)",
            id, channel, bytes, now, now + lifetime);
    }

    /// <summary>Reads a message back.</summary>
    public DeliveryContent Open(Guid id, byte[] content)
        => JsonSerializer.Deserialize<DeliveryContent>(sealer.Open(content, SealedKind.Delivery, id.ToString()))!;

    /// <summary>There is something to send.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>Waits until there is something to send, or for <paramref name="limit"/>.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => await _wake.WaitAsync(limit, cancellationToken);

    public void Dispose() => _wake.Dispose();
}
