using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Factors;

/// <summary>
/// Sends codes by text message, within the limits of contract §3.6 and §8.5. These hold even where requests are not limited: a text costs money
/// and reaches somebody who may not have asked for it.
/// </summary>
internal sealed class TextMessages(
    NpgsqlDataSource source, Deliveries deliveries, SmsSender sender, SmsCodes codes, AttemptLimiter attempts, IdentityAuthOptions options)
{
    private const int MaximumTexts = 5;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>Somebody who waits for the answer waits no longer than this for the provider.</summary>
    private static readonly TimeSpan DirectTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Whether there is a provider.</summary>
    public bool IsAvailable => !string.IsNullOrEmpty(options.Sms.Url);

    /// <summary>Sends a code to the number of an account that has switched text messages on (§3.6, §8.3).</summary>
    /// <returns>The refusal, if there is one.</returns>
    public async Task<IResult?> SendFactorCodeAsync(User user, SmsPurpose purpose, CancellationToken cancellationToken)
    {
        if (!user.Authenticators.HasFlag(AuthenticatorTypes.Sms))
        {
            return IdentityAuthProblems.SmsMfaNotEnabled;
        }

        if (user.Phone is not { } phone)
        {
            return IdentityAuthProblems.PhoneRequiredForSmsMfa;
        }

        if (!IsAvailable)
        {
            return IdentityAuthProblems.SmsVerificationUnavailable;
        }

        var attempt = await attempts.CountAsync(PerUser(user.Id));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        await QueueAsync(ContentOf(user, phone, await codes.IssueAsync(purpose, user.Id, phone)), cancellationToken);
        return null;
    }

    /// <summary>
    /// Sends a code to a number that somebody says is his (§8.5). The provider is asked at once, because it may know that the number
    /// cannot be reached; when it is away, the message goes out later.
    /// </summary>
    /// <returns>The refusal, if there is one.</returns>
    public async Task<IResult?> SendPhoneCodeAsync(User user, string phone, CancellationToken cancellationToken)
    {
        if (!IsAvailable)
        {
            return IdentityAuthProblems.SmsVerificationUnavailable;
        }

        var attempt = await attempts.CountAsync(PerUser(user.Id), new AttemptLimit("sms-number", phone, MaximumTexts, Window));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        var content = ContentOf(user, phone, await codes.IssueAsync(SmsPurpose.Phone, user.Id, phone));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DirectTimeout);
        try
        {
            return await sender.IsRefusedAsync(Guid.CreateVersion7(), content, limit.Token) ? IdentityAuthProblems.InvalidPhoneNumber : null;
        }
        catch (Exception exception) when (exception is DeliveryException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await QueueAsync(content, cancellationToken);
            return null;
        }
    }

    private static AttemptLimit PerUser(long userId) => new("sms-user", Snowflake.Text(userId), MaximumTexts, Window);

    private static DeliveryContent ContentOf(User user, string phone, string code)
        => new() { Kind = DeliveryKind.SmsCode, To = phone, Locale = user.Locale, Code = code };

    private async Task QueueAsync(DeliveryContent content, CancellationToken cancellationToken)
    {
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        await work.CommitAsync(batch => deliveries.Add(batch, Deliveries.Sms, content, SmsCodes.Lifetime));
        deliveries.Wake();
    }
}
