using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Checks the code that was texted and gives a token for the next step (contract §8.5).</summary>
public static class VerifyPhoneCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/phone/verify", HandleAsync)
        .WithName(nameof(VerifyPhoneCode))
        .WithSummary("Confirm a phone number")
        .WithDescription("With the code that was sent to it. The token is good for 15 minutes and once, for this account.")
        .NeedsSession()
        .Limited(Buckets.PhoneVerify)
        .Takes<VerifyPhoneCodeRequest>()
        .Answers<PhoneTokenResponse>(StatusCodes.Status200OK, "The number is confirmed.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.InvalidPhoneVerificationCode);

    internal static async Task<IResult> HandleAsync(HttpContext http, SmsCodes codes, PhoneTokens tokens)
    {
        using var body = await FormBody.ReadAsync(http);
        var (phone, code) = (body.Phone("phone"), body.Text("code", 1, 32));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var userId = http.Caller.User.Id;
        return await codes.RedeemAsync(SmsPurpose.Phone, userId, phone, code)
            ? TypedResults.Ok(new PhoneTokenResponse(await tokens.IssueAsync(userId, phone)))
            : IdentityAuthProblems.InvalidPhoneVerificationCode;
    }
}

/// <summary>A code for a phone number. Unknown members are ignored.</summary>
/// <param name="Phone">The number that it was sent to.</param>
/// <param name="Code">Six digits.</param>
public sealed record VerifyPhoneCodeRequest(string Phone, string Code)
{
    public override string ToString() => "(code)";
}

/// <param name="PhoneToken">For <c>POST /users/@me/phone</c>.</param>
public sealed record PhoneTokenResponse(string PhoneToken)
{
    public override string ToString() => "(phone token)";
}
