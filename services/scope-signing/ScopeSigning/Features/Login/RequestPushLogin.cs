using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Login;

/// <summary>
/// Asks a phone to sign in at a website: the Authentiq API's <c>push_login_request</c>. The website holds a push token that the
/// person signed for it alone; the callback is handed to the phone as text and never opened from here.
/// </summary>
public static class RequestPushLogin
{
    /// <summary>A push that was not handed over by then is dropped: the person is no longer waiting at the website.</summary>
    private static readonly TimeSpan PushLifetime = TimeSpan.FromSeconds(120);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/login", HandleAsync)
        .WithName(nameof(RequestPushLogin))
        .WithSummary("Request a push sign-in")
        .WithDescription(
            "Stores a push for the phone of the token's 'sub'. The token's 'aud' has to equal the callback, character for character, so " +
            "a token stolen from one website is useless with another one's callback. At most 5 pushes to one key in 10 minutes.")
        .TakesQuery("callback", required: true, "Where the app is to connect: an absolute https address on a public DNS name, at most 2000 ASCII characters.")
        .TakesToken("A self-signed PushToken: claims 'sub', 'iss', 'aud', optionally 'iat', 'nbf', 'exp', 'jti'.")
        .Answers<StatusResponse>(200, "Stored durably, to be given to the push provider within 120 seconds. It does not say that the phone was reached.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.BadCallback, ScopeSigningProblems.AuthError, ScopeSigningProblems.AudienceError,
            ScopeSigningProblems.UnknownKey, ScopeSigningProblems.NoDevice, ScopeSigningProblems.RevokedKey, ScopeSigningProblems.RateLimit)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        HttpRequest request, TokenGate gate, RateLimits limits, PushStore pushes, SealedData sealedData,
        IOptions<ScopeSigningOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (QueryParameters.Of(request).Single("callback") is not { } callback
            || !Callback.IsAllowed(callback, options.Value.Login.AllowInsecureCallbacks))
        {
            return ScopeSigningProblems.BadCallback.ToResult("'callback' is required, once: an absolute https address on a public DNS name.");
        }

        if ((await gate.ReadAsync(request, PushTokenProfile.Instance, cancellationToken)).IsRefused(out var refusal, out var token))
        {
            return refusal.ToResult();
        }

        // 14. Made for this callback, exactly.
        if (token.Claims.Audience != callback)
        {
            return ScopeSigningProblems.AudienceError.ToResult("'aud' is not this callback.");
        }

        if ((await gate.AdmitAsync(token, cancellationToken)).IsRefused(out refusal, out var key))
        {
            return refusal.ToResult();
        }

        if (key.DeviceToken is null)
        {
            return ScopeSigningProblems.NoDevice.ToResult("The key has no device token.");
        }

        // Against prompt bombing: a person who is asked often enough says yes some time.
        var limit = await limits.TakeAsync(new LimitedSubject($"login:{token.Subject.Fingerprint}", Limit.Parse(options.Value.Limits.LoginPerSub)));
        if (limit.RetryAfter is { } wait)
        {
            return RefusalResults.TooMany(wait);
        }

        var now = clock.GetUtcNow();
        var issuedAt = now.ToUnixTimeSeconds();
        var content = new DeliveryContent
        {
            Kind = DeliveryContent.Login,
            Channel = Channel.Push,
            DeviceToken = sealedData.OpenText(key.DeviceToken, SealedKind.DeviceToken, token.Subject.Text),
            Callback = callback,
            Issuer = token.Claims.Issuer,
            IssuedAt = issuedAt,
        };
        var expires = DateTimeOffset.FromUnixTimeSeconds(issuedAt) + PushLifetime;
        var result = await pushes.AddAsync(new NewDelivery(token.Subject, content, expires), gate.SpentBy(token), cancellationToken);
        return result == SpendResult.Done ? TypedResults.Ok(new StatusResponse { Status = "sent" }) : TokenGate.RefusalOf(result);
    }
}
