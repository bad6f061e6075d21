using System.Security.Cryptography;
using IdentityAuth.Data;
using Npgsql;

namespace IdentityAuth.Delivery;

/// <summary>
/// Does what <c>forgot</c> has promised, behind its answer. A request is a row among the deliveries, so a crash loses none, and it ends in
/// the transaction that writes the mail, so there is one mail for it, however many instances run.
/// </summary>
internal sealed partial class PasswordResetWorker(
    UserStore users, MailedTokens tokens, Deliveries deliveries, NpgsqlDataSource source, TimeProvider clock, ILogger<PasswordResetWorker> logger)
    : BackgroundService
{
    private const string Take = """
        DELETE FROM deliveries
        WHERE id = (SELECT id FROM deliveries WHERE channel = $1 AND due_at <= $2 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, content, expires_at
        """;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Keeps an address to look up later. Known and unknown ones cost the same.</summary>
    public async Task AddAsync(string email)
    {
        await using var batch = source.CreateBatch();
        deliveries.Add(
            batch, Deliveries.PasswordReset, new DeliveryContent { Kind = DeliveryKind.PasswordResetRequest, To = email }, MailedTokenKind.Reset.Lifetime);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                while (await MailNextAsync(stoppingToken))
                {
                    // There may be more.
                }
            }
            catch (NpgsqlException exception)
            {
                LogStoreAway(exception);
            }

            await _wake.WaitAsync(Poll, stoppingToken);
        }
    }

    private async Task<bool> MailNextAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        var taken = await work.QueryAsync(
            Take, [Deliveries.PasswordReset, now], reader => (Id: reader.GetGuid(0), Content: reader.GetFieldValue<byte[]>(1), ExpiresAt: reader.Time(2)), cancellationToken);
        if (taken is not [var request])
        {
            return false;
        }

        var user = request.ExpiresAt > now && TryOpen(request.Id, request.Content) is { } email
            ? await users.FindByEmailAsync(email, cancellationToken)
            : null;
        await work.CommitAsync(batch =>
        {
            if (user is { IsBot: false, IsDeleted: false, Email: { } address })
            {
                deliveries.Add(
                    batch,
                    Deliveries.Email,
                    new DeliveryContent
                    {
                        Kind = DeliveryKind.PasswordReset,
                        To = address,
                        Locale = user.Locale,
                        Token = tokens.Add(batch, MailedTokenKind.Reset, user.Id, address),
                    },
                    MailedTokenKind.Reset.Lifetime);
            }
        });
        deliveries.Wake();
        return true;
    }

    /// <summary>The address; <see langword="null"/> when it was sealed with a key that is gone: it must not stop the others.</summary>
    private string? TryOpen(Guid id, byte[] content)
    {
        try
        {
            return deliveries.Open(id, content).To;
        }
        catch (CryptographicException exception)
        {
            LogUnreadable(exception);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Reset mails cannot be written: Postgres is away")]
    private partial void LogStoreAway(Exception exception);

    [LoggerMessage(2, LogLevel.Error, "A request for a reset mail cannot be read")]
    private partial void LogUnreadable(Exception exception);
}
