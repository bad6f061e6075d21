using System.Text.Json;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>A sign-in from a new address that waits for its owner's word.</summary>
internal sealed record IpTicket
{
    public required string Ticket { get; init; }

    /// <summary>What was mailed.</summary>
    public required string Token { get; init; }

    public required long UserId { get; init; }

    public required int SecurityStamp { get; init; }

    public required string Email { get; init; }

    /// <summary>The account's language.</summary>
    public string? Locale { get; init; }

    public required ClientDevice Client { get; init; }

    public string? InviteCode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public override string ToString() => "(IP ticket)";
}

/// <summary>What a device learns that polls.</summary>
internal sealed record IpTicketResult(string Token, string UserId)
{
    public override string ToString() => "(result)";
}

/// <summary>What became of the wish for a second mail.</summary>
internal enum ResendOutcome
{
    Sent,
    Unknown,
    AlreadyUsed,
    TooEarly,
}

/// <summary>
/// Tickets of contract §4, in Redis for 15 minutes under the hashes of ticket and token, sealed because the mail can be sent again.
/// Removing the token's key is its use: of parallel uses only one removes it.
/// </summary>
internal sealed class IpTickets(
    IConnectionMultiplexer redis, RedisKeys names, SealedData sealer, Deliveries deliveries, SessionDirectory accounts, UserStore users,
    NpgsqlDataSource source, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    public static readonly TimeSpan ResendCooldown = TimeSpan.FromSeconds(30);

    /// <summary>How long the result can be read.</summary>
    private static readonly TimeSpan ResultLifetime = TimeSpan.FromSeconds(60);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Makes a ticket and mails its token.</summary>
    public async Task<string> IssueAsync(User user, ClientDevice client, string? inviteCode, CancellationToken cancellationToken)
    {
        var ticket = new IpTicket
        {
            Ticket = OneTimeToken.Create(),
            Token = OneTimeToken.Create(),
            UserId = user.Id,
            SecurityStamp = user.SecurityStamp,
            Email = user.Email!,
            Locale = user.Locale,
            Client = client,
            InviteCode = inviteCode,
            CreatedAt = clock.GetUtcNow(),
        };
        await Database.StringSetAsync(TicketKey(ticket.Ticket), Seal(ticket), Lifetime).WaitAsync(RedisScript.Timeout, cancellationToken);
        await Database.StringSetAsync(TokenKey(ticket.Token), Seal(ticket), Lifetime).WaitAsync(RedisScript.Timeout, cancellationToken);
        await MailAsync(ticket, cancellationToken);
        return ticket.Ticket;
    }

    /// <summary>Looks at the ticket that a mailed token belongs to.</summary>
    public async Task<IpTicket?> FindByTokenAsync(string token) => Open(await Database.StringGetAsync(TokenKey(token)).WaitAsync(RedisScript.Timeout));

    /// <summary>Uses a token up.</summary>
    /// <returns>Whether it was this call that did.</returns>
    public Task<bool> ConsumeAsync(IpTicket ticket) => Database.KeyDeleteAsync(TokenKey(ticket.Token)).WaitAsync(RedisScript.Timeout);

    /// <summary>The use came to nothing through no fault of the client's: the token is good again for what is left of its time.</summary>
    public async Task RestoreAsync(IpTicket ticket)
    {
        var left = ticket.CreatedAt + Lifetime - clock.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            await Database.StringSetAsync(TokenKey(ticket.Token), Seal(ticket), left).WaitAsync(RedisScript.Timeout);
        }
    }

    /// <summary>Leaves the new session where the device that waits for it looks.</summary>
    public async Task CompleteAsync(IpTicket ticket, IssuedSession session)
    {
        var result = JsonSerializer.SerializeToUtf8Bytes(new IpTicketResult(session.Token, Snowflake.Text(session.UserId)));
        await Database.StringSetAsync(ResultKey(ticket.Ticket), sealer.Seal(result, SealedKind.IpTicket, "result"), ResultLifetime).WaitAsync(RedisScript.Timeout);
        await Database.KeyDeleteAsync(TicketKey(ticket.Ticket)).WaitAsync(RedisScript.Timeout);
    }

    /// <summary>Whether a ticket waits, and what came of it: the result can be read for a minute.</summary>
    /// <remarks>Somebody asks every two seconds, so the account is the one that this instance knows: what changes it is told here at once.</remarks>
    public async Task<(bool Pending, IpTicketResult? Result)> PollAsync(string ticket, CancellationToken cancellationToken)
    {
        // The result is written before the ticket goes, so it is looked for last.
        var waits = Open(await Database.StringGetAsync(TicketKey(ticket)).WaitAsync(RedisScript.Timeout, cancellationToken)) is { } found
            && found.CreatedAt + Lifetime > clock.GetUtcNow()
            && IsOf(found, await accounts.FindUserAsync(found.UserId, cancellationToken));
        var value = await Database.StringGetAsync(ResultKey(ticket)).WaitAsync(RedisScript.Timeout, cancellationToken);
        return value.IsNull ? (waits, null) : (false, JsonSerializer.Deserialize<IpTicketResult>(sealer.Open((byte[])value!, SealedKind.IpTicket, "result")));
    }

    /// <summary>Mails the token again, once.</summary>
    /// <returns>With how long to wait, if it is too early.</returns>
    public async Task<(ResendOutcome Outcome, TimeSpan Wait)> ResendAsync(string ticket, CancellationToken cancellationToken)
    {
        if (Open(await Database.StringGetAsync(TicketKey(ticket)).WaitAsync(RedisScript.Timeout, cancellationToken)) is not { } found
            || found.CreatedAt + Lifetime <= clock.GetUtcNow()
            || !IsOf(found, await users.FindAsync(found.UserId, cancellationToken)))
        {
            return (ResendOutcome.Unknown, default);
        }

        if (await Database.KeyExistsAsync(ResendKey(ticket)).WaitAsync(RedisScript.Timeout, cancellationToken))
        {
            return (ResendOutcome.AlreadyUsed, default);
        }

        var wait = found.CreatedAt + ResendCooldown - clock.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            return (ResendOutcome.TooEarly, wait);
        }

        // Of parallel wishes one is the first.
        if (!await Database.StringSetAsync(ResendKey(ticket), 1, Lifetime, When.NotExists).WaitAsync(RedisScript.Timeout, cancellationToken))
        {
            return (ResendOutcome.AlreadyUsed, default);
        }

        await MailAsync(found, cancellationToken);
        return (ResendOutcome.Sent, default);
    }

    // A reset, a revert, a new password and the closure of the account move the stamp, and end its open tickets with that (§5.2).
    private static bool IsOf(IpTicket ticket, User? user) => user is { IsDeleted: false } && user.SecurityStamp == ticket.SecurityStamp;

    private async Task MailAsync(IpTicket ticket, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent
            {
                Kind = DeliveryKind.IpAuthorization,
                To = ticket.Email,
                Locale = ticket.Locale,
                Token = ticket.Token,
                IpAddress = ticket.Client.Address,
            },
            ticket.CreatedAt + Lifetime - clock.GetUtcNow());
        await batch.ExecuteNonQueryAsync(cancellationToken);
        deliveries.Wake();
    }

    private byte[] Seal(IpTicket ticket) => sealer.Seal(JsonSerializer.SerializeToUtf8Bytes(ticket), SealedKind.IpTicket, "ticket");

    private IpTicket? Open(RedisValue value)
        => value.IsNull ? null : JsonSerializer.Deserialize<IpTicket>(sealer.Open((byte[])value!, SealedKind.IpTicket, "ticket"));

    private RedisKey TicketKey(string ticket) => names.BySecret("ip-ticket", ticket);

    private RedisKey TokenKey(string token) => names.BySecret("ip-token", token);

    private RedisKey ResultKey(string ticket) => names.BySecret("ip-result", ticket);

    private RedisKey ResendKey(string ticket) => names.BySecret("ip-resend", ticket);
}
