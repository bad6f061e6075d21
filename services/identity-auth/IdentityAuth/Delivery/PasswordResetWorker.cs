using System.Threading.Channels;
using IdentityAuth.Data;
using Npgsql;

namespace IdentityAuth.Delivery;

/// <summary>Does what <c>forgot</c> has promised, behind its answer. What a crash loses is asked for again by whoever waits for it.</summary>
internal sealed partial class PasswordResetWorker(
    UserStore users, MailedTokens tokens, Deliveries deliveries, NpgsqlDataSource source, TimeProvider clock, ILogger<PasswordResetWorker> logger)
    : BackgroundService
{
    private const int Capacity = 1_000;
    private const int Tries = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _addresses = Channel.CreateBounded<string>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Takes an address.</summary>
    /// <returns>Whether there was room.</returns>
    public bool TryEnqueue(string email) => _addresses.Writer.TryWrite(email);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var email in _addresses.Reader.ReadAllAsync(stoppingToken))
        {
            for (var attempt = 1; attempt <= Tries; attempt++)
            {
                try
                {
                    await MailAsync(email, stoppingToken);
                    break;
                }
                catch (NpgsqlException exception)
                {
                    LogFailed(attempt, exception);
                    await Task.Delay(Pause, clock, stoppingToken);
                }
            }
        }
    }

    private async Task MailAsync(string email, CancellationToken cancellationToken)
    {
        if (await users.FindByEmailAsync(email, cancellationToken) is not { IsBot: false, IsDeleted: false, Email: { } address } user)
        {
            return;
        }

        await using var batch = source.CreateBatch();
        deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent { Kind = DeliveryKind.PasswordReset, To = address, Token = tokens.Add(batch, MailedTokenKind.Reset, user.Id, address) },
            MailedTokenKind.Reset.Lifetime);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        deliveries.Wake();
    }

    [LoggerMessage(LogLevel.Warning, "A reset mail could not be written at try {Attempt}")]
    private partial void LogFailed(int attempt, Exception exception);
}
