using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Http;

/// <summary>A code to be mailed once more.</summary>
internal sealed record CodeMail(CodeOf Which, string Ticket, string To, string Locale, string Kind, AttemptLimit Limit)
{
    public override string ToString() => $"({Kind})";
}

/// <summary>Mails a code in the place of the last one.</summary>
internal static class CodeMails
{
    public static async Task<IResult> ResendAsync(
        CodeMail mail, AccountChanges accountChanges, AttemptLimiter attempts, Deliveries deliveries, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var code = MailedCode.Create();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (await accountChanges.ReplaceCodeAsync(work, mail.Which, mail.Ticket, code, cancellationToken) is { } wait)
        {
            return RateLimitAnswer.For(wait);
        }

        var attempt = await attempts.CountRequestAsync(mail.Limit);
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        await work.CommitAsync(batch => deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent { Kind = mail.Kind, To = mail.To, Locale = mail.Locale, Code = MailedCode.Show(code) },
            AccountChanges.CodeLifetime));
        deliveries.Wake();
        return TypedResults.NoContent();
    }
}
