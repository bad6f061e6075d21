using IdentityAuth.Data;
using IdentityAuth.Factors;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Factors;

/// <summary>Texts a code to a number that the caller says is his (contract §8.5).</summary>
public static class SendPhoneVerificationCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/phone/send-verification", HandleAsync)
        .WithName(nameof(SendPhoneVerificationCode))
        .WithSummary("Send a code to a phone number")
        .WithDescription("Six digits, good for ten minutes and once. Five texts per account and per number in 15 minutes.")
        .NeedsSession()
        .Limited(Buckets.PhoneSend)
        .Takes<SendPhoneVerificationCodeRequest>()
        .Answers(StatusCodes.Status204NoContent, "The message is on its way.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.PhoneAlreadyUsed, IdentityAuthProblems.InvalidPhoneNumber,
            IdentityAuthProblems.SmsVerificationUnavailable);

    internal static async Task<IResult> HandleAsync(HttpContext http, NpgsqlDataSource source, TextMessages texts, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var phone = body.Phone("phone");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var user = http.Caller.User;
        return await source.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM users WHERE phone = $1 AND id <> $2)", [phone, user.Id], cancellationToken)
            ? IdentityAuthProblems.PhoneAlreadyUsed
            : await texts.SendPhoneCodeAsync(user, phone, cancellationToken) ?? TypedResults.NoContent();
    }
}

/// <summary>A phone number. Unknown members are ignored.</summary>
/// <param name="Phone">In international form (E.164): <c>+</c> and digits.</param>
public sealed record SendPhoneVerificationCodeRequest(string Phone)
{
    public override string ToString() => "(phone)";
}
